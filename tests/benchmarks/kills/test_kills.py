"""Six kills at chosen places, each of a real process that kills itself there; what is left is held to what is
promised.
"""

from pathlib import Path
from typing import NamedTuple

import pytest

from benchmarks.kills.trials import Trial, check, make_template

KILLED = """
import os, pkgutil, signal, sys
from functools import wraps
owner, name, number, when = sys.argv[1].split()
from engine.cli import main
import engine.store.erasure, engine.report.files, engine.store.imported_logs

owner = pkgutil.resolve_name(owner)
real, calls = getattr(owner, name), 0

@wraps(real)
def deadly(*given, **named):
    global calls
    calls += 1
    if calls < int(number):
        return real(*given, **named)
    if when == "half-way":
        real(given[0], given[1][: len(given[1]) // 2])
    if when == "after":
        real(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(owner, name, deadly)
main.main(sys.argv[2:])
"""


class Place(NamedTuple):
    command: str
    where: str  # owner, name, number of the call, and whether before, half-way or after it
    handed_out: bool
    left: int  # in number: hidden parts, their entries, marks of erasures


PLACES = (
    Place("report", "engine.report.files: write_new 3 half-way", False, 2),
    Place("report", "pathlib:Path replace 1 before", False, 2),
    Place("export", "pathlib:Path replace 1 after", True, 1),
    Place("export-log", "engine.report.csv_table: write_new 1 half-way", False, 2),
    Place("import-log", "db.writes: add_figures 1 after", False, 0),
    Place("erase", "engine.store.erasure: remove_files 1 after", False, 1),
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("kills") / "template"
    make_template(folder)
    return folder


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place.command} {place.where}")
def test_a_killed_command_leaves_nothing_half_and_the_next_one_ends_it(
    place: Place, template: Path, tmp_path: Path
) -> None:
    program = ("-c", KILLED, place.where)
    found = check(template, tmp_path / "trial", Trial(place.command, place.where), program=program)
    assert found.killed
    assert (found.handed_out, found.left) == (place.handed_out, place.left)
    assert found.faults == []
