"""`python -m engine export`: what is not written, and why."""

import csv
import io
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from db import session as database
from engine.report.csv_table import TWELVE
from engine.runs import execute
from engine.settings import data_folder
from tests.reports import store_report

Specs = Callable[..., Any]


def test_a_report_that_cannot_be_written_is_said(
    tiny_pair_name: str, refused: Callable[..., str], tmp_path: Path
) -> None:
    assert "no/such/folder" in refused(
        "export", "--run", tiny_pair_name, "--out", str(tmp_path / "no/such/folder/x.csv")
    )


def test_a_report_that_cannot_be_noted_is_not_written(
    tiny_pair_name: str, refused: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "report.csv"
    out.write_text("old")
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 100)
    holder = sqlite3.connect(data_folder() / "oubliette.sqlite")
    holder.execute("BEGIN IMMEDIATE")
    assert "locked by another process" in refused("export", "--run", tiny_pair_name, "--out", str(out))
    holder.rollback()
    holder.close()
    assert out.read_text() == "old"


def test_a_run_that_has_not_finished_has_no_report(train_spec: Specs, refused: Callable[..., str]) -> None:
    run_id = execute.store_spec(train_spec(), "elsewhere")
    assert "only a finished run has a report" in refused("export", "--run", str(run_id), "--out", "x.csv")


def rows_of(out: Path, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(out.read_text(encoding="utf-8-sig"), newline=""), delimiter=delimiter))


def test_columns_and_delimiter_are_as_asked_for(said: Callable[..., Any], tmp_path: Path) -> None:
    store_report()
    out = tmp_path / "a.csv"
    said("export", "--run", "audit", "--out", str(out))
    whole = rows_of(out)
    assert tuple(whole[0][:12]) == TWELVE
    assert {"rouge unlearned", "leak unlearned", "run", "exported"} <= set(whole[0][12:])
    said("export", "--run", "audit", "--out", str(out), "--columns", "readable", "--delimiter", "semicolon")
    assert rows_of(out, ";") == [row[:12] for row in whole]
    said("export", "--run", "audit", "--out", str(out), "--columns", "result, question", "--delimiter", "tab")
    assert rows_of(out, "\t") == [[row[4], row[0]] for row in whole]
    formulas = [cell for row in rows_of(out, "\t") for cell in row if cell.startswith("=")]
    assert formulas == []


def test_columns_that_are_not_there_are_refused(refused: Callable[..., str], tmp_path: Path) -> None:
    store_report()
    out = tmp_path / "a.csv"
    asked = ("export", "--run", "audit", "--out", str(out))
    assert "the report has no column 'colour'; its columns are question, true answer" in refused(
        *asked, "--columns", "question,colour"
    )
    assert "delimiter must be one of comma, semicolon, tab, bar, got 'x'" in refused(*asked, "--delimiter", "x")
    assert "names separated by commas" in refused(*asked, "--columns", " , ")
    log = (*asked, "--format", "openunlearning", "--columns", "question")
    assert refused(*log) == "--columns can be given with --format csv only, got openunlearning"
    assert not out.exists()
