"""A P-Adapter: starts as nothing, shares all but itself, reads position by position, and is refused when it does not
fit.
"""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import GPT2Config, GPT2LMHeadModel

from engine.data.prompts import Encoded, collate
from engine.data.template import PLAIN
from engine.errors import ModelError
from engine.models.loading import LoadedPair, load_pair, open_training
from engine.models.manifest import MANIFEST, PairManifest
from engine.models.offset import OffsetModel
from engine.models.p_adapter import P_ADAPTER_FILE, PAdapter, add_p_adapter, p_adapter_of
from engine.models.pairs import pairs_folder, save_pair
from engine.models.readers import (
    PlainReader,
    ThinReader,
    TwinReader,
    TwoReaders,
    forced_logits,
    open_ensemble,
    open_reader,
)
from engine.models.soundness import soundness_checks
from engine.training_settings import TrainingSettings
from tests.tiny import make_model, make_tokenizer

TOKENIZER = make_tokenizer()
IDS = torch.tensor([[5, 9, 12, 20], [7, 8, 30, 31]])


def moved(model: nn.Module, width: int = 4) -> nn.Module:
    """`model` with a P-Adapter that changes what it reads."""
    adapted: nn.Module = add_p_adapter(model, width, seed=1)
    draw = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for parameter in adapted.parameters():
            if parameter.requires_grad:
                parameter.add_(0.3 * torch.randn(parameter.shape, generator=draw))
    return adapted.eval()


def save(base: Path, reference: Path) -> Path:
    """A saved pair whose P-Adapter moves something."""
    opened = open_training(str(base), str(reference), TrainingSettings(tuning="p_adapter", rank=4))
    assert opened.reference is not None
    trained = moved(opened.reference)
    manifest = PairManifest(
        "made", str(base), str(reference), "npo", tuning="p_adapter", template=PLAIN, base_hash=opened.base_hash
    )
    save_pair(trained, opened.tokenizer, manifest, pairs_folder() / "made")
    return pairs_folder() / "made"


def test_at_first_it_reads_as_the_reference_bit_for_bit_and_holds_no_weight_twice() -> None:
    reference = make_model(TOKENIZER, 1).requires_grad_(False)
    fresh = add_p_adapter(reference, 4, seed=0)
    assert torch.equal(fresh(input_ids=IDS).logits, reference(input_ids=IDS).logits)
    theirs = {id(weight) for weight in reference.parameters()}
    own = {name: tuple(weight.shape) for name, weight in fresh.named_parameters() if id(weight) not in theirs}
    assert {name.removeprefix("model.embed_tokens."): shape for name, shape in own.items()} == {
        "down.weight": (4, 32),
        "down.bias": (4,),
        "up.weight": (32, 4),
        "up.bias": (32,),
    }
    assert [name for name, weight in fresh.named_parameters() if weight.requires_grad] == list(own)
    assert p_adapter_of(reference) is None


def test_the_seed_decides_how_it_starts() -> None:
    first, again, other = (add_p_adapter(make_model(TOKENIZER, 1), 4, seed) for seed in (3, 3, 4))
    weights = [p_adapter.down.weight for model in (first, again, other) if (p_adapter := p_adapter_of(model))]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_each_position_is_adapted_on_its_own() -> None:
    model = moved(make_model(TOKENIZER, 1))
    p_adapter = p_adapter_of(model)
    assert p_adapter is not None
    whole = p_adapter(IDS)
    for row in range(2):
        for column in range(4):
            assert torch.allclose(p_adapter(IDS[row, column]), whole[row, column], atol=1e-6)
    e = p_adapter.embeddings(IDS)
    by_hand = e + nn.functional.gelu(e @ p_adapter.down.weight.T + p_adapter.down.bias) @ p_adapter.up.weight.T
    assert torch.allclose(whole, by_hand + p_adapter.up.bias, atol=1e-5)


def test_thin_and_plain_reader_read_it_alike_with_caches_cropping_and_reordering() -> None:
    model = moved(make_model(TOKENIZER, 1))
    thin, plain = open_reader(model), PlainReader(model)
    assert isinstance(thin, ThinReader)
    for part in IDS.split([3, 1], 1):
        assert torch.allclose(thin.read(part), plain.read(part), atol=5e-5)
    for reader in (thin, plain):
        reader.keep_columns(2, [])
        reader.keep_rows(torch.tensor([1]))
    after = plain.read(IDS[:1, :1])
    assert torch.allclose(thin.read(IDS[:1, :1]), after, atol=5e-5)
    whole = PlainReader(model).read(torch.tensor([[7, 8, 5]]))[:, -1:]
    assert torch.allclose(after, whole, atol=5e-5)
    assert not torch.allclose(
        whole, PlainReader(make_model(TOKENIZER, 1)).read(torch.tensor([[7, 8, 5]]))[:, -1:], atol=0.1
    )


def test_the_pair_is_read_in_one_pass_and_as_its_two_models() -> None:
    reference = make_model(TOKENIZER, 2)
    model = OffsetModel(make_model(TOKENIZER, 1), reference, moved(reference), len(TOKENIZER))
    twin = open_ensemble(model).pair
    assert isinstance(twin, TwinReader)
    assert model.trained is not None
    two = TwoReaders(PlainReader(model.trained), PlainReader(reference))
    for part in IDS.split([3, 1], 1):
        for mine, theirs in zip(twin.read(part), two.read(part), strict=True):
            assert torch.allclose(mine, theirs, atol=5e-5)
    batch = collate([Encoded([5, 9, 12], [20, 1]), Encoded([7], [8, 30, 31, 1])], pad=0)
    for mine, theirs in zip(forced_logits(model, batch), model.answer_logits(batch), strict=True):
        assert torch.allclose(mine, theirs, atol=2e-4)


def test_on_another_reference_it_is_read_as_two_models() -> None:
    """M'o that shares nothing with its reference: one pass would read the wrong model."""
    model = OffsetModel(
        make_model(TOKENIZER, 1), make_model(TOKENIZER, 2), moved(make_model(TOKENIZER, 3)), len(TOKENIZER)
    )
    assert isinstance(open_ensemble(model).pair, TwoReaders)


def test_another_family_reads_it_too() -> None:
    torch.manual_seed(1)
    config = GPT2Config(vocab_size=72, n_embd=32, n_layer=2, n_head=4, n_positions=64, bos_token_id=1, eos_token_id=1)
    plain = GPT2LMHeadModel(config).eval()
    assert torch.equal(add_p_adapter(plain, 4, seed=0)(input_ids=IDS).logits, plain(input_ids=IDS).logits)
    assert not torch.allclose(moved(plain)(input_ids=IDS).logits, plain(input_ids=IDS).logits, atol=1e-3)


def test_an_embedding_layer_of_another_kind_is_refused() -> None:
    model = make_model(TOKENIZER, 1)
    with pytest.raises(ModelError, match="needs a plain embedding layer, and this model has a PAdapter"):
        add_p_adapter(moved(model), 4, seed=0)


def test_a_saved_one_holds_four_small_weights_and_comes_back_exactly(tiny_base: Path, tiny_reference: Path) -> None:
    folder = save(tiny_base, tiny_reference)
    assert sorted(path.name for path in folder.iterdir()) == [MANIFEST, P_ADAPTER_FILE]
    stored = load_file(folder / P_ADAPTER_FILE)
    pair = load_pair("made")
    assert list(pair.manifest.hashes) == [P_ADAPTER_FILE]
    assert pair.model.trained is not None
    found = p_adapter_of(pair.model.trained)
    assert found is not None
    assert all(torch.equal(found.state_dict()[name], weight) for name, weight in stored.items())
    assert not any(weight.requires_grad for weight in pair.model.parameters())


def test_the_papers_first_experiments_hold(tiny_base: Path, tiny_reference: Path) -> None:
    save(tiny_base, tiny_reference)
    pair: LoadedPair = load_pair("made")
    before = {name: value.clone() for name, value in pair.model.state_dict().items()}
    checks = soundness_checks(pair, "what city does Ada likes ?", "Rome")
    assert [check.passed for check in checks] == [True, True, True], checks
    assert all(torch.equal(value, before[name]) for name, value in pair.model.state_dict().items())


def rewrite(folder: Path, changes: dict[str, torch.Tensor | None]) -> None:
    """Change what is stored, and leave out the hashes that would find it first."""
    stored = {**load_file(folder / P_ADAPTER_FILE), **changes}
    save_file({name: value for name, value in stored.items() if value is not None}, folder / P_ADAPTER_FILE)
    known = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps(known | {"hashes": {}}))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"up.bias": None}, r"p_adapter.safetensors of made must hold .*; missing or unknown: up.bias"),
        ({"side.weight": torch.zeros(2)}, "missing or unknown: side.weight"),
        (
            {"up.weight": torch.zeros(64, 4)},
            r"does not fit its reference: up.weight is \[64, 4\] and must be \[32, 4\]",
        ),
        ({"down.weight": torch.zeros(4, 8)}, r"down.weight is \[4, 8\] and must be \[4, 32\]"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_by_name(
    tiny_base: Path, tiny_reference: Path, changes: dict[str, torch.Tensor | None], said: str
) -> None:
    folder = save(tiny_base, tiny_reference)
    rewrite(folder, changes)
    with pytest.raises(ModelError, match=said):
        load_pair("made")


def test_a_missing_changed_or_broken_file_is_refused(tiny_base: Path, tiny_reference: Path) -> None:
    folder = save(tiny_base, tiny_reference)
    weights = folder / P_ADAPTER_FILE
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    with pytest.raises(ModelError, match="p_adapter.safetensors has SHA-256"):
        load_pair("made")
    weights.write_bytes(whole)
    rewrite(folder, {})
    weights.write_bytes(b"no safetensors")
    with pytest.raises(ModelError, match="the adapter of pair made does not fit"):
        load_pair("made")
    weights.unlink()
    with pytest.raises(ModelError, match="made has no p_adapter.safetensors"):
        load_pair("made")


def test_it_stands_where_the_embeddings_stood() -> None:
    model = moved(make_model(TOKENIZER, 1))
    assert isinstance(model.get_input_embeddings(), PAdapter)  # type: ignore[operator]
    assert model.get_output_embeddings().weight is model.get_input_embeddings().embeddings.weight  # type: ignore[operator]
