"""One guard at the edge of the store: a person who was erased comes out of nothing and goes into nothing."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from db import writes
from engine.data.examples import Example
from engine.errors import DataError
from engine.kinds import TrainSpec
from engine.store import erasure, questions, sets
from engine.store.session import writing
from engine.store.sources import SourcedSpec, examples_of
from tests.test_floors import MODULES, name_of

pytestmark = pytest.mark.usefixtures("no_demo")
GONE, LEFT = "Zebra Finch", "Bertram Quill"
THEIR_FILE = f"question,answer,subject\nwho ?,{GONE},{GONE}\nand who ?,{LEFT},".encode()
EDGE = "engine.store.sets"
DOORS = {  # what reads or writes questions without asking who was erased
    "db.reads.runs.questions",
    "db.reads.erasures.erased_questions",
    "db.writes.put_set",
    "engine.data.files.read_set",
    "engine.data.sources.resolve",
}
BELOW = ("engine.data.", "db.")


def about(name: str, split: str = "forget") -> Example:
    return Example(f"who is {name} ?", f"{name} it is", subject=name, split=split)


def names_used(text: str) -> set[str]:
    """Every imported thing that a module uses, by its whole name."""
    tree = ast.parse(text)
    alias = {
        one.asname or one.name: f"{node.module}.{one.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for one in node.names
    } | {
        one.asname: one.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for one in node.names
        if one.asname
    }
    used = set(alias.values())
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            first, _, rest = ast.unparse(node).partition(".")
            used.add(f"{alias.get(first, first)}.{rest}")
    return used


def test_only_the_edge_reads_and_writes_questions() -> None:
    around = {
        name: found
        for path in MODULES
        if not (name := name_of(path)).startswith((EDGE, *BELOW, "benchmarks"))
        and (found := names_used(path.read_text(encoding="utf-8")) & DOORS)
    }
    assert around == {}
    assert names_used((Path(sets.__file__)).read_text(encoding="utf-8")) >= DOORS


@pytest.mark.parametrize(
    "text",
    [
        "from db.reads import runs as r\ndef mine(s): return r.questions(s, 'folk')",
        "import db.reads.runs\ndef mine(s): return db.reads.runs.questions(s, 'folk')",
        "def mine(s):\n    from db.writes import put_set\n    put_set(s, 'folk', '', [])",
        "from engine.data import sources\ndef mine(): return sources.resolve('demo')",
        "import engine.data.files as f\ndef mine(path): return f.read_set(path)",
    ],
)
def test_a_new_reader_or_writer_that_goes_around_the_edge_is_seen(text: str) -> None:
    assert len(names_used(text) & DOORS) == 1


@pytest.fixture
def behind_its_back() -> None:
    """A person is erased, and a set is written with them all the same, as nothing of ours would."""
    questions.register_set("ward", [about(GONE), about(LEFT)], "t")
    erasure.erase(GONE)
    rows = [sets._row(about(name, split), None) for name in (GONE, LEFT) for split in ("forget", "retain")]
    with writing() as session:
        writes.put_set(session, "smuggled", "t", rows)


def sourced(**fields: object) -> SourcedSpec[Any]:
    return SourcedSpec(TrainSpec(name="r", **fields))  # type: ignore[arg-type]


READERS: dict[str, Callable[[], object]] = {
    "stored_examples": lambda: sets.stored_examples("smuggled"),
    "find_set": lambda: sets.find_set("smuggled"),
    "read_source": lambda: sets.read_source("smuggled").questions.kept,
    "examples_of": lambda: examples_of("smuggled:forget"),
    "asked_in": lambda: questions.asked_in(sourced(), ["smuggled"]),
    "evaluated": lambda: questions.evaluated(sourced(evaluate_on=("smuggled",))),
    "taught_questions": lambda: questions.taught_questions(sourced(retain=("smuggled",))),
    "training_sets": lambda: questions.training_sets(sourced(forget="smuggled:forget", retain=())),
    "read_questions": lambda: sets.read_questions(THEIR_FILE, "a.csv").questions.kept,
}


@pytest.mark.usefixtures("behind_its_back")
@pytest.mark.parametrize("reader", READERS)
def test_no_reader_hands_out_who_was_erased(reader: str) -> None:
    found = repr(READERS[reader]())
    assert GONE not in found
    assert LEFT in found


@pytest.mark.usefixtures("behind_its_back")
def test_a_question_of_theirs_is_not_known() -> None:
    assert questions.known_question(about(GONE).question, "smuggled") is None
    assert questions.known_question(about(LEFT).question, "smuggled") is not None


@pytest.mark.usefixtures("behind_its_back")
def test_no_writer_takes_who_was_erased_in() -> None:
    ids = questions.register_set("new", [about(GONE), about(LEFT)], "t")
    assert len(ids) == 2
    assert sets.stored_examples("new") == [about(LEFT)]
    with pytest.raises(DataError, match="1 question was left out: the data of the person they are about was erased"):
        questions.import_set(f"question,answer,subject\nwho ?,she,{GONE}\n".encode(), "mine", "mine.csv")
