import math
import zlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation.membership import compressed_bytes, extraction_strength, min_k, zlib_score

HITS = st.lists(st.booleans(), max_size=12)


def slow_extraction_strength(hits: Sequence[bool]) -> float | None:
    """The definition, word for word: the smallest k from which every argmax is the label; k = T where there is none."""
    total = len(hits)
    if total == 0:
        return None
    smallest = min(k for k in range(total + 1) if all(hits[k:]))
    return 1 - smallest / total


@pytest.mark.parametrize(
    ("hits", "strength"),
    [
        ([True, True, True, True], 1.0),
        ([False, True, True, True], 0.75),
        ([True, True, False, True], 0.25),
        ([True, True, True, False], 0.0),  # OU: 0.25
        ([False], 0.0),  # OU: 1
        ([], None),  # OU: 0
    ],
)
def test_extraction_strength_by_hand(hits: list[bool], strength: float | None) -> None:
    assert extraction_strength(hits) == strength


@given(HITS)
def test_extraction_strength_equals_the_slow_version(hits: list[bool]) -> None:
    assert extraction_strength(hits) == slow_extraction_strength(hits)


@given(HITS.filter(bool))
def test_what_can_be_extracted_is_memorized(hits: list[bool]) -> None:
    strength = extraction_strength(hits)
    assert strength is not None
    assert strength <= sum(hits) / len(hits) + 1e-12
    assert (strength == 1) == all(hits)


@pytest.mark.parametrize(
    ("values", "score"),
    [
        ([-1.0, -5.0, -2.0, -4.0, -3.0], 4.5),  # int(0.4 · 5) = 2: −5 and −4
        ([-1.0, -5.0, -2.0, -4.0], 5.0),  # int(1.6) = 1
        ([-1.0, -5.0], 5.0),  # int(0.8) = 0, but one is taken
        ([-0.5], 0.5),
        ([2.0, 1.0], -1.0),  # z may lie above 0
        ([], None),
    ],
)
def test_min_k_by_hand(values: list[float], score: float | None) -> None:
    assert min_k(values) == score


@given(st.lists(st.floats(-50, 0), min_size=1, max_size=40))
def test_min_k_takes_the_least_likely_tokens_in_any_order(values: list[float]) -> None:
    taken = max(1, int(0.4 * len(values)))
    score = min_k(values)
    assert score == min_k(values[::-1])
    assert score is not None
    assert -score <= math.fsum(values) / len(values) + 1e-9
    assert score == pytest.approx(-math.fsum(sorted(values)[:taken]) / taken)


def test_zlib_counts_the_bytes_of_the_compressed_text() -> None:
    assert compressed_bytes("") == 8  # two of header, two of an empty block, four of checksum
    assert compressed_bytes("é") == len(zlib.compress("é".encode()))
    assert zlib_score(16.0, "") == 2.0
    assert zlib_score(1.0, "ab" * 50) > zlib_score(1.0, "Ada lives in Rome and Ben in Oslo, as sailors do; " * 2)
