"""Functions of alpha between two strengths: smooth ones by knots with slopes and a stated error, steps by their
borders.

A convex function lies above its tangents and below its chords. So a value and a slope at each of a few alphas
bound it everywhere between them, and the error stated here is that bound, not a sample. Independent of models;
imports no torch.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

TOLERANCE = 1.5e-4  # nats: how far a curve may lie from the function at the alphas where that was evaluated
FENCE = 1.5e-4  # nats: and the distance of the bounds between two such alphas
FIRST_STEP = 1 / 16
FINEST_STEP = 2.0**-13
DIGITS = 5  # decimals of stored values and slopes


class Sample(NamedTuple):
    """A convex function at some alphas: value, slope, and the error of the value. Each [M]."""

    values: Floats
    slopes: Floats
    doubt: Floats


Convex = Callable[[Floats], Sample]


class Curve(NamedTuple):
    """A cubic between knots with their values and slopes: within `error` of the function at every alpha."""

    alphas: tuple[float, ...]
    values: tuple[float, ...]
    slopes: tuple[float, ...]
    error: float

    def at(self, alphas: Sequence[float] | Floats) -> Floats:
        """The values at `alphas`, [M]; `ValueError` for one outside the knots."""
        wanted = np.asarray(alphas, dtype=float)
        knots = np.asarray(self.alphas)
        if wanted.size and not (knots[0] <= wanted.min() and wanted.max() <= knots[-1]):
            raise ValueError(f"alpha lies outside the curve, {knots[0]:g} to {knots[-1]:g}: {wanted.tolist()}")
        return _cubic(knots, np.asarray(self.values), np.asarray(self.slopes), wanted)

    def knot(self, alpha: float) -> tuple[float, float]:
        """Value and slope at a knot; `ValueError` where there is none at `alpha`."""
        place = self.alphas.index(alpha)
        return self.values[place], self.slopes[place]

    def to_json(self) -> dict[str, Any]:
        return {"alphas": list(self.alphas), "values": list(self.values), "slopes": list(self.slopes)}

    @classmethod
    def from_json(cls, knots: dict[str, Any], error: float) -> "Curve":
        return cls(tuple(knots["alphas"]), tuple(knots["values"]), tuple(knots["slopes"]), error)


class Steps(NamedTuple):
    """A step function: `values[i]` holds from `alphas[i]` to `alphas[i + 1]`, the last value to `high`."""

    alphas: tuple[float, ...]
    values: tuple[float, ...]
    high: float

    def at(self, alpha: float) -> float:
        """The value at `alpha`; raises `ValueError` outside the range."""
        if not self.alphas[0] <= alpha <= self.high:
            raise ValueError(f"alpha {alpha:g} lies outside the curve, {self.alphas[0]:g} to {self.high:g}")
        return self.values[int(np.searchsorted(self.alphas, alpha, side="right")) - 1]

    def to_json(self) -> dict[str, Any]:
        return {"alphas": list(self.alphas), "values": list(self.values), "high": self.high}

    @classmethod
    def from_json(cls, knots: dict[str, Any]) -> "Steps":
        return cls(tuple(knots["alphas"]), tuple(knots["values"]), knots["high"])


def step_function(changes: Sequence[tuple[float, float]], start: float, low: float, high: float) -> Steps:
    """`start` at `low`, plus each change at its alpha; changes at one alpha are one step."""
    found: dict[float, float] = {low: start}
    for alpha, change in changes:
        found[alpha] = found.get(alpha, 0.0) + change
    alphas = sorted(found)
    values = np.cumsum([found[alpha] for alpha in alphas])
    kept = [0, *(i for i in range(1, len(alphas)) if abs(values[i] - values[i - 1]) > 1e-12)]
    return Steps(tuple(alphas[i] for i in kept), tuple(float(values[i]) for i in kept), high)


def fit_curve(function: Convex, low: float, high: float, fixed: Sequence[float] = ()) -> Curve:
    """The convex `function` from `low` to `high` by as few knots as its error needs, including those of `fixed`.

    `low`, `high` and `fixed` are multiples of `FIRST_STEP`. The stated error holds at every alpha; it grows
    where the function bends too sharply for the finest step.
    """
    alphas, sample = _evaluate(function, low, high, fixed)
    places = _choose_knots(alphas, sample, np.searchsorted(alphas, [low, *fixed, high]))
    knots, values, slopes = (
        alphas[places],
        np.round(sample.values[places], DIGITS),
        np.round(sample.slopes[places], DIGITS),
    )
    error = _error(alphas, sample, knots, values, slopes)
    return Curve(tuple(knots.tolist()), tuple(values.tolist()), tuple(slopes.tolist()), error)


def _evaluate(function: Convex, low: float, high: float, fixed: Sequence[float]) -> tuple[Floats, Sample]:
    """The function at enough alphas that its bounds between two of them differ by at most `FENCE`: sorted, [M]."""
    steps = max(1, round((high - low) / FIRST_STEP))
    alphas = np.unique(np.concatenate([np.linspace(low, high, steps + 1), np.asarray(fixed, dtype=float)]))
    sample = function(alphas)
    while True:
        widths = np.diff(alphas)
        open_ = (_fences(widths, sample.values, sample.slopes) > FENCE) & (widths > FINEST_STEP)
        if not open_.any():
            return alphas, sample
        between = alphas[:-1][open_] + widths[open_] / 2
        more = function(between)
        order = np.argsort(np.concatenate([alphas, between]))
        alphas = np.concatenate([alphas, between])[order]
        sample = Sample(*(np.concatenate(both)[order] for both in zip(sample, more, strict=True)))


def _fences(widths: Floats, values: Floats, slopes: Floats) -> Floats:
    """The greatest height between the chord and the tangents of each interval, [M − 1]: a convex function stays
    within it.
    """
    chords = np.diff(values) / widths
    before, after = np.maximum(chords - slopes[:-1], 0), np.maximum(slopes[1:] - chords, 0)
    both = before + after
    heights: Floats = np.divide(widths * before * after, both, out=np.zeros_like(both), where=both > 0)
    return heights


def _choose_knots(alphas: Floats, sample: Sample, fixed: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """Positions of the knots: each as far from the last as one cubic stays within `TOLERANCE`."""
    chosen = [int(fixed[0])]
    for end in sorted({int(place) for place in fixed[1:]} - {chosen[0]}):
        while chosen[-1] != end:
            chosen.append(_farthest(alphas, sample, chosen[-1], end))
    return np.array(chosen)


def _farthest(alphas: Floats, sample: Sample, start: int, end: int) -> int:
    """Doubles the reach while the cubic fits, then bisects."""
    good, bad = start + 1, end + 1
    reach = 2
    while start + reach <= end:
        if not _holds(alphas, sample, start, start + reach):
            bad = start + reach
            break
        good, reach = start + reach, reach * 2
    while bad - good > 1:
        middle = (good + bad) // 2
        if _holds(alphas, sample, start, middle):
            good = middle
        else:
            bad = middle
    return good


def _holds(alphas: Floats, sample: Sample, start: int, end: int) -> bool:
    ends, inner = [start, end], slice(start + 1, end)
    found = _cubic(alphas[ends], sample.values[ends], sample.slopes[ends], alphas[inner])
    return end - start < 2 or bool(np.abs(found - sample.values[inner]).max() <= TOLERANCE)


def _error(alphas: Floats, sample: Sample, knots: Floats, values: Floats, slopes: Floats) -> float:
    """The largest possible error of the rounded curve anywhere.

    On an interval between two evaluated alphas both lie within their own bounds (the cubic once it is bent enough to be
    convex), and at its ends they are `apart`: so they differ by at most that plus the wider of the two bounds.
    """
    widths = np.diff(alphas)
    apart = np.abs(_cubic(knots, values, slopes, alphas) - sample.values)
    piece = np.clip(np.searchsorted(knots, alphas[:-1], side="right") - 1, 0, len(knots) - 2)
    left, right = (_bends(knots, values, slopes, piece, at) for at in (alphas[:-1], alphas[1:]))
    bent = np.maximum(0, -np.minimum(left.second, right.second))  # [M − 1], what is missing for convexity
    starts, ends = left.slope - bent * widths / 2, right.slope + bent * widths / 2
    chords = (right.value - left.value) / widths
    before, after = np.maximum(chords - starts, 0), np.maximum(ends - chords, 0)
    own = np.divide(widths * before * after, before + after, out=np.zeros_like(widths), where=before + after > 0)
    fences = np.maximum(_fences(widths, sample.values, sample.slopes), own) + bent * widths**2 / 8
    doubt = np.maximum(sample.doubt[:-1], sample.doubt[1:])
    return float((np.maximum(apart[:-1], apart[1:]) + fences + doubt).max())


class _Bend(NamedTuple):
    value: Floats
    slope: Floats
    second: Floats


def _bends(knots: Floats, values: Floats, slopes: Floats, piece: npt.NDArray[np.intp], at: Floats) -> _Bend:
    """Value, slope and second derivative of the cubic of each `piece` at the alphas `at`, [M]."""
    width, start = knots[piece + 1] - knots[piece], values[piece]
    rise, first, last = values[piece + 1] - start, slopes[piece] * width, slopes[piece + 1] * width
    square, cube = 3 * rise - 2 * first - last, first + last - 2 * rise
    x = (at - knots[piece]) / width
    return _Bend(
        start + x * (first + x * (square + x * cube)),
        (first + x * (2 * square + 3 * x * cube)) / width,
        (2 * square + 6 * x * cube) / width**2,
    )


def _cubic(knots: Floats, values: Floats, slopes: Floats, at: Floats) -> Floats:
    """The cubic Hermite interpolant of the knots at the alphas `at`, [M]."""
    piece = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2)
    return _bends(knots, values, slopes, piece, at).value
