"""Whether the offset alone distinguishes a forgotten question from one that was never taught."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from engine.audit.asking import not_linear, nothing_tried, teller
from engine.audit.probe import Context, Finding, Probe, Result, Target

if TYPE_CHECKING:
    from engine.audit.offset_reading import OffsetReading

LEVEL = 0.95  # a forget question counts as found above this share of the controls
FLOOR = (
    f"the controls themselves: by construction at most about {1 - LEVEL:.0%} are above the limit. An AUC of 0.5 is"
    " chance"
)


def _run(ctx: Context, measure: "Callable[[OffsetReading], float]", words: str) -> Finding:
    """The true answers are read by the pair alone; AUC as in `evaluation.privacy`, 1 = forget stands out."""
    reason = not_linear(ctx)
    if reason:
        return nothing_tried(ctx, reason)
    if not ctx.controls:
        return nothing_tried(ctx, "membership is read against control questions, and none were named")
    import numpy as np

    from engine.evaluation.privacy import ScoredQuestion, membership_auc

    forget = _values(ctx, ctx.forget, measure, 0.0, 0.5)
    controls = _values(ctx, ctx.controls, measure, 0.5, 1.0)
    known = [value for value in controls if value is not None]
    limit = float(np.quantile(known, LEVEL, method="higher")) if known else float("inf")
    scored = [
        [
            ScoredQuestion(target.question_id, target.example.subject, None if value is None else -value)
            for target, value in zip(targets, values, strict=True)
        ]
        for targets, values in ((ctx.forget, forget), (ctx.controls, controls))
    ]
    auc = membership_auc(scored[0], scored[1], np.random.default_rng(ctx.seed))
    note = "no AUC: " + auc.reason
    if auc.value is not None:
        note = f"AUC of {words}: {auc.value:.3f} over {auc.rows.forget} forget and {auc.rows.holdout} control questions"
    interval = None if auc.low is None or auc.high is None else (auc.low, auc.high)
    return Finding(
        _results(ctx.forget, forget, limit), _results(ctx.controls, controls, limit), FLOOR, note, auc.value, interval
    )


def _values(
    ctx: Context, targets: Sequence[Target], measure: "Callable[[OffsetReading], float]", low: float, high: float
) -> list[float | None]:
    from engine.audit.offset_reading import read_offsets

    readings = read_offsets(ctx.pair, targets, teller(ctx, low, high, "reading the offset"))
    return [None if reading is None else measure(reading) for reading in readings]


def _results(targets: Sequence[Target], values: Sequence[float | None], limit: float) -> list[Result]:
    return [
        (
            Result(target.question_id, None, None, "", "its true answer is empty")
            if value is None
            else Result(
                target.question_id, value > limit, value, "", f"{value:.3f}, against {limit:.3f} of the controls"
            )
        )
        for target, value in zip(targets, values, strict=True)
    ]


_SOURCE = "docs/measures.md, Probes; AUC as in locuslab/open-unlearning's privacy measures"
NORM = Probe(
    name="membership_from_offset_norm",
    label="Membership from the offset's size",
    sentence=f"Is the offset along the true answer longer than for {LEVEL:.0%} of people no model was taught?",
    source=_SOURCE,
    unit="length of the centered offset, mean over the answer's tokens",
    run=lambda ctx: _run(ctx, lambda reading: reading.norm, "the offset's length"),
)
LABEL = Probe(
    name="membership_from_offset_label",
    label="Membership from the offset at the true token",
    sentence=f"Does the offset push the true answer down harder than for {LEVEL:.0%} of people no model was taught?",
    source=_SOURCE,
    unit="nats per answer token by which the pair pushes the true answer down",
    run=lambda ctx: _run(ctx, lambda reading: reading.against, "− offset at the true token"),
)
