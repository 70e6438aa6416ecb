"""Bases that were connected: checked whole, remembered, offered everywhere, and never fetched without being asked."""

import json
import shutil
from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.models.connected import (
    alone_choices,
    base_choices,
    bases_folder,
    connect_base,
    disconnect_base,
    list_connected,
)
from tests.gguf_files import save_gguf
from tests.tiny import save_model


def test_a_folder_is_checked_remembered_and_offered(tiny_base: Path, finished: int, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tiny_base, tmp_path / "own"))
    assert list_connected() == []
    made = connect_base(f" {folder} ")
    assert list_connected() == [made]
    assert (made.source, made.kind, made.family, made.layers) == (str(folder), "folder", "llama", 2)
    assert made.parameters > 1000
    assert made.unchanged
    assert base_choices() == ["demo", str(folder), str(tiny_base)]
    assert alone_choices() == ["base:demo", "retain-only:demo", f"base:{folder}", f"base:{tiny_base}"]
    again = connect_base(str(folder))
    assert (len(list_connected()), again.hash) == (1, made.hash)
    disconnect_base(str(folder))
    assert list_connected() == []
    assert (folder / "model.safetensors").exists()
    with pytest.raises(ModelError, match="is not connected"):
        disconnect_base(str(folder))


def test_a_gguf_file_and_a_relative_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_gguf(tmp_path / "model.gguf")
    save_model(tmp_path / "beside", seed=4)
    monkeypatch.chdir(tmp_path)
    assert connect_base("model.gguf").source == str(tmp_path / "model.gguf")
    assert connect_base("./beside").source == str(tmp_path / "beside")
    assert [base.kind for base in list_connected()] == ["folder", "GGUF file"]


def test_a_name_of_the_hub(tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    stored = tmp_path / "hub" / "models--org--large"
    (stored / "refs").mkdir(parents=True)
    (stored / "refs" / "main").write_text("0" * 40)
    shutil.copytree(tiny_base, stored / "snapshots" / ("0" * 40))
    made = connect_base("org/large")
    assert (made.source, made.kind, made.unchanged) == ("org/large", "hub", True)
    with pytest.raises(ModelError, match="there is no model 'org/other' on this machine"):
        connect_base("org/other")
    assert base_choices() == ["demo", "org/large"]


def test_changed_files_are_seen(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "own", seed=4)
    made = connect_base(str(folder))
    save_model(folder, seed=5)
    (folder / "model.safetensors").touch()
    assert not made.unchanged
    shutil.rmtree(folder)
    assert not list_connected()[0].unchanged


def test_what_cannot_be_a_base_is_refused_and_not_remembered(tiny_base: Path, tmp_path: Path) -> None:
    damaged = Path(shutil.copytree(tiny_base, tmp_path / "damaged"))
    (damaged / "model.safetensors").write_bytes(b"x" * 100)
    pickled = tmp_path / "pickled"
    pickled.mkdir()
    (pickled / "pytorch_model.bin").write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("hello")
    for source, words in [
        ("", "name the base"),
        ("   ", "name the base"),
        ("demo", "need not be connected"),
        ("base:demo", "without a role"),
        ("retain-only:demo", "without a role"),
        ("/nowhere/x", "there is no model folder or GGUF file at /nowhere/x"),
        ("http://127.0.0.1:1/v1", "there is no model folder or GGUF file"),
        (str(tmp_path / "notes.txt"), "a model is a folder with safetensors, a GGUF file or a hub name"),
        (str(damaged), "cannot be loaded"),
        (str(pickled), "holds weights only as pickles"),
    ]:
        with pytest.raises(ModelError, match=words):
            connect_base(source)
    assert list_connected() == []


def test_a_damaged_record_is_left_out(tmp_path: Path) -> None:
    made = connect_base(str(save_model(tmp_path / "own", seed=4)))
    (record,) = bases_folder().glob("*.json")
    told = json.loads(record.read_text())
    for wrong in ("{", "[]", json.dumps(told | {"layers": "two"}), json.dumps(told | {"source": "other"})):
        record.write_text(wrong)
        assert list_connected() == []
    record.write_text(json.dumps(told))
    assert list_connected() == [made]
