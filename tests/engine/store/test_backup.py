"""A backup holds all of it, says so, and gives it back; what is damaged or does not belong there is refused."""

import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.cli import main as program
from engine.errors import DataError, RunError, StorageError
from engine.models.connected import connect_base, list_connected
from engine.models.loading import load_pair
from engine.runs.execute import store_spec
from engine.settings import data_folder
from engine.store import history
from engine.store.backup import DATABASE, LIST, back_up, check, restore


@pytest.fixture
def made(finished: int, tmp_path: Path) -> Path:
    path = tmp_path / "kept.zip"
    back_up(path)
    return path


def repacked(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    other = path.with_name("changed.zip")
    with zipfile.ZipFile(other, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return other


def test_what_is_restored_is_what_was_kept(
    finished: int, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, weights = history.list_runs(), load_pair("tiny").manifest.hash
    scores = history.steps(finished)
    told = check(made)
    folder = tmp_path / "again" / "data"
    assert restore(made, folder) == told
    monkeypatch.setenv("OUBLIETTE_DATA", str(folder))
    monkeypatch.delenv("OUBLIETTE_DATABASE", raising=False)
    assert data_folder() == folder
    assert history.list_runs() == before
    assert history.steps(finished).equals(scores)
    assert load_pair("tiny").manifest.hash == weights
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []


def test_a_connected_base_is_still_connected(
    finished: int, tiny_base: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = connect_base(str(tiny_base))
    back_up(tmp_path / "kept.zip")
    restore(tmp_path / "kept.zip", tmp_path / "again")
    monkeypatch.setenv("OUBLIETTE_DATA", str(tmp_path / "again"))
    assert list_connected() == [before]


def test_every_file_is_in_its_list_and_nothing_half_saved(made: Path) -> None:
    with zipfile.ZipFile(made) as archive:
        names = set(archive.namelist())
        listed = {item["name"] for item in json.loads(archive.read(LIST))["files"]}
    assert names == listed | {LIST}
    assert DATABASE in names
    assert any(name.startswith("pairs/tiny/") and name.endswith(".safetensors") for name in names)
    assert not any("/." in name for name in names)


def test_a_name_that_is_taken_is_refused(made: Path) -> None:
    held = made.read_bytes()
    with pytest.raises(DataError, match="is there already"):
        back_up(made)
    assert made.read_bytes() == held


def test_no_backup_while_a_run_waits(train_spec: Callable[..., Any], finished: int, tmp_path: Path) -> None:
    store_spec(train_spec(name="waiting"), "elsewhere")
    with pytest.raises(RunError, match="waiting"):
        back_up(tmp_path / "b.zip")
    assert not (tmp_path / "b.zip").exists()


def test_a_folder_that_holds_something_is_refused(made: Path, tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    (full / "mine.txt").write_text("mine")
    with pytest.raises(DataError, match="holds something already"):
        restore(made, full)
    assert [path.name for path in full.iterdir()] == ["mine.txt"]


def flip(files: dict[str, bytes]) -> None:
    name = next(name for name in files if name.endswith(".safetensors"))
    files[name] = files[name][:-1] + bytes([files[name][-1] ^ 1])


def leave_out(files: dict[str, bytes]) -> None:
    del files[DATABASE]


def add(files: dict[str, bytes]) -> None:
    files["pairs/new/x"] = b"x"


def named(name: str) -> Callable[[dict[str, bytes]], None]:
    def change(files: dict[str, bytes]) -> None:
        about = json.loads(files[LIST])
        about["files"].append({"name": name, "sha256": "0" * 64, "size": 1})
        files[LIST], files[name] = json.dumps(about).encode(), b"x"

    return change


def of_another_format(files: dict[str, bytes]) -> None:
    files[LIST] = json.dumps({**json.loads(files[LIST]), "format": 2}).encode()


def without_list(files: dict[str, bytes]) -> None:
    del files[LIST]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (flip, "is not as it was when the backup was made"),
        (leave_out, "is missing or was added"),
        (add, "is missing or was added"),
        (named("../evil"), "which no backup has"),
        (named("/etc/evil"), "which no backup has"),
        (named("pairs/../../evil"), "which no backup has"),
        (named("pairs\\evil"), "which no backup has"),
        (named("place"), "which no backup has"),
        (of_another_format, "its format is 2"),
        (without_list, "is not a backup"),
    ],
)
def test_a_changed_backup_is_refused_and_leaves_nothing(
    made: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None], words: str
) -> None:
    changed = repacked(made, change)
    with pytest.raises(DataError, match=words):
        check(changed)
    with pytest.raises(DataError, match=words):
        restore(changed, tmp_path / "again")
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all" * 100])
def test_what_is_not_a_backup_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"x\.zip is not a backup"):
        check(path)
    with pytest.raises(DataError, match="there is no backup at"):
        check(tmp_path / "none.zip")


def test_a_database_that_was_damaged_before_is_not_restored(made: Path, tmp_path: Path) -> None:
    """Its hash may be right and its pages wrong."""
    broken = tmp_path / "broken.sqlite"
    with sqlite3.connect(broken) as opened:
        opened.execute("CREATE TABLE t (x)")
        opened.executemany("INSERT INTO t VALUES (?)", [("y" * 500,)] * 100)
    data = bytearray(broken.read_bytes())
    data[4096:8192] = b"\xff" * 4096

    def change(files: dict[str, bytes]) -> None:
        about = json.loads(files[LIST])
        for item in about["files"]:
            if item["name"] == DATABASE:
                item["sha256"], item["size"] = hashlib.sha256(bytes(data)).hexdigest(), len(data)
        files[LIST], files[DATABASE] = json.dumps(about).encode(), bytes(data)

    with pytest.raises(DataError, match="the database in changed.zip is damaged"):
        restore(repacked(made, change), tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_database_elsewhere_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUBLIETTE_DATABASE", f"sqlite:///{tmp_path / 'none' / 'x.sqlite'}")
    with pytest.raises(StorageError, match="does not exist"):
        back_up(tmp_path / "b.zip")


def test_by_command(finished: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept, folder = tmp_path / "kept.zip", tmp_path / "new"
    assert program.main(["backup", str(kept)]) == 0
    assert "read back and equal" in capsys.readouterr().out
    assert program.main(["restore", str(kept), "--to", str(folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["folder"] == str(folder)
    assert (folder / DATABASE).is_file()
    assert program.main(["restore", str(kept), "--to", str(folder)]) == 2
    assert "holds something already" in capsys.readouterr().err
