"""Whether a model still tells, or tells too well, which questions were forgotten: AUC against a holdout, PrivLeak.

Definitions: docs/measures.md, "Membership and PrivLeak", after locuslab/open-unlearning ("OU"): membership scores are
signed like a loss, label 0 is the forget set and 1 the holdout, so 1 means that every forget answer is likelier than
every holdout answer. A model that never saw either scores them by chance; so AUC is read beside that of a
retain model, with the sign of the difference: too low is a trace too. Independent of models and database.
"""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np

from engine.errors import DataError, SettingError
from engine.evaluation.bootstrap import Floats, ends
from engine.evaluation.utility import RESAMPLES

UNDEFINED = "PrivLeak divides by 1 − AUC of the retain model, which is 0"


class ScoredQuestion(NamedTuple):
    """A question with its membership score; a question whose `person` is "" is its own cluster."""

    question: Hashable  # an id among the questions of its side
    person: str
    score: float | None  # None: not counted


class Rows(NamedTuple):
    """How many questions have a score."""

    forget: int
    holdout: int


class PrivacyEstimate(NamedTuple):
    """A figure with its 95 % interval, and how many questions it is based on.

    `value` may be None, and `reason` says why; `low` and `high` are also None where a side has a single person,
    as resampling then has no effect.
    """

    value: float | None
    low: float | None
    high: float | None
    rows: Rows
    reason: str = ""


class PrivLeak(NamedTuple):
    """In percent: near 0 good, below 0 under-forgotten, above 0 over-forgotten. `reason` where `value` is None."""

    value: float | None
    reason: str = ""


class PrivacyComparison(NamedTuple):
    """A model beside a retain model, on the questions that have a score from both."""

    auc: PrivacyEstimate
    auc_retain: PrivacyEstimate
    difference: (
        PrivacyEstimate  # auc − auc_retain: above 0 the forget set shows as trained on, below 0 as tampered with
    )
    privleak: PrivacyEstimate  # percent


class _Wins(NamedTuple):
    """Pairs of a forget and a holdout question counted by person: F and H persons."""

    table: Floats  # [F, H], pairs in which the holdout's score is the higher; ties count half
    forget: Floats  # [F], questions
    holdout: Floats  # [H]


class _Draws(NamedTuple):
    """How often each person is drawn in each of R resamples of both sides."""

    forget: Floats  # [R, F]
    holdout: Floats  # [R, H]


def membership_auc(
    forget: Sequence[ScoredQuestion],
    holdout: Sequence[ScoredQuestion],
    generator: np.random.Generator,
    resamples: int = RESAMPLES,
) -> PrivacyEstimate:
    """Area under the ROC curve of a membership score, ties counted half; by a percentile bootstrap over persons.

    The two sides are resampled separately: they are different persons. `SettingError` for a score that is NaN.
    """
    wins = _wins(forget, holdout)
    if wins is None:
        return _without(forget, holdout)
    draws = _draw(wins, generator, resamples)
    return _estimate(_area(wins), None if draws is None else _areas(wins, draws), _rows(wins))


def privleak(auc: float | None, auc_retain: float | None) -> PrivLeak:
    """((1 − AUC) − (1 − AUC_retain)) ÷ (1 − AUC_retain) · 100; no value at AUC_retain = 1, where OU adds 1e-10
    below.
    """
    for name, value in (("auc", auc), ("auc_retain", auc_retain)):
        if value is not None and not 0 <= value <= 1:
            raise SettingError(f"{name} must be between 0 and 1, got {value:g}")
    if auc is None:
        return PrivLeak(None, "no AUC of the model")
    if auc_retain is None:
        return PrivLeak(None, "no retain model")
    if auc_retain == 1:
        return PrivLeak(None, UNDEFINED)
    return PrivLeak(((1 - auc) - (1 - auc_retain)) / (1 - auc_retain) * 100)


def compare_aucs(
    forget: Sequence[ScoredQuestion],
    holdout: Sequence[ScoredQuestion],
    retain_forget: Sequence[ScoredQuestion],
    retain_holdout: Sequence[ScoredQuestion],
    generator: np.random.Generator,
    resamples: int = RESAMPLES,
) -> PrivacyComparison:
    """A model's scores beside a retain model's on the same questions: each resample draws one set of persons for
    both.

    Questions without a score on either side count on neither. `DataError` where the two models were asked different
    questions; it names one.
    """
    ours_forget, theirs_forget = _paired(forget, retain_forget, "forget")
    ours_holdout, theirs_holdout = _paired(holdout, retain_holdout, "holdout")
    ours, theirs = _wins(ours_forget, ours_holdout), _wins(theirs_forget, theirs_holdout)
    if ours is None or theirs is None:
        nothing = _without(ours_forget, ours_holdout, "a score from both models")
        return PrivacyComparison(nothing, nothing, nothing, nothing)
    auc, auc_retain, rows = _area(ours), _area(theirs), _rows(ours)
    leak = privleak(auc, auc_retain)
    draws = _draw(ours, generator, resamples)
    if draws is None:
        ours_alone, theirs_alone, apart = (
            PrivacyEstimate(value, None, None, rows) for value in (auc, auc_retain, auc - auc_retain)
        )
        return PrivacyComparison(
            ours_alone, theirs_alone, apart, PrivacyEstimate(leak.value, None, None, rows, leak.reason)
        )
    drawn, drawn_retain = _areas(ours, draws), _areas(theirs, draws)
    # Where some draw leaves PrivLeak undefined its upper tail is unknown, so no interval is claimed.
    leaks = None if (drawn_retain == 1).any() or leak.value is None else (drawn_retain - drawn) / (1 - drawn_retain)
    return PrivacyComparison(
        _estimate(auc, drawn, rows),
        _estimate(auc_retain, drawn_retain, rows),
        _estimate(auc - auc_retain, drawn - drawn_retain, rows),
        _estimate(leak.value, None if leaks is None else leaks * 100, rows, leak.reason),
    )


def _paired(
    ours: Sequence[ScoredQuestion], theirs: Sequence[ScoredQuestion], side: str
) -> tuple[list[ScoredQuestion], list[ScoredQuestion]]:
    """The questions with a score from both models, in the order of `ours`."""
    known = {row.question: row for row in theirs}
    mine = {row.question for row in ours}
    for missing, whose in ((mine - known.keys(), "retain model"), (known.keys() - mine, "run")):
        if missing:
            raise DataError(
                f"the {whose} was not asked {len(missing)} of the other's {side} questions, the first is "
                f"{min(missing, key=str)!r}: the two cannot be compared"
            )
    both = [
        (row, known[row.question]._replace(person=row.person))
        for row in ours
        if row.score is not None and known[row.question].score is not None
    ]
    return [row for row, _ in both], [row for _, row in both]


def _wins(forget: Sequence[ScoredQuestion], holdout: Sequence[ScoredQuestion]) -> _Wins | None:
    """None where a side has no score."""
    (low, of_low), (high, of_high) = _side(forget), _side(holdout)
    if not len(low) or not len(high):
        return None
    pairs = (high[None, :] > low[:, None]) + 0.5 * (high[None, :] == low[:, None])  # [forget, holdout]
    return _Wins(of_low.T @ pairs @ of_high, of_low.sum(axis=0), of_high.sum(axis=0))


def _side(rows: Sequence[ScoredQuestion]) -> tuple[Floats, Floats]:
    """The scores [n], and their persons: [n, persons], 1 at the question's person."""
    known = [(row.score, row.person or index) for index, row in enumerate(rows) if row.score is not None]
    scores = np.array([score for score, _ in known], dtype=np.float64)
    if np.isnan(scores).any():
        raise SettingError("a membership score must be a number or None, got nan")
    places: dict[object, int] = {}
    for _, person in known:
        places.setdefault(person, len(places))
    whose = np.zeros((len(known), len(places)))
    whose[np.arange(len(known)), [places[person] for _, person in known]] = 1
    return scores, whose


def _area(wins: _Wins) -> float:
    return float(wins.table.sum() / (wins.forget.sum() * wins.holdout.sum()))


def _areas(wins: _Wins, draws: _Draws) -> Floats:
    """One area per resample, [R]."""
    pairs = ((draws.forget @ wins.table) * draws.holdout).sum(axis=1)
    areas: Floats = pairs / ((draws.forget @ wins.forget) * (draws.holdout @ wins.holdout))
    return areas


def _draw(wins: _Wins, generator: np.random.Generator, resamples: int) -> _Draws | None:
    """None where a side has a single person."""
    sizes = len(wins.forget), len(wins.holdout)
    if min(sizes) == 1:
        return None
    counts = [generator.multinomial(size, [1 / size] * size, size=resamples).astype(np.float64) for size in sizes]
    return _Draws(*counts)


def _rows(wins: _Wins) -> Rows:
    return Rows(int(wins.forget.sum()), int(wins.holdout.sum()))


def _estimate(value: float | None, drawn: Floats | None, rows: Rows, reason: str = "") -> PrivacyEstimate:
    if drawn is None:
        return PrivacyEstimate(value, None, None, rows, reason)
    low, high = ends(drawn)
    return PrivacyEstimate(value, float(low), float(high), rows, reason)


def _without(
    forget: Sequence[ScoredQuestion], holdout: Sequence[ScoredQuestion], what: str = "a score"
) -> PrivacyEstimate:
    rows = Rows(*(sum(row.score is not None for row in side) for side in (forget, holdout)))
    empty = [name for name, count in zip(Rows._fields, rows, strict=True) if not count]
    return PrivacyEstimate(None, None, None, rows, f"no {' and no '.join(empty)} question has {what}")
