"""The files of a report: a folder is written whole and noted, or not at all."""

import os
from pathlib import Path

import pytest

from db.session import Session
from engine.errors import StorageError
from engine.report.files import HTML, JSON, QUESTIONS, SUMMARY, ZIP, check_folder, write_files
from engine.store.session import reading
from tests.reports import made, store_report


def exports(session: Session) -> list[tuple[str, str, int]]:
    from sqlalchemy import text

    return [tuple(row) for row in session.execute(text("SELECT filename, sha256, rows FROM exports"))]


def test_a_folder_is_written_whole_noted_and_never_into(tmp_path: Path) -> None:
    found = made(store_report())
    folder = tmp_path / "report"
    write_files(found, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == found.files
    assert list(found.files) == [QUESTIONS, SUMMARY, JSON, HTML, ZIP]
    with reading() as session:
        assert exports(session) == [("report", found.manifest_hash, 5)]
    with pytest.raises(StorageError, match="it holds other files"):
        write_files(found, folder)
    with pytest.raises(StorageError, match="there is no folder"):
        check_folder(tmp_path / "none" / "report")
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="it is not a folder"):
        check_folder(tmp_path / "file")
    (tmp_path / "empty").mkdir()
    write_files(found, tmp_path / "empty")
    assert (tmp_path / "empty" / ZIP).is_file()


def test_a_folder_that_is_not_writable_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # the tests may run as root, who may write anywhere
    with pytest.raises(StorageError, match="is not writable"):
        check_folder(tmp_path / "report")


@pytest.mark.parametrize("step", ["engine.report.files.write_new", "pathlib.Path.replace"])
def test_a_disk_that_refuses_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    found = made(store_report())

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(step, refuse)
    with pytest.raises(StorageError, match="No space left on device"):
        write_files(found, tmp_path / "report")
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir() if "report" in path.name] == []
    with reading() as session:
        assert exports(session) == []
