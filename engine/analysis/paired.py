"""Two runs, paired by question: what changes from the first to the second, with a 95 % interval over persons.

A question is the same where its id is, or else its content: the same question in another set counts. Only questions
asked in both runs are compared, and the number left out is said.
"""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from db.rows import ScoredPlaceRow
from engine.analysis.differences import Unlike, unlike
from engine.analysis.figures import (
    SEED,
    Scores,
    interval_words,
    needs,
    number_words,
    parts_of,
    people_words,
    scores_of,
    why_no_interval,
)
from engine.errors import RunError
from engine.evaluation.bootstrap import Floats, mean_intervals
from engine.evaluation.metrics import METRICS
from engine.store import history
from engine.store.history import RunSummary
from engine.wording import named_run

NO_SPREAD = "every question scores the same in both"
SAME_MOVE = "every person changes by the same amount, so resampling shows no spread"


class Difference(NamedTuple):
    """One measure on one part of the questions that both runs were asked; means are over those that both scored."""

    set: str  # of the first run
    split: str
    half: str
    metric: str
    first: float | None
    second: float | None
    mean: float | None  # of second − first, question by question; None: n/a, see `reason`
    low: float | None  # of its 95 % interval; None: n/a, see `reason`
    high: float | None
    questions: int
    persons: int
    unnamed: int
    reason: str  # why difference or interval is missing, or is 0; else ""

    @property
    def words(self) -> str:
        if self.mean is None:
            return f"n/a: {self.reason}"
        people = people_words(self.persons, self.unnamed)
        return f"{number_words(self.mean, '+')} {interval_words(self.low, self.high)}, n {self.questions}, {people}"


class Comparison(NamedTuple):
    """What changes from `first` to `second`. `only_first`, `only_second`: questions that the other was not asked."""

    first: RunSummary
    first_alpha: float
    second: RunSummary
    second_alpha: float
    differences: list[Difference]
    shared: int
    only_first: int
    only_second: int
    unlike: list[Unlike]

    @property
    def left_out_words(self) -> str:
        shared = f"{self.shared} {'question was' if self.shared == 1 else 'questions were'} asked by both"
        if not self.only_first and not self.only_second:
            return f"{shared}, and none by only one"
        return (
            f"{shared}; left out are {self.only_first} that only {named_run(self.first)} asked and {self.only_second}"
            f" that only {named_run(self.second)} asked"
        )


def compare_runs(
    first: int, second: int, first_alpha: float, second_alpha: float, only: Collection[int] | None = None
) -> Comparison:
    """Every measure of either run on every part that both were asked; `only`: just the first's questions with
    these ids.

    `RunError` for an unknown or unfinished run, for an alpha without scores, and for runs that share no question.
    """
    one, two = history.run_detail(first), history.run_detail(second)
    ours, theirs = scores_of(first, first_alpha, only), scores_of(second, second_alpha)
    left, right = _shared(ours.places, theirs.places)
    if not len(left):
        raise RunError(
            f"{named_run(one.summary)} and {named_run(two.summary)} have no question in common, so nothing can be"
            " paired"
        )
    known = {*ours.metrics, *theirs.metrics}
    metrics = [name for name in METRICS if name in known] + sorted(known - set(METRICS))
    places = [ours.places[row] for row in left]
    sides = [
        (ours, left, named_run(one.summary)),
        (theirs, right, named_run(two.summary)),
    ]
    differences = []
    for part, rows in parts_of(places):
        subjects = [places[row].subject for row in rows]
        columns = [[_column(scores, shared[rows], metric) for scores, shared, _ in sides] for metric in metrics]
        differences += _differences(part, metrics, columns, subjects, (sides[0][2], sides[1][2]))
    flags = unlike(one, two)
    if set(ours.metrics) != set(theirs.metrics):
        flags.append(Unlike("measures", _only(ours, theirs), _only(theirs, ours)))
    left_out = len(ours.places) - len(left), len(theirs.places) - len(right)
    return Comparison(one.summary, first_alpha, two.summary, second_alpha, differences, len(left), *left_out, flags)


def _only(scores: Scores, others: Scores) -> str:
    return ", ".join(sorted(set(scores.metrics) - set(others.metrics))) or "none that the other lacks"


def _shared(
    ours: list[ScoredPlaceRow], theirs: list[ScoredPlaceRow]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Rows of the same questions on either side, one to one: by id first, then by content."""
    by_id = {place.question_id: row for row, place in enumerate(theirs)}
    pairs = {row: by_id[place.question_id] for row, place in enumerate(ours) if place.question_id in by_id}
    free: dict[str, list[int]] = {}
    for row in sorted(set(range(len(theirs))) - set(pairs.values()), reverse=True):
        free.setdefault(theirs[row].content_hash, []).append(row)
    for row, place in enumerate(ours):
        if row not in pairs and free.get(place.content_hash):
            pairs[row] = free[place.content_hash].pop()
    left = sorted(pairs)
    return np.array(left, dtype=np.intp), np.array([pairs[row] for row in left], dtype=np.intp)


def _column(scores: Scores, rows: npt.NDArray[np.intp], metric: str) -> Floats | None:
    """The scores of a measure; None where the run stored none on these questions."""
    if metric not in scores.metrics:
        return None
    place = scores.metrics.index(metric)
    return scores.values[rows, place] if scores.stored[rows, place].any() else None


def _differences(
    part: tuple[str, str, str],
    metrics: list[str],
    columns: list[list[Floats | None]],
    subjects: list[str],
    names: tuple[str, str],
) -> list[Difference]:
    found: dict[str, Difference] = {}
    both: list[tuple[str, Floats, Floats]] = []
    for metric, (ours, theirs) in zip(metrics, columns, strict=True):
        if ours is not None and theirs is not None:
            both.append((metric, ours, theirs))
        elif ours is not None or theirs is not None:
            lacking = names[0] if ours is None else names[1]
            found[metric] = _none(part, metric, f"{lacking} has no scores of it on these questions")
    if both:
        moved = np.column_stack([theirs - ours for _, ours, theirs in both])
        for (metric, ours, theirs), interval in zip(both, mean_intervals(moved, subjects, SEED), strict=True):
            scored = ~np.isnan(theirs - ours)
            if interval.mean is None:
                found[metric] = _none(part, metric, _unscored(metric, ours, theirs))
                continue
            people = [subject for subject, is_scored in zip(subjects, scored, strict=True) if is_scored]
            counts = len({name for name in people if name}), sum(not name for name in people)
            alike = interval.low is not None and interval.low == interval.high and counts[0] + counts[1] > 1
            low, high = (None, None) if alike else (interval.low, interval.high)
            means = float(ours[scored].mean()), float(theirs[scored].mean())
            found[metric] = Difference(
                *part,
                metric,
                *means,
                interval.mean,
                low,
                high,
                interval.questions,
                *counts,
                _why(counts, interval.low, alike, bool((theirs - ours)[scored].any())),
            )
    return [found[metric] for metric in metrics if metric in found]


def _why(counts: tuple[int, int], low: float | None, alike: bool, moved: bool) -> str:
    """Why the interval is missing, "" where it is there."""
    if low is None:
        return why_no_interval(counts)
    return "" if not alike else SAME_MOVE if moved else NO_SPREAD


def _unscored(metric: str, ours: Floats, theirs: Floats) -> str:
    if np.isnan(ours).all() or np.isnan(theirs).all():
        return needs(metric)
    return "no question was scored in both runs"


def _none(part: tuple[str, str, str], metric: str, reason: str) -> Difference:
    return Difference(*part, metric, None, None, None, None, None, 0, 0, 0, reason)
