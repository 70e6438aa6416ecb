"""Weights that are gone back to."""

import math

import pytest
import torch

from engine.errors import DivergedError
from engine.unlearning.last_good import LastGood


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_the_kept_weights_come_back_and_the_error_says_when(value: float) -> None:
    weights = [torch.nn.Parameter(torch.tensor([1.0, 2.0])), torch.nn.Parameter(torch.tensor([[3.0]]))]
    good = LastGood(weights, total=9)
    good.keep(3)
    with torch.no_grad():
        weights[0].fill_(math.nan)
        weights[1].add_(1.0)
    good.check("loss", 0.0, 4)
    assert weights[1].item() == 4.0  # a loss that is a number changes nothing
    with pytest.raises(DivergedError, match=rf"the loss is {value} at step 5 of 9") as caught:
        good.check("loss", value, 5)
    assert (caught.value.step, caught.value.kept) == (5, 3)
    assert [weight.tolist() for weight in weights] == [[1.0, 2.0], [[3.0]]]


def test_before_anything_was_kept_no_step_was_good() -> None:
    weight = torch.nn.Parameter(torch.tensor([1.0]))
    with pytest.raises(DivergedError) as caught:
        LastGood([weight], total=2).check("loss", math.nan, 1)
    assert caught.value.kept == 0
    assert weight.item() == 1.0
