"""The maps of a run as matrices: the sum over each person's questions on every piece of α on which nothing changes.

Means over questions, and resamples of persons, are then products of weights with these matrices.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from engine.analysis.exact_curves import MappedQuestion
from engine.data.examples import KEPT, is_to_be_forgotten
from engine.errors import DataError

Floats = NDArray[np.float64]
PartMeasure = Callable[[MappedQuestion], Sequence[float]]  # one value per answer of a map

FORGET, TRAINED_ON = "forget", "train"


class MeasuredPart(NamedTuple):
    """One measure on one part of the questions. A question without a person is its own cluster."""

    name: str  # SPLIT or SPLIT/HALF
    sums: Floats  # [persons, pieces]
    sizes: Floats  # [persons], questions of each

    @property
    def questions(self) -> int:
        return int(self.sizes.sum())

    @property
    def persons(self) -> int:
        return len(self.sizes)

    def mean(self, weights: Floats | None = None) -> Floats:
        """The mean over questions: [pieces]; with `weights` [resamples, persons] one row per resample."""
        if weights is None:
            return np.asarray(self.sums.sum(axis=0) / self.sizes.sum())
        return np.asarray((weights @ self.sums) / (weights @ self.sizes)[:, None])


class Pieces(NamedTuple):
    """Piece i reaches from `borders[i]` to `borders[i + 1]`; each border is known to within its error. In α, no unit.

    `leaks` are shares of the forget questions, `kept` ROUGE-L recall of every part to keep, `loops` shares of
    answers that fell into a loop, for all of these parts.
    """

    borders: Floats
    errors: Floats
    leaks: MeasuredPart
    kept: tuple[MeasuredPart, ...]
    loops: tuple[MeasuredPart, ...]

    @property
    def low(self) -> float:
        return float(self.borders[0])

    @property
    def high(self) -> float:
        return float(self.borders[-1])

    def place(self, alpha: float) -> int:
        """The piece that holds `alpha`; a border belongs to the piece on its right."""
        return min(int(np.searchsorted(self.borders, alpha, side="right")) - 1, len(self.borders) - 2)


def is_asked_to_stay(item: MappedQuestion) -> bool:
    """Figures never come from questions that the pair was trained to keep."""
    return item.split in KEPT and item.half != TRAINED_ON


def make_pieces(questions: Sequence[MappedQuestion], low: float, high: float) -> Pieces:
    """Every map must cover `low` to `high`. `DataError` where there is nothing to forget or nothing to keep."""
    secret = [item for item in questions if is_to_be_forgotten(item.split)]
    kept: dict[str, list[MappedQuestion]] = {}
    for item in filter(is_asked_to_stay, questions):
        kept.setdefault("/".join(filter(None, (item.split, item.half))), []).append(item)
    if not secret:
        raise DataError(
            "none of the mapped questions is to be forgotten (all are in other splits), so nothing is known about"
            " forgetting"
        )
    if not kept:
        raise DataError(
            "none of the mapped questions is to be kept and was not trained on, so nothing is known about what"
            " survives: map the eval half of retain or world too"
        )
    wanted: list[tuple[list[MappedQuestion], PartMeasure]] = [(secret, _leaks), (secret, _loops)]
    for items in kept.values():
        wanted += [(items, _rouge), (items, _loops)]
    borders, errors = _borders(wanted, low, high)
    starts = borders[:-1]
    return Pieces(
        borders,
        errors,
        _part(FORGET, secret, _leaks, starts),
        tuple(_part(name, items, _rouge, starts) for name, items in kept.items()),
        tuple(_part(name, items, _loops, starts) for name, items in ((FORGET, secret), *kept.items())),
    )


def _leaks(item: MappedQuestion) -> list[float]:
    return [float(flag) for flag in item.leaks]


def _rouge(item: MappedQuestion) -> Sequence[float]:
    return item.rouge


def _loops(item: MappedQuestion) -> list[float]:
    return [float(answer.degenerate) for answer in item.map.answers]


def _borders(
    wanted: Sequence[tuple[Sequence[MappedQuestion], PartMeasure]], low: float, high: float
) -> tuple[Floats, Floats]:
    """Where any of the measures changes, with both ends of the range; where two coincide the larger error counts."""
    errors = {low: 0.0, high: 0.0}
    for items, measure in wanted:
        for item in items:
            values = measure(item)
            for place, answer in enumerate(item.map.answers[1:], start=1):
                if low < answer.low < high and values[place] != values[place - 1]:
                    errors[answer.low] = max(errors.get(answer.low, 0.0), answer.low_error)
    borders = sorted(errors)
    return np.array(borders), np.array([errors[border] for border in borders])


def _part(name: str, items: Sequence[MappedQuestion], measure: PartMeasure, starts: Floats) -> MeasuredPart:
    rows: dict[object, int] = {}
    for index, item in enumerate(items):
        rows.setdefault(item.subject or index, len(rows))
    sums, sizes = np.zeros((len(rows), len(starts))), np.zeros(len(rows))
    for index, item in enumerate(items):
        row = rows[item.subject or index]
        lows = np.array([answer.low for answer in item.map.answers])
        sums[row] += np.asarray(measure(item), dtype=float)[np.searchsorted(lows, starts, side="right") - 1]
        sizes[row] += 1
    return MeasuredPart(name, sums, sizes)
