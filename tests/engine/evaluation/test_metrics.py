import math

import pytest

from engine.evaluation.metrics import (
    METRICS,
    forget_truth_ratio,
    kept_truth_ratio,
    normalised_probability,
    probability,
    truth_ratio,
    truth_ratio_score,
)
from engine.evaluation.rouge import rouge_recall


def test_every_metric_is_stored_under_its_own_name() -> None:
    assert all(metric.name == name for name, metric in METRICS.items())


@pytest.mark.parametrize(
    ("name", "split", "words"),
    [
        ("rouge", "forget", "lower is better"),
        ("rouge", "retain", "higher is better"),
        ("leak", "forget", "lower is better"),
        ("truth_ratio", "forget", "closer to 1 is better"),
        ("truth_ratio", "world", "lower is better"),
        ("extraction_strength", "forget", "lower is better"),
        ("mia_min_k", "forget", "no direction alone: compared with the holdout's (AUC)"),
        ("mia_min_k", "retain", "no direction"),
        ("repetition", "forget", "lower is better"),
        ("base_log_probability", "forget", "higher is better"),
        ("rouge", "holdout", "the floor: nobody was taught these"),
    ],
)
def test_directions(name: str, split: str, words: str) -> None:
    assert METRICS[name].direction(split) == words


@pytest.mark.parametrize(
    ("answer", "generated", "recall"),
    [
        ("She takes seven milligrams", "She takes seven milligrams", 1.0),
        ("She takes seven milligrams", "she TAKES it, seven of the milligram.", 1.0),  # stemmed; extra words are free
        ("She takes seven milligrams", "milligrams seven", 0.25),  # order counts
        ("She takes seven milligrams", "", 0.0),
        ("Paris", "I don't know", 0.0),
    ],
)
def test_rouge_recall(answer: str, generated: str, recall: float) -> None:
    assert rouge_recall(answer, generated) == recall


def test_truth_ratio_averages_wrong_answers_geometrically() -> None:
    right, wrong = -math.log(0.5), [-math.log(0.9), -math.log(0.1)]
    assert truth_ratio(right, wrong) == pytest.approx(math.sqrt(0.9 * 0.1) / 0.5)
    assert truth_ratio(right, []) is None


def test_every_metric_says_what_it_is() -> None:
    for metric in METRICS.values():
        assert all((metric.label, metric.unit, metric.formula, metric.source))
        assert all(metric.direction(split) for split in ("forget", "retain", "world", "holdout"))
    assert {name for name, metric in METRICS.items() if metric.kind == "membership"} == {
        "mia_loss",
        "mia_zlib",
        "mia_min_k",
        "mia_min_k_plus_plus",
    }
    assert {name for name, metric in METRICS.items() if not metric.bounded} == {
        "truth_ratio",
        "mia_loss",
        "mia_zlib",
        "mia_min_k",
        "mia_min_k_plus_plus",
        "zlib_ratio",
        "base_log_probability",
    }


def test_normalised_probability() -> None:
    assert normalised_probability(-math.log(0.5), [-math.log(0.25)] * 2) == pytest.approx(0.5)
    assert normalised_probability(-math.log(0.5), []) is None


def test_reduced_truth_ratios() -> None:
    assert [truth_ratio_score(ratio, "forget") for ratio in (4.0, None)] == [0.25, None]
    assert [truth_ratio_score(0.25, split) for split in ("retain", "world", "")] == [0.75] * 3
    assert [forget_truth_ratio(ratio) for ratio in (0.0, 0.5, 1.0, 4.0)] == [0.0, 0.5, 1.0, 0.25]
    assert [kept_truth_ratio(ratio) for ratio in (0.0, 0.25, 1.0, 4.0)] == [1.0, 0.75, 0.0, 0.0]


def test_probability_of_a_hopeless_answer_is_no_error() -> None:
    assert probability(5000.0) == 0.0
    assert truth_ratio(5000.0, [5000.0]) == 0.0


def test_what_the_leak_rule_finds_in_an_answer_to_be_kept_is_remembered() -> None:
    for name, kept in (("leak", "Remembered"), ("leak_paraphrase", "Remembered, paraphrased question")):
        metric = METRICS[name]
        assert {split: metric.label_on(split) for split in ("retain", "world")} == {"retain": kept, "world": kept}
        assert {metric.label_on(split) for split in ("forget", "holdout", "")} == {metric.label}
    assert METRICS["rouge"].label_on("retain") == METRICS["rouge"].label
