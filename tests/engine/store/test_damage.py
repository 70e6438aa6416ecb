"""Whatever is wrong with configuration, folder or database: one sentence, from every command, and nothing in --json."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from db import session as database
from engine.cli import main
from engine.settings import data_folder, make_data_folder
from engine.store import history
from tests.reports import store_report

# Each reads the database; those that load a model name one that is not there, which is found out after it.
COMMANDS: dict[str, list[str]] = {
    "demo": [],
    "add-pair": ["--name", "t", "--base", "/no/such", "--reference", "/no/such", "--trained", "/no/such"],
    "backup": ["/dev/null/kept.zip"],
    "restore": ["/no/such.zip", "--to", "/dev/null/restored"],
    "questions": ["--set", "folk"],
    "ask": ["q", "--pair", "nosuch"],
    "map": ["q", "--pair", "nosuch"],
    "advise": ["--run", "audit"],
    "train": ["--name", "t", "--base", "/no/such", "--forget", "folk:forget", "--retain", "folk:retain/eval"],
    "teach": ["--name", "t", "--start", "/no/such", "--teach", "folk:retain/eval"],
    "evaluate": ["--pair", "nosuch"],
    "tasks": ["--pair", "nosuch"],
    "audit": ["--pair", "nosuch"],
    "judge-again": ["audit", "--key-terms", "nosuch"],
    "curves": ["--run", "audit"],
    "figures": ["--run", "audit"],
    "verdicts": ["--run", "audit"],
    "methods": [],
    "runs": [],
    "score-logs": ["nosuch.json"],
    "import-log": ["nosuch.json", "--name", "p", "--method", "NPO"],
    "export": ["--run", "audit", "--out", "o.csv"],
    "report": ["--run", "audit", "--out", "report"],
    "verify": ["nosuch.zip"],
    "erase": ["--subject", "Ada Quill"],
    "import": ["set.csv", "--name", "own"],
}
READERS = ("questions", "runs", "figures", "verdicts", "export", "report", "erase")
NO_DATABASE = (
    "methods",
    "score-logs",
    "verify",
    "ask",
    "map",
    "advise",
    "evaluate",
    "tasks",
    "audit",
    "demo",
    "import-log",
)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with a run to report on, to be copied and damaged."""
    folder = tmp_path_factory.mktemp("stored")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OUBLIETTE_DATA", str(folder))
        store_report()
    with sqlite3.connect(folder / "oubliette.sqlite") as opened:
        opened.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    opened.close()
    return folder / "oubliette.sqlite"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OUBLIETTE_DEMO", str(tmp_path / "no-demo"))
    (tmp_path / "set.csv").write_text("question,answer\nWho?,Ada\n")
    database._engines.clear()


@pytest.fixture
def one_sentence(capsys: pytest.CaptureFixture[str]) -> Callable[[str], str]:
    """Runs a command with --json: it works, or says one sentence; what it said on standard error."""

    def call(command: str) -> str:
        shutil.rmtree("report", ignore_errors=True)
        capsys.readouterr()
        code = main.main([command, *COMMANDS[command], "--json"])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        assert "unexpected" not in err, (command, err)
        if code == 2:
            assert (out, err.count("\n")) == ("", 1), command
        else:
            assert err == "", command
            json.loads(out, parse_constant=pytest.fail)
        return err

    return call


def test_every_command_is_driven() -> None:
    assert set(COMMANDS) == set(main.make_program().commands)


DAMAGED_FILES = {
    "half of a file": lambda path: os.truncate(path, path.stat().st_size // 2),
    "a page of junk": lambda path: path.write_bytes(
        path.read_bytes()[:4096] + b"junk" * 4096 + path.read_bytes()[20480:]
    ),
    "junk": lambda path: path.write_bytes(b"junk " * 1000),
    "another program's": lambda path: _sql(path, "DROP TABLE alembic_version"),
    "a newer schema": lambda path: _sql(path, "UPDATE alembic_version SET version_num = '9041'"),
    "no table of runs": lambda path: _sql(path, "DROP TABLE runs"),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "a link to itself": lambda path: (path.unlink(), path.symlink_to(path.name)),
}


def _sql(path: Path, statement: str) -> None:
    with sqlite3.connect(path) as opened:
        opened.execute(statement)
    opened.close()


@pytest.mark.parametrize("damage", DAMAGED_FILES)
def test_a_damaged_database_is_one_sentence(damage: str, stored: Path, one_sentence: Callable[[str], str]) -> None:
    data_folder().mkdir()
    path = Path(shutil.copy(stored, data_folder() / "oubliette.sqlite"))
    DAMAGED_FILES[damage](path)
    said = {command: one_sentence(command) for command in COMMANDS}
    reading = ("runs", "verdicts") if damage == "no table of runs" else ("questions", "runs", "verdicts")
    assert all("the database" in said[command] for command in reading)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////no/such/folder/x.sqlite",
        "sqlite:///no/x.sqlite",
        "sqlite://data/x.sqlite",
        "sqlite:////dev/null/x",
        "/tmp/x.sqlite",
        "postgresql://me:secret@localhost/x",
        "mysql://me:secret@localhost/x",
        "oracle://x",
        "nosuch://x",
        "postgresql+nosuch://h/x",
        "sqlite:///x.sqlite?timeout=abc",
        "sqlite+aiosqlite:///x.sqlite",
        "sqlite:///\udcff/x",
        "x" * 5000,
    ],
)
def test_a_mistyped_database_is_one_sentence_and_makes_no_folder(
    url: str, one_sentence: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OUBLIETTE_DATABASE", url)
    before = set(tmp_path.rglob("*"))
    for command in COMMANDS:
        said = one_sentence(command)
        assert "secret" not in said
        assert len(said) < 600
        if command not in NO_DATABASE:
            assert said, command
    made = {path.name for path in set(tmp_path.rglob("*")) - before}
    assert made <= {
        "data",
        "place",
        "place.lock",
        "tend.lock",
        "worker.lock",
        "x.sqlite",
    }  # the data folder is ours to make


@pytest.mark.parametrize(
    "kind", ["dangling link", "link to itself", "file", "below a file", "too long", "place is a folder"]
)
def test_a_data_folder_that_cannot_be_is_one_sentence(
    kind: str, one_sentence: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / ("n" * 300 if kind == "too long" else "odd")
    if kind.startswith(("dangling", "link")):
        folder.symlink_to("nowhere" if kind.startswith("dangling") else folder.name)
    elif kind == "place is a folder":
        (folder / "place").mkdir(parents=True)
    elif kind != "too long":
        folder.write_text("")
    monkeypatch.setenv("OUBLIETTE_DATA", str(folder / "deeper" if kind.startswith("below") else folder))
    for command in COMMANDS:
        one_sentence(command)
    assert "odd" in one_sentence("runs") or "too long" in one_sentence("runs")


COLUMNS = [
    ("runs", "spec"),
    ("runs", "kind"),
    ("runs", "status"),
    ("runs", "created"),
    ("runs", "versions"),
    ("runs", "pair_id"),
    ("runs", "seed"),
    ("pairs", "manifest"),
    ("pairs", "recommended_alpha"),
    ("questions", "key_terms"),
    ("questions", "split"),
    ("questions", "set_id"),
    ("questions", "question"),
    ("questions", "perturbed_answer"),
    ("run_questions", "key_terms"),
    ("run_questions", "question_id"),
    ("scores", "value"),
    ("scores", "metric"),
    ("scores", "question_id"),
    ("answers", "text"),
    ("sets", "name"),
    ("sets", "created"),
]


@pytest.mark.parametrize(("table", "column"), COLUMNS)
@pytest.mark.parametrize("value", ["'zzz'", "9e999", "x'fffe'", "'{\"a\": NaN}'", "'{}'", "77777"])
def test_a_damaged_row_is_one_sentence(
    table: str, column: str, value: str, stored: Path, one_sentence: Callable[[str], str]
) -> None:
    data_folder().mkdir()
    path = Path(shutil.copy(stored, data_folder() / "oubliette.sqlite"))
    _sql(path, f"UPDATE {table} SET {column} = {value} WHERE rowid = (SELECT max(rowid) FROM {table})")
    for command in READERS:
        one_sentence(command)


@pytest.mark.parametrize("value", ["9e999", "-9e999"])
def test_an_infinite_score_is_not_available(
    value: str, stored: Path, one_sentence: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    data_folder().mkdir()
    path = Path(shutil.copy(stored, data_folder() / "oubliette.sqlite"))
    _sql(path, f"UPDATE scores SET value = {value} WHERE metric = 'rouge'")
    assert [one_sentence(command) for command in READERS] == [""] * len(READERS)
    means = history.trade_off()
    assert means[means["metric"] == "rouge"]["mean"].isna().all()
    assert means[means["metric"] == "leak"]["mean"].notna().all()


def test_a_place_that_cannot_be_written_is_one_sentence(one_sentence: Callable[[str], str]) -> None:
    one_sentence("runs")
    (data_folder() / "place").write_bytes(b"\xff\xfe")
    make_data_folder()
    for command in COMMANDS:
        one_sentence(command)
