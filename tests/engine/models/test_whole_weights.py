"""A model is read whole, from one set of files, or refused in one sentence: nothing slips in, nothing is left
unread.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM

from engine.errors import ModelError
from engine.models.bases import load_base, load_causal_lm
from engine.models.fast_llama import KeyValues, thin_llama
from engine.models.loading import load_pair, open_training
from engine.models.manifest import MANIFEST, PairManifest, write_manifest
from engine.training_settings import TrainingSettings
from tests.gguf_files import save_gguf
from tests.tiny import save_model

WHOLE, INDEX = "model.safetensors", "model.safetensors.index.json"
IDS = torch.tensor([[5, 6, 7, 8]])


@pytest.fixture
def copy(tiny_base: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_base, tmp_path / "copy"))


def refused(source: Path | str) -> str:
    with pytest.raises(ModelError) as caught:
        load_causal_lm(str(source))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def set_config(folder: Path, **values: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def adapter_of(base: Path, folder: Path, **settings: Any) -> dict[str, torch.Tensor]:
    """A LoRA of `base` saved in `folder`, moved away from zero; its weights."""
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_pretrained(base)
    adapted = get_peft_model(
        model, LoraConfig(r=2, task_type="CAUSAL_LM", **{"target_modules": "all-linear", **settings})
    )
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(weight)
    adapted.save_pretrained(folder, save_embedding_layers=False)
    return load_file(folder / "adapter_model.safetensors")


def pair_on(reference: Path | str, base: Path, folder: Path, tuning: str = "lora") -> str:
    write_manifest(folder, PairManifest(folder.name, str(base), str(reference), "npo", tuning=tuning))
    return str(folder)


@pytest.mark.parametrize("whole", [True, False])
def test_an_adapter_never_stands_for_a_model(tiny_base: Path, copy: Path, whole: bool) -> None:
    """transformers applies the one and follows the other to its base."""
    adapter_of(tiny_base, copy)
    if not whole:
        (copy / WHOLE).unlink()
        (copy / "config.json").unlink()
    said = refused(copy)
    assert "adapter_config.json" in said
    assert ("beside whole weights" in said) == whole
    for work in (
        lambda: load_base(str(copy)),
        lambda: open_training(str(tiny_base), str(copy), TrainingSettings(rank=2)),
        lambda: open_training(str(copy), str(tiny_base), TrainingSettings(rank=2)),
        lambda: load_pair(f"base:{copy}"),
    ):
        with pytest.raises(ModelError, match="holds an adapter"):
            work()


def test_a_pair_on_an_adapter_and_a_full_pair_with_one_are_refused(tiny_base: Path, copy: Path, tmp_path: Path) -> None:
    adapter_of(tiny_base, copy)
    adapter_of(tiny_base, tmp_path / "pair")
    with pytest.raises(ModelError, match="holds an adapter"):
        load_pair(pair_on(copy, tiny_base, tmp_path / "pair"))
    with pytest.raises(ModelError, match="holds an adapter"):
        load_pair(pair_on(tiny_base, tiny_base, copy, tuning="full"))


def test_fewer_layers_than_the_file_has_are_refused_and_more_too(copy: Path) -> None:
    set_config(copy, num_hidden_layers=1)
    assert "holds 9 weights that its config has no place for, for example model.layers.1." in refused(copy)
    set_config(copy, num_hidden_layers=3)
    assert "lacks 9 of its weights, for example model.layers.2." in refused(copy)
    set_config(copy, num_hidden_layers=1_000_000)
    assert "says 1000000 layers, but there are only 20 weights" in refused(copy)


def test_weights_under_any_other_name_are_refused(copy: Path) -> None:
    weights = load_file(copy / WHOLE)
    save_file(
        weights | {"model.layers.0.self_attn.q_norm.weight": torch.ones(8)}, copy / WHOLE, metadata={"format": "pt"}
    )
    assert "holds 1 weights that its config has no place for, for example model.layers.0.self_attn.q_norm" in refused(
        copy
    )


def test_what_old_files_keep_beside_their_weights_is_known_to_be_harmless(tiny_base: Path, copy: Path) -> None:
    weights = load_file(copy / WHOLE)
    more = {
        "model.layers.0.self_attn.rotary_emb.inv_freq": torch.ones(4),
        "lm_head.weight": weights["model.embed_tokens.weight"],
    }
    save_file(
        {name: value.clone() for name, value in (weights | more).items()}, copy / WHOLE, metadata={"format": "pt"}
    )
    ours, theirs = load_causal_lm(str(copy)).model, load_causal_lm(str(tiny_base)).model
    assert torch.equal(ours(IDS).logits, theirs(IDS).logits)


def test_an_output_layer_of_its_own_is_read_though_the_config_ties_it(copy: Path) -> None:
    weights = load_file(copy / WHOLE)
    own = torch.randn(weights["model.embed_tokens.weight"].shape)
    save_file(weights | {"lm_head.weight": own}, copy / WHOLE, metadata={"format": "pt"})
    model = load_causal_lm(str(copy)).model
    assert torch.equal(model.get_output_embeddings().weight, own)


def shard(folder: Path, names: tuple[str, str] = ("one.safetensors", "two.safetensors")) -> dict[str, str]:
    """The folder's weights in two files and an index; its map."""
    weights = load_file(folder / WHOLE)
    (folder / WHOLE).unlink()
    where = {name: names[place % 2] for place, name in enumerate(weights)}
    for file in names:
        part = {name: weights[name] for name in weights if where[name] == file}
        save_file(part, folder / file, metadata={"format": "pt"})
    (folder / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": where}))
    return where


def test_shards_are_one_set(tiny_base: Path, copy: Path) -> None:
    shard(copy)
    assert torch.equal(load_causal_lm(str(copy)).model(IDS).logits, load_causal_lm(str(tiny_base)).model(IDS).logits)


@pytest.mark.parametrize(
    "other", ["consolidated.safetensors", "adapter_model.safetensors", "shard-00000-model-00000-of-00001.safetensors"]
)
@pytest.mark.parametrize("sharded", [True, False])
def test_a_second_set_of_weights_is_refused(copy: Path, tmp_path: Path, sharded: bool, other: str) -> None:
    another = save_model(tmp_path / "another", seed=9) / WHOLE
    if sharded:
        shard(copy)
    shutil.copy(another, copy / other)
    assert f"more than one set of weights: {'one' if sharded else 'model'}.safetensors" in refused(copy)
    assert other in refused(copy)


def test_whole_weights_beside_shards_are_two_sets(copy: Path) -> None:
    whole = (copy / WHOLE).read_bytes()
    shard(copy)
    (copy / WHOLE).write_bytes(whole)
    assert "more than one set of weights: model.safetensors would be read, and 2 more" in refused(copy)


def test_an_index_says_what_is_there(copy: Path) -> None:
    where = shard(copy)
    (copy / "two.safetensors").unlink()
    assert f"{INDEX} of copy names 1 files that are not there, for example two.safetensors" in refused(copy)
    kept = {name: file for name, file in where.items() if file == "one.safetensors"}
    (copy / INDEX).write_text(json.dumps({"metadata": {}, "weight_map": kept}))
    assert "lacks" in refused(copy)
    (copy / INDEX).unlink()
    assert f"holds one.safetensors, and neither {WHOLE} nor {INDEX}" in refused(copy)


def test_one_weight_in_two_files_is_refused(copy: Path) -> None:
    shard(copy)
    one, two = load_file(copy / "one.safetensors"), load_file(copy / "two.safetensors")
    name = next(iter(one))
    save_file(two | {name: one[name] + 1}, copy / "two.safetensors", metadata={"format": "pt"})
    assert f"holds the weight {name} in two of its files" in refused(copy)


def test_a_config_that_names_its_own_weight_file_is_refused(copy: Path) -> None:
    set_config(copy, transformers_weights="sub/other.safetensors")
    assert "transformers_weights" in refused(copy)


def test_what_is_not_a_file_is_not_waited_for(copy: Path) -> None:
    for name in (WHOLE, "config.json", "generation_config.json"):
        kept = (copy / name).read_bytes()
        (copy / name).unlink()
        os.mkfifo(copy / name)
        assert f"{name} of copy is not a readable file" in refused(copy)
        (copy / name).unlink()
        (copy / name).symlink_to("/dev/zero")
        assert f"{name} of copy is not a readable file" in refused(copy)
        (copy / name).unlink()
        (copy / name).symlink_to(copy / "nowhere")
        assert f"{name} of copy is not a readable file" in refused(copy)
        (copy / name).unlink()
        (copy / name).write_bytes(kept)
    load_causal_lm(str(copy))


@pytest.mark.parametrize(
    ("settings", "change"),
    [
        ({"target_modules": ["q_proj", "v_proj"]}, {"layers_to_transform": [0]}),
        ({}, {"target_modules": ["q_proj"]}),
        ({"modules_to_save": ["norm"]}, {"modules_to_save": None}),
    ],
)
def test_an_adapter_of_which_a_part_would_be_left_out_is_refused(
    tiny_base: Path, tiny_reference: Path, tmp_path: Path, settings: dict[str, Any], change: dict[str, Any]
) -> None:
    folder = tmp_path / "pair"
    adapter_of(tiny_reference, folder, **settings)
    name = pair_on(tiny_reference, tiny_base, folder)
    if "modules_to_save" not in settings:
        load_pair(name)
    path = folder / "adapter_config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(
        ModelError, match=r"the adapter in pair holds \d+ weights that its config or its model has no place for"
    ):
        load_pair(name)


@pytest.mark.parametrize("text", ['{"peft_type": "LORA", "peft_type": "LORA"}', "[" * 100_000, "", "\xff", "[]", "{}"])
def test_an_adapter_whose_config_cannot_be_read_is_refused(
    tiny_base: Path, tiny_reference: Path, tmp_path: Path, text: str
) -> None:
    adapter_of(tiny_reference, tmp_path / "pair")
    name = pair_on(tiny_reference, tiny_base, tmp_path / "pair")
    (tmp_path / "pair" / "adapter_config.json").write_text(text, encoding="latin-1")
    with pytest.raises(ModelError, match="pair") as refused:
        load_pair(name)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


def test_an_adapter_of_a_deeper_model_is_refused(tiny_base: Path, tiny_reference: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pair"
    weights = adapter_of(tiny_reference, folder)
    deeper = {
        name.replace("layers.1.", "layers.2."): value.clone() for name, value in weights.items() if "layers.1." in name
    }
    save_file(weights | deeper, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=r"holds 14 weights .* for example base_model.model.model.layers.2."):
        load_pair(pair_on(tiny_reference, tiny_base, folder))


@pytest.mark.parametrize("tuning", ["lora", "p_adapter"])
def test_weights_beside_an_adapter_are_refused(
    tiny_base: Path, tiny_reference: Path, tmp_path: Path, tuning: str
) -> None:
    folder = tmp_path / "pair"
    adapter_of(tiny_reference, folder)
    (folder / "adapter_model.safetensors").rename(
        folder / f"{'p_adapter' if tuning == 'p_adapter' else 'adapter_model'}.safetensors"
    )
    shutil.copy(tiny_reference / WHOLE, folder / WHOLE)
    with pytest.raises(ModelError, match="holds model.safetensors beside"):
        load_pair(pair_on(tiny_reference, tiny_base, folder, tuning))


def test_the_thin_reader_reads_what_transformers_reads(copy: Path) -> None:
    shard(copy)
    model = load_causal_lm(str(copy)).model
    thin = thin_llama(model)
    assert thin is not None
    theirs = model.base_model(input_ids=IDS).last_hidden_state
    assert torch.allclose(thin.read(IDS, KeyValues()), theirs, atol=1e-4)


def test_a_model_on_this_machine_is_loaded_without_a_request(
    tiny_base: Path, tiny_reference: Path, tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter_of(tiny_reference, tmp_path / "pair")
    load_pair(pair_on(tiny_reference, tiny_base, tmp_path / "pair"))
    save_gguf(tmp_path / "model.gguf")
    load_causal_lm(str(tmp_path / "model.gguf"))
    monkeypatch.chdir(tmp_path)
    shutil.copytree(tiny_base, tmp_path / "owner" / "name")
    load_causal_lm("owner/name")
    path = tmp_path / "pair" / "adapter_config.json"
    for kind in ("XLORA", "nothing"):
        path.write_text(json.dumps({"peft_type": kind, "adapters": {"0": "nobody/nothing"}, "hidden_size": 32}))
        with pytest.raises(ModelError):
            load_pair("pair" if (tmp_path / "pair" / MANIFEST).is_file() else "")
    assert not asked
