"""The small models of a pair, each asked alone: a reference that knew the secret gives it away directly."""

from typing import Literal

from engine.audit.asking import LEAK_UNIT, alone, as_asked, ask, greedy_floor, nothing_tried, teller
from engine.audit.probe import Context, Finding, Probe

SILENT = "this method has no trained model: its logits are all 0"


def _ask(ctx: Context, which: Literal["reference", "trained"]) -> Finding:
    model = getattr(ctx.pair.model, which)
    if model is None:
        return nothing_tried(ctx, f"the method is {ctx.pair.manifest.method}: it has no small models beside the base")
    if ctx.pair.manifest.method == "uld" and which == "trained":
        return nothing_tried(ctx, SILENT)
    single = alone(ctx.pair, model)
    tell = teller(ctx, 0.0, 0.5, f"asking the {which} model")
    return Finding(ask(single, 0.0, ctx.forget, as_asked, ctx.budget.max_new_tokens, tell), *greedy_floor(ctx))


REFERENCE = Probe(
    name="pair_alone_reference",
    label="Reference alone",
    sentence="Asks the reference by itself: did it know what was to be forgotten?",
    source="the pair's own files",
    unit=LEAK_UNIT,
    run=lambda ctx: _ask(ctx, "reference"),
)
TRAINED = Probe(
    name="pair_alone_trained",
    label="Trained model alone",
    sentence="Asks the trained model by itself: does it carry what it was trained to hide?",
    source="the pair's own files",
    unit=LEAK_UNIT,
    run=lambda ctx: _ask(ctx, "trained"),
)
