"""At which of the strengths that a run evaluated it is judged, by the rule that its specification names.

Reports, figures and comparisons begin there. The rule is one for all runs that are to be compared; `unlike_runs` says where
it is not. Reads only; imports no model library.
"""

from typing import NamedTuple

from engine import history
from engine.errors import RunError
from engine.paired import compare_runs
from engine.retain_reference import references_of
from engine.settings import AlphaChoice

ROUGE = "rouge"
RULES: dict[AlphaChoice, str] = {
    "recommended": "the pair's recommended one, or else the largest",
    "retain-only": "the one whose forget ROUGE-L recall is nearest to the retain-only model's on the same questions",
}


class ChosenAlpha(NamedTuple):
    """A strength, and by which rule; where the rule of the specification had nothing to go by, why."""

    alpha: float
    words: str


def chosen_alpha(run_id: int) -> ChosenAlpha:
    """`RunError` for an unknown run. A run without scores stands at 0."""
    detail, stored = history.run_detail(run_id), history.alphas_of(run_id)
    first = _recommended(detail.recommended_alpha, stored)
    if detail.spec.alpha_choice == "recommended" or not stored:
        return ChosenAlpha(first, RULES["recommended"])
    gaps = {alpha: gap for alpha in stored if (gap := _gap(run_id, alpha)) is not None}
    if not gaps:
        reason = "no retain-only run of its base was asked its forget questions"
        return ChosenAlpha(first, f"{RULES['recommended']}: {reason}, so it could not be {RULES['retain-only']}")
    return ChosenAlpha(min(gaps, key=lambda alpha: (gaps[alpha], alpha)), RULES["retain-only"])


def _recommended(recommended: float | None, stored: list[float]) -> float:
    if recommended in stored:
        return float(recommended or 0.0)
    return stored[-1] if stored else 0.0


def _gap(run_id: int, alpha: float) -> float | None:
    """How far the mean forget ROUGE is from that of the newest retain-only run that was asked some of the same."""
    for reference in references_of(run_id):
        try:
            found = compare_runs(reference, run_id, 0.0, alpha).differences
        except RunError:
            continue
        moved = [
            (item.mean, item.questions)
            for item in found
            if item.split == "forget" and item.metric == ROUGE and item.mean is not None
        ]
        if moved:
            return abs(sum(mean * questions for mean, questions in moved) / sum(questions for _, questions in moved))
    return None
