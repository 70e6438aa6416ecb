"""Means of a stored run, each with its count, its people and a 95 % interval. Reads only; imports no model library.

Persons are resampled, not questions (`evaluation.bootstrap`), with a fixed seed: the same database gives the
same digits. A figure without a mean or an interval says why.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from db.reads import figures
from db.rows import ScoredPlaceRow
from engine.errors import RunError, StorageError
from engine.evaluation.bootstrap import Floats, mean_intervals, none_of
from engine.evaluation.metrics import METRICS
from engine.evaluation.utility import MeanInterval
from engine.store import history
from engine.store.session import reading
from engine.wording import named_run

SEED = 0  # of every bootstrap
SHARES = ("share", "0 or 1")  # units of values between 0 and 1
ONE_PERSON = "all are about one person, so resampling is not possible"
ONE_QUESTION = "one question cannot be resampled"
BOUNDED = (
    "* All score the same 0 or 1, so resampling shows no spread: the interval is Clopper and Pearson's for none, or"
    " all, of so many persons."
)


class Figure(NamedTuple):
    """One mean over one part of the questions. A question that does not name a person is its own cluster."""

    set: str
    split: str
    half: str
    metric: str
    mean: float | None  # None: n/a, see `reason`
    low: float | None  # of the 95 % interval; None: n/a, see `reason`
    high: float | None
    questions: int  # with a score
    persons: int  # that these are about, by name
    unnamed: int  # of these questions, those that do not name a person
    reason: str  # why mean or interval is missing; "" where both are there
    bounded: bool = False  # the interval is Clopper and Pearson's, as all score the same

    @property
    def interval(self) -> str:
        return interval_words(self.low, self.high) + ("*" if self.bounded else "")

    @property
    def people(self) -> str:
        return people_words(self.persons, self.unnamed)

    @property
    def words(self) -> str:
        """ "0.017 [0.000, 0.042], n 36, 6 people"."""
        if self.mean is None:
            return f"n/a: {self.reason}"
        return f"{number_words(self.mean)} {self.interval}, n {self.questions}, {self.people}"


class Scores(NamedTuple):
    """The scores of a run's questions at one alpha. `values` [questions, metrics], NaN where there is no score."""

    places: list[ScoredPlaceRow]
    metrics: list[str]
    values: Floats
    stored: "np.ndarray[tuple[int, ...], np.dtype[np.bool_]]"  # [questions, metrics]: stored, with or without a score


def number_words(value: float, sign: str = "") -> str:
    """Three decimals; a value that rounds to 0 has no sign, which would suggest a fall."""
    rounded = round(value, 3)
    return f"{rounded:{sign}.3f}" if rounded else "0.000"


def interval_words(low: float | None, high: float | None) -> str:
    return "[n/a]" if low is None or high is None else f"[{number_words(low)}, {number_words(high)}]"


def people_words(persons: int, unnamed: int) -> str:
    people = f"{persons} {'person' if persons == 1 else 'people'}"
    if not unnamed:
        return people
    return f"{people}, {unnamed} without a person" if persons else "no person named"


def share_words(share: Figure) -> str:
    """ "3% [1%, 6%]"; without an interval "3% [n/a]"; an asterisk where it is Clopper and Pearson's."""
    if share.mean is None:
        return "n/a"
    if share.low is None or share.high is None:
        return f"{share.mean:.0%} [n/a]"
    return f"{share.mean:.0%} [{share.low:.0%}, {share.high:.0%}]{'*' if share.bounded else ''}"


def run_figures(run_id: int, alpha: float, only: Collection[int] | None = None) -> list[Figure]:
    """Every measure on every part of a run's questions at `alpha`; only those with ids in `only` where it is given.

    `RunError` for an unknown or unfinished run, and for an alpha without scores, which lists those that have.
    """
    scores = scores_of(run_id, alpha, only)
    return [figure for part, rows in parts_of(scores.places) for figure in _part_figures(scores, part, rows)]


def _part_figures(scores: Scores, part: tuple[str, str, str], rows: list[int]) -> Iterator[Figure]:
    columns = [place for place in range(len(scores.metrics)) if scores.stored[rows, place].any()]
    values, subjects = scores.values[np.ix_(rows, columns)], [scores.places[row].subject for row in rows]
    for place, interval in enumerate(mean_intervals(values, subjects, SEED)):
        named = _people(values[:, place], subjects)
        yield _figure((*part, scores.metrics[columns[place]]), interval, named)


def figure_of(
    values: Sequence[float | None], subjects: Sequence[str], metric: str, part: tuple[str, str, str] = ("", "", "")
) -> Figure:
    """The figure of one measure from its values: None where a question has no score."""
    column = np.array([np.nan if value is None else value for value in values], dtype=float)
    (interval,) = mean_intervals(column[:, None], subjects, SEED)
    return _figure((*part, metric), interval, _people(column, subjects))


def scores_of(run_id: int, alpha: float, only: Collection[int] | None = None) -> Scores:
    """Raises `RunError` as `run_figures` does, and `StorageError` where the question of a score is missing."""
    check_scored(run_id, alpha)
    with reading() as session:
        places = figures.scored_places(session, run_id, alpha)
        found = figures.scores_at(session, run_id, alpha)
    if only is not None:
        places = [place for place in places if place.question_id in only]
        found = [row for row in found if row[0] in only]
    known = {metric for _, metric, _ in found}
    metrics = [name for name in METRICS if name in known] + sorted(known - set(METRICS))
    row_of = {place.question_id: row for row, place in enumerate(places)}
    column_of = {metric: column for column, metric in enumerate(metrics)}
    values, stored = np.full((len(places), len(metrics)), np.nan), np.zeros((len(places), len(metrics)), dtype=bool)
    lost = sorted({question for question, *_ in found} - row_of.keys())
    if lost:
        raise StorageError(
            f"run {run_id} has scores of a question that is not stored whole ({lost[0]}): the database is damaged"
        )
    for question, metric, value in found:
        place = row_of[question], column_of[metric]
        stored[place] = True
        if value is not None:
            values[place] = value
    return Scores(places, metrics, values, stored)


def with_intervals(
    means: pd.DataFrame, figures_of: Callable[[int, float], Sequence[Figure]] = run_figures
) -> pd.DataFrame:
    """The rows of `history.trade_off` of finished runs with the columns low, high and text (mean, interval, n and
    people).

    A screen passes its own `figures_of`, which caches the figures of a run at an alpha.
    """
    keys = ["run_id", "alpha", "set", "split", "half", "metric"]
    rows = [
        (run_id, alpha, item.set, item.split, item.half, item.metric, item.low, item.high, item.words)
        for run_id, alpha in means[keys[:2]].drop_duplicates().itertuples(index=False, name=None)
        for item in figures_of(run_id, alpha)
    ]
    return means.merge(pd.DataFrame(rows, columns=[*keys, "low", "high", "text"]), "left", keys)


def check_scored(run_id: int, alpha: float) -> None:
    """`RunError` unless the run has finished and has scores at `alpha`."""
    run = history.run_detail(run_id).summary
    name = named_run(run)
    if run.status != "finished":
        raise RunError(f"{name} is {run.status}; only a finished run has figures")
    stored = history.alphas_of(run_id)
    if not stored:
        raise RunError(
            f"{name} stores no scores:"
            f" {'it maps answers over alpha' if run.facts.finds == 'map' else 'none were taken'}"
        )
    if alpha not in stored:
        legal = ", ".join(f"{value:g}" for value in stored)
        raise RunError(f"{name} has no scores at alpha {alpha:g}; it has them at: {legal}")


def parts_of(places: Sequence[ScoredPlaceRow]) -> list[tuple[tuple[str, str, str], list[int]]]:
    """Set, split and half with their rows of `places`, in the order in which they appear."""
    found: dict[tuple[str, str, str], list[int]] = {}
    for row, place in enumerate(places):
        found.setdefault((place.set, place.split, place.half), []).append(row)
    return list(found.items())


def _people(column: Floats, subjects: Sequence[str]) -> tuple[int, int]:
    """How many persons the scored questions are about by name, and how many questions do not name a person."""
    scored = [subject for subject, value in zip(subjects, column, strict=True) if not np.isnan(value)]
    return len({subject for subject in scored if subject}), sum(not subject for subject in scored)


def _figure(key: tuple[str, str, str, str], interval: MeanInterval, people: tuple[int, int]) -> Figure:
    metric = key[3]
    mean, low, high, questions, clusters = interval
    if mean is None:
        return Figure(*key, None, None, None, 0, 0, 0, needs(metric))
    if low is None or high is None:
        return Figure(*key, mean, None, None, questions, *people, why_no_interval(people))
    bounded = metric in METRICS and METRICS[metric].unit in SHARES and low == high and mean in (0.0, 1.0)
    if bounded:  # all score the same: the bound on those who do not
        low, high = (0.0, none_of(clusters)) if mean == 0 else (1 - none_of(clusters), 1.0)
    return Figure(*key, mean, low, high, questions, *people, "", bounded)


def why_no_interval(people: tuple[int, int]) -> str:
    return ONE_PERSON if people[0] else ONE_QUESTION


def needs(metric: str) -> str:
    """Why a measure has no score on any question of a part."""
    if metric in METRICS and METRICS[metric].phrasing == "paraphrase":
        return "no question here has a paraphrase"
    if metric in ("truth_ratio", "truth_ratio_score", "probability_normalised"):
        return "no question here has wrong answers to compare"
    return "it could not be taken on any question here"
