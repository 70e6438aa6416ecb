"""The archive of a report: the same files are the same bytes, and whatever was changed is said."""

import contextlib
import hashlib
import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import DataError
from engine.report import archive as report_zip
from engine.report.archive import MANIFEST_NAME, hash_of, manifest_bytes, verify, zip_bytes

FILES = {"report.json": b'{"a": 1}\n', "questions.csv": b"a,b\r\n"}
KEPT = hash_of(manifest_bytes(FILES))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "report.zip"
    path.write_bytes(zip_bytes(FILES))
    return path


def packed(path: Path, files: dict[str, bytes], **options: int) -> Path:
    with zipfile.ZipFile(path, "w", **options) as out:  # type: ignore[call-overload]
        for name, data in files.items():
            out.writestr(name, data)
    return path


def test_an_archive_is_as_it_was_made(archive: Path) -> None:
    assert verify(archive, KEPT) == (KEPT, 2, [])
    assert verify(archive, KEPT.upper()).differences == []


def test_the_same_files_are_the_same_bytes_with_fixed_times() -> None:
    assert zip_bytes(FILES) == zip_bytes(dict(reversed(FILES.items())))
    with zipfile.ZipFile(io.BytesIO(zip_bytes(FILES))) as found:
        assert {entry.date_time for entry in found.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_archives_of_today_are_those_of_earlier_versions() -> None:
    """One that is in somebody's hands must stay verifiable: name of the manifest, times and packing never change."""
    data = zip_bytes({"report.json": b"{}", "questions.csv": b"a"})
    assert hash_of(data) == "f1de97cfc02bea0da83a1c3e22d48e6b55ef5552d6ee9b64ad7b28be6f2b459c"


def test_the_manifest_is_what_sha256sum_reads() -> None:
    lines = manifest_bytes(FILES).decode().splitlines()
    assert lines == [f"{hashlib.sha256(FILES[name]).hexdigest()}  {name}" for name in sorted(FILES)]


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_any_changed_byte_shows(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    whole = bytearray(zip_bytes(FILES))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.mktemp("changed") / "report.zip"
    path.write_bytes(bytes(whole))
    with contextlib.suppress(DataError):  # not even an archive any more, and that is said
        assert verify(path, KEPT).differences


def test_a_changed_file_is_named(archive: Path) -> None:
    packed(archive, {**FILES, "report.json": b"{}", MANIFEST_NAME: manifest_bytes(FILES)})
    assert verify(archive).differences == ["report.json: changed"]


def test_missing_and_extra_files_are_named(archive: Path) -> None:
    packed(archive, {"report.json": FILES["report.json"], "more.txt": b"x", MANIFEST_NAME: manifest_bytes(FILES)})
    assert sorted(verify(archive).differences) == ["more.txt: not in the manifest", "questions.csv: missing"]


def test_a_damaged_file_is_named_once(archive: Path) -> None:
    data = archive.read_bytes()
    archive.write_bytes(data.replace(b'{"a": 1}', b'{"a": 2}'))
    assert verify(archive).differences == ["report.json: its bytes are damaged"]


def test_a_manifest_that_was_changed_with_its_file_shows_by_the_kept_hash_alone(archive: Path) -> None:
    other = {**FILES, "report.json": b"{}"}
    archive.write_bytes(zip_bytes(other))
    assert verify(archive).differences == []
    (said,) = verify(archive, KEPT).differences
    assert said == f"{MANIFEST_NAME}: its hash is {hash_of(manifest_bytes(other))}, and the one that was kept is {KEPT}"


def test_an_archive_without_a_manifest_cannot_be_checked(archive: Path) -> None:
    packed(archive, FILES)
    assert verify(archive, KEPT).differences == [f"{MANIFEST_NAME}: missing, so nothing can be checked"]


def test_a_manifest_of_another_shape_is_said(archive: Path) -> None:
    packed(archive, {**FILES, MANIFEST_NAME: b"nothing\n"})
    assert "is not one of a manifest" in verify(archive).differences[0]


def test_the_same_files_packed_by_something_else_are_said(archive: Path) -> None:
    packed(archive, {**FILES, MANIFEST_NAME: manifest_bytes(FILES)}, compression=zipfile.ZIP_DEFLATED)
    (said,) = verify(archive, KEPT).differences
    assert "another program packed or changed it" in said


@pytest.mark.parametrize("name", ["../evil", "/etc/passwd", "a/b", "a\\b", "C:x", "..", "~x"])
def test_a_file_outside_the_archive_is_refused(archive: Path, name: str) -> None:
    packed(archive, {**FILES, name: b"x"})
    with pytest.raises(DataError, match="plain files and no folders"):
        verify(archive)


def test_a_link_is_refused(archive: Path) -> None:
    entry = zipfile.ZipInfo("link")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr(entry, "/etc/passwd")
    with pytest.raises(DataError, match="not an ordinary file"):
        verify(archive)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_one_name_twice_is_refused(archive: Path) -> None:
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("a", b"1")
        out.writestr("a", b"2")
    with pytest.raises(DataError, match="twice"):
        verify(archive)


def test_too_many_files_are_refused(archive: Path) -> None:
    packed(archive, {str(number): b"" for number in range(report_zip.MOST_FILES + 1)})
    with pytest.raises(DataError, match="33 files"):
        verify(archive)


def test_a_bomb_is_refused_before_it_is_unpacked(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_zip, "LARGEST", 10_000)
    packed(archive, {"a": bytes(1_000_000)}, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(DataError, match="would unpack to more than 10000 bytes"):
        verify(archive)


def test_a_bomb_that_lies_about_its_size_is_cut_short(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The directory says 5 bytes; what is read is bounded all the same, and does not fit its checksum."""
    monkeypatch.setattr(report_zip, "LARGEST", 10_000)
    packed(archive, {"a": bytes(1_000_000)}, compression=zipfile.ZIP_DEFLATED)
    archive.write_bytes(archive.read_bytes().replace(struct.pack("<L", 1_000_000), struct.pack("<L", 5)))
    assert "a: its bytes are damaged" in verify(archive).differences


def test_what_is_no_archive_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(b"not a zip")
    with pytest.raises(DataError, match=r"x\.zip cannot be read as a zip"):
        verify(path)
    with pytest.raises(DataError, match="No such file"):
        verify(tmp_path / "none.zip")
    with pytest.raises(DataError, match="Is a directory"):
        verify(tmp_path)


def test_a_hash_that_is_none_is_said(archive: Path) -> None:
    with pytest.raises(DataError, match="64 hexadecimal digits"):
        verify(archive, "abc")
