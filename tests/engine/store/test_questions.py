"""Questions and their ids: what is stored is read back with its ids, and reading writes nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from db import session as database
from engine.data.examples import Example
from engine.kinds import MapSpec
from engine.settings import database_url
from engine.store import erasure, sets
from engine.store.questions import asked_in, import_set, register_set
from engine.store.sources import SourcedSpec

pytestmark = pytest.mark.usefixtures("no_demo")
ADA = Example("who is Ada ?", "Ada it is", "and who is Ada ?", key_terms=("Ada",), subject="Ada", split="forget")
BEN = Example("who is Ben ?", "Ben it is", perturbed_answer=("Cy", "Di"), subject="Ben", split="retain", half="eval")


@contextmanager
def writes_seen() -> Iterator[list[str]]:
    """Every statement that the database is sent and that is not a read."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.split()[0].upper() not in ("SELECT", "BEGIN", "PRAGMA"):
            seen.append(statement)

    sets.list_sets()  # makes the data folder and migrates
    engine = database._open(database_url())
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def ids_in(*sources: str) -> list[int]:
    """The ids of what a run asks of these sources."""
    return [asked.question_id for asked in asked_in(SourcedSpec(MapSpec(name="r", pair="p")), sources)]


def test_the_watch_sees_a_write() -> None:
    with writes_seen() as seen:
        register_set("s", [ADA], "t")
    assert {statement.split()[0] for statement in seen} >= {"INSERT", "UPDATE"}


def test_a_stored_set_comes_back_with_its_ids_and_nothing_is_written() -> None:
    stored = register_set("s", [ADA, BEN], "t")
    with writes_seen() as seen:
        assert ids_in("s") == stored
        assert ids_in("s:retain/eval", "s:forget") == stored[::-1]
        assert register_set("s", [BEN], "other", keep=True) == stored[1:]
        assert register_set("s", [ADA, BEN], "t") == stored
    assert seen == []


@pytest.mark.parametrize("sources", [("demo:forget",), ("demo:forget", "demo:bystander"), ("FILE",)])
def test_whatever_a_run_has_stored_once_is_only_read_the_next_time(sources: tuple[str, ...], tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("question,answer,split\nwho ?,she,forget\nwhere ?,here,retain\n", encoding="utf-8")
    named = tuple(str(path) if source == "FILE" else source for source in sources)
    stored = ids_in(*named)
    with writes_seen() as seen:
        assert ids_in(*named) == stored
    assert seen == []


def test_the_demo_is_read_only_when_somebody_in_it_was_erased() -> None:
    before = ids_in("demo:forget")
    erasure.erase("Yusuf Akbulutlu")
    stored = ids_in("demo:forget")
    assert set(stored) < set(before)
    assert len(stored) == 60
    with writes_seen() as seen:
        assert ids_in("demo:forget") == stored
    assert seen == []


def test_bystanders_leave_the_demos_set_when_a_run_does_not_ask_them() -> None:
    """Key terms are derived over the whole set: it must not matter what was asked before."""
    ids_in("demo:forget", "demo:bystander")
    alone = [item.questions for item in sets.list_sets()]
    ids_in("demo:forget")
    assert alone[0] > sets.list_sets()[0].questions


def test_a_set_that_changed_is_written_and_keeps_its_ids() -> None:
    first = register_set("s", [ADA, BEN], "t")
    turned = register_set("s", [BEN, ADA], "t")
    assert turned == first[::-1]
    assert sets.stored_examples("s") == [BEN, ADA]
    other = replace(BEN, answer="Ben it was")
    new = register_set("s", [other], "t", keep=True)
    assert new[0] not in first
    assert sets.stored_examples("s") == [BEN, ADA, other]
    register_set("s", [ADA], "t")
    assert register_set("s", [BEN], "t", keep=True) == turned[:1]  # out of the set, stored, and back in it
    assert sets.stored_examples("s") == [ADA, BEN]


def test_the_same_questions_from_another_file_change_where_the_set_came_from(tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("question,answer\nwho ?,she\n", encoding="utf-8")
        import_set(tmp_path / name, "mine")
    assert [item.source for item in sets.list_sets()] == ["b.csv"]
