"""`python -m engine export`: what is not written, and why."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from db import session as database
from engine.runs import execute
from engine.settings import data_folder

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
