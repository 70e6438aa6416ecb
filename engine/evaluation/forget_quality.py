"""TOFU's forget quality: can the unlearned model be distinguished from one that never saw the forget set?"""

import warnings
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.evaluation.answer_curves import BoundedFigure, QuestionCurves, figures_at
from engine.evaluation.curves import Floats, Steps

SCAN = 1 / 256  # of alpha: the step at which ratios are checked for a crossing
HALVINGS = 24  # the precision at which one is located
CONVENTION = 0.05  # above it TOFU calls two models indistinguishable

Outcome = Literal["alike", "told apart", "open"]


class ForgetQuality(NamedTuple):
    """A two-sample test; the p-value depends on the number of rows, so both are always shown with it."""

    p_value: float  # near 1: the two cannot be distinguished
    statistic: float
    rows: int
    retain_rows: int


class ForgetQualityAt(NamedTuple):
    """Forget quality at one alpha of the curves: its value, and the range that their errors leave possible."""

    alpha: float
    quality: ForgetQuality
    least: float  # the smallest p-value that the ratios can have within their errors
    most: float  # and the largest


def forget_quality(ratios: Sequence[float | None], retain: Sequence[float | None] | None) -> ForgetQuality | None:
    """Two-sided two-sample Kolmogorov–Smirnov test between truth ratios R (variant A) on the forget set.

    `ratios` are the model's, `retain` those of a retain model; unscored questions (None) are left out.
    Returns None, never to be shown as 0, where either side has no rows.
    """
    ours = [ratio for ratio in ratios if ratio is not None]
    theirs = [ratio for ratio in retain or () if ratio is not None]
    if not ours or not theirs:
        return None
    from scipy.stats import ks_2samp

    with warnings.catch_warnings():  # where its exact method fails it uses the other one, as for TOFU's authors
        warnings.simplefilter("ignore", RuntimeWarning)
        result = ks_2samp(ours, theirs)
    return ForgetQuality(float(result.pvalue), float(result.statistic), len(ours), len(theirs))


def forget_quality_over(
    questions: Sequence[QuestionCurves], retain: Sequence[float | None], alphas: Sequence[float]
) -> list[ForgetQualityAt] | None:
    """Forget quality at each of `alphas`; None where either side has no rows.

    The two distribution functions lie furthest apart where all ratios are as low, or all as high, as their errors
    allow: so the smaller p-value of these two is the least. `_most` gives the largest.
    """
    ratios = [found for found in (figures_at(item, "truth_ratio", "forget", alphas) for item in questions) if found]
    found = []
    for place, alpha in enumerate(alphas):
        column: list[BoundedFigure] = [row[place] for row in ratios]
        tested = [forget_quality([f.value + sign * f.error for f in column], retain) for sign in (0, -1, 1)]
        known = [each for each in tested if each is not None]
        if len(known) < len(tested):
            return None
        found.append(ForgetQualityAt(alpha, known[0], min(each.p_value for each in known), _most(column, retain)))
    return found


def told_apart(points: Sequence[ForgetQualityAt]) -> Outcome:
    """What is true for all ratios within their errors.

    "alike": at some alpha the test cannot distinguish the two models. "told apart": at every alpha it can.
    """
    if max(point.least for point in points) > CONVENTION:
        return "alike"
    return "told apart" if max(point.most for point in points) <= CONVENTION else "open"


def _most(ours: Sequence[BoundedFigure], retain: Sequence[float | None]) -> float:
    """The largest p-value of ratios within their errors: that of the distance they have at least.

    At any level the share of ratios at or below it is between the share certainly there and the share possibly there;
    the retain model's distance from that range is the least distance of the two distribution functions.
    """
    theirs = np.sort([ratio for ratio in retain if ratio is not None])
    lows = np.sort([figure.value - figure.error for figure in ours])
    highs = np.sort([figure.value + figure.error for figure in ours])
    levels = np.concatenate((theirs, lows, highs))  # the shares change only there
    possibly, surely, known = (np.searchsorted(side, levels, side="right") for side in (lows, highs, theirs))
    rows, others = len(ours), len(theirs)
    found = []
    for counts, sign in ((possibly, 1), (surely, -1)):
        outside = sign * (known / others - counts / rows)  # at the highest level 0
        place = int(outside.argmax())
        found.append((float(outside[place]), int(counts[place]), int(known[place])))
    _, own, other = max(found)
    # With this many rows on one side of a level and the rest on the other, the functions are just as far apart.
    tested = forget_quality([0.0] * own + [1.0] * (rows - own), [0.0] * other + [1.0] * (others - other))
    assert tested is not None, "both sides have rows"
    return tested.p_value


def forget_quality_steps(
    questions: Sequence[QuestionCurves], retain: Sequence[float | None], low: float, high: float
) -> Steps | None:
    """The p-value at every alpha: a step function, which changes where some ratio passes one of the retain
    model's.

    A ratio that passes one and comes back within `SCAN` is missed. None where either side has no rows.
    """
    levels = np.sort([ratio for ratio in retain if ratio is not None])
    curves = [item for item in questions if item.wrong]
    if not len(levels) or not curves:
        return None
    alphas = np.linspace(low, high, max(2, round((high - low) / SCAN) + 1))
    places, events = [], []
    for number, item in enumerate(curves):
        passed = np.searchsorted(levels, _ratios(item, alphas), side="left")  # [M], levels below the ratio
        places.append(int(passed[0]))
        events += [(alpha, number, move) for alpha, move in _passings(item, levels, alphas, passed)]
    steps: list[tuple[float, float]] = [(low, _p_value(places, len(levels)))]
    known: dict[tuple[int, ...], float] = {}
    for alpha, number, move in sorted(events):
        places[number] += move
        key = tuple(np.bincount(places, minlength=len(levels) + 1).tolist())
        if key not in known:
            known[key] = _p_value(places, len(levels))
        if known[key] != steps[-1][1]:
            steps.append((alpha, known[key]))
    return Steps(tuple(alpha for alpha, _ in steps), tuple(p for _, p in steps), high)


def _ratios(item: QuestionCurves, alphas: Floats) -> Floats:
    return np.array([figure.value for figure in figures_at(item, "truth_ratio", "forget", alphas.tolist()) or ()])


def _passings(
    item: QuestionCurves, levels: Floats, alphas: Floats, passed: npt.NDArray[np.intp]
) -> list[tuple[float, int]]:
    """Where the ratio of a question passes a level: the alpha, and 1 where it rises above it, −1 where it falls."""
    cells, wanted, moves = [], [], []
    for cell in np.flatnonzero(np.diff(passed)):
        first, last = int(passed[cell]), int(passed[cell + 1])
        for level in range(min(first, last), max(first, last)):
            cells.append(cell)
            wanted.append(levels[level])
            moves.append(1 if last > first else -1)
    if not cells:
        return []
    left, right, rises, sought = alphas[cells], alphas[np.array(cells) + 1], np.array(moves) > 0, np.array(wanted)
    for _ in range(HALVINGS):
        middle = (left + right) / 2
        over = (_ratios(item, middle) > sought) == rises
        left, right = np.where(over, left, middle), np.where(over, middle, right)
    return list(zip(right.tolist(), moves, strict=True))


def _p_value(places: Sequence[int], levels: int) -> float:
    """For ratios known only by the levels between which they lie, which is enough for the test."""
    found = forget_quality([place - 0.5 for place in places], range(levels))
    assert found is not None, "both sides have rows"
    return found.p_value
