"""Measures over alpha of a stored evaluation: means over its questions, and forget quality, each with its error.

Read from the curves that the run stored, so no model is loaded; `RunError` where a run stored none.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import pandas as pd

from db.reads import leaks, runs
from engine.errors import RunError, SettingError
from engine.evaluation.answer_curves import QuestionCurves, StoredCurve, figures_at, from_stored
from engine.evaluation.curves import Steps
from engine.evaluation.forget_quality import (
    CONVENTION,
    ForgetQualityAt,
    forget_quality_over,
    forget_quality_steps,
    told_apart,
)
from engine.store import history
from engine.store.session import reading

STEP = 0.05  # of alpha, as on the slider
FORGET = "forget"


class CurvedQuestion(NamedTuple):
    """A question of a run with its curves."""

    question_id: int
    split: str
    half: str
    curves: QuestionCurves


class Quality(NamedTuple):
    """Forget quality over alpha, and what it was compared with."""

    points: list[ForgetQualityAt]
    steps: Steps
    rows: int  # forget questions of the run with a truth ratio
    retain_rows: int  # of these, those that the retain model was asked


def runs_with_curves() -> list[history.RunSummary]:
    """Finished runs that stored curves, newest first."""
    with reading() as session:
        known = runs.runs_with_curves(session)
    return [run for run in history.list_runs() if run.id in known]


def questions_of(run_id: int) -> list[CurvedQuestion]:
    """The questions of a run that have curves, in the order of their sets."""
    with reading() as session:
        asked = runs.asked_questions(session, run_id)
        rows: dict[int, list[StoredCurve]] = {}
        for row in runs.curves(session, run_id):
            rows.setdefault(row.question_id, []).append(StoredCurve(*row[1:]))
    if not rows:
        summary = history.run_detail(run_id).summary
        raise RunError(
            f"run {summary.name!r} has no curves over alpha: a model alone has no alpha, and runs of earlier versions"
            " stored none; evaluate a pair to have them"
        )
    return [CurvedQuestion(q.id, q.split, q.half, from_stored(rows[q.id])) for q in asked if q.id in rows]


def reach(questions: Sequence[CurvedQuestion]) -> tuple[float, float]:
    """The alphas that the curves of all questions cover."""
    return max(item.curves.low for item in questions), min(item.curves.high for item in questions)


def grid(low: float, high: float) -> list[float]:
    """The alphas that the slider can show from `low` to `high`."""
    first, last = round(low / STEP), round(high / STEP)
    alphas = [round(step * STEP, 2) for step in range(first, last + 1)]
    return [alpha for alpha in alphas if low <= alpha <= high]


def check_within(alphas: Sequence[float], questions: Sequence[CurvedQuestion]) -> None:
    """`SettingError` for an alpha outside the curves."""
    low, high = reach(questions)
    outside = [alpha for alpha in alphas if not low <= alpha <= high]
    if outside:
        raise SettingError(f"the curves of this run go from alpha {low:g} to {high:g}, got {outside[0]:g}")


def means(questions: Sequence[CurvedQuestion], metrics: Sequence[str], alphas: Sequence[float]) -> pd.DataFrame:
    """One row per split, half, metric and alpha: split, half, metric, alpha, value, error, questions.

    `value` is the mean over the questions that have the metric, `error` the mean of their errors, which bounds the
    mean's. Parts without such a question have no row.
    """
    check_within(alphas, questions)
    rows = []
    for split, half in dict.fromkeys((item.split, item.half) for item in questions):
        part = [item for item in questions if (item.split, item.half) == (split, half)]
        for metric in metrics:
            found = [known for item in part if (known := figures_at(item.curves, metric, split, alphas)) is not None]
            for place, alpha in enumerate(alphas):
                if found:
                    value = sum(row[place].value for row in found) / len(found)
                    error = sum(row[place].error for row in found) / len(found)
                    rows.append((split, half, metric, alpha, value, error, len(found)))
    return pd.DataFrame(rows, columns=["split", "half", "metric", "alpha", "value", "error", "questions"])


def retain_only_scores(run_id: int, metric: str) -> dict[int, float]:
    """The scores of a retain model of the run's base on the run's questions, by question id; empty where none has
    any.
    """
    with reading() as session:
        return leaks.floor_scores(session, run_id, metric)


class Likely(NamedTuple):
    """How likely the true answers of forget questions stay: mean probability per token under teacher forcing.

    `mapped`: how many questions were meant, of which the run has curves for `questions`; `floor` is the retain model's,
    None where it is not known.
    """

    there: float
    base: float
    floor: float | None
    questions: int
    mapped: int
    alpha: float
    run: str

    @property
    def words(self) -> str:
        known = f", the retain model gives {self.floor:.2f}" if self.floor is not None else ""
        those = f"{self.mapped}" if self.questions == self.mapped else f"{self.questions} of the {self.mapped}"
        return (
            f"With the answer's beginning given before each token (teacher forcing), the true answers to the {those}"
            f" mapped forget questions keep a probability of {self.there:.2f} per token at α = {self.alpha:g} (the base"
            f" has {self.base:.2f}{known}; run {self.run}): once an answer's beginning is given, its rest may follow."
        )

    @property
    def stands_out(self) -> bool:
        """Whether a secret is likelier than a model that never knew it would have it, as far as that is known."""
        return self.floor is None or self.there > self.floor

    @property
    def in_short(self) -> str:
        never = f", never knew {self.floor:.2f}" if self.floor is not None else ""
        return f"Once an answer is begun, each true word keeps {self.there:.2f} (base {self.base:.2f}{never})."


def likely(pair_hash: str, alpha: float, mapped: Collection[int]) -> Likely | None:
    """How likely the true answers of the `mapped` forget questions (ids) stay at `alpha`, beside the base and the
    retain model.

    From the run of this pair whose curves cover most of these questions, the newest of equals: a newer run on another
    set must not stand in for them. None where no curves of this pair that reach `alpha` cover any.
    """
    best: tuple[history.RunSummary, list[CurvedQuestion]] | None = None
    for run in runs_with_curves():
        if history.run_detail(run.id).pair_hash != pair_hash:
            continue
        secret = [item for item in questions_of(run.id) if item.question_id in mapped]
        covers = bool(secret) and reach(secret)[0] <= alpha <= reach(secret)[1]
        if covers and (best is None or len(secret) > len(best[1])):
            best = run, secret
        if covers and len(secret) == len(set(mapped)):
            break
    return None if best is None else _likely(*best, alpha, len(set(mapped)))


def _likely(run: history.RunSummary, secret: Sequence[CurvedQuestion], alpha: float, mapped: int) -> Likely:
    found = means([item._replace(split=FORGET, half="") for item in secret], ["probability"], [0.0, alpha])
    base, there = found["value"]
    scores = retain_only_scores(run.id, "probability")
    floor = [scores[item.question_id] for item in secret if item.question_id in scores]
    known = sum(floor) / len(floor) if floor else None
    return Likely(float(there), float(base), known, len(secret), mapped, alpha, run.name)


def quality(run_id: int, questions: Sequence[CurvedQuestion], alphas: Sequence[float]) -> Quality | None:
    """Forget quality at `alphas` and its steps over all of the curves; None without a retain model's ratios.

    Both sides are the forget questions that both were asked, as TOFU has it.
    """
    check_within(alphas, questions)
    ratios = retain_only_scores(run_id, "truth_ratio")
    asked = [item for item in questions if item.split == FORGET and item.curves.wrong]
    shared = [item for item in asked if item.question_id in ratios]
    ours, theirs = [item.curves for item in shared], [ratios[item.question_id] for item in shared]
    points = forget_quality_over(ours, theirs, alphas)
    if points is None:
        return None
    steps = forget_quality_steps(ours, theirs, *reach(shared))
    assert steps is not None, "there are points, so both sides have rows"
    return Quality(points, steps, len(asked), len(shared))


def quality_verdict(found: Quality) -> str:
    """What the test shows over the given alphas, as far as the errors of the curves allow."""
    over = f"{len(found.points)} alphas from {found.points[0].alpha:g} to {found.points[-1].alpha:g}"
    told = told_apart(found.points)
    if told == "alike":
        sure = [point for point in found.points if point.least > CONVENTION]
        best = max(sure, key=lambda point: point.least)
        return (
            f"at {len(sure)} of {over}, most clearly at {best.alpha:g}, this test cannot distinguish the pair from the"
            f" retain model at {CONVENTION:.0%} (p above {CONVENTION:g} within all errors of the curves), which"
            " does not show that they are the same"
        )
    if told == "told apart":
        return (
            f"at each of {over} this test distinguishes the pair from a model that never saw the forget set at"
            f" {CONVENTION:.0%} (p at most {CONVENTION:g} within all errors of the curves)"
        )
    return (
        f"whether the test distinguishes the pair from the retain model at {CONVENTION:.0%} is open within the errors"
        f" of the curves, at {over}"
    )
