"""What a rerun asks of the database does not grow with the questions that other sets hold; counted, not timed."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine
from streamlit.testing.v1 import AppTest

from engine.data.examples import Example
from engine.models.loading import load_pair
from engine.store import sets
from engine.store.maps import map_question
from engine.store.questions import register_set
from engine.store.sources import examples_of
from pages.parts.shared import loading

Opener = Callable[..., AppTest]
Turn = Callable[[AppTest, float], AppTest]
OTHERS = 3000  # questions; a read of all of them takes some ten steps of SQLite's machine for each


class Work(NamedTuple):
    statements: int
    steps: int  # of SQLite's virtual machine


class Counter:
    def __init__(self) -> None:
        self.texts, self.steps = list[str](), 0

    def connected(self, connection: sqlite3.Connection, _: Any) -> None:
        connection.set_progress_handler(self._step, 1)

    def _step(self) -> int:
        self.steps += 1
        return 0

    def executed(self, _c: Any, _cursor: Any, text: str, *_: Any) -> None:
        self.texts.append(text)

    def of(self, work: Callable[[], object]) -> Work:
        self.texts, self.steps = [], 0
        work()
        return Work(len(self.texts), self.steps)


@pytest.fixture
def counter() -> Iterator[Counter]:
    found = Counter()
    sa.event.listen(Engine, "connect", found.connected)
    sa.event.listen(Engine, "before_cursor_execute", found.executed)
    yield found
    sa.event.remove(Engine, "connect", found.connected)
    sa.event.remove(Engine, "before_cursor_execute", found.executed)


def store_others(count: int = OTHERS) -> None:
    rows = [
        Example(f"Which is item {n}?", f"Thing {n}", subject=f"Person {n // 20}", split=("forget", "retain")[n % 2])
        for n in range(count)
    ]
    register_set("others", rows, "test")


def test_moving_alpha_costs_the_same_however_many_questions_are_stored(
    visit: Opener, world: Path, counter: Counter, turn: Turn
) -> None:
    question = examples_of("folk")[0].question
    map_question(load_pair("tiny"), question, loading.ANSWER_TOKENS)
    app = visit("compare", set="folk", pair="tiny", split="forget", q="1", alpha="0.5")

    def move(alpha: float) -> Work:
        work = counter.of(lambda: turn(app, alpha))
        assert not app.exception
        assert any(f"α = {alpha:g}" in item.proto.body for item in app.get("html"))
        return work

    move(1.0)
    before = move(1.5)
    store_others()
    move(0.25)  # the list of sets is another one now
    after = move(0.75)
    # Two are for the verdict keys (which run holds this answer, and its verdicts). AppTest draws the whole page, where
    # one more is for the recommended α, and four for whether the pair is ruined; a browser only draws the dial.
    assert after.statements == before.statements <= 15
    assert after.steps < before.steps + 50  # some for one more set, and deeper indexes


@pytest.mark.parametrize("page", ["", "compare", "tradeoff", "runs", "review", "report"])
def test_a_rerun_of_any_page_reads_no_questions_of_sets_that_are_not_looked_at(
    page: str, visit: Opener, world: Path, counter: Counter
) -> None:
    app = visit(page, set="folk", pair="tiny")
    app.run()
    before = counter.of(app.run)
    store_others()
    app.run()
    after = counter.of(app.run)
    assert not app.exception
    assert after.statements == before.statements
    assert after.steps < before.steps + OTHERS / 2


def test_a_mapped_question_is_answered_while_the_models_are_busy(visit: Opener, world: Path, turn: Turn) -> None:
    question = examples_of("folk")[0].question
    map_question(load_pair("tiny"), question, loading.ANSWER_TOKENS)
    app = visit("compare", set="folk", pair="tiny", split="forget", q="1", alpha="0.5")
    with loading.forward_lock():  # somebody decodes or maps
        turn(app, 1.25)
        assert not app.exception
        assert any("α = 1.25" in item.proto.body for item in app.get("html"))


def test_counts_follow_what_another_process_changes(world: Path) -> None:
    assert sets.list_sets()[0].questions == 6
    register_set("folk", examples_of("folk")[:2], "test")
    assert [(item.questions, item.splits) for item in sets.list_sets()] == [(2, {"forget": 2})]
    register_set("more", examples_of("folk")[:1], "test")
    assert [item.questions for item in sets.list_sets()] == [2, 1]
    assert list(sets.set_hashes()) == ["folk", "more"]
