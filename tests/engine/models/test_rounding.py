"""Rounded weights, with the grid worked out by hand."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from engine.errors import ModelError
from engine.models.p_adapter import add_p_adapter
from engine.models.rounding import GROUP, rounded, rounded_copy
from tests.tiny import make_model, make_tokenizer


def test_int4_by_hand() -> None:
    """The largest is 7, so a step is 7 / (2^3 - 1) = 1; the second row's is 0.7, a step 0.1."""
    weight = torch.tensor([[7.0, 3.4, -3.6, 0.49, -0.51], [0.7, -0.34, 0.04, 0.0, 0.06]])
    expected = torch.tensor([[7.0, 3.0, -4.0, 0.0, -1.0], [0.7, -0.3, 0.0, 0.0, 0.1]])
    assert torch.allclose(rounded(weight, 4), expected)


def test_int8_by_hand() -> None:
    weight = torch.tensor([[127.0, 1.4, -1.6, 0.0]])
    assert rounded(weight, 8).tolist() == [[127.0, 1.0, -2.0, 0.0]]


def test_every_group_of_32_has_its_own_scale() -> None:
    weight = torch.zeros(1, 70)  # two groups and six more
    weight[0, 0], weight[0, 1], weight[0, 32], weight[0, 33], weight[0, 64], weight[0, 69] = 7, 0.4, 0.7, 0.04, 70, 6
    found = rounded(weight, 4)
    assert found.shape == weight.shape
    assert found[0, [0, 1, 32, 33, 64, 69]].tolist() == pytest.approx([7, 0, 0.7, 0, 70, 10])


@given(st.integers(2, 8), st.integers(1, 70), st.integers(0, 1000))
def test_no_weight_moves_by_more_than_half_a_step(bits: int, width: int, seed: int) -> None:
    weight = torch.randn(3, width, generator=torch.Generator().manual_seed(seed))
    found = rounded(weight, bits)
    for start in range(0, width, GROUP):
        part = weight[:, start : start + GROUP]
        step = part.abs().amax(1, keepdim=True) / (2 ** (bits - 1) - 1)
        assert ((found[:, start : start + GROUP] - part).abs() <= step / 2 * (1 + 1e-4)).all()


def test_a_group_of_zeros_stays() -> None:
    assert rounded(torch.zeros(2, 40), 4).tolist() == [[0.0] * 40] * 2


def test_a_copy_is_rounded_and_its_model_is_left_as_it_was() -> None:
    model = make_model(make_tokenizer(), 1)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    copied = rounded_copy(model, 4)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    own = dict(model.named_modules())
    layers = [(name, part) for name, part in copied.named_modules() if isinstance(part, nn.Linear)]
    for name, part in layers:
        expected = own[name].weight if name == "lm_head" else rounded(own[name].weight, 4)
        assert torch.equal(part.weight, expected), name
    assert copied.lm_head.weight is model.model.embed_tokens.weight
    assert len(layers) == 15


def test_a_p_adapter_is_rounded_and_what_it_shares_is_not_touched() -> None:
    reference = make_model(make_tokenizer(), 1)
    adapted = add_p_adapter(reference, 8, seed=0)
    before = {name: value.clone() for name, value in adapted.state_dict().items()}
    copied = rounded_copy(adapted, 4)
    assert all(torch.equal(value, before[name]) for name, value in adapted.state_dict().items())
    own, new = adapted.get_input_embeddings(), copied.get_input_embeddings()
    assert torch.equal(new.down.weight, rounded(own.down.weight, 4))
    assert not torch.equal(new.down.weight, own.down.weight)


def test_a_family_without_linear_layers_is_refused() -> None:
    class Odd(nn.Module):
        def get_output_embeddings(self) -> None:
            return None

    with pytest.raises(ModelError, match="a Odd has no plain linear layers"):
        rounded_copy(Odd(), 4)
