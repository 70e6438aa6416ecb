"""The output layer: once for all three where it is one, else once for each; the formula is the same."""

import copy
from typing import Any

import pytest
import torch

from engine.models.offset import OffsetModel, combine_logits
from engine.models.output import Output
from tests.tiny import make_model, make_tokenizer

TOKENIZER = make_tokenizer()
Three = tuple[torch.Tensor, torch.Tensor, torch.Tensor]
SIZE = len(TOKENIZER)


def shared() -> OffsetModel:
    base = make_model(TOKENIZER, 1)
    reference, trained = copy.deepcopy(base), copy.deepcopy(base)
    for part in (reference, trained):
        part.lm_head.weight = base.lm_head.weight
    return OffsetModel(base, reference, trained, SIZE)


def apart() -> OffsetModel:
    base, reference, trained = (make_model(TOKENIZER, seed, padding=3) for seed in (1, 2, 3))
    return OffsetModel(base, reference, trained, SIZE)


@pytest.fixture(params=["shared", "apart"])
def model(request: pytest.FixtureRequest) -> OffsetModel:
    return shared() if request.param == "shared" else apart()


@pytest.fixture
def hidden() -> Three:
    draw = torch.Generator().manual_seed(1)
    first, second, third = (torch.randn(4, 32, generator=draw) for _ in range(3))
    return first, second, third


def logits(model: OffsetModel, hidden: Three) -> Three:
    models: tuple[Any, ...] = (model.base, model.trained, model.reference)
    first, second, third = (each.lm_head(part)[:, :SIZE].detach() for each, part in zip(models, hidden, strict=True))
    return first, second, third


def test_the_ensemble_is_the_formula_on_logits(model: OffsetModel, hidden: Three) -> None:
    output = Output(model)
    for alpha in (0.0, 0.7, 2.0, -1.0):
        found = output.ensemble(*hidden, alpha)
        assert found.shape == (4, SIZE)
        assert torch.allclose(found, combine_logits(*logits(model, hidden), alpha), atol=1e-4)


def test_the_identities_hold_bit_for_bit(model: OffsetModel, hidden: Three) -> None:
    """At alpha 0, and where trained and reference say the same, the ensemble is the base."""
    output, (base, trained, reference) = Output(model), hidden
    assert torch.equal(output.ensemble(base, trained, reference, 0.0), output.base(base))
    if output.shared:
        assert torch.equal(output.ensemble(base, trained, trained, 1.5), output.base(base))


def test_a_batch_read_in_part_with_the_pair(model: OffsetModel, hidden: Three) -> None:
    output, (base, trained, reference) = Output(model), hidden
    rows, alphas = torch.tensor([1, 3]), torch.tensor([[0.5], [2.0]])
    found = output.mixed(base, rows, trained[rows], reference[rows], alphas)
    assert torch.allclose(found[[0, 2]], output.base(base)[[0, 2]], atol=1e-5)
    for row, alpha in ((1, 0.5), (3, 2.0)):
        assert torch.allclose(found[row], output.ensemble(base, trained, reference, alpha)[row], atol=1e-4)


def test_the_offset_is_the_slope(model: OffsetModel, hidden: Three) -> None:
    output, (base, trained, reference) = Output(model), hidden
    slope = output.ensemble(base, trained, reference, 2.0) - output.ensemble(base, trained, reference, 1.0)
    assert torch.allclose(output.offset(trained, reference), slope, atol=2e-4)


def test_a_draft_is_of_the_trained_model(model: OffsetModel, hidden: Three) -> None:
    assert torch.allclose(Output(model).draft(hidden[1]), logits(model, hidden)[1], atol=1e-4)


def test_the_demo_s_kind_of_pair_shares_its_layer() -> None:
    assert Output(shared()).shared
    assert not Output(apart()).shared
