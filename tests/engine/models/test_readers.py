"""Readers: each keeps its own cache, and what was prepared of a model follows its weights."""

import copy

import pytest
import torch

from engine.data.prompts import Encoded, collate
from engine.models.loading import LoadedPair
from engine.models.offset import OffsetModel
from engine.models.readers import (
    PlainReader,
    ThinReader,
    TwinReader,
    TwoReaders,
    can_go_back,
    forced_logits,
    open_ensemble,
    open_reader,
    twin_of,
)  # fmt: skip
from engine.models.tuning import factors_of, merged, prepare_trained
from engine.settings import TrainingSettings
from tests.tiny import make_model, make_tokenizer

TOKENIZER = make_tokenizer()
IDS = torch.tensor([[5, 9, 12, 20], [7, 8, 30, 31]])


def test_plain_and_thin_reader_read_alike() -> None:
    model = make_model(TOKENIZER, 1)
    thin, plain = open_reader(model), PlainReader(model)
    assert isinstance(thin, ThinReader)
    for part in IDS.split([3, 1], 1):
        assert torch.allclose(thin.read(part), plain.read(part), atol=2e-5)
    assert thin.length == plain.length == 4
    for reader in (thin, plain):
        reader.keep_columns(2, [])
        reader.keep_rows(torch.tensor([1]))
    assert torch.allclose(thin.read(IDS[:1, :1]), plain.read(IDS[:1, :1]), atol=2e-5)
    assert thin.length == 3


def test_the_plain_reader_refuses_what_only_a_tree_asks_for() -> None:
    reader = PlainReader(make_model(TOKENIZER, 1))
    reader.read(IDS)
    with pytest.raises(ValueError, match=r"not the columns \[3\] after 1"):
        reader.keep_columns(1, [3])


def test_a_weight_that_was_written_to_is_read_anew() -> None:
    model = make_model(TOKENIZER, 1)
    before = open_reader(model).read(IDS)
    assert torch.equal(open_reader(model).read(IDS), before)
    with torch.no_grad():
        model.model.layers[0].mlp.up_proj.weight += 0.5
    after = open_reader(model).read(IDS)
    assert not torch.allclose(after, before, atol=1e-3)
    assert torch.allclose(after, PlainReader(model).read(IDS), atol=2e-5)


@pytest.fixture
def lora_pair() -> OffsetModel:
    """A pair as it comes from training: M'o is Mo with an adapter, folded in; what the adapter adds is known beside."""
    base, reference = make_model(TOKENIZER, 1), make_model(TOKENIZER, 2)
    adapted = prepare_trained(reference, TrainingSettings(rank=2), seed=3)
    draw = torch.Generator().manual_seed(4)
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_B" in name:
                weight += 0.1 * torch.randn(weight.shape, generator=draw)
    adapter = factors_of(adapted)
    return OffsetModel(base, reference, merged(adapted).eval(), len(TOKENIZER), adapter)


def test_a_lora_pair_is_read_in_one_pass_and_as_its_two_models(lora_pair: OffsetModel) -> None:
    model = lora_pair
    assert model.trained is not None
    assert model.reference is not None
    twin = open_ensemble(model).pair
    assert isinstance(twin, TwinReader)
    two = TwoReaders(PlainReader(model.trained), PlainReader(model.reference))
    for part in IDS.split([3, 1], 1):
        for mine, theirs in zip(twin.read(part), two.read(part), strict=True):
            assert torch.allclose(mine, theirs, atol=5e-5)
    for pair in (twin, two):
        pair.cut(2)
        pair.keep_rows(torch.tensor([1, 0, 1]))
    for mine, theirs in zip(twin.read(IDS[[0, 0, 1], :1]), two.read(IDS[[0, 0, 1], :1]), strict=True):
        assert torch.allclose(mine, theirs, atol=5e-5)


def test_an_adapter_that_is_not_what_was_trained_is_not_used(lora_pair: OffsetModel) -> None:
    model = lora_pair
    assert twin_of(model) is not None
    other = OffsetModel(model.base, model.reference, make_model(TOKENIZER, 9), model.vocabulary, model.adapter)
    assert twin_of(other) is None
    assert isinstance(open_ensemble(other).pair, TwoReaders)


def test_forced_logits_are_those_of_the_three_models(lora_pair: OffsetModel, tiny_pair: LoadedPair) -> None:
    batch = collate([Encoded([5, 9, 12], [20, 1]), Encoded([7], [8, 30, 31, 1])], pad=0)
    alone = OffsetModel(lora_pair.base, None, None, lora_pair.vocabulary)
    for model in (lora_pair, tiny_pair.model, alone):
        for mine, theirs in zip(forced_logits(model, batch), model.answer_logits(batch), strict=True):
            assert torch.allclose(mine, theirs, atol=2e-4)


def test_a_base_alone_has_no_pair() -> None:
    assert open_ensemble(OffsetModel(make_model(TOKENIZER, 1), None, None, len(TOKENIZER))).pair is None


def test_a_sliding_window_cannot_go_back() -> None:
    model = make_model(TOKENIZER, 1)
    pair = OffsetModel(model, copy.deepcopy(model), copy.deepcopy(model), len(TOKENIZER))
    assert can_go_back(pair)
    pair.base.config.sliding_window = 16
    assert not can_go_back(pair)
