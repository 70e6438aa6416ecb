"""What is measured for one question at every alpha of a range, each figure with its error.

All of it follows from the losses of the question's answers, which are convex in alpha (`answer_lines`): so the
losses are stored, and the formulas of `metrics` are applied to them. Independent of models; imports no torch.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any, NamedTuple

from engine.errors import SettingError
from engine.evaluation.curves import DIGITS, Curve, Steps
from engine.evaluation.metrics import (
    METRICS,
    Metric,
    normalised_probability,
    probability,
    truth_ratio,
    truth_ratio_score,
)

LOSS, RIGHT, WRONG, MEMORIZED = "loss", "loss_right", "loss_wrong_", "exact_memorization"  # as stored
_ROUNDED = 0.5 * 10.0**-DIGITS

KL = Metric(
    "kl",
    "KL from the base",
    "nats per answer token",
    "KL(p_base ‖ p_α), mean over the true answer's tokens, end-of-text included",
    "Bregman divergence of the loss: L(α) − L(0) − α L′(0)",
    False,
    forget="no direction",
)
CURVE_METRICS: dict[str, Metric] = {
    **{name: METRICS[name] for name in ("probability", "probability_normalised", "truth_ratio", "truth_ratio_score")},
    "kl": KL,
    "exact_memorization": METRICS["exact_memorization"],
}


class BoundedFigure(NamedTuple):
    """A value and its possible error in either direction."""

    value: float
    error: float


class StoredCurve(NamedTuple):
    """One curve of a question as the database keeps it."""

    metric: str
    knots: dict[str, Any]
    error: float


class QuestionCurves(NamedTuple):
    """A question over alpha: losses in nats per answer token, end-of-text included."""

    loss: Curve  # of the true answer
    right: Curve  # of the paraphrased answer, or of the true one where the question has none
    wrong: tuple[Curve, ...]  # one of each wrong answer, if any
    memorized: Steps | None

    @property
    def low(self) -> float:
        return self.loss.alphas[0]

    @property
    def high(self) -> float:
        return self.loss.alphas[-1]


def figures_at(curves: QuestionCurves, metric: str, split: str, alphas: Sequence[float]) -> list[BoundedFigure] | None:
    """`metric` of a question of `split` at each of `alphas`; None where the question cannot have it, as without wrong
    answers.

    Raises `SettingError` for an unknown metric, `ValueError` for an alpha outside the curves.
    """
    if metric not in CURVE_METRICS:
        raise SettingError(f"metric over alpha must be one of {', '.join(CURVE_METRICS)}, got {metric!r}")
    if metric == "exact_memorization":
        steps = curves.memorized
        return None if steps is None else [BoundedFigure(steps.at(alpha), 0.0) for alpha in alphas]
    if metric == "kl":
        return _divergence(curves.loss, alphas)
    if metric != "probability" and not curves.wrong:
        return None
    own = curves.right if metric.startswith("truth_ratio") else curves.loss
    formula = {"probability": _alone, "probability_normalised": normalised_probability}.get(metric, truth_ratio)
    others = () if metric == "probability" else curves.wrong
    found = [_between(*ends) for ends in zip(*_ends(own, others, formula, alphas), strict=True)]
    if metric != "truth_ratio_score":
        return found
    return [_scored(figure, split) for figure in found]


def _ends(
    own: Curve,
    others: Sequence[Curve],
    formula: Callable[[float, Sequence[float]], float | None],
    alphas: Sequence[float],
) -> list[list[float]]:
    """The formula at the losses, and at both ends of their errors: it rises in one loss and falls in the other."""
    right, wrong = own.at(alphas), [other.at(alphas) for other in others]
    found = []
    for sign in (0, 1, -1):
        ours = (right + sign * own.error).tolist()
        theirs = [(values - sign * other.error).tolist() for values, other in zip(wrong, others, strict=True)]
        found.append([_known(formula(loss, [row[i] for row in theirs])) for i, loss in enumerate(ours)])
    return found


def _alone(right: float, wrong: Sequence[float]) -> float:
    return probability(right)


def _known(value: float | None) -> float:
    assert value is not None, "there are wrong answers"
    return value


def _between(value: float, one: float, other: float) -> BoundedFigure:
    return BoundedFigure(value, max(abs(one - value), abs(other - value)))


def _scored(ratio: BoundedFigure, split: str) -> BoundedFigure:
    low, high = max(ratio.value - ratio.error, 0.0), ratio.value + ratio.error
    value, *ends = (_known(truth_ratio_score(each, split)) for each in (ratio.value, low, high))
    if low <= 1 <= high and split == "forget":
        ends.append(1.0)  # its peak lies between
    return BoundedFigure(value, max(abs(end - value) for end in ends))


def _divergence(loss: Curve, alphas: Sequence[float]) -> list[BoundedFigure]:
    """KL(p_base ‖ p_alpha), never below 0; value and slope at 0 are those of a knot, exact except for rounding."""
    start, slope = loss.knot(0.0)
    return [
        BoundedFigure(max(0.0, value - start - alpha * slope), loss.error + _ROUNDED * (1 + abs(alpha)))
        for alpha, value in zip(alphas, loss.at(alphas).tolist(), strict=True)
    ]


def to_stored(curves: QuestionCurves) -> list[StoredCurve]:
    """A question's curves as rows; the right answer's is left out where the right answer is the true one."""
    losses = [(LOSS, curves.loss)] + [(RIGHT, curves.right)] * (curves.right != curves.loss)
    losses += [(f"{WRONG}{number}", curve) for number, curve in enumerate(curves.wrong, 1)]
    rows = [StoredCurve(name, curve.to_json(), curve.error) for name, curve in losses]
    return rows + [StoredCurve(MEMORIZED, steps.to_json(), 0.0) for steps in [curves.memorized] if steps is not None]


def from_stored(rows: Iterable[StoredCurve]) -> QuestionCurves:
    """The inverse of `to_stored`."""
    found = {row.metric: row for row in rows}

    def loss(name: str) -> Curve:
        return Curve.from_json(found[name].knots, found[name].error)

    wrong = []
    for number in count(1):
        if f"{WRONG}{number}" not in found:
            break
        wrong.append(loss(f"{WRONG}{number}"))
    memorized = Steps.from_json(found[MEMORIZED].knots) if MEMORIZED in found else None
    return QuestionCurves(loss(LOSS), loss(RIGHT if RIGHT in found else LOSS), tuple(wrong), memorized)
