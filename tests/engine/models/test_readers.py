"""Readers: each keeps its own cache, and what was prepared of a model follows its weights."""

import copy

import pytest
import torch
from transformers import Lfm2Config, Lfm2ForCausalLM

from engine.data.prompts import Encoded, collate
from engine.decoding.choosing import Settings
from engine.decoding.decode import decode
from engine.models.loading import LoadedPair
from engine.models.offset import OffsetModel
from engine.models.readers import (
    PlainReader,
    ThinReader,
    TwinReader,
    TwoReaders,
    base_logits,
    can_go_back,
    forced_logits,
    open_ensemble,
    open_reader,
    twin_of,
)
from tests.tiny import make_lora_pair, make_model, make_tokenizer

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
    return make_lora_pair(make_model(TOKENIZER, 1), make_model(TOKENIZER, 2))


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
        assert torch.equal(base_logits(model, batch), forced_logits(model, batch).base)


def test_a_base_alone_has_no_pair() -> None:
    assert open_ensemble(OffsetModel(make_model(TOKENIZER, 1), None, None, len(TOKENIZER))).pair is None


def test_a_sliding_window_cannot_go_back() -> None:
    model = make_model(TOKENIZER, 1)
    pair = OffsetModel(model, copy.deepcopy(model), copy.deepcopy(model), len(TOKENIZER))
    assert can_go_back(pair)
    model.config.sliding_window = 16
    assert not can_go_back(pair)


def test_a_model_with_layers_of_another_kind_is_read_in_a_batch() -> None:
    """Its convolutions keep a state, which cannot be cut: decoding one row must not try."""
    config = Lfm2Config(
        vocab_size=len(TOKENIZER),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        layer_types=["conv", "full_attention"],
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=1,
    )
    models = []
    for seed in (1, 2, 3):
        torch.manual_seed(seed)
        models.append(Lfm2ForCausalLM(config).eval())
    base, reference, trained = models
    pair = OffsetModel(base, reference, trained, len(TOKENIZER))
    assert not can_go_back(pair)
    (answer,) = decode(pair, [[5, 9, 12]], [1.0], Settings((), 0, 6))
    assert len(answer.tokens) == 6
