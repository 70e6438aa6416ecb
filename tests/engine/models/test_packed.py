"""Hostile zips: each is refused in a sentence, with nothing written anywhere."""

import io
import pickle
import stat
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.errors import ModelError, StorageError
from engine.models import packed
from engine.models.packed import Upload, unpacked
from engine.settings import data_folder
from engine.whole_files import sweep_folder

ROOT = Path(__file__).resolve().parents[3]
MARK = ("oubliette.json",)


def zipped(*entries: tuple[str | zipfile.ZipInfo, bytes], packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", packing) as archive:
        archive.writestr("pair/oubliette.json", "{}")
        for name, content in entries:
            archive.writestr(name, content)
    return data.getvalue()


def link(name: str, to: str) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info, to.encode()


def device(name: str) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFCHR | 0o666) << 16
    return info, b""


def everything(root: Path) -> set[Path]:
    return {path for path in root.rglob("*") if path.is_file() and path.suffix != ".lock"}


BOMB = b"\0" * (packed.FREE + 2**24)
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "up": (lambda: zipped(("pair/../../evil.json", b"{}")), "leads out of"),
    "up elsewhere": (lambda: zipped(("../evil.json", b"{}")), "leads out of"),
    "absolute": (lambda: zipped(("/tmp/evil.json", b"{}")), "leads out of"),
    "windows": (lambda: zipped(("..\\evil.json", b"{}")), "leads out of"),
    "drive": (lambda: zipped(("C:evil.json", b"{}")), "leads out of"),
    "control": (lambda: zipped(("pair/\x1b]0;x.json", b"{}")), "must be printable"),
    "link": (lambda: zipped(link("pair/tokenizer.json", "/etc/passwd")), "a link or a device"),
    "device": (lambda: zipped(device("pair/zero.json")), "a link or a device"),
    "bomb": (lambda: zipped(("pair/model.safetensors", BOMB)), "is too large"),
    "many": (lambda: zipped(*((f"pair/{i}.json", b"{}") for i in range(packed.MOST_FILES))), "is too large"),
    "pickle": (lambda: zipped(("pair/pytorch_model.bin", pickle.dumps([1]))), "a pickle, which can run code"),
    "pickle elsewhere": (lambda: zipped(("other/OPTIMIZER.PT", pickle.dumps([1]))), "a pickle, which can run code"),
    "twice": (lambda: zipped(("pair/a.json", b"1"), ("pair/A.json", b"2")), "'a.json' twice"),
    "two pairs": (lambda: zipped(("other/oubliette.json", b"{}")), "has 2 folders with oubliette.json"),
    "truncated": (lambda: zipped(("pair/model.safetensors", b"x" * 9999))[:-40], "cannot be read as a zip"),
    "not a zip": (lambda: b"PK nothing", "cannot be read as a zip"),
    "empty": (lambda: b"", "cannot be read as a zip"),
    "odd packing": (lambda: zipped(("pair/a.json", b"1" * 99), packing=zipfile.ZIP_BZIP2), "plain zip"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_zip_leaves_nothing(kind: str, tmp_path: Path) -> None:
    make, words = HOSTILE[kind]
    source = tmp_path / "sent.zip"
    source.write_bytes(make())
    before = everything(tmp_path)
    for given in (source, Upload(io.BytesIO(source.read_bytes()), "sent.zip")):
        with pytest.raises(ModelError, match=words) as caught, unpacked(given, MARK):
            pytest.fail("it was unpacked")
        assert "sent.zip" in str(caught.value)
        assert everything(tmp_path) == before
    assert not list(data_folder().glob(".*"))


def test_a_bomb_that_lies_about_its_size_writes_no_more_than_it_says(tmp_path: Path) -> None:
    """The size in the directory is patched from 80 MB to 4 bytes."""
    data = zipped(("pair/model.safetensors", BOMB))
    true, small = len(BOMB).to_bytes(4, "little"), (4).to_bytes(4, "little")
    assert data.count(true) == 2
    with (
        pytest.raises(ModelError, match="cannot be read as a zip"),
        unpacked(Upload(io.BytesIO(data.replace(true, small)), "liar.zip"), MARK),
    ):
        pytest.fail("it was unpacked")


def test_damage_inside_is_a_sentence() -> None:
    """Of a deflated stream, which zlib reads, and of its checksum."""
    data = bytearray(zipped(("pair/a.json", bytes(range(256)) * 40)))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        start = archive.getinfo("pair/a.json").header_offset + 30 + len("pair/a.json")
    data[start] = 0xFF  # no such kind of block
    with pytest.raises(zlib.error), zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.read("pair/a.json")
    with pytest.raises(ModelError, match="cannot be read as a zip"), unpacked(Upload(io.BytesIO(data), "d.zip"), MARK):
        pytest.fail("it was unpacked")


def test_only_what_a_model_needs_is_unpacked_and_taken_away_again() -> None:
    data = zipped(
        ("pair/model.safetensors", b"weights"),
        ("pair/run.py", b"raise SystemExit"),
        ("pair/README.md", b"hello"),
        ("pair/deeper/config.json", b"{}"),
        ("__MACOSX/pair/._oubliette.json", b"x"),
    )
    with unpacked(Upload(io.BytesIO(data), "../p a.zip"), MARK) as folder:
        assert {file.name for file in folder.iterdir()} == {"oubliette.json", "model.safetensors"}
        assert folder.name == "pa.zip"
    assert not folder.exists()
    assert not list(data_folder().glob(".*"))


def test_a_process_killed_while_it_unpacks_leaves_nothing_for_long(tmp_path: Path) -> None:
    source = tmp_path / "sent.zip"
    source.write_bytes(zipped(("pair/model.safetensors", b"weights")))
    program = (
        "import os, pathlib\nfrom engine.models.packed import unpacked\n"
        f"with unpacked(pathlib.Path({str(source)!r}), {MARK!r}) as folder:\n"
        "    assert (folder / 'model.safetensors').exists()\n    os._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 9
    assert len(list(data_folder().glob(".*"))) == 1
    sweep_folder(lambda _: None)
    assert not list(data_folder().glob(".*"))


def test_a_full_disk_is_said_before_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.models.packed.shutil.disk_usage", lambda place: SimpleNamespace(free=1))
    with (
        pytest.raises(StorageError, match="the disk has 1 bytes left"),
        unpacked(Upload(io.BytesIO(zipped()), "sent.zip"), MARK),
    ):
        pytest.fail("it was unpacked")
