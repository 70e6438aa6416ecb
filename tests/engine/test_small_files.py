"""Small files read whole, or refused: devices, pipes, 80 MB, and JSON that is not what it seems."""

import json
import math
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.data.tasks import read_task
from engine.data.tofu import load_tofu
from engine.errors import DataError, ModelError
from engine.evaluation.logs.reading import read_log
from engine.models.bases import BASE_MANIFEST, base_template
from engine.models.demo_weights import read_demo_manifest
from engine.models.manifest import MANIFEST, read_manifest
from engine.models.taught import MANIFEST as TAUGHT
from engine.models.taught import read_taught
from engine.models.weight_files import check_weight_files
from engine.report.archive import LARGEST, verify
from engine.runs.estimate import DEMO_VOCABULARY, _size
from engine.small_files import SMALL, parse_json, read_json, read_small, read_text
from engine.store.recorded_runs import import_demo_run

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(min_size=1).filter(str.isprintable), inner),
    max_leaves=12,
)


def sparse(path: Path, size: int) -> Path:
    """A file of that many bytes, all zero, which take no room on most disks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as stream:
        stream.truncate(size)
    return path


def test_an_ordinary_file_is_read_whole_and_a_mark_at_its_beginning_left_out(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"\xef\xbb\xbf{}")
    assert (read_small(path, 5), read_text(path), read_json(path)) == (b"\xef\xbb\xbf{}", "{}", {})


def test_what_never_ends_or_never_begins_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (Path("/dev/zero"), tmp_path / "pipe"):
        with pytest.raises(ValueError, match="^it is not an ordinary file$"):
            read_small(path)
    with pytest.raises(IsADirectoryError):
        read_small(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_small(tmp_path / "none")
    with pytest.raises(ValueError, match="null"):
        read_small(Path("a\0b"))


def test_a_file_that_is_too_large_says_how_large_it_is(tmp_path: Path) -> None:
    path = sparse(tmp_path / "x", 80 * 1024**2)
    with pytest.raises(ValueError, match=r"^it has 80\.0 MB, and at most 20 MB are read$"):
        read_small(path)
    assert len(read_small(sparse(path, SMALL))) == SMALL
    endless = Path("/proc/kallsyms")  # says that it has no bytes
    if endless.exists() and os.access(endless, os.R_OK):
        with pytest.raises(ValueError, match="more than"):
            read_small(endless, 100)


@given(JSON)
def test_json_is_read_as_it_was_written(value: Any) -> None:
    text = json.dumps(value)
    try:
        text.encode()
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        with pytest.raises(ValueError, match="half a character"):
            parse_json(text)
        return
    assert parse_json(text) == parse_json(text.encode()) == value


@given(st.binary() | st.text() | st.text(alphabet='{}[]",:0123456789eE.-+ \\utrflasn'))
def test_anything_else_is_a_value_error(data: bytes | str) -> None:
    said = ""
    try:
        parse_json(data)
    except ValueError as error:
        said = str(error)
    assert len(said) < 300


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it is not JSON (Expecting value"),
        ("{" * 3, "it is not JSON"),
        ("[" * 200_000, "it is nested too deeply"),
        ('{"a": ' * 100_000, "it is nested too deeply"),
        ("1" * 5000, "a whole number of 5000 digits, and at most 4000 are read"),
        ("[NaN]", "it holds NaN, and numbers must be finite"),
        ("[-Infinity]", "it holds -Infinity"),
        ("[1e999]", "it holds 1e999"),
        ('{"a": 1, "a": 1}', "the key 'a' occurs twice in one object"),
        ('{"": 1}', "the key '' is empty or cannot be printed"),
        (r'{"\u001b[31m": 1}', "cannot be printed"),
        (r'["\ud800"]', "half a character (a lone surrogate)"),
    ],
)
def test_what_is_wrong_with_json_is_said(text: str, says: str) -> None:
    with pytest.raises(ValueError) as caught:
        parse_json(text)
    assert says in str(caught.value)


def test_bytes_that_are_not_utf8_are_said() -> None:
    with pytest.raises(ValueError, match=r"^it is not UTF-8 \(byte 0xff at place 1\)$"):
        parse_json(b'"\xff"')


def test_a_log_may_hold_what_is_not_finite() -> None:
    found = parse_json("[NaN, Infinity, -Infinity, 1e999]", finite=False)
    assert math.isnan(found[0])
    assert found[1:] == [math.inf, -math.inf, math.inf]


def spoil(path: Path, way: str) -> None:
    """Put in the place of a file what must not be read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if way == "device":
        path.symlink_to("/dev/zero")
    elif way == "pipe":
        os.mkfifo(path)
    elif way == "folder":
        path.mkdir()
    elif way == "large":
        sparse(path, LARGEST + 1 if path.suffix == ".zip" else 80 * 1024**2)
    else:
        path.write_text({"deep": "[" * 200_000, "twice": '{"name": 1, "name": 2}', "list": "[]"}[way])


@pytest.mark.parametrize("way", ["device", "pipe", "folder", "large", "deep", "twice", "list"])
def test_every_file_that_is_read_by_hand_is_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """Each in its own words; none hangs, none fills the memory."""
    monkeypatch.setenv("OUBLIETTE_DEMO", str(tmp_path))
    model = tmp_path / "model"
    spoil(model / MANIFEST, way)
    spoil(model / TAUGHT, way)
    spoil(model / BASE_MANIFEST, way)
    spoil(model / "config.json", way)
    spoil(model / "model.safetensors.index.json", way)
    (model / "model.safetensors").write_bytes(b"weights")
    spoil(tmp_path / "manifest.json", way)
    spoil(tmp_path / "evaluation.json", way)
    spoil(tmp_path / "log.json", way)
    spoil(tmp_path / "report.zip", way)
    spoil(tmp_path / "full.json", way)
    spoil(tmp_path / "arc_challenge" / "mcq_test.jsonl", way)
    readers: list[tuple[type[Exception], Any]] = [
        (ModelError, lambda: read_manifest(model)),
        (ModelError, lambda: read_taught(model)),
        (ModelError, lambda: check_weight_files(model)),
        (ModelError, read_demo_manifest),
        (DataError, lambda: read_log(tmp_path / "log.json")),
        (DataError, lambda: verify(tmp_path / "report.zip")),
        (DataError, lambda: load_tofu("full", tmp_path)),
        (DataError, lambda: read_task("arc_challenge", tmp_path)),
    ]
    if way in ("twice", "deep", "large"):
        readers.append((ModelError, lambda: base_template(model, None)))
        readers.append((DataError, import_demo_run))
    for error, read in readers:
        with pytest.raises(error) as caught:
            read()
        assert len(str(caught.value)) < 400
        assert "\n" not in str(caught.value)
    assert _size(str(model)) == (7 / 2, DEMO_VOCABULARY), "an estimate goes on without"
