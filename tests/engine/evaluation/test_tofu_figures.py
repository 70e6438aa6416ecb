from typing import Any

import numpy as np
import pytest

from engine.evaluation.tofu_figures import KEYS, PARTS, UTILITY_KEY, TofuFigure, TofuPart, Values, tofu_figures
from engine.evaluation.utility import harmonic_mean
from tests.one_interval import mean_interval

FULL: dict[TofuPart, Values] = {
    "forget": {"probability": [0.2, 0.4], "rouge": [0.1, 0.3], "truth_ratio": [0.5, 4.0]},
    "retain": {"probability": [0.9, 0.7], "rouge": [1.0, 0.8], "truth_ratio": [0.25, 2.0]},
    "ra": {"probability": [0.1], "probability_normalised": [0.5], "rouge": [0.6], "truth_ratio": [0.5]},
    "wf": {"probability": [0.1], "probability_normalised": [0.4], "rouge": [0.8], "truth_ratio": [0.25]},
}


def without(part: TofuPart, **changed: Any) -> dict[TofuPart, Values]:
    """The columns `changed` in one part; None drops the part's column."""
    values = {name: column for name, column in {**FULL[part], **changed}.items() if column is not None}
    return {**FULL, part: values}


def test_figures_by_hand() -> None:
    found = tofu_figures(FULL)
    assert {key: figure.value for key, figure in found.items() if key != UTILITY_KEY} == pytest.approx(
        {
            "forget_Q_A_Prob": 0.3,
            "forget_Q_A_ROUGE": 0.2,
            "forget_truth_ratio": (0.5 + 0.25) / 2,  # min(R, 1/R)
            "retain_Q_A_Prob": 0.8,
            "retain_Q_A_ROUGE": 0.9,
            "retain_Truth_Ratio": (0.75 + 0.0) / 2,  # max(0, 1 − R)
            "ra_Q_A_Prob_normalised": 0.5,
            "ra_Q_A_ROUGE": 0.6,
            "ra_Truth_Ratio": 0.5,
            "wf_Q_A_Prob_normalised": 0.4,
            "wf_Q_A_ROUGE": 0.8,
            "wf_Truth_Ratio": 0.75,
        }
    )
    assert found[UTILITY_KEY].value == pytest.approx(harmonic_mean([0.8, 0.9, 0.375, 0.5, 0.6, 0.5, 0.4, 0.8, 0.75]))
    assert found[UTILITY_KEY].rows == 2 + 1 + 1, "questions, each counted once"
    assert {key for key, figure in found.items() if figure.variant == "A"} == {
        UTILITY_KEY,
        *(key for (_, metric), key in KEYS.items() if metric == "truth_ratio"),
    }


def test_intervals_are_those_of_the_slow_bootstrap_over_persons() -> None:
    rng = np.random.default_rng(3)
    people: dict[TofuPart, list[str]] = {
        part: [f"{part}{n % 4}" for n in range(12)] if part in ("forget", "retain") else [""] * 12 for part in PARTS
    }
    values: dict[TofuPart, Values] = {
        part: {
            metric: [
                None if metric == "rouge" and n == 5 else float(x) for n, x in enumerate(rng.uniform(0.1, 0.9, 12))
            ]
            for metric in ("probability", "probability_normalised", "rouge", "truth_ratio")
        }
        for part in PARTS
    }
    found = tofu_figures(values, people, seed=7)
    assert {key: item.value for key, item in found.items()} == {
        key: item.value for key, item in tofu_figures(values).items()
    }
    expected = mean_interval(values["retain"]["rouge"], people["retain"], np.random.default_rng(7))
    retain = found["retain_Q_A_ROUGE"]
    assert (retain.low, retain.high) == pytest.approx((expected.low, expected.high))
    utilities = []
    for _ in range(3000):
        means = []
        for part in ("retain", "ra", "wf"):
            names = [name or n for n, name in enumerate(people[part])]
            drawn = rng.choice(np.array(list(dict.fromkeys(names)), dtype=object), len(set(names)))
            rows = [n for name in drawn for n, other in enumerate(names) if other == name]
            for metric in ("probability" if part == "retain" else "probability_normalised", "rouge", "truth_ratio"):
                column = [values[part][metric][n] for n in rows]
                known = [1 - x if metric == "truth_ratio" else x for x in column if x is not None]
                means.append(sum(known) / len(known))
        utilities.append(harmonic_mean(means))
    utility = found[UTILITY_KEY]
    assert (utility.low, utility.high) == pytest.approx(tuple(np.percentile(utilities, [2.5, 97.5])), abs=0.01)


def test_one_person_leaves_nothing_to_resample() -> None:
    people: dict[TofuPart, list[str]] = {part: ["Ada"] * len(FULL[part]["rouge"]) for part in PARTS}
    found = tofu_figures(FULL, people)
    assert {(item.low, item.high) for item in found.values()} == {(None, None)}


def test_the_forget_set_has_no_part_in_the_utility() -> None:
    values: dict[TofuPart, Values] = {part: columns for part, columns in FULL.items() if part != "forget"}
    found = tofu_figures(values)
    assert found[UTILITY_KEY] == tofu_figures(FULL)[UTILITY_KEY]
    assert found["forget_Q_A_Prob"] == TofuFigure(
        "forget_Q_A_Prob", None, 0, 0, "", "no question of the forget set was evaluated"
    )


def test_one_zero_makes_the_utility_zero_and_not_missing() -> None:
    assert tofu_figures(without("wf", rouge=[0.0]))[UTILITY_KEY].value == 0.0


def test_questions_without_a_score_are_neither_counted_nor_zero() -> None:
    found = tofu_figures(without("retain", truth_ratio=[0.25, None]))["retain_Truth_Ratio"]
    assert (found.value, found.rows, found.questions) == (0.75, 1, 2)


@pytest.mark.parametrize(
    ("part", "changed", "key", "reason"),
    [
        ("ra", {"truth_ratio": [None]}, "ra_Truth_Ratio", "the real authors have no wrong answers (perturbed_answer)"),
        (
            "wf",
            {"probability_normalised": [None]},
            "wf_Q_A_Prob_normalised",
            "the world facts have no wrong answers (perturbed_answer)",
        ),
        ("retain", {"rouge": None}, "retain_Q_A_ROUGE", "rouge of the retain set was not measured"),
        ("retain", {"probability": [None]}, "retain_Q_A_Prob", "no question of the retain set has a probability"),
    ],
)
def test_a_missing_column_is_named_and_leaves_no_utility(
    part: TofuPart, changed: dict[str, Any], key: str, reason: str
) -> None:
    found = tofu_figures(without(part, **changed))
    assert found[key].value is None
    assert reason in found[key].reason
    assert found[UTILITY_KEY].value is None
    assert found[UTILITY_KEY].reason == f"it needs nine figures, and lacks {key}"
    assert all(figure.value is not None for name, figure in found.items() if name not in (key, UTILITY_KEY))


def test_nothing_evaluated_names_all_nine() -> None:
    reason = tofu_figures({})[UTILITY_KEY].reason
    assert [key in reason for (part, _), key in KEYS.items()] == [part != "forget" for part, _ in KEYS]
