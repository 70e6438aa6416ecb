"""The strength at which a run is judged, of those it evaluated, by the rule in its specification.

Reports, figures and comparisons begin there. Runs to be compared should share one rule; `unlike_runs`
says where they do not. Reads only; imports no model library.
"""

from typing import NamedTuple

from engine.analysis.figures import Figure, run_figures
from engine.analysis.paired import Difference, compare_runs
from engine.analysis.recommended import recommended_of_run
from engine.analysis.retain_only import retain_runs_of
from engine.errors import RunError
from engine.evaluation.rouge import variant_of
from engine.settings import AlphaChoice
from engine.store import history
from engine.store.history import RunDetail
from engine.wording import named_run

ROUGE = "rouge"
RULES: dict[AlphaChoice, str] = {
    "recommended": "the pair's recommended one, or else the largest",
    "retain-only": "the one whose forget ROUGE-L recall is nearest to the retain model's on the same questions",
}


class ChosenAlpha(NamedTuple):
    """A strength, and by which rule; and where the rule of the specification could not be used, why."""

    alpha: float
    words: str


def chosen_alpha(run_id: int) -> ChosenAlpha:
    """`RunError` for an unknown run. A run without scores is judged at 0."""
    detail, stored = history.run_detail(run_id), history.alphas_of(run_id)
    first = _first(detail, stored)
    if detail.spec.judged_at == "recommended" or not stored:
        return ChosenAlpha(first, RULES["recommended"])
    reason = "no run of its base's retain model was asked all of its forget questions"
    for retain_run in retain_runs_of(run_id):
        gaps = {alpha: gap for alpha in stored if (gap := _gap(run_id, alpha, retain_run)) is not None}
        if len(gaps) < len(stored):
            continue
        if _rouge_alike(detail, retain_run):
            best = min(gaps, key=lambda alpha: (gaps[alpha], alpha))
            return ChosenAlpha(best, f"{RULES['retain-only']}, {named_run(history.run_detail(retain_run).summary)}")
        reason = "ROUGE of the retain model's run was computed by another reading of words"
    return ChosenAlpha(first, f"{RULES['recommended']}: {reason}, so it could not be {RULES['retain-only']}")


def _first(detail: RunDetail, stored: list[float]) -> float:
    """The recommended one, where the run was not evaluated there the pair's own, else the largest."""
    for alpha in (recommended_of_run(detail), detail.recommended_alpha):
        if alpha is not None and alpha in stored:
            return alpha
    return stored[-1] if stored else 0.0


def _gap(run_id: int, alpha: float, retain_run: int) -> float | None:
    """How far the mean forget ROUGE is from the retain model's; None unless that was asked all of the run's forget
    questions.
    """
    asked = sum(item.questions for item in run_figures(run_id, alpha) if _of_forget(item))
    try:
        moved = [item for item in compare_runs(retain_run, run_id, 0.0, alpha).differences if _of_forget(item)]
    except RunError:
        return None
    shared = sum(item.questions for item in moved)
    if not asked or shared != asked:
        return None
    return abs(sum((item.mean or 0.0) * item.questions for item in moved) / shared)


def _rouge_alike(detail: RunDetail, retain_run: int) -> bool:
    """Whether ROUGE of the forget questions was computed by the same reading of words in both runs."""
    other = history.run_detail(retain_run)
    if detail.versions.get(history.ROUGE) == other.versions.get(history.ROUGE):
        return True
    answers = [example.answer for example, _ in history.asked(detail.summary.id) if example.split == "forget"]
    return not variant_of(answers)


def _of_forget(item: Figure | Difference) -> bool:
    return item.split == "forget" and item.metric == ROUGE


def report_alpha(run_id: int) -> float:
    """The strength a report is about unless another is asked for, see `chosen_alpha`."""
    return chosen_alpha(run_id).alpha
