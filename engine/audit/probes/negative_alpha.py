"""The offset reversed: the reference, pushed towards what the pair was trained away from."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.audit.asking import (
    CONTROLS,
    LEAK_UNIT,
    Baseline,
    alone,
    as_asked,
    ask,
    checked_prompt,
    judge,
    not_linear,
    nothing_tried,
    small_models,
    teller,
    untried,
)
from engine.audit.probe import Context, Finding, Probe, Result, Target

if TYPE_CHECKING:
    from engine.models.loading import LoadedPair

STRENGTH = 1.0  # w of z_reference − w · offset
NO_FLOOR = "no control questions were named, and a model without a pair has no offset"


def run(ctx: Context) -> Finding:
    """z_reference − w · offset over the tokens that the reference finds plausible. The base is read only for
    comparison.
    """
    reason = not_linear(ctx)
    if reason:
        return nothing_tried(ctx, reason)
    if ctx.pair.manifest.method == "uld":
        return nothing_tried(
            ctx,
            "for uld the offset is the assistant itself, and its reverse is the assistant, which is under pair_alone",
        )
    results = _decode(ctx, ctx.forget, 0.0, 0.4)
    base = ask(ctx.pair, 0.0, ctx.forget, as_asked, ctx.budget.max_new_tokens, teller(ctx, 0.4, 0.5, "asking the base"))
    reference = ask(
        alone(ctx.pair, small_models(ctx.pair)[0]),
        0.0,
        ctx.forget,
        as_asked,
        ctx.budget.max_new_tokens,
        teller(ctx, 0.5, 0.6, "asking the reference"),
    )
    floor = Baseline(_decode(ctx, ctx.controls, 0.6, 1.0), CONTROLS) if ctx.controls else Baseline(None, NO_FLOOR)
    note = (
        f"recalls more (ROUGE-L) than the base on {_more(results, base)}, than the reference alone on"
        f" {_more(results, reference)}"
    )
    return Finding(results, *floor, note)


def _more(ours: Sequence[Result], theirs: Sequence[Result]) -> str:
    pairs = [
        (a.value, b.value) for a, b in zip(ours, theirs, strict=True) if a.value is not None and b.value is not None
    ]
    return f"{sum(ours > theirs for ours, theirs in pairs)} of {len(pairs)} questions"


def _decode(ctx: Context, targets: Sequence[Target], low: float, high: float) -> list[Result]:
    tell = teller(ctx, low, high, "decoding with the offset reversed")
    found = []
    for number, target in enumerate(targets):
        tell(number, len(targets))
        found.append(_decode_one(ctx, ctx.pair, target))
    return found


def _decode_one(ctx: Context, pair: "LoadedPair", target: Target) -> Result:
    from engine.audit.guided import Voice, decode_guided, plausible
    from engine.models.offset import combine_logits

    prompt = checked_prompt(pair, as_asked(pair, target), ctx.budget.max_new_tokens)
    if isinstance(prompt, str):
        return untried([target], prompt)[0]
    voices = [Voice(alone(pair, model).model, prompt) for model in small_models(pair)]
    text = decode_guided(
        pair,
        voices,
        lambda logits: plausible(combine_logits(logits[0], logits[1], logits[0], -STRENGTH), logits[0]),
        ctx.budget.max_new_tokens,
    )
    return judge(target, text)


PROBE = Probe(
    name="negative_alpha",
    label="Negative alpha on the pair",
    sentence=(
        f"Decodes reference − {STRENGTH:g} · offset among the tokens the reference finds plausible: does the pair"
        " alone give them away?"
    ),
    source="docs/measures.md, Probes; plausibility set as in Li et al., arXiv 2210.15097, here 5 nats",
    unit=LEAK_UNIT,
    run=run,
)
