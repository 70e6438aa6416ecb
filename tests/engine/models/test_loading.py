"""What is loaded, what is refused, and in which words."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file

from engine.data.template import CHAT
from engine.errors import ModelError, SettingError, StorageError
from engine.models import loading, pairs
from engine.models.bases import BASE_MANIFEST, load_base, load_causal_lm
from engine.models.demo_base import sha256_of
from engine.models.loading import load_pair, open_training
from engine.models.manifest import MANIFEST, PairManifest
from engine.models.pairs import list_pairs, pairs_folder, save_pair
from engine.models.saving import remove_unfinished
from engine.settings import keep_private
from engine.training_settings import TrainingSettings
from tests.tiny import save_model

SETTINGS = TrainingSettings(rank=4)


def saved_pair(base: Path, reference: Path, name: str = "made", tuning: str = "lora") -> PairManifest:
    """A pair on disk whose trained half differs from its reference."""
    models = open_training(str(base), str(reference), replace(SETTINGS, tuning=tuning))  # type: ignore[arg-type]
    with torch.no_grad():
        for number, parameter in enumerate(p for p in models.trained.parameters() if p.requires_grad):
            parameter += 0.05 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(number))
    manifest = PairManifest(
        name, str(base), str(reference), "npo", tuning=tuning, template=models.template, base_hash=models.base_hash
    )
    return save_pair(models.trained, models.tokenizer, manifest, pairs_folder() / name)


@pytest.mark.parametrize("tuning", ["lora", "full"])
def test_a_pair_made_elsewhere_needs_a_manifest_of_four_lines(
    tiny_base: Path, tiny_reference: Path, tmp_path: Path, tuning: str
) -> None:
    made = saved_pair(tiny_base, tiny_reference, tuning=tuning)
    elsewhere = Path(shutil.copytree(pairs_folder() / "made", tmp_path / "elsewhere"))
    four = {"name": "theirs", "base": str(tiny_base), "reference": str(tiny_reference), "objective": "unknown"}
    (elsewhere / MANIFEST).write_text(json.dumps(four | {"tuning": tuning}))
    theirs, ours = load_pair(str(elsewhere)), load_pair("made")
    tokens = torch.tensor([[5, 6, 7]])
    assert theirs.manifest.hash != made.hash
    assert theirs.template == load_base(str(tiny_base)).template
    first, second = (pair.model.trained for pair in (theirs, ours))
    assert first is not None
    assert second is not None
    assert torch.equal(first(tokens).logits, second(tokens).logits)


@pytest.mark.parametrize("tuning", ["lora", "full"])
def test_a_saved_pair_comes_back_listed_and_different_from_its_reference(
    tiny_base: Path, tiny_reference: Path, tuning: str
) -> None:
    manifest = saved_pair(tiny_base, tiny_reference, tuning=tuning)
    assert [m.hash for m in list_pairs() if m.name == "made"] == [manifest.hash]
    pair = load_pair("made")
    assert pair.manifest == manifest
    assert pair.model.trained is not None
    assert pair.model.reference is not None
    ids = torch.tensor([[5, 6, 7]])
    assert not torch.equal(pair.model.trained(input_ids=ids).logits, pair.model.reference(input_ids=ids).logits)
    assert not any(parameter.requires_grad for parameter in pair.model.parameters())


def test_an_unknown_pair_lists_those_there_are(tiny_base: Path, tiny_reference: Path) -> None:
    saved_pair(tiny_base, tiny_reference)
    with pytest.raises(ModelError, match=r"no pair 'nobody'; pairs here: .*made"):
        load_pair("nobody")


def test_a_taken_name_is_refused_and_the_pair_stays(tiny_base: Path, tiny_reference: Path) -> None:
    first = saved_pair(tiny_base, tiny_reference)
    with pytest.raises(ModelError, match="already a pair 'made'"):
        saved_pair(tiny_base, tiny_reference)
    assert load_pair("made").manifest == first


def test_a_changed_weight_file_is_refused(tiny_base: Path, tiny_reference: Path) -> None:
    saved_pair(tiny_base, tiny_reference)
    weights = pairs_folder() / "made" / "adapter_model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelError, match="adapter_model.safetensors has SHA-256"):
        load_pair("made")


def test_another_base_under_the_same_name_is_refused(tiny_base: Path, tiny_reference: Path, tmp_path: Path) -> None:
    saved_pair(tiny_base, tiny_reference)
    path = pairs_folder() / "made" / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | {"base": str(save_model(tmp_path / "other", seed=9))}))
    with pytest.raises(ModelError, match="was trained on base"):
        load_pair("made")


def test_a_folder_with_pickles_only_is_refused(tiny_base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pickled"
    folder.mkdir()
    (folder / "config.json").write_text((tiny_base / "config.json").read_text())
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"pickled holds weights only as pickles \(pytorch_model.bin\)"):
        load_causal_lm(str(folder))


def test_a_pair_with_a_pickled_adapter_is_refused(tiny_base: Path, tiny_reference: Path) -> None:
    saved_pair(tiny_base, tiny_reference)
    folder = pairs_folder() / "made"
    path = folder / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | {"hashes": {}}))
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
    with pytest.raises(ModelError, match="safetensors only"):
        load_pair("made")


def test_another_vocabulary_is_refused_with_what_differs(tiny_base: Path, tmp_path: Path) -> None:
    other = save_model(tmp_path / "other", seed=4, extra=("violet",))
    with pytest.raises(
        ModelError,
        match=(
            r"different vocabularies: \d+ and \d+ tokens, 1 with another id or missing, for example 'violet' is absent"
        ),
    ):
        open_training(str(tiny_base), str(other), SETTINGS)


@pytest.mark.parametrize("source", ["/nowhere/at/all", "./missing", "a/b/c"])
def test_a_missing_folder_is_named(source: str) -> None:
    with pytest.raises(ModelError, match="no model folder or GGUF file"):
        load_causal_lm(source)


def test_an_empty_folder_and_a_plain_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no \*.safetensors file"):
        load_causal_lm(str(tmp_path))
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(ModelError, match="notes.txt is a file"):
        load_causal_lm(str(tmp_path / "notes.txt"))


def test_a_base_that_lacks_weights_is_refused(tiny_base: Path, tmp_path: Path) -> None:
    poor = copied(tiny_base, tmp_path / "poor")
    whole = load_file(poor / "model.safetensors")
    kept = {name: value for name, value in whole.items() if "layers.1." not in name}
    save_file(kept, poor / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelError, match=rf"lacks {len(whole) - len(kept)} of its weights, for example model.layers.1"):
        load_causal_lm(str(poor))


@pytest.mark.parametrize("named", ["w.bin", "../elsewhere/model.safetensors"])
def test_an_index_that_names_other_files_is_refused(tiny_base: Path, tmp_path: Path, named: str) -> None:
    sly = copied(tiny_base, tmp_path / "sly")
    names = list(load_file(sly / "model.safetensors"))
    (sly / "model.safetensors.index.json").write_text(json.dumps({"weight_map": dict.fromkeys(names, named)}))
    with pytest.raises(ModelError, match=f"names '{named}': only \\*.safetensors files of the same folder"):
        load_causal_lm(str(sly))


@pytest.mark.parametrize("text", ["[]", "{}", "[" * 100_000])
def test_an_index_that_is_none_is_refused(tiny_base: Path, tmp_path: Path, text: str) -> None:
    broken = copied(tiny_base, tmp_path / "broken")
    (broken / "model.safetensors.index.json").write_text(text)
    with pytest.raises(ModelError, match="is not an index of weight files"):
        load_causal_lm(str(broken))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", 5),
        ("name", None),
        ("name", ["a"]),
        ("name", "../../x"),
        ("name", ""),
        ("base", 5),
        ("reference", None),
        ("hashes", ["a"]),
        ("hashes", {"a": 1}),
        ("template", {"text": 7}),
        ("template", {"text": "no place for it"}),
        ("tuning", "zz"),
        ("seed", "x"),
        ("figures", [1]),
        ("figures", {"a": "b"}),
        ("recommended_alpha", 10**400),
    ],
)
def test_a_manifest_with_a_wrong_field_is_refused_by_name_and_never_listed(
    tiny_base: Path, tiny_reference: Path, field: str, value: object
) -> None:
    saved_pair(tiny_base, tiny_reference)
    path = pairs_folder() / "made" / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}))
    with pytest.raises(ModelError, match=f"{MANIFEST} of pair made cannot be read: .*{field.partition('_')[2] or ''}"):
        load_pair("made")
    assert str(pairs_folder()) not in [manifest.name for manifest in list_pairs()]
    assert "made" not in [manifest.name for manifest in list_pairs()]


def test_a_manifest_nested_without_end_is_refused(tiny_base: Path, tiny_reference: Path) -> None:
    saved_pair(tiny_base, tiny_reference)
    (pairs_folder() / "made" / MANIFEST).write_text("[" * 100_000)
    with pytest.raises(ModelError, match="cannot be read"):
        load_pair("made")


@pytest.mark.parametrize("name", ["~nosuch/x", "a" * 300])
def test_a_name_that_no_path_can_have_is_said(name: str) -> None:
    with pytest.raises(SettingError, match="cannot be a path on this machine"):
        load_pair(name)
    with pytest.raises(SettingError, match="cannot be a path on this machine"):
        load_causal_lm(name)


def test_saved_weights_are_private(own_folders: Path, tiny_base: Path, tiny_reference: Path) -> None:
    """Whatever the libraries write with: where the program begins, it closes its files to others."""
    before = os.umask(0o022)
    try:
        keep_private()
        saved_pair(tiny_base, tiny_reference)
    finally:
        os.umask(before)
    made = pairs_folder() / "made"
    assert {path.stat().st_mode & 0o777 for path in made.iterdir()} == {0o600}
    assert made.stat().st_mode & 0o777 == 0o700


def copied(folder: Path, target: Path) -> Path:
    return Path(shutil.copytree(folder, target))


def test_damaged_weights_are_a_sentence(tiny_base: Path, tmp_path: Path) -> None:
    broken = copied(tiny_base, tmp_path / "broken")
    (broken / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(ModelError, match="broken' cannot be loaded"):
        load_causal_lm(str(broken))


def test_weights_of_another_shape_than_their_config_are_a_sentence(tiny_base: Path, tmp_path: Path) -> None:
    unlike = copied(tiny_base, tmp_path / "unlike")
    config = json.loads((unlike / "config.json").read_text())
    (unlike / "config.json").write_text(json.dumps(config | {"intermediate_size": 48}))
    with pytest.raises(ModelError, match="unlike' cannot be loaded"):
        load_causal_lm(str(unlike))


@pytest.mark.parametrize("damage", ["shape", "bytes"])
def test_an_adapter_that_does_not_fit_is_a_sentence(tiny_base: Path, tiny_reference: Path, damage: str) -> None:
    saved_pair(tiny_base, tiny_reference)
    weights, path = pairs_folder() / "made" / "adapter_model.safetensors", pairs_folder() / "made" / MANIFEST
    if damage == "shape":
        save_file({name: torch.zeros(3, 3) for name in load_file(weights)}, weights)
    else:
        weights.write_bytes(b"no weights")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"hashes": {}}))
    with pytest.raises(ModelError, match="adapter of pair made does not fit its reference"):
        load_pair("made")


@pytest.mark.filterwarnings("ignore:Found missing adapter keys")  # peft says so too, and goes on
def test_an_adapter_that_lacks_a_weight_is_refused(tiny_base: Path, tiny_reference: Path) -> None:
    saved_pair(tiny_base, tiny_reference)
    weights, path = pairs_folder() / "made" / "adapter_model.safetensors", pairs_folder() / "made" / MANIFEST
    whole = load_file(weights)
    missing = sorted(whole)[0]
    save_file({name: value for name, value in whole.items() if name != missing}, weights)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"hashes": {}}))
    with pytest.raises(ModelError, match=r"the adapter in made lacks 1 of its weights, for example .*lora_A"):
        load_pair("made")


def test_a_pipe_or_a_device_in_a_model_folder_is_not_waited_for(tiny_base: Path, tmp_path: Path) -> None:
    for name in ("config.json", "tokenizer.json", "model.safetensors"):
        folder = Path(shutil.copytree(tiny_base, tmp_path / name))
        (folder / name).unlink()
        os.mkfifo(folder / name)
        with pytest.raises(ModelError, match=f"{name} of {name} is not a readable file"):
            load_base(str(folder))
        (folder / name).unlink()
        (folder / name).symlink_to("/dev/zero")
        with pytest.raises(ModelError, match="is not a readable file"):
            load_base(str(folder))


@pytest.mark.parametrize("alpha", [1e9, float("nan"), "much", None, [1.0]])
def test_a_recommended_alpha_that_is_not_allowed_is_refused_with_its_file(
    tiny_base: Path, tiny_reference: Path, alpha: object
) -> None:
    saved_pair(tiny_base, tiny_reference)
    path = pairs_folder() / "made" / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | {"recommended_alpha": alpha}))
    with pytest.raises(
        ModelError, match=f"{MANIFEST} of pair made cannot be read: (alpha|it holds NaN, and numbers) must be"
    ):
        load_pair("made")
    assert "made" not in [manifest.name for manifest in list_pairs()]


def test_a_pair_of_the_demo_is_held_against_the_demos_manifest(
    tiny_base: Path, tiny_reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved_pair(tiny_base, tiny_reference, "demo")
    demo = tmp_path / "demo"
    folder = copied(pairs_folder(), demo / "pairs") / "demo"
    shutil.rmtree(pairs_folder())
    hashes = {f"pairs/demo/{path.name}": sha256_of(path) for path in folder.iterdir()}
    (demo / "manifest.json").write_text(json.dumps({"hashes": hashes}))
    monkeypatch.setenv("OUBLIETTE_DEMO", str(demo))
    assert load_pair("demo").manifest.recommended_alpha == 1.0
    changed = json.loads((folder / MANIFEST).read_text()) | {"recommended_alpha": 0.1}
    (folder / MANIFEST).write_text(json.dumps(changed))
    for name in ("demo", str(folder)):
        with pytest.raises(ModelError, match=f"{MANIFEST} has SHA-256"):
            load_pair(name)
    (demo / "manifest.json").write_text(json.dumps({"hashes": {}}))
    with pytest.raises(ModelError, match="names no file of pairs/demo"):
        load_pair("demo")


def test_manifests_made_before_a_field_was_added_keep_the_hash_they_always_had() -> None:
    """Hashes as the first versions of the program gave them."""
    manifest = PairManifest("p", "b", "r", "npo")
    assert manifest.hash == "5b88e5fbfd3374dd"
    assert replace(manifest, training={"beta": 0.1, "rank": 32}).hash == "102e464d4b94ec6e"
    assert replace(manifest, note="diverged").hash != manifest.hash


def test_the_template_is_the_base_manifests(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "base", seed=1)
    (folder / BASE_MANIFEST).write_text('{"template": {"name": "chat", "text": "", "chat": true}}')
    with pytest.raises(ModelError, match="chat template cannot put the question"):
        load_causal_lm(str(folder))
    (folder / "chat_template.jinja").write_text("{{ messages[0].content }}")
    assert load_causal_lm(str(folder)).template == CHAT
    (folder / BASE_MANIFEST).write_text('{"template": {"colour": 3}}')
    with pytest.raises(ModelError, match="names no usable template"):
        load_causal_lm(str(folder))


def test_a_full_disk_while_saving_lists_nothing(
    tiny_base: Path, tiny_reference: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Path, manifest: PairManifest) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pairs, "write_manifest", full)
    with pytest.raises(StorageError, match="pair made could not be saved: No space left on device"):
        saved_pair(tiny_base, tiny_reference)
    assert not [m for m in list_pairs() if m.name == "made"]
    assert not list(pairs_folder().iterdir())


def test_what_a_killed_save_left_is_never_listed_and_can_be_removed(tiny_base: Path, tiny_reference: Path) -> None:
    saved_pair(tiny_base, tiny_reference)
    (pairs_folder() / "made").rename(pairs_folder() / ".saving-x1")
    assert not [m for m in list_pairs() if m.name == "made"]
    with pytest.raises(ModelError):
        load_pair("made")
    remove_unfinished(pairs_folder())
    assert not list(pairs_folder().iterdir())


def test_no_code_of_strangers_is_trusted() -> None:
    text = "".join(path.read_text() for path in Path(loading.__file__).parent.glob("*.py"))
    assert "trust_remote_code=True" not in text
    assert "torch.load" not in text
    assert "pickle.load" not in text


@pytest.mark.filterwarnings("ignore:Model has `tie_word_embeddings=True`")  # peft says it of the adapter we refuse
@pytest.mark.parametrize("extra", [{"modules_to_save": ["embed_tokens"]}, {"trainable_token_indices": [5, 6]}])
def test_an_adapter_that_moves_what_models_share_is_refused(
    tiny_base: Path, tiny_reference: Path, extra: dict[str, Any]
) -> None:
    """Folded into M'o it would move the reference's embeddings too, which are the same tensor."""
    saved_pair(tiny_base, tiny_reference)
    folder = pairs_folder() / "made"
    weights, path = folder / "adapter_model.safetensors", folder / MANIFEST
    reference = load_causal_lm(str(tiny_reference)).model
    get_peft_model(reference, LoraConfig(r=2, target_modules="all-linear", **extra)).save_pretrained(folder)
    assert any("embed_tokens" in name for name in load_file(weights))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"hashes": {}}))
    with pytest.raises(ModelError, match="moves embeddings or the output layer"):
        load_pair("made")


@pytest.mark.parametrize("tuning", ["lora", "full", "p_adapter"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_refused_by_name(
    tiny_base: Path, tiny_reference: Path, tuning: str, value: float
) -> None:
    saved_pair(tiny_base, tiny_reference, tuning=tuning)
    folder = pairs_folder() / "made"
    (file,) = folder.glob("*.safetensors")
    weights = load_file(file)
    spoilt = next(name for name in weights if "lora_B" in name or "up" in name)
    weights[spoilt] = torch.full_like(weights[spoilt], value)
    save_file(weights, file, metadata={"format": "pt"})
    record = json.loads((folder / MANIFEST).read_text())
    (folder / MANIFEST).write_text(json.dumps({**record, "hashes": {}}))
    with pytest.raises(ModelError, match="holds NaN or an infinity in its weight"):
        load_pair("made")
