"""The study's tables as CSV."""

import stat
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.study import __main__, stored
from benchmarks.study.export import export_tables
from benchmarks.study.tables import Tables
from engine.errors import RunError, StorageError
from tests.stored_runs import store_run, store_set


def store_one(name: str = "study-retain-only", pair: str = "retain-only:study-base") -> None:
    scores = {"rouge": dict.fromkeys(store_set("study-tofu"), 0.5)}
    store_run(name, scores, alpha=0.0, kind="teach", pair_name=pair, base="study-base")


def test_every_table_is_written_whole(tmp_path: Path) -> None:
    store_one()
    rows = export_tables(tmp_path / "new" / "out")
    assert {path.name for path in (tmp_path / "new" / "out").iterdir()} == {f"{name}.csv" for name in Tables._fields}
    assert rows["main"] == len(pd.read_csv(tmp_path / "new" / "out" / "main.csv")) == 1
    export_tables(tmp_path / "new" / "out")  # what stood there is replaced


def test_without_a_run_of_the_study_nothing_is_made(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="no finished runs here"):
        export_tables(tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_in_place_of_the_folder_is_refused_and_stays(tmp_path: Path) -> None:
    store_one()
    (tmp_path / "out").write_text("mine")
    with pytest.raises(StorageError, match="cannot be made"):
        export_tables(tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_what_is_not_an_ordinary_file_is_refused(tmp_path: Path) -> None:
    store_one()
    (tmp_path / "main.csv").mkdir()
    with pytest.raises(StorageError, match="ordinary file"):
        export_tables(tmp_path)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []


def test_files_are_their_owners_alone_and_texts_are_no_formulas(tmp_path: Path) -> None:
    store_one("study-odd", "=1+1:base")
    export_tables(tmp_path / "out")
    assert "'=1+1" in (tmp_path / "out" / "main.csv").read_text(encoding="utf-8-sig")
    assert stat.S_IMODE((tmp_path / "out" / "main.csv").stat().st_mode) == 0o600


def test_the_command_writes_them_and_says_an_error_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OUBLIETTE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(stored, "PACKED", tmp_path / "none.xz")
    assert __main__.main(["--csv", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err == (
        "error: the study has no finished runs here: `python -m benchmarks.study` makes them\n"
    )
    store_one()
    assert __main__.main(["--csv", str(tmp_path / "out")]) == 0
    assert "main.csv (1 rows)" in capsys.readouterr().out
