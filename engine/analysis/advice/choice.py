"""Which α meets a demand, which is nearest where none does, which are the best trade-offs, and where the knee is.

Everything is a step function over α, so the answers are exact: unions of intervals, known to within the errors of
their borders. Utility is that of the weakest part: the lowest, over all parts to keep, of the mean ROUGE-L recall as
a share of the part's mean at α = 0. A part that rises above its base counts as 1: more than the base is not needed.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.analysis.advice.pieces import Floats, Pieces

MARGIN = 0.1  # how far inside an interval the advised α is, if possible: unseen questions have other borders
STEPS = (
    0.05,
    0.01,
    0.001,
    0.0001,
)  # an advised α is a multiple of the coarsest that fits: a number that can be set and typed
SLACK = 1e-9  # of sums of floats

Bools = NDArray[np.bool_]


class AlphaSpan(NamedTuple):
    """Alphas from `low` to `high`, each border known to within its error."""

    low: float
    high: float
    low_error: float
    high_error: float

    @property
    def width(self) -> float:
        """The part that is left when both borders are off by their errors."""
        return self.high - self.high_error - self.low - self.low_error


class Front(NamedTuple):
    """A choice that no other α improves on: as few leaks with more utility, or as much utility with fewer leaks."""

    leaks: float
    utility: float
    span: AlphaSpan  # the first alphas that reach it


def utility(pieces: Pieces, weights: Sequence[Floats] | None = None) -> Floats:
    """[pieces], or with `weights` of each kept part [resamples, pieces]. A part that is 0 at α = 0 cannot
    lose.
    """
    ratios = []
    for place, part in enumerate(pieces.kept):
        means = part.mean(None if weights is None else weights[place])
        base = means[..., [pieces.place(0.0)]]
        ratios.append(np.divide(means, base, out=np.ones_like(means), where=base > 0))
    return np.asarray(np.minimum(np.min(ratios, axis=0), 1.0))


def meets(leaks: Floats, kept: Floats, limit: float, max_loss: float) -> Bools:
    return np.asarray((leaks <= limit + SLACK) & (kept >= 1 - max_loss - SLACK))


def spans(mask: Bools, pieces: Pieces) -> list[AlphaSpan]:
    """The unions of adjacent pieces of `mask`, except those narrower than the errors of their borders."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], mask, [False]))))
    found = [
        AlphaSpan(*map(float, (pieces.borders[a], pieces.borders[b], pieces.errors[a], pieces.errors[b])))
        for a, b in edges.reshape(-1, 2)
    ]
    return [span for span in found if span.width > 0]


def inside(span: AlphaSpan) -> float:
    """An α well inside: 0.1 above the lower border where there is room, and a number a person can type.

    At α = 0 itself where the span holds it: there the base is unchanged.
    """
    if span.low <= 0 <= span.high:
        return 0.0
    margin = min(MARGIN, span.width / 4)
    low, high = span.low + max(margin, span.low_error), span.high - max(margin, span.high_error)
    for step in STEPS:
        rounded = round(math.ceil(low / step - SLACK) * step, 4)
        if rounded <= high:
            return rounded
    return (low + high) / 2


def widest(found: Sequence[AlphaSpan]) -> AlphaSpan | None:
    """The first of the widest: an α far from every border is right for other questions too."""
    return max(found, key=lambda span: span.width, default=None)


def advised(mask: Bools, pieces: Pieces, own: float) -> float | None:
    """The α to use where `mask` says which pieces meet the demand: the pair's `own` where that does, so that one α is
    recommended everywhere; None where none does.
    """
    found = spans(mask, pieces)
    if found and found[0].low <= 0 <= found[0].high:
        return 0.0
    if pieces.low <= own <= pieces.high and mask[pieces.place(own)]:
        return own
    best = widest(found)
    return None if best is None else inside(best)


def shortfall(leaks: Floats, kept: Floats, limit: float, max_loss: float) -> Floats:
    """The larger of the two misses, each as a share of its largest possible value: 0 met, 1 missed completely."""
    too_many = np.maximum(leaks - limit, 0.0) / max(1.0 - limit, SLACK)
    too_little = np.maximum(1.0 - max_loss - kept, 0.0) / (1.0 - max_loss)
    return np.maximum(too_many, too_little)


def nearest(missed: Floats, pieces: Pieces) -> float:
    """Where the shortfall is smallest: inside the widest stretch of such alphas, for all errors of its borders."""
    least = missed <= missed.min() + SLACK
    best = widest(spans(least, pieces))
    if best is not None:
        return inside(best)
    first = int(np.flatnonzero(least)[0])
    return float(pieces.borders[first] + pieces.borders[first + 1]) / 2


def front(leaks: Floats, kept: Floats, pieces: Pieces) -> list[Front]:
    """Every pair of leak share and utility that no other α improves on, fewest leaks first."""
    found = []
    for index in front_places(leaks, kept, pieces):
        same = np.isclose(leaks, leaks[index], atol=SLACK) & np.isclose(kept, kept[index], atol=SLACK)
        found.append(Front(float(leaks[index]), float(kept[index]), spans(same, pieces)[0]))
    return found


def front_places(leaks: Floats, kept: Floats, pieces: Pieces) -> NDArray[np.intp]:
    """One piece for each point of the front, fewest leaks first; of equal points the one with the smallest α.

    Pieces narrower than the errors of their borders are not claimed to exist.
    """
    wide = np.flatnonzero(np.diff(pieces.borders) > pieces.errors[:-1] + pieces.errors[1:])
    order = wide[np.lexsort((wide, -kept[wide], leaks[wide]))]
    best = np.concatenate(([-np.inf], np.maximum.accumulate(kept[order])[:-1]))
    return np.asarray(order[kept[order] > best + SLACK])


def knee_place(leaks: Floats, kept: Floats, pieces: Pieces) -> int | None:
    """The piece of the front farthest above the chord between the front's ends, both measures scaled to 0..1.

    Kneedle (Satopää, Albrecht, Irwin, Raghavan 2011): x = 1 − leak share and y = utility fall along the front, the
    distance from the chord is (x + y − 1) / √2. A front of one point is its own knee: there is no trade-off. None where
    every point is on or below the chord.
    """
    places = front_places(leaks, kept, pieces)
    if len(places) < 2:
        return int(places[0]) if len(places) else None
    x, y = -leaks[places], kept[places]  # ends: fewest leaks, most utility
    above = (x - x.min()) / np.ptp(x) + (y - y.min()) / np.ptp(y) - 1
    best = int(above.argmax())
    return int(places[best]) if above[best] > SLACK else None
