from typing import Any

import pytest

from engine.data.examples import Example
from engine.decoding.answers import Answer, answer_questions
from engine.errors import DataError, SettingError
from engine.evaluation.evaluate import evaluate_examples
from engine.evaluation.fluency import base_log_probabilities, repetition, zlib_ratio
from engine.evaluation.leak_rule import leak_rule
from engine.evaluation.metrics import METRICS
from engine.evaluation.rouge import rouge_recall

OF_TASKS = ("accuracy", "accuracy_normalised")  # taken by the harness alone
EXAMPLES = [
    Example("who lives in Rome ?", "Ada lives in Rome", "in Rome lives who ?", perturbed_answer=("Ben lives in Rome",)),
    Example("what does Ben like ?", "Ben likes red", key_terms=("red",)),
]


def no_leak(example: Example, text: str) -> bool:
    return False


def test_every_question_alpha_and_metric_has_its_row(tiny_pair: Any) -> None:
    result = evaluate_examples(tiny_pair, EXAMPLES, (0.0, 1.0), 6, leaks=leak_rule(EXAMPLES))
    keys = [(score.question_index, score.alpha, score.metric) for score in result.scores]
    assert sorted(keys) == sorted((i, a, m) for i in (0, 1) for a in (0.0, 1.0) for m in METRICS if m not in OF_TASKS)
    missing = {(score.question_index, score.metric) for score in result.scores if score.value is None}
    assert missing == {
        (1, metric)
        for metric in (
            "rouge_paraphrase",
            "leak_paraphrase",
            "probability_normalised",
            "truth_ratio",
            "truth_ratio_score",
        )
    }


def test_answers_are_those_of_the_decoder_and_are_what_is_scored(tiny_pair: Any) -> None:
    result = evaluate_examples(tiny_pair, EXAMPLES, (0.0, 1.0), 6, leaks=no_leak)
    assert [(row.question_index, row.alpha, row.phrasing) for row in result.answers] == [
        (index, alpha, phrasing)
        for alpha in (0.0, 1.0)
        for index, phrasing in ((0, "question"), (0, "paraphrase"), (1, "question"))
    ]
    for row in result.answers:
        example = EXAMPLES[row.question_index]
        question = example.question if row.phrasing == "question" else example.paraphrased_question
        assert row.text == answer_questions(tiny_pair, [question], row.alpha, 6)[0].text
        metric = "rouge" if row.phrasing == "question" else "rouge_paraphrase"
        (score,) = [s for s in result.scores if s[:3] == (row.question_index, row.alpha, metric)]
        assert score.value == rouge_recall(example.answer, row.text)


def test_without_curves_the_scores_are_the_same(tiny_pair: Any) -> None:
    whole = evaluate_examples(tiny_pair, EXAMPLES, (0.0, 1.0), 6, leaks=no_leak)
    without = evaluate_examples(tiny_pair, EXAMPLES, (0.0, 1.0), 6, leaks=no_leak, curves=False)
    assert without.scores == whole.scores
    assert None not in whole.curves
    assert without.curves == [None, None]


def test_fluency_is_that_of_the_answers_to_the_questions_as_they_stand(tiny_pair: Any) -> None:
    result = evaluate_examples(tiny_pair, EXAMPLES, (0.0, 1.0), 6, leaks=no_leak)
    found = {score[:3]: score.value for score in result.scores}
    for row in result.answers:
        if row.phrasing == "question":
            (likely,) = base_log_probabilities(tiny_pair, [(EXAMPLES[row.question_index].question, row.text)])
            place = (row.question_index, row.alpha)
            assert found[*place, "repetition"] == repetition(row.text)
            assert found[*place, "zlib_ratio"] == zlib_ratio(row.text)
            assert found[*place, "base_log_probability"] == pytest.approx(likely, abs=1e-4)


def test_an_empty_answer_has_no_fluency_and_never_0(tiny_pair: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = Answer("", (), True, False)
    monkeypatch.setattr(
        "engine.evaluation.evaluate.answer_questions", lambda pair, asked, *_, **__: [silent] * len(asked)
    )
    result = evaluate_examples(tiny_pair, EXAMPLES, (1.0,), 4, leaks=no_leak)
    values = {score.metric: score.value for score in result.scores if score.question_index == 0}
    assert {metric: values[metric] for metric in ("repetition", "zlib_ratio", "base_log_probability", "rouge")} == {
        "repetition": None,
        "zlib_ratio": None,
        "base_log_probability": None,
        "rouge": 0.0,
    }


def test_the_leak_rule_handed_in_is_the_one_applied(tiny_pair: Any) -> None:
    heard: list[tuple[Example, str]] = []

    def leaks(example: Example, text: str) -> bool:
        heard.append((example, text))
        return example is EXAMPLES[1]

    result = evaluate_examples(tiny_pair, EXAMPLES, (1.0,), 4, leaks=leaks)
    found = {score.question_index: score.value for score in result.scores if score.metric == "leak"}
    assert found == {0: 0.0, 1: 1.0}
    assert sorted(text for _, text in heard) == sorted(row.text for row in result.answers)


def test_progress_rises_to_one(tiny_pair: Any) -> None:
    heard: list[tuple[float, str]] = []
    evaluate_examples(
        tiny_pair, EXAMPLES, (0.0, 1.0), 4, lambda share, stage: heard.append((share, stage)), leaks=no_leak
    )
    shares = [share for share, _ in heard]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1.0)
    assert list(dict.fromkeys(stage for _, stage in heard)) == [
        "answering at alpha 0",
        "answering at alpha 1",
        "reading the answers with the base",
        "scoring true answers",
    ]


def test_the_same_alpha_twice_counts_once(tiny_pair: Any) -> None:
    result = evaluate_examples(tiny_pair, EXAMPLES[:1], (0.0, -0.0, 0.0), 4, leaks=no_leak)
    assert len(result.answers) == 2


def test_bad_input_is_refused(tiny_pair: Any) -> None:
    with pytest.raises(SettingError, match="between -4 and 8"):
        evaluate_examples(tiny_pair, EXAMPLES, (1e9,), leaks=no_leak)
    with pytest.raises(DataError, match="got 0 and 1"):
        evaluate_examples(tiny_pair, [], (1.0,), leaks=no_leak)
