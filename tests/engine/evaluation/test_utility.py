import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SettingError
from engine.evaluation.utility import MeanInterval, UtilityParts, harmonic_mean, model_utility
from tests.one_interval import mean_interval


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_unscored_questions_are_neither_counted_nor_zero() -> None:
    result = mean_interval([1.0, None, 0.0], ["a", "b", "c"], generator())
    assert (result.mean, result.questions, result.clusters) == (0.5, 2, 2)


def test_persons_are_resampled_not_questions() -> None:
    values = [1.0] * 20 + [0.0] * 20
    persons = mean_interval(values, ["a"] * 20 + ["b"] * 20, generator())
    questions = mean_interval(values, [str(i) for i in range(40)], generator())
    assert (persons.low, persons.high) == (0.0, 1.0)  # two persons: anything is possible
    assert questions.low is not None
    assert 0.3 < questions.low < 0.45


def test_questions_without_a_person_stand_for_themselves() -> None:
    assert mean_interval([1.0, 0.0, 1.0], ["", "", ""], generator()).clusters == 3


def test_one_person_gives_a_mean_without_an_interval() -> None:
    assert mean_interval([1.0, 0.0], ["a", "a"], generator()) == MeanInterval(0.5, None, None, 2, 1)


def test_nothing_scored() -> None:
    assert mean_interval([None], ["a"], generator()) == MeanInterval(None, None, None, 0, 0)


def test_a_missing_cluster_is_refused() -> None:
    with pytest.raises(SettingError, match="2 values and 1 clusters"):
        mean_interval([1.0, 0.0], ["a"], generator())


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from("abcd")), min_size=1, max_size=30))
def test_an_interval_is_seeded_and_within_the_values(rows: list[tuple[float, str]]) -> None:
    values, clusters = [value for value, _ in rows], [cluster for _, cluster in rows]
    result = mean_interval(values, clusters, generator(5), resamples=200)
    assert result == mean_interval(values, clusters, generator(5), resamples=200)
    if result.low is not None and result.high is not None:
        assert min(values) - 1e-9 <= result.low <= result.high <= max(values) + 1e-9


def test_harmonic_mean() -> None:
    assert harmonic_mean([1.0, 0.5]) == pytest.approx(2 / 3)
    assert harmonic_mean([1.0, 0.0]) == 0.0
    with pytest.raises(SettingError, match="none below 0"):
        harmonic_mean([1.0, -0.5])
    with pytest.raises(SettingError, match="at least one"):
        harmonic_mean([])


def test_model_utility_is_zero_when_one_part_is() -> None:
    assert model_utility(UtilityParts(1, 1, 1), UtilityParts(1, 0, 1), UtilityParts(1, 1, 1)) == 0.0
