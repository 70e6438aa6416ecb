"""Which columns hold text about people: every column of the schema is either listed or declared free of it."""

import math
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from db import erasure, rows, session, writes
from db.base import Base
from db.checked import Checked
from db.errors import DatabaseBusyError

LISTED = {entry.table: entry for entry in erasure.PERSONAL}
LONGEST_WORD = 64  # a column of fewer characters holds a hash or a word of a fixed list


class Words:
    """A search for plain substrings."""

    def __init__(self, own: str, name: str) -> None:
        self.text, self.name = own, name

    def own(self, text: str) -> bool:
        return self.text in text

    def named(self, text: str) -> bool:
        return self.name in text

    def hide(self, value: Any) -> Any:
        return value.replace(self.text, "#").replace(self.name, "#") if isinstance(value, str) else value


SEARCH = Words("who is Ada ?", "Ada")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


def stored_kind(column: sa.Column[Any]) -> Any:
    return column.type.impl_instance if isinstance(column.type, Checked) else column.type


def may_hold_text(column: sa.Column[Any]) -> bool:
    kind = stored_kind(column)
    if isinstance(kind, sa.JSON):
        return True
    return isinstance(kind, sa.String) and (kind.length is None or kind.length > LONGEST_WORD)


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_text_column_is_listed_or_declared_free_of_personal_text(table: sa.Table) -> None:
    entry = LISTED.get(table.name, erasure.Personal(table.name))
    listed = {*entry.texts, *entry.labels, *entry.handles}
    free = set(erasure.IMPERSONAL.get(table.name, ()))
    assert {column.name for column in table.columns if may_hold_text(column)} - listed == free
    assert not listed & free


def test_the_list_names_only_what_is_there() -> None:
    there = Base.metadata.tables
    assert set(LISTED) <= set(there)
    for name, entry in LISTED.items():
        if name in there:
            assert {entry.key, *entry.texts, *entry.labels, *entry.handles} <= set(there[name].columns.keys())


def test_a_column_of_one_more_table_would_be_missed_by_nobody() -> None:
    """The walk above can fail: a text column that nobody listed is seen."""
    table = sa.Table(
        "diaries", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("page", sa.Text)
    )
    assert [column.name for column in table.columns if may_hold_text(column)] == ["page"]
    assert not may_hold_text(sa.Column("digest", sa.String(64)))


def question(text: str, subject: str, group: str = "") -> dict[str, Any]:
    texts = dict.fromkeys(("paraphrased_question", "paraphrased_answer", "domain", "split", "half"), "")
    lists: dict[str, list[str]] = {"perturbed_answer": ["w"], "key_terms": ["t"], "training_questions": []}
    fields = {"question": text, "answer": f"of {text}", "content_hash": f"hash of {text}", "subject": subject}
    return {**texts, **lists, **fields, "group": group}


def store(url: str) -> list[int]:
    asked = [
        question("who is Ada ?", "Ada", "hers"),
        question("who is Ben ?", "Ben", "all"),
        question("x", "Ada", "all"),
    ]
    with session.writing(url) as opened:
        return writes.put_set(opened, "folk", "test", asked)


def erased(url: str, ids: list[int], kinds: tuple[str, ...] = ("own",)) -> None:
    with session.writing(url) as opened:
        who = erasure.person(opened, ids, [])
        found = erasure.find(opened, who, SEARCH)
        erasure.apply(opened, [change for change in found.changes if change.kind in kinds])
        erasure.retire_questions(opened, found.own, ["Ada"], "erased person 1")


def test_a_group_of_ones_own_goes_and_a_shared_one_stays(url: str) -> None:
    first, _, third = store(url)
    erased(url, [first, third])
    with session.reading(url) as opened:
        found = opened.execute(
            sa.text("SELECT subject, group_name, question, position FROM questions ORDER BY id")
        ).all()
        hashes = opened.execute(sa.text("SELECT content_hash FROM questions ORDER BY id")).scalars().all()
    assert [tuple(row) for row in found] == [
        ("erased person 1", "", "", None),
        ("Ben", "all", "who is Ben ?", 0),  # moved up
        ("erased person 1", "all", "", None),
    ]
    assert hashes == ["hash of who is Ada ?", "hash of who is Ben ?", "hash of x"]


def test_the_hash_of_a_set_follows_an_erasure_and_the_same_question_comes_back_to_its_row(url: str) -> None:
    first, second, third = store(url)
    erased(url, [first, third])
    with session.writing(url) as opened:
        assert writes.put_set(opened, "ben", "test", [question("who is Ben ?", "Ben", "all")])
        hashes = opened.execute(sa.text("SELECT content_hash FROM sets ORDER BY name")).scalars().all()
        again = writes.put_set(
            opened, "folk", "test", [question("who is Ada ?", "Ada")], keep=True, unplaced=["hash of who is Ada ?"]
        )
    assert hashes[0] == hashes[1]
    assert again == [first]
    with session.reading(url) as opened:
        places = opened.execute(sa.text("SELECT id FROM questions WHERE set_id = 1 AND position IS NOT NULL")).scalars()
        assert list(places) == [second]


def test_rows_of_scores_are_no_changes(url: str) -> None:
    first, *_ = store(url)
    with session.writing(url) as opened:
        run = writes.add_run(
            opened, name="r", kind="evaluate", spec="{}", base="b", pair_name="p", objective="", seed=0
        )
        writes.add_scores(opened, run, [rows.ScoreRow(first, alpha / 10, "rouge", math.pi) for alpha in range(3)])
        writes.add_answers(
            opened, run, [rows.AnswerRow(first, alpha / 10, "question", "said", True) for alpha in range(3)]
        )
    erased(url, [first])
    with session.reading(url) as opened:
        assert set(opened.execute(sa.text("SELECT value FROM scores")).scalars()) == {math.pi}
        assert [tuple(row) for row in opened.execute(sa.text("SELECT text, degenerate FROM answers"))] == [("", 1)] * 3


def filled(table: sa.Table, **given: Any) -> dict[str, Any]:
    """A row with these values, and with some value wherever one is needed."""
    some = {
        int: 1,
        float: 1.0,
        str: "x",
        bool: False,
        dict: {},
        datetime: writes.now(),
    }
    needed = [c for c in table.columns if not c.nullable and c.name != "id" and c.name not in given]
    kinds = {c.name: stored_kind(c) for c in needed}
    return {**{n: some[dict if isinstance(kind, sa.JSON) else kind.python_type] for n, kind in kinds.items()}, **given}


def as_awaited() -> dict[str, sa.Table]:
    """The tables of verdicts and of probe results: the schema's, or ones like them where it has none yet."""
    metadata = sa.MetaData()

    def key(name: str = "id") -> sa.Column[int]:
        return sa.Column(name, sa.Integer, primary_key=True)

    def texts(*names: str) -> list[sa.Column[str]]:
        return [sa.Column(name, sa.Text, nullable=False) for name in names]

    like = [
        sa.Table(
            "verdicts",
            metadata,
            key(),
            sa.Column("question_id", sa.Integer),
            *texts("note", "terms_hash", "pair_name", "verdict"),
        ),
        sa.Table("probe_results", metadata, key("run_id"), key("question_id"), *texts("text", "detail")),
        sa.Table("probe_summaries", metadata, key("run_id"), *texts("note", "floor_reason")),
    ]
    return {table.name: Base.metadata.tables.get(table.name, table) for table in like}


def test_verdicts_and_probes_are_handled_by_their_lines(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Notes of the person's questions go; those of others' that name the person only on request; verdicts stay."""
    tables = as_awaited()
    verdicts, probes, summaries = tables["verdicts"], tables["probe_results"], tables["probe_summaries"]
    first, second, _ = store(url)
    with session.writing(url) as opened:
        run = writes.add_run(opened, name="r", kind="k", spec="{}", base="b", pair_name="p", objective="", seed=0)
    engine = sa.create_engine(url)
    for table in tables.values():
        table.create(engine, checkfirst=True)
    notes = [(first, "she said it"), (second, "as with Ada"), (second, "asked who is Ada ? first"), (second, "mine")]
    found = [(first, "said", "key term said"), (second, "Ada or Ben", "none")]
    with engine.begin() as connection:
        for key, note in notes:
            connection.execute(
                verdicts.insert(), filled(verdicts, question_id=key, note=note, terms_hash="h", verdict="leaks")
            )
        for key, text, detail in found:
            connection.execute(probes.insert(), filled(probes, run_id=run, question_id=key, text=text, detail=detail))
        connection.execute(summaries.insert(), filled(summaries, run_id=run, note="Ada first", floor_reason="none"))
    whole = {**Base.metadata.tables, **tables}
    monkeypatch.setattr(erasure, "tables", lambda: whole)

    def stored() -> list[list[tuple[Any, ...]]]:
        queries = [
            sa.select(verdicts.c.note, verdicts.c.terms_hash, verdicts.c.verdict),
            sa.select(probes.c.text, probes.c.detail).order_by(probes.c.question_id),
            sa.select(summaries.c.note),
        ]
        with engine.connect() as opened:
            return [[tuple(row) for row in opened.execute(query)] for query in queries]

    erased(url, [first])
    assert stored() == [
        [("", "", "leaks"), ("as with Ada", "h", "leaks"), ("", "h", "leaks"), ("mine", "h", "leaks")],
        [("", ""), ("Ada or Ben", "none")],
        [("Ada first",)],
    ]
    erased(url, [first], ("own", "named"))
    assert stored() == [
        [("", "", "leaks"), ("", "h", "leaks"), ("", "h", "leaks"), ("mine", "h", "leaks")],
        [("", ""), ("", "none")],
        [("# first",)],
    ]
    engine.dispose()


def test_compacting_leaves_no_byte_of_what_was_removed_and_no_second_file(url: str) -> None:
    secret = "a very private sentence"
    with session.writing(url) as opened:
        writes.put_set(opened, "s", "t", [question(f"{secret} {number}", "Ada") for number in range(300)])
    path = session.file_of(url)
    assert path is not None
    with session.writing(url) as opened:
        opened.execute(sa.text("PRAGMA secure_delete=OFF"))  # as most builds of SQLite have it
        opened.execute(sa.text("DELETE FROM questions"))
    assert any(secret.encode() in file.read_bytes() for file in path.parent.iterdir())  # it is not gone by itself
    assert session.compact(url)
    assert [file for file in path.parent.iterdir() if secret.encode() in file.read_bytes()] == []
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_compacting_while_somebody_reads_is_refused_and_said(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "BUSY_TIMEOUT_MS", 50)
    store(url)
    with session.reading(url) as reader:
        reader.execute(sa.text("SELECT * FROM questions")).first()
        with session.writing(url) as opened:
            opened.execute(sa.text("DELETE FROM questions WHERE id = 1"))
        with pytest.raises(DatabaseBusyError):
            session.compact(url)
    assert session.compact(url)
