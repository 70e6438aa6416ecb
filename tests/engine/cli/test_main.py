"""`python -m engine`: what each command prints, and that an error leaves standard output empty."""

import pkgutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import engine.cli
from db import session as database
from db.migrations import HEAD
from engine.cli import main as program
from engine.cli.command import Command
from engine.settings import data_folder
from engine.store import history

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("command", program.make_program().commands)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main([command, "--help"]) == 0
    assert "--json" in capsys.readouterr().out


def test_runs_before_anything_ran(said: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert said("runs") == []
    assert program.main(["runs"]) == 0
    assert "no runs yet" in capsys.readouterr().out


@pytest.mark.parametrize("alpha", ["nan", "1e9", "much", "-5", "inf"])
def test_an_alpha_that_is_not_allowed(alpha: str, refused: Callable[..., str]) -> None:
    assert "between -4 and 8" in refused("ask", "q", f"--alpha={alpha}", "--json")
    assert "between -4 and 8" in refused("evaluate", "--pair", "demo", f"--alphas=0,{alpha}", "--json")
    assert "between -4 and 8" in refused("export", "--run", "demo", "--out", "x.csv", f"--alpha={alpha}", "--json")


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("questions", "--split", "secrets"), "demo:forget"),
        (("questions", "--set", "nosuch"), "nosuch"),
        (("ask", "q", "--pair", "nosuch"), "no pair 'nosuch'"),
        (
            (
                "ask",
                " ",
            ),
            "must hold some text",
        ),
        (
            (
                "ask",
                "\u200b",
            ),
            "must hold some text that can be seen, got '\\u200b'",
        ),
        (
            (
                "map",
                "\u200b\u0301",
            ),
            "map needs a question that holds some text",
        ),
        (("ask", "q", "--max-new-tokens", "0"), "between 1 and 512"),
        (("ask", "q", "--temperature", "-1"), "temperature must be between 0 and 10"),
        (("ask", "q", "--temperature", "nan"), "temperature must be between 0 and 10"),
        (("ask", "q", "--seed", "-1"), "seed must be between"),
        (("ask",), "QUESTION"),
        (("train", "--name", "../x"), "name must be"),
        (("train", "--name", "x", "--objective", "magic", "--base", "/none"), "npo"),
        (("train", "--name", "x", "--seed", "-1"), "seed must be"),
        (("evaluate", "--pair", "nosuch"), "no pair 'nosuch'"),
        (("evaluate", "--pair", "demo", "--alphas", ","), "separated by commas"),
        (("export", "--run", "nosuch", "--out", "x.csv"), "there is no run 'nosuch'"),
        (("import", "nosuch.csv", "--name", "x"), "nosuch.csv"),
        (("fly",), "invalid choice"),
    ],
)
def test_bad_input_is_one_sentence(argv: tuple[str, ...], says: str, refused: Callable[..., str]) -> None:
    assert says in refused(*argv, "--json")


def test_an_error_that_nobody_foresaw_is_one_sentence(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("division by zero\nand more")

    monkeypatch.setattr(history, "list_runs", fail)
    assert refused("runs", "--json") == "unexpected ZeroDivisionError: division by zero"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_output_that_cannot_be_printed_is_said() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "engine", "questions", "--split", "forget"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "the result could not be printed: No space left on device\n"


def test_an_argument_that_is_no_text_is_said(refused: Callable[..., str]) -> None:
    assert "not valid UTF-8 text" in refused("ask", "what \udcff", "--json")


def test_ctrl_c_before_anything_has_begun_is_one_word() -> None:
    child = subprocess.Popen([sys.executable, "-m", "engine", "runs"], stderr=subprocess.PIPE, text=True)
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    said = child.communicate(timeout=60)[1]
    assert (said, child.returncode) in (("interrupted\n", 2), ("", 0))


def test_a_locked_database_is_said(
    said: Callable[..., Any], refused: Callable[..., str], forget_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said("runs")
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 100)
    holder = sqlite3.connect(data_folder() / "oubliette.sqlite")
    holder.execute("BEGIN IMMEDIATE")
    assert "locked by another process" in refused("import", str(forget_file), "--name", "own", "--json")
    holder.rollback()
    holder.close()
    assert said("import", str(forget_file), "--name", "own")["questions"] == 3


def test_a_newer_schema_is_said(said: Callable[..., Any], refused: Callable[..., str]) -> None:
    said("runs")
    other = sqlite3.connect(data_folder() / "oubliette.sqlite")
    with other:
        other.execute("UPDATE alembic_version SET version_num = '9041'")
    other.close()
    database._engines.clear()
    assert f"has schema 9041, and the newest that this version knows is {HEAD}" in refused("runs", "--json")


def test_another_database_by_its_url(said: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUBLIETTE_DATABASE", f"sqlite:///{tmp_path / 'own.db'}")
    assert said("runs") == []
    assert (tmp_path / "own.db").exists()
    assert not (data_folder() / "oubliette.sqlite").exists()


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m engine questions --split world | head -n 1"
    found = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.count("\n") == 1


def test_every_file_with_a_command_is_in_one_group_of_the_help() -> None:
    modules = [import_module(f"engine.cli.{file.name}") for file in pkgutil.iter_modules(engine.cli.__path__)]
    holding = [module for module in modules if any(isinstance(one, Command) for one in vars(module).values())]
    named = [name for names in program.GROUPS.values() for name in names]
    assert sorted(named) == sorted(module.__name__.rpartition(".")[2] for module in holding)
    assert len(program.make_program().commands) == len(named)


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("ask", "-1", "--alpha", "-9"), "alpha must be between -4 and 8, got -9"),
        (("evaluate", "--pair", "x", "--alphas", "-1,9"), "between -4 and 8"),
        (("ask", "x", "--max", "0"), "max-new-tokens must be between 1 and 512, got 0"),
        (("train", "--name", "n", "--retain-", "1"), "ambiguous option"),
        (("questions", "--set", "--json"), "expected one argument"),
    ],
)
def test_a_command_line_is_read_as_ever(argv: tuple[str, ...], says: str, refused: Callable[..., str]) -> None:
    assert says in refused(*argv)
