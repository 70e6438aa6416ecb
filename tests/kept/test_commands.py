"""The command line keeps its promises: names, options, defaults, exit codes and the keys of `--json`."""

from pathlib import Path
from typing import Any

import pytest

from tests.kept.commands import FREE, REFUSED, described, exit_codes, model_shapes, reading_shapes
from tests.kept.doors import called, golden
from tests.kept.old_database import unpack

COMMANDS: dict[str, Any] = golden("commands.json")["commands"]


@pytest.fixture
def old(own_folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The old database; a file that a command might leave lands in the test's folder."""
    monkeypatch.chdir(tmp_path)
    return unpack(own_folders)


def test_every_command_takes_what_it_took() -> None:
    found = described()
    assert [command for command in COMMANDS if command not in found] == []
    for command, kept in COMMANDS.items():
        arguments = {argument["names"][-1]: argument for argument in found[command]["arguments"]}
        promised = {argument["names"][-1]: argument for argument in kept["arguments"]}
        assert {name: arguments.get(name) for name in promised} == promised, command
        new = [name for name in arguments if name not in promised and name not in FREE.get(command, ())]
        assert [name for name in new if arguments[name]["required"]] == [], command


def test_the_program_explains_itself_and_names_every_command() -> None:
    code, out, err = called("--help")
    assert (code, err) == (0, "")
    assert [command for command in COMMANDS if command not in out] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_names_every_option_and_an_unknown_one_is_refused(command: str) -> None:
    code, out, err = called(command, "--help")
    assert (code, err) == (0, "")
    names = [name for argument in COMMANDS[command]["arguments"] for name in argument["names"] if name[0] == "-"]
    assert [name for name in names if name not in out] == []
    code, out, err = called(command, "--no-such-option")
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_what_is_wrong_ends_in_one_sentence_and_its_code(old: Path) -> None:
    kept = golden("commands.json")["exit_codes"]
    assert len(kept) == len(REFUSED)
    assert exit_codes() == kept


def test_a_report_that_was_changed_ends_in_1(old: Path, tmp_path: Path) -> None:
    assert called("report", "--run", "again", "--alpha", "1", "--out", str(tmp_path / "report"))[0] == 0
    archive = str(tmp_path / "report" / "report.zip")
    assert called("verify", archive)[0] == 0
    assert called("verify", archive, "--manifest-hash", "0" * 64)[0] == 1


def test_json_of_the_commands_that_read_has_its_keys(old: Path, tmp_path: Path) -> None:
    assert reading_shapes(tmp_path) == golden("commands.json")["json_reading"]


@pytest.mark.usefixtures("in_this_process")
def test_json_of_the_commands_that_call_a_model_has_its_keys(old: Path, tmp_path: Path) -> None:
    assert model_shapes(tmp_path) == golden("commands.json")["json_models"]
