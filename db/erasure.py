"""Erasing a person: which columns hold text about people, and the changes that empty them.

`PERSONAL` is the one list: a table with such text is one line of it. A test fails for a column that is neither there
nor in `IMPERSONAL`. Rows are never guessed at: a row is the person's by its question, run or map; in any other row what
counts is whether the person's own text, or their name, is in it (`Search`). Figures, hashes and times are never
touched.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy import and_, bindparam, delete, select, update
from sqlalchemy.orm import Session

from db.base import Base
from db.reads.erasures import chunks
from db.review_tables import ErasureTable
from db.tables import MapTable, QuestionTable, RunQuestionTable, ScoreTable
from db.texts_within import emptied, strings_in
from db.writes import arrange_set, now

Tie = Literal["question", "run", "map", ""]
ChangeKind = Literal["own", "named", "handle"]


class Personal(NamedTuple):
    """A table with text about people. Columns are named as in the database.

    `texts` are emptied in the person's rows, and in any other with their text; `labels` lose only the name or the text
    in them, as the rest is needed; `handles` are used by links, files and other rows: they are searched and reported,
    and stay. Rows with `removes` are removed as a whole, with the map they belong to.
    """

    table: str
    tie: Tie = ""  # whose id `key` holds
    key: str = "id"
    texts: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    removes: bool = False


_QUESTION_TEXTS = (
    "question",
    "answer",
    "paraphrased_question",
    "paraphrased_answer",
    "perturbed_answer",
    "key_terms",
    "training_questions",
)
PERSONAL: tuple[Personal, ...] = (
    Personal("questions", "question", "id", _QUESTION_TEXTS, labels=("domain", "group_name"), handles=("subject",)),
    Personal("run_questions", "question", "question_id", ("key_terms",)),
    Personal("answers", "question", "question_id", ("text",)),
    Personal("maps", "map", "id", ("question",), removes=True),
    Personal("map_intervals", "map", "map_id", ("text", "tokens"), removes=True),
    # With a dictionary, a hash of a single key term gives away the term.
    Personal("verdicts", "question", "question_id", ("note", "terms_hash"), handles=("pair_name",)),
    Personal("probe_results", "question", "question_id", ("text", "detail")),
    Personal("probe_summaries", "run", "run_id", labels=("note", "floor_reason")),
    Personal(
        "runs", "run", "id", ("message", "stage"), ("spec", "versions", "advice"), handles=("name", "base", "pair_name")
    ),
    Personal("sets", labels=("source",), handles=("name",)),
    Personal("pairs", labels=("manifest",), handles=("name", "parent")),
    Personal("figures", labels=("note",), key="run_id"),
    Personal("exports", labels=("filename",)),
)
IMPERSONAL: dict[str, tuple[str, ...]] = {  # columns long enough for a text that never hold one about a person
    "questions": ("split", "half"),  # of a fixed list
    "runs": ("objective", "machine", "place"),  # a method's name, a kind of processor, a random id
    "scores": ("metric",),
    "curves": ("metric", "knots"),  # numbers
    "figures": ("name",),
    "verdicts": ("reviewer",),
    "probe_results": ("probe",),
    "probe_summaries": ("probe", "budget"),
    "erasures": ("counts", "operator"),  # numbers, and who did it
}


class Search(Protocol):
    """How the engine recognizes the person's text."""

    def own(self, text: str) -> bool: ...  # one of the person's own texts is in it
    def named(self, text: str) -> bool: ...  # their name is in it
    def hide(self, value: Any) -> Any: ...  # a text, or JSON values, without either


class PersonRows(NamedTuple):
    """Which rows are the person's."""

    questions: frozenset[int]
    runs: frozenset[int]
    maps: frozenset[int]

    def owns(self, tie: Tie, key: object) -> bool:
        held: dict[Tie, frozenset[int]] = {"question": self.questions, "run": self.runs, "map": self.maps}
        return key in held.get(tie, frozenset())


class RowChange(NamedTuple):
    """The change of one row. `values` None: it is removed. `named`: it is not the person's, but names them."""

    table: str
    key: tuple[tuple[str, Any], ...]
    values: dict[str, Any] | None
    kind: ChangeKind
    shown: str = ""  # the handle that names the person


def tables() -> dict[str, sa.Table]:
    return dict(Base.metadata.tables)


def person(session: Session, question_ids: Iterable[int], question_hashes: Iterable[str]) -> PersonRows:
    """The rows that depend on these questions. `question_hashes` are the keys of the maps of their phrasings."""
    ids, hashes = list(question_ids), list(question_hashes)
    runs: set[int] = set()
    for part in chunks(ids):
        for owner in (RunQuestionTable, ScoreTable):
            runs |= set(session.scalars(select(owner.run_id).where(owner.question_id.in_(part)).distinct()))
    maps = {
        key
        for part in chunks(hashes)
        for key in session.scalars(select(MapTable.id).where(MapTable.question_hash.in_(part)))
    }
    return PersonRows(frozenset(ids), frozenset(runs), frozenset(maps))


class PlannedChanges(NamedTuple):
    """The changes to make; and the questions to remove as a whole: the person's, and others whose texts name
    them.
    """

    changes: list[RowChange]
    own: frozenset[int]
    named: frozenset[int]


def find(session: Session, who: PersonRows, search: Search) -> PlannedChanges:
    """The changes to make, row by row over every table of `PERSONAL`; changes nothing.

    A question or a map without one of its texts would be wrong. So either is removed as a whole where any part of it
    has the person's text or name, and with a question everything that depends on it.
    """
    questions, maps = _that_tell(session, "question", search), _that_tell(session, "map", search)
    who = PersonRows(who.questions | questions["own"], who.runs, who.maps | maps["own"])
    near = PersonRows(questions["named"] - who.questions, frozenset(), maps["named"] - who.maps)
    known, found = tables(), list[RowChange]()
    for entry in PERSONAL:
        if entry.table in known:
            found += _changes_in(session, entry, known[entry.table], (who, near), search)
    return PlannedChanges(found, who.questions, near.questions)


def _that_tell(session: Session, tie: Tie, search: Search) -> dict[ChangeKind, frozenset[int]]:
    """Questions or maps whose texts hold the person's text or name."""
    found: dict[ChangeKind, set[int]] = {"own": set(), "named": set()}
    for entry in PERSONAL:
        if entry.tie == tie and (entry.removes or entry.table == "questions"):
            for row in _rows(session, tables()[entry.table], [entry.key, *entry.texts]):
                kind = _kind([row[column] for column in entry.texts], search)
                if kind is not None:
                    found[kind].add(row[entry.key])
    return {kind: frozenset(keys) for kind, keys in found.items()}


def _changes_in(
    session: Session, entry: Personal, table: sa.Table, people: tuple[PersonRows, PersonRows], search: Search
) -> Iterator[RowChange]:
    who, near = people
    columns = [*entry.texts, *entry.labels, *entry.handles]
    for row in _rows(session, table, [*_names(table), entry.key, *columns]):
        tied: ChangeKind | None = None
        if who.owns(entry.tie, row[entry.key]) or near.owns(entry.tie, row[entry.key]):
            tied = "own" if who.owns(entry.tie, row[entry.key]) else "named"
        if entry.removes:
            if tied is not None:
                yield RowChange(entry.table, _key(table, row), None, tied)
            continue
        found: dict[ChangeKind, dict[str, Any]] = {"own": {}, "named": {}}
        for column in columns:
            kind = _kind([row[column]], search)
            if column in entry.handles:
                if kind is not None:
                    yield RowChange(entry.table, (), {}, "handle", str(row[column]))
                continue
            value = row[column]
            if column in entry.texts and (tied or kind):
                value = emptied(value)
            elif kind is not None:
                value = search.hide(value)
            if value != row[column]:
                found["own" if "own" in (tied, kind) else "named"][column] = value
        for kind, values in found.items():
            if values:
                yield RowChange(entry.table, _key(table, row), values, kind)


def apply(session: Session, found: Iterable[RowChange]) -> None:
    """Make these changes."""
    grouped: dict[tuple[str, tuple[str, ...] | None], list[RowChange]] = {}
    for change in found:
        columns = None if change.values is None else tuple(change.values)
        grouped.setdefault((change.table, columns), []).append(change)
    for (name, columns), rows in grouped.items():
        table = tables()[name]
        here = and_(*(table.c[column] == bindparam(f"key_{column}") for column, _ in rows[0].key))
        statement: sa.Delete | sa.Update = delete(table).where(here)
        if columns is not None:
            statement = update(table).where(here).values({column: bindparam(f"new_{column}") for column in columns})
        given = [
            {
                **{f"key_{column}": value for column, value in row.key},
                **{f"new_{column}": value for column, value in (row.values or {}).items()},
            }
            for row in rows
        ]
        session.connection().execute(statement, given)


def retire_questions(session: Session, found: Iterable[int], spellings: Sequence[str], pseudonym: str) -> None:
    """Take questions out of their sets, and give those of the person the pseudonym as their subject.

    A group and a domain stay where others have them too; one of the person alone would name them.
    """
    ids = sorted(found)
    theirs = [
        key
        for part in chunks(ids)
        for key in session.scalars(
            select(QuestionTable.id).where(QuestionTable.id.in_(part), QuestionTable.subject.in_(spellings))
        )
    ]
    for column in (QuestionTable.domain, QuestionTable.group):
        held = set(session.scalars(select(column).where(QuestionTable.subject.in_(spellings)).distinct()))
        others = select(column).where(column.in_(held), QuestionTable.subject.not_in(spellings))
        alone = held - set(session.scalars(others.distinct()))
        for part in chunks(theirs):
            own = update(QuestionTable).where(QuestionTable.id.in_(part), column.in_(alone))
            session.execute(own.values({column: ""}))
    for part in chunks(theirs):
        session.execute(update(QuestionTable).where(QuestionTable.id.in_(part)).values(subject=pseudonym))
    sets = set[int]()
    for part in chunks(ids):
        sets |= set(session.scalars(select(QuestionTable.set_id).where(QuestionTable.id.in_(part))))
        session.execute(update(QuestionTable).where(QuestionTable.id.in_(part)).values(position=None))
    for set_id in sets:
        left = select(QuestionTable.id).where(QuestionTable.set_id == set_id, QuestionTable.position.is_not(None))
        arrange_set(session, set_id, list(session.scalars(left.order_by(QuestionTable.position))))


def delete_securely(session: Session) -> None:
    """Have SQLite overwrite what this transaction removes; does nothing elsewhere."""
    if session.connection().dialect.name == "sqlite":
        session.connection().exec_driver_sql("PRAGMA secure_delete=ON")


def add_erasure(session: Session, **fields: Any) -> int:
    """Record an erasure; `fields` are columns of `erasures`. Its number."""
    row = ErasureTable(**fields, created=now())
    session.add(row)
    session.flush()
    return row.id


def note_counts(session: Session, erasure_id: int, counts: dict[str, int]) -> None:
    session.execute(update(ErasureTable).where(ErasureTable.id == erasure_id).values(counts=counts))


def counted(found: Iterable[RowChange]) -> dict[str, int]:
    """Rows by table; a row that changes in two ways is one."""
    return dict(Counter(table for table, _ in {(change.table, change.key) for change in found}))


def _rows(session: Session, table: sa.Table, columns: Sequence[str]) -> Iterator[Any]:
    query = select(*(table.c[name] for name in dict.fromkeys(columns))).execution_options(yield_per=1000)
    yield from session.execute(query).mappings()


def _names(table: sa.Table) -> list[str]:
    return [column.name for column in table.primary_key.columns]


def _key(table: sa.Table, row: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((name, row[name]) for name in _names(table))


def _kind(values: Iterable[object], search: Search) -> ChangeKind | None:
    named = False
    for text in strings_in(list(values)):
        if search.own(text):
            return "own"
        named = named or search.named(text)
    return "named" if named else None
