"""Before and after the unlearning, compared: what became less likely is pushed up."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from engine.audit.asking import (
    CONTROLS,
    LEAK_UNIT,
    NO_FLOOR,
    Baseline,
    alone,
    as_asked,
    ask,
    checked_prompt,
    count_words,
    judge,
    small_models,
    teller,
    untried,
)
from engine.audit.probe import Context, Finding, Probe, Result, Target

if TYPE_CHECKING:
    from torch import Tensor

    from engine.models.loading import LoadedPair

WEIGHT = 2.0  # w; 0 is after, 1 before, above 1 beyond before


def run(ctx: Context) -> Finding:
    """log q = log p_after + w (log p_before − log p_after) over the tokens within 5 nats of p_before's best.

    For an offset that is the ensemble at alpha (1 − w). Before is the base.
    """
    results = _decode(ctx, ctx.pair, ctx.forget, 0.0, 0.5)
    base = ask(
        ctx.pair, 0.0, ctx.forget, as_asked, ctx.budget.max_new_tokens, teller(ctx, 0.5, 0.55, "asking the base")
    )
    strength = f"alpha {ctx.alpha * (1 - WEIGHT):g}, " if ctx.pair.manifest.linear else ""
    note = f"{strength}w = {WEIGHT:g}; the base itself, which is 'before', leaks on {count_words(base)}"
    return Finding(results, *_floor(ctx), note)


def _floor(ctx: Context) -> Baseline:
    """The retain model in place of the base, under the same offset; where that is impossible, the controls."""
    gold = ctx.retain_only
    if gold is not None and ctx.pair.by_strength is None:
        from engine.models.offset import OffsetModel

        model = ctx.pair.model
        swapped = replace(
            ctx.pair, model=OffsetModel(gold.model.base, model.reference, model.trained, model.vocabulary)
        )
        reason = "the retain model in place of the base, guided by the same offset"
        return Baseline(_decode(ctx, swapped, ctx.forget, 0.55, 1.0), reason)
    if ctx.controls:
        return Baseline(_decode(ctx, ctx.pair, ctx.controls, 0.55, 1.0), CONTROLS)
    return Baseline(None, NO_FLOOR)


def _decode(ctx: Context, pair: "LoadedPair", targets: Sequence[Target], low: float, high: float) -> list[Result]:
    tell = teller(ctx, low, high, "guiding back")
    found = []
    for number, target in enumerate(targets):
        tell(number, len(targets))
        found.append(_decode_one(ctx, pair, target))
    return found


def _decode_one(ctx: Context, pair: "LoadedPair", target: Target) -> Result:
    from engine.audit.guided import Voice, decode_guided, plausible
    from engine.models.offset import combine_logits

    if pair.by_strength is None:
        reference, trained = small_models(pair)
        voices_of = [alone(pair, model).model for model in (pair.model.base, trained, reference)]
        prompts = [as_asked(pair, target)] * 3

        def rule(logits: "Sequence[Tensor]") -> "Tensor":
            return plausible(combine_logits(logits[0], logits[1], logits[2], ctx.alpha * (1 - WEIGHT)), logits[0])

    else:
        before, after = pair.at(0.0)[0], pair.at(ctx.alpha)[0]
        prompts = [as_asked(before, target), as_asked(after, target)]
        voices_of = [before.model, after.model]

        def rule(logits: "Sequence[Tensor]") -> "Tensor":
            return plausible(combine_logits(logits[1], logits[0], logits[1], WEIGHT), logits[0])

    too_long = checked_prompt(pair, max(prompts, key=len), ctx.budget.max_new_tokens)
    if isinstance(too_long, str):
        return untried([target], too_long)[0]
    voices = [Voice(model, prompt) for model, prompt in zip(voices_of, prompts, strict=True)]
    return judge(target, decode_guided(pair, voices, rule, ctx.budget.max_new_tokens))


PROBE = Probe(
    name="reversed_guidance",
    label="Reversed guidance",
    sentence=(
        f"Pushes up what the unlearning pushed down: log p_after + {WEIGHT:g} · (log p_before − log p_after), among"
        " what p_before finds plausible."
    ),
    source="Wu et al., NeurIPS 2025, arXiv 2505.24379",
    unit=LEAK_UNIT,
    run=run,
)
