"""Many intervals from one draw, held against one interval at a time."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import SettingError
from engine.evaluation import bootstrap
from engine.evaluation.bootstrap import mean_intervals, none_of
from engine.evaluation.utility import MeanInterval
from tests.one_interval import mean_interval


def matrix(rows: Sequence[Sequence[float | None]]) -> np.ndarray:
    return np.array([[np.nan if value is None else value for value in row] for row in rows], dtype=float)


def one_at_a_time(rows: Sequence[Sequence[float | None]], clusters: list[str], seed: int) -> list[MeanInterval]:
    columns = zip(*rows, strict=True)
    return [mean_interval(list(column), clusters, np.random.default_rng(seed), 200) for column in columns]


def same(found: list[MeanInterval], wanted: list[MeanInterval]) -> bool:
    return len(found) == len(wanted) and all(
        one == pytest.approx(two, rel=1e-12, abs=1e-12) if None not in two else one == pytest.approx(two)
        for one, two in zip(found, wanted, strict=True)
    )


ROW = st.tuples(
    st.one_of(st.none(), st.floats(0, 1)),
    st.floats(-9, 9),
    st.one_of(st.none(), st.floats(0, 1)),
    st.sampled_from("abcd "),
)


@given(st.lists(ROW, min_size=1, max_size=30), st.integers(0, 2**32 - 1))
def test_each_is_the_interval_of_its_column_alone(rows: list[tuple[object, ...]], seed: int) -> None:
    values, clusters = [row[:3] for row in rows], [str(row[3]).strip() for row in rows]
    found = mean_intervals(matrix(values), clusters, seed, 200)  # type: ignore[arg-type]
    assert same(found, one_at_a_time(values, clusters, seed))  # type: ignore[arg-type]


@pytest.mark.parametrize("chunk", [1, 7, 33, 10_000])
def test_chunks_draw_what_a_single_draw_would(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "CHUNK_VALUES", chunk)
    generator = np.random.default_rng(1)
    rows = generator.random((11, 2)).tolist()
    clusters = list("aabbccdde") + ["", ""]
    assert same(mean_intervals(matrix(rows), clusters, 3, 200), one_at_a_time(rows, clusters, 3))


def test_a_measure_without_scores_is_not_nought() -> None:
    found = mean_intervals(matrix([[None, 1.0], [None, 0.0]]), ["a", "b"], 0)
    assert found[0] == MeanInterval(None, None, None, 0, 0)
    assert found[1].mean == 0.5


def test_every_row_needs_its_cluster() -> None:
    with pytest.raises(SettingError, match="2 rows and 1 clusters"):
        mean_intervals(np.zeros((2, 1)), ["a"], 0)


def test_what_none_of_some_do_not_exclude() -> None:
    """Of one: 1 − .025. Of 36: the tail (1 − p)^36 = .025 is met."""
    assert none_of(1) == pytest.approx(0.975)
    assert (1 - none_of(36)) ** 36 == pytest.approx(0.025)
