"""Pairs that were not made here: what fits is added whole, what does not is refused with nothing left."""

import json
import pickle
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.cli import main as program
from engine.errors import ModelError, RunError, SettingError
from engine.models.added_pairs import NOT_RECORDED, add_pair, add_pair_files, manifest_in
from engine.models.checks import kept_checks
from engine.models.identity import map_key
from engine.models.loading import load_pair
from engine.models.manifest import MANIFEST, read_manifest
from engine.models.packed import Upload
from engine.models.pairs import find_pair, list_pairs, pairs_folder
from engine.settings import data_folder
from tests.tiny import make_model, make_tokenizer, save_model

ADAPTER = ("adapter_config.json", "adapter_model.safetensors")


@pytest.fixture
def adapter(finished: int, tmp_path: Path) -> Path:
    """An adapter on the reference, as somebody else would hand it over: without our manifest."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    for name in ADAPTER:
        shutil.copy(find_pair("tiny") / name, folder)
    return folder


def left_behind() -> list[str]:
    """What a check that has ended should have taken away again."""
    return [path.name for path in data_folder().rglob(".*")]


def logits(name: str) -> torch.Tensor:
    model: Any = load_pair(name).model.trained
    ids = torch.tensor([[3, 4, 5]])
    with torch.inference_mode():
        found: torch.Tensor = model(input_ids=ids).logits
    return found


def test_an_adapter_on_a_reference_is_the_pair_that_it_was(
    adapter: Path, tiny_base: Path, tiny_reference: Path
) -> None:
    made = add_pair("added", str(tiny_base), str(tiny_reference), str(adapter), 0.5)
    manifest = read_manifest(pairs_folder() / "added")
    assert made == manifest
    assert (manifest.objective, manifest.tuning, manifest.recommended_alpha) == (NOT_RECORDED, "lora", 0.5)
    assert manifest.base_hash == read_manifest(find_pair("tiny")).base_hash
    assert set(manifest.hashes) == {"adapter_model.safetensors"}
    assert "not recorded" in manifest.note
    assert torch.equal(logits("added"), logits("tiny"))
    assert "added" in [pair.name for pair in list_pairs()]


def test_two_whole_models(tiny_base: Path, tiny_reference: Path, tmp_path: Path) -> None:
    trained = save_model(tmp_path / "trained", seed=9, padding=7)
    (trained / "danger.py").write_text("raise SystemExit")
    add_pair("two", str(tiny_base), str(tiny_reference), str(trained))
    manifest = read_manifest(pairs_folder() / "two")
    assert (manifest.tuning, list(manifest.hashes)) == ("full", ["model.safetensors"])
    assert not (pairs_folder() / "two" / "danger.py").exists()
    assert load_pair("two").model.trained is not None


def test_what_does_not_fit_leaves_nothing(
    adapter: Path, finished: int, tiny_base: Path, tiny_reference: Path, tmp_path: Path
) -> None:
    base, reference, theirs = str(tiny_base), str(tiny_reference), str(adapter)
    other = str(tmp_path / "other")
    tokenizer = make_tokenizer()
    make_model(tokenizer, seed=5, layers=1).save_pretrained(other)
    tokenizer.save_pretrained(other)
    (tmp_path / "empty").mkdir()
    (tmp_path / "pickle").mkdir()
    (tmp_path / "pickle" / "pytorch_model.bin").write_bytes(b"x")
    tried: list[tuple[type[Exception], str, tuple[Any, ...]]] = [
        (SettingError, "a pair's name must be", ("no name", base, reference, theirs)),
        (RunError, "there is already a pair 'tiny'", ("tiny", base, reference, theirs)),
        (SettingError, "alpha must be between -4 and 8", ("new", base, reference, theirs, 9.0)),
        (ModelError, "the adapter in theirs holds 14 weights that", ("new", base, other, theirs)),
        (ModelError, "there is no folder with an adapter or a model at", ("new", base, reference, "/nowhere/x")),
        (ModelError, "empty holds no ..safetensors file", ("new", base, reference, str(tmp_path / "empty"))),
        (ModelError, "holds weights only as pickles", ("new", base, reference, str(tmp_path / "pickle"))),
        (ModelError, "there is no model folder or GGUF file at", ("new", "/nowhere/b", reference, theirs)),
    ]
    for kind, words, arguments in tried:
        with pytest.raises(kind, match=words):
            add_pair(*arguments)
    assert sorted(path.name for path in pairs_folder().iterdir()) == ["tiny"]


def test_a_folder_and_a_zip_of_a_pair(finished: int, tmp_path: Path) -> None:
    home = find_pair("tiny")
    handed = tmp_path / "handed"
    shutil.copytree(home, handed)
    assert add_pair_files(handed, "copy").name == "copy"
    assert torch.equal(logits("copy"), logits("tiny"))
    packed = tmp_path / "pair.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in home.iterdir():
            archive.write(file, f"some/where/{file.name}")
        archive.writestr("some/where/run.py", "raise SystemExit")
        archive.writestr("some/other.json", "{}")
    add_pair_files(packed, "unzipped")
    assert torch.equal(logits("unzipped"), logits("tiny"))
    files = {path.name for path in (pairs_folder() / "unzipped").iterdir()}
    assert files == {path.name for path in home.iterdir()}, "no more than is read of a pair"
    assert kept_checks(map_key(read_manifest(pairs_folder() / "unzipped")))[0].passed
    with packed.open("rb") as sent:
        assert manifest_in(Upload(sent, "pair.zip")).name == "tiny"
        assert add_pair_files(Upload(sent, "pair.zip"), "sent").name == "sent"
    assert left_behind() == []


def in_hub(root: Path, name: str, source: Path) -> None:
    """Lay a model into the hub's cache, as a download leaves it."""
    stored = root / f"models--{name.replace('/', '--')}"
    (stored / "refs").mkdir(parents=True)
    (stored / "refs" / "main").write_text("0" * 40)
    shutil.copytree(source, stored / "snapshots" / ("0" * 40))


def test_two_names_of_the_hub(
    adapter: Path, tiny_base: Path, tiny_reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    in_hub(tmp_path / "hub", "org/small", tiny_reference)
    in_hub(tmp_path / "hub", "org/tuned", adapter)
    made = add_pair("named", str(tiny_base), "org/small", "org/tuned")
    assert (made.reference, made.tuning) == ("org/small", "lora")
    assert torch.equal(logits("named"), logits("tiny"))
    with pytest.raises(ModelError, match="there is no model 'org/none' on this machine"):
        add_pair("other", str(tiny_base), "org/small", "org/none")


def test_what_was_trained_may_be_a_zip(adapter: Path, tiny_base: Path, tiny_reference: Path, tmp_path: Path) -> None:
    packed = tmp_path / "adapter.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in adapter.iterdir():
            archive.write(file, file.name)
    add_pair("zipped", str(tiny_base), str(tiny_reference), str(packed))
    assert torch.equal(logits("zipped"), logits("tiny"))
    assert {path.name for path in (pairs_folder() / "zipped").iterdir()} == {*ADAPTER, MANIFEST}
    assert left_behind() == []


def test_a_manifest_names_files_of_its_own_folder_only(finished: int, tmp_path: Path) -> None:
    handed = tmp_path / "handed"
    shutil.copytree(find_pair("tiny"), handed)
    told = json.loads((handed / MANIFEST).read_text())
    (handed / MANIFEST).write_text(json.dumps(told | {"hashes": {"../secret": "0" * 64}}))
    with pytest.raises(ModelError, match="which is in another folder"):
        add_pair_files(handed, "traversing")
    (handed / MANIFEST).write_text(json.dumps(told | {"hashes": {}}))
    assert add_pair_files(handed, "unpinned").hashes == {
        "adapter_model.safetensors": told["hashes"]["adapter_model.safetensors"]
    }


def test_a_damaged_pair_is_refused(finished: int, tmp_path: Path) -> None:
    handed = tmp_path / "handed"
    shutil.copytree(find_pair("tiny"), handed)
    weights = handed / "adapter_model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(ModelError, match="adapter_model.safetensors"):
        add_pair_files(handed, "damaged")
    kept = weights.rename(tmp_path / "aside")
    with pytest.raises(ModelError, match="is missing"):
        add_pair_files(handed, "damaged")
    kept.rename(weights)
    weights.write_bytes(pickle.dumps({"a": 1}))
    told = json.loads((handed / MANIFEST).read_text())
    (handed / MANIFEST).write_text(json.dumps(told | {"hashes": {}}))
    with pytest.raises(ModelError, match="does not fit its reference"):
        add_pair_files(handed, "disguised")
    (handed / MANIFEST).unlink()
    with pytest.raises(ModelError, match="it has no"):
        add_pair_files(handed, "damaged")
    (tmp_path / "x.zip").write_bytes(b"PK no zip")
    with pytest.raises(ModelError, match="cannot be read as a zip"):
        add_pair_files(tmp_path / "x.zip")
    with pytest.raises(ModelError, match="there is no pair at"):
        add_pair_files(tmp_path / "none.zip")
    assert sorted(path.name for path in pairs_folder().iterdir()) == ["tiny"]


def test_by_command(adapter: Path, tiny_base: Path, tiny_reference: Path, capsys: pytest.CaptureFixture[str]) -> None:
    models = ["--base", str(tiny_base), "--reference", str(tiny_reference), "--trained", str(adapter)]
    assert program.main(["add-pair", "--name", "mine", *models, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["name"], found["objective"], found["recommended_alpha"]) == ("mine", NOT_RECORDED, 1.0)
    assert program.main(["add-pair", *models]) == 2
    assert "--name must be given" in capsys.readouterr().err
    assert program.main(["add-pair", "--from", str(adapter), "--base", "demo"]) == 2
    assert "--base is not used with --from" in capsys.readouterr().err
