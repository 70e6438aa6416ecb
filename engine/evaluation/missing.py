"""Why a question has no score of a metric, in words: "no score" is shown with its reason, never as 0."""

from engine.data.examples import Example
from engine.evaluation.metrics import get_metric

_NEEDS_WRONG = ("probability_normalised", "truth_ratio", "truth_ratio_score")
_NEEDS_TOKENS = ("exact_memorization", "extraction_strength", "mia_min_k", "mia_min_k_plus_plus")

NO_WRONG_ANSWERS = "no wrong answers (perturbed_answer)"
NO_PARAPHRASE = "no other wording (paraphrased_question)"


def why_missing(metric: str, example: Example) -> str:
    """Why `example` has no `metric` where none is stored for it. `SettingError` for an unknown metric."""
    entry = get_metric(metric)
    if metric in _NEEDS_WRONG and not example.perturbed_answer:
        return f"this question has {NO_WRONG_ANSWERS}"
    if entry.phrasing == "paraphrase" and not example.paraphrased_question:
        return f"this question has {NO_PARAPHRASE}"
    if metric in _NEEDS_TOKENS and not example.answer.strip():
        return "this question's true answer is empty"
    if metric == "repetition":
        return "the generated answer has fewer than four words, or the run does not have this measure"
    if entry.kind == "fluency" and metric != "degenerate":
        return "the generated answer is empty, or the run does not have this measure"
    return "the run does not have this measure, or the models' logits for this question are not all finite"
