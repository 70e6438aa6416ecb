"""The upper end of an exact interval, against scipy's quantiles of the beta distribution."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta

from engine.evaluation.bootstrap import none_of
from engine.evaluation.exact_share import upper_end


@given(st.integers(1, 2000), st.data())
def test_it_is_clopper_and_pearsons(n: int, data: st.DataObject) -> None:
    found = data.draw(st.integers(0, n - 1))
    assert upper_end(found, n) == pytest.approx(float(beta.ppf(0.975, found + 1, n - found)), abs=1e-9)


def test_none_of_some_and_all_of_some() -> None:
    assert upper_end(0, 12) == pytest.approx(none_of(12))
    assert upper_end(12, 12) == upper_end(0, 0) == 1.0
