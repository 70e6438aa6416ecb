"""The thin Llama held to transformers' own forward pass."""

import copy
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM

from engine.models.fast_llama import KeyValues, ThinLlama, fits, thin_llama
from engine.models.offset import Factors
from tests.tiny import make_model, make_tokenizer

TOKENIZER = make_tokenizer()
MODEL = make_model(TOKENIZER, 1)
CLOSE: dict[str, Any] = {"atol": 2e-5, "rtol": 1e-4}


def theirs(model: Any, ids: torch.Tensor, **named: Any) -> torch.Tensor:
    with torch.inference_mode():
        return model.model(input_ids=ids, use_cache=False, **named).last_hidden_state  # type: ignore[no-any-return]


@given(seed=st.integers(0, 10_000), rows=st.integers(1, 4), widths=st.lists(st.integers(1, 9), min_size=1, max_size=5))
@settings(deadline=None, max_examples=40)
def test_in_any_portions_it_reads_what_transformers_reads_at_once(seed: int, rows: int, widths: list[int]) -> None:
    ids = torch.randint(0, len(TOKENIZER), (rows, sum(widths)), generator=torch.Generator().manual_seed(seed))
    thin, cache = ThinLlama(MODEL), KeyValues()
    found = torch.cat([thin.read(part, cache) for part in ids.split(widths, 1)], 1)
    assert torch.allclose(found, theirs(MODEL, ids), **CLOSE)


def test_padding_on_the_left_changes_nothing() -> None:
    ids = torch.tensor([[0, 0, 0, 5, 9, 12], [7, 8, 9, 10, 11, 12]])
    mask = (ids != 0).long()
    positions = torch.clamp(mask.cumsum(-1) - 1, min=0)
    thin, cache = ThinLlama(MODEL), KeyValues()
    first = thin.read(ids[:, :4], cache, positions[:, :4], mask[:, :4])
    found = torch.cat([first, thin.read(ids[:, 4:], cache, positions[:, 4:], mask)], 1)
    assert bool(found.isfinite().all())
    assert torch.allclose(found[0, 3:], theirs(MODEL, ids[:1, 3:])[0], **CLOSE)
    assert torch.allclose(found[1], theirs(MODEL, ids[1:])[0], **CLOSE)


def test_the_cache_grows_beyond_its_room_and_its_angles() -> None:
    ids = torch.randint(0, len(TOKENIZER), (1, 300), generator=torch.Generator().manual_seed(3))
    thin, cache = ThinLlama(MODEL), KeyValues()
    found = torch.cat([thin.read(part, cache) for part in ids.split(50, 1)], 1)
    assert len(thin.turns) >= 300
    assert torch.allclose(found, theirs(MODEL, ids), **CLOSE)


def test_rows_are_kept_doubled_and_reordered() -> None:
    ids = torch.tensor([[5, 9, 12], [7, 8, 20]])
    thin, cache = ThinLlama(MODEL), KeyValues()
    thin.read(ids, cache)
    cache.keep_rows(torch.tensor([1, 0, 1]))
    found = thin.read(torch.tensor([[30], [31], [32]]), cache)
    whole = torch.tensor([[7, 8, 20, 30], [5, 9, 12, 31], [7, 8, 20, 32]])
    assert torch.allclose(found[:, 0], theirs(MODEL, whole)[:, -1], **CLOSE)


def test_a_tree_is_read_as_its_paths_and_a_path_of_it_is_kept() -> None:
    """After 5 9: the branches 12, 20 and 12-33, 12-34; each node sees its own path alone."""
    thin, cache = ThinLlama(MODEL), KeyValues()
    thin.read(torch.tensor([[5]]), cache)
    follows = torch.tensor([[1, 0, 0, 0, 0], [1, 1, 0, 0, 0], [1, 0, 1, 0, 0], [1, 1, 0, 1, 0], [1, 1, 0, 0, 1]]).bool()
    positions = torch.tensor([[1, 2, 2, 3, 3]])
    found = thin.read(torch.tensor([[9, 12, 20, 33, 34]]), cache, positions, follows=follows)[0]
    for place, path in enumerate(([5, 9], [5, 9, 12], [5, 9, 20], [5, 9, 12, 33], [5, 9, 12, 34])):
        assert torch.allclose(found[place], theirs(MODEL, torch.tensor([path]))[0, -1], **CLOSE)
    cache.keep_columns(2, [2, 5])  # 5 9, then 12 and 34
    after = thin.read(torch.tensor([[40]]), cache)[0, -1]
    assert torch.allclose(after, theirs(MODEL, torch.tensor([[5, 9, 12, 34, 40]]))[0, -1], **CLOSE)


def factors(rank: int, seed: int) -> dict[str, Factors]:
    draw = torch.Generator().manual_seed(seed)
    found = {}
    for name, module in MODEL.model.named_modules():
        if isinstance(module, nn.Linear):
            out, size = module.weight.shape
            found[name] = Factors(
                0.1 * torch.randn(rank, size, generator=draw), 0.1 * torch.randn(out, rank, generator=draw)
            )
    return found


def test_with_an_adapter_it_reads_both_models_in_one_pass() -> None:
    adapter = factors(3, 5)
    adapted = copy.deepcopy(MODEL)
    with torch.no_grad():
        for name, part in adapter.items():
            adapted.model.get_submodule(name).weight += part.up @ part.down
    ids = torch.tensor([[5, 9, 12], [7, 8, 20]])
    plain, tuned = ThinLlama(MODEL, adapter).read(ids.repeat(2, 1), KeyValues()).chunk(2)
    assert torch.allclose(plain, theirs(MODEL, ids), **CLOSE)
    assert torch.allclose(tuned, theirs(adapted, ids), **CLOSE)
    assert not torch.allclose(tuned, plain, atol=1e-2)


def other(**changes: Any) -> LlamaForCausalLM:
    config = LlamaConfig(
        vocab_size=90, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=4, **changes
    )
    return LlamaForCausalLM(config).eval()


@pytest.mark.parametrize(
    "changes",
    [
        {"attention_bias": True},
        {"mlp_bias": True},
        {"hidden_act": "gelu"},
        {"rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0}},
    ],
)
def test_what_it_does_not_know_is_left_to_transformers(changes: dict[str, Any]) -> None:
    assert not fits(other(**changes))
    assert thin_llama(other(**changes)) is None
    assert fits(other())
    assert not fits(nn.Linear(2, 2))


def test_a_model_too_large_to_hold_twice_is_left_to_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.models.kernels.COPIED_BYTES_AT_MOST", 1000)
    assert not fits(MODEL)


def test_half_precision_is_left_to_transformers() -> None:
    assert not fits(copy.deepcopy(MODEL).to(torch.bfloat16))


def test_an_adapter_that_lacks_a_layer_does_not_fit() -> None:
    adapter = factors(2, 1)
    assert fits(MODEL, adapter)
    assert not fits(MODEL, dict(list(adapter.items())[1:]))


def test_a_model_that_reads_otherwise_is_left_to_transformers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Llama whose class was changed under our feet: the comparison at the start finds it."""
    changed = copy.deepcopy(MODEL)
    layer = changed.model.layers[0]
    monkeypatch.setattr(layer.mlp, "forward", lambda hidden: 0.0 * hidden)
    assert fits(changed)
    assert thin_llama(changed) is None
    assert thin_llama(MODEL) is not None
