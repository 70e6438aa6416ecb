"""A database of before the code moved opens, migrates with all its rows, and says the same."""

from pathlib import Path

import pytest

from tests.kept.doors import called, golden
from tests.kept.old_database import READ, asked, contents, unpack


@pytest.fixture
def old(own_folders: Path) -> Path:
    return unpack(own_folders)


def test_every_row_of_every_table_is_still_there(old: Path) -> None:
    kept = golden("old.json.gz")["tables"]
    columns = {table: content["columns"] for table, content in kept.items()}
    assert contents(old, columns) == kept
    assert called("runs", "--json")[0] == 0  # opens it, and migrates it
    assert contents(old, columns) == kept


def test_there_is_one_run_of_every_kind(old: Path) -> None:
    kept = golden("old.json.gz")
    kinds = {run["kind"] for run in kept["said"]["runs"]}
    assert kinds == {"train", "teach", "evaluate", "map", "audit", "tasks", "imported"}
    assert all(content["rows"] for content in kept["tables"].values())


def test_the_commands_that_read_say_the_same(old: Path) -> None:
    kept = golden("old.json.gz")["said"]
    assert set(kept) == {" ".join(argv) for argv in READ}
    found = asked()
    for command, words in kept.items():
        assert found[command] == words, command
