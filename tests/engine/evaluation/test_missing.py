from dataclasses import replace

import pytest

from engine.data.examples import Example
from engine.errors import SettingError
from engine.evaluation.metrics import METRICS
from engine.evaluation.missing import why_missing

BARE = Example("who ?", "Ada")
FULL = replace(BARE, paraphrased_question="which one ?", perturbed_answer=("Ben",))


@pytest.mark.parametrize(
    ("metric", "example", "words"),
    [
        ("truth_ratio", BARE, "this question has no wrong answers (perturbed_answer)"),
        ("probability_normalised", BARE, "this question has no wrong answers (perturbed_answer)"),
        ("leak_paraphrase", BARE, "this question has no other wording (paraphrased_question)"),
        ("extraction_strength", replace(BARE, answer=" "), "this question's true answer is empty"),
        ("repetition", FULL, "fewer than four words"),
        ("zlib_ratio", FULL, "the generated answer is empty"),
    ],
)
def test_the_reason_names_what_is_missing(metric: str, example: Example, words: str) -> None:
    assert words in why_missing(metric, example)


@pytest.mark.parametrize("metric", METRICS)
def test_a_question_that_lacks_nothing_blames_no_column(metric: str) -> None:
    assert "this question" not in why_missing(metric, FULL).replace("for this question", "")
    assert "the run does not have this measure" in why_missing(metric, FULL)


def test_an_unknown_metric_is_refused() -> None:
    with pytest.raises(SettingError, match="got 'bleu'"):
        why_missing("bleu", BARE)
