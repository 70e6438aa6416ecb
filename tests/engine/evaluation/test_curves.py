import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation.curves import Curve, Floats, Sample, Steps, fit_curve, step_function

numbers = st.floats(-30, 30)


def logsumexp(heights: Floats, slopes: Floats, alphas: Floats) -> Sample:
    """The convex functions that curves are made for, in fp64: the logarithm of a sum of exponentials of lines."""
    lines = heights[:, None] + slopes[:, None] * alphas
    top = lines.max(axis=0)
    weights = np.exp(lines - top)
    total = weights.sum(axis=0)
    return Sample(top + np.log(total), slopes @ weights / total, np.zeros_like(alphas))


@given(
    lines=st.lists(st.tuples(numbers, numbers), min_size=1, max_size=8),
    low=st.integers(-64, 0).map(lambda steps: steps / 16),
    high=st.integers(1, 128).map(lambda steps: steps / 16),
    seed=st.integers(0, 1000),
)
def test_the_stated_error_holds_everywhere(
    lines: list[tuple[float, float]], low: float, high: float, seed: int
) -> None:
    heights, slopes = (np.array(part) for part in zip(*lines, strict=True))
    curve = fit_curve(lambda alphas: logsumexp(heights, slopes, alphas), low, high, fixed=(0.0,))
    alphas = np.random.default_rng(seed).uniform(low, high, 300)
    assert np.abs(curve.at(alphas) - logsumexp(heights, slopes, alphas).values).max() <= curve.error + 1e-9
    assert curve.error <= 1e-3
    assert curve.alphas[0] == low
    assert curve.alphas[-1] == high
    assert 0.0 in curve.alphas


def test_a_kink_as_sharp_as_no_step_resolves_is_stated_not_hidden() -> None:
    heights, slopes = np.array([0.0, -1e5]), np.array([0.0, 1e5])
    curve = fit_curve(lambda alphas: logsumexp(heights, slopes, alphas), 0.0, 1.99, fixed=(0.0,))
    alphas = np.linspace(0.999, 1.001, 2001)
    assert np.abs(curve.at(alphas) - logsumexp(heights, slopes, alphas).values).max() <= curve.error
    assert curve.error > 1e-3


def test_a_line_takes_two_knots() -> None:
    curve = fit_curve(lambda alphas: Sample(2 * alphas, 0 * alphas + 2, 0 * alphas), 0.0, 2.0)
    assert curve.alphas == (0.0, 2.0)
    assert curve.at([0.3, 2.0]).tolist() == pytest.approx([0.6, 4.0])
    assert curve.knot(2.0) == (4.0, 2.0)


def test_what_is_doubted_is_added_to_the_error() -> None:
    sure = fit_curve(lambda alphas: Sample(2 * alphas, 0 * alphas + 2, 0 * alphas), 0.0, 2.0)
    doubted = fit_curve(lambda alphas: Sample(2 * alphas, 0 * alphas + 2, 0 * alphas + 0.1), 0.0, 2.0)
    assert doubted.error == pytest.approx(sure.error + 0.1)


@pytest.mark.parametrize("alpha", [-0.1, 2.1])
def test_outside_there_is_no_value(alpha: float) -> None:
    with pytest.raises(ValueError, match="outside the curve"):
        Curve((0.0, 2.0), (0.0, 4.0), (2.0, 2.0), 0.0).at([1.0, alpha])
    with pytest.raises(ValueError, match="outside the curve"):
        Steps((0.0,), (1.0,), 2.0).at(alpha)


def test_steps_add_up_and_changes_that_cancel_are_none() -> None:
    steps = step_function([(1.0, 0.5), (0.5, -0.25), (1.5, 0.5), (1.5, -0.5)], 0.5, 0.0, 2.0)
    assert steps == Steps((0.0, 0.5, 1.0), (0.5, 0.25, 0.75), 2.0)
    assert [steps.at(alpha) for alpha in (0.0, 0.49, 0.5, 2.0)] == [0.5, 0.5, 0.25, 0.75]


def test_there_and_back() -> None:
    curve = Curve((0.0, 2.0), (1.0, 4.0), (2.0, 2.0), 1e-4)
    assert Curve.from_json(curve.to_json(), curve.error) == curve
    steps = Steps((0.0, 0.5), (1.0, 0.5), 2.0)
    assert Steps.from_json(steps.to_json()) == steps
