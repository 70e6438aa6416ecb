"""Sets of questions: the one way into the store and out of it. Imports no model library.

Whatever is read here (a stored set, the demo, TOFU, a file) and whatever is stored is first sorted by who was erased
on this machine, so that no reader or writer brings a person back. Rows of runs need no sorting: they point at stored
questions, which an erasure empties.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from db import writes
from db.reads import erasures, runs
from db.reads import sets as set_reads
from db.rows import QuestionRow
from engine.data.examples import Example
from engine.data.shapes import AS_NAMED, Layout
from engine.data.sources import question_file, resolve
from engine.errors import DataError
from engine.store.erased import PSEUDONYM, Sorted, erasure_of
from engine.store.session import reading, writing


class SetSummary(NamedTuple):
    """A stored set; `splits` counts questions, halves as `retain/train`."""

    name: str
    source: str
    questions: int
    splits: dict[str, int]
    hash: str
    created: datetime


class StoredQuestion(NamedTuple):
    """A question with the id that the database has for it."""

    id: int
    content_hash: str  # as it was stored: a later version of the program may reckon another
    example: Example


class StoredSet(NamedTuple):
    """A set as it is stored, its questions in their order."""

    source: str
    questions: tuple[StoredQuestion, ...]

    def ids_of(self, examples: Sequence[Example], source: str, *, keep: bool = False) -> list[int] | None:
        """The ids of these questions where the set is already what storing them would make of it; else None."""
        ids = {stored.example: stored.id for stored in self.questions}
        there = (
            all(example in ids for example in examples)
            if keep
            else source == self.source and list(ids) == list(dict.fromkeys(examples))
        )
        return [ids[example] for example in examples] if there else None


class ReadFile(NamedTuple):
    """What a person's own file holds; see `data.files.ImportedSet`."""

    questions: Sorted
    merged: int
    notes: tuple[str, ...]
    mapping: tuple[str, ...]


class Resolved(NamedTuple):
    """What a source holds: told apart by who was erased here, with sentences on how a file was read."""

    questions: Sorted
    notes: tuple[str, ...]


def list_sets() -> list[SetSummary]:
    """All stored sets by name."""
    with reading() as session:
        return [SetSummary(*row) for row in set_reads.sets(session)]


def set_hashes() -> dict[str, str]:
    """The content hash of every stored set, by name: all that a rerun of a page needs, and cheap."""
    with reading() as session:
        return set_reads.set_hashes(session)


def stored_examples(set_name: str) -> list[Example]:
    """The questions a set holds, in their order; `DataError` naming the stored sets if there is none of that name."""
    return _sort_out(_stored_examples(set_name)).kept


def find_set(name: str) -> StoredSet | None:
    """The set of this name with its questions and their ids; None where there is none. Does not write."""
    found = _find_set(name)
    if found is None:
        return None
    gone = _sort_out([stored.example for stored in found.questions]).pseudonyms
    return found._replace(questions=tuple(q for q in found.questions if not gone or q.example.content_hash not in gone))


def read_source(source: str) -> Resolved:
    """What a source holds: the demo, TOFU, a stored set or a file. `DataError` where it is not there or cannot be
    read.
    """
    path = question_file(source)
    if path is None:
        return Resolved(_sort_out(resolve(source, _stored_examples)), ())
    found = read_questions(path)
    return Resolved(found.questions, tuple(f"{path.name}: {words}" for words in (*found.mapping, *found.notes)))


def read_questions(source: Path | bytes, filename: str = "", split: str = "", layout: Layout = AS_NAMED) -> ReadFile:
    """A person's own file, or its bytes and its name; `split` is for rows that name none, `layout` says which columns
    are named otherwise. `DataError` for what is wrong with it.
    """
    from engine.data.files import parse_set, read_set

    read = parse_set(source, filename, layout) if isinstance(source, bytes) else read_set(source, layout)
    found = read.in_split(split)
    return ReadFile(_sort_out(found.examples), found.merged, found.notes, found.mapping)


def put_questions(name: str, examples: Sequence[Example], source: str, *, keep: bool) -> list[int]:
    """Store questions in a set as `db.writes.put_set` does; their ids in order. One about a person who was erased is
    stored without a text and without a place.
    """
    gone = _sort_out(examples).pseudonyms
    rows = [_row(example, gone.get(example.content_hash)) for example in examples]
    with writing() as session:
        return writes.put_set(session, name, source, rows, keep=keep, unplaced=gone)


def example_of(row: QuestionRow) -> Example:
    """A stored question as a value."""
    return Example(
        question=row.question,
        answer=row.answer,
        paraphrased_question=row.paraphrased_question,
        paraphrased_answer=row.paraphrased_answer,
        perturbed_answer=tuple(row.perturbed_answer),
        key_terms=tuple(row.key_terms),
        subject=row.subject,
        domain=row.domain,
        group=row.group,
        split=row.split,
        half=row.half,
        training_questions=tuple(row.training_questions),
    )


def _row(given: Example, pseudonym: str | None) -> dict[str, Any]:
    """A question as a row; emptied where it is about somebody who was erased."""
    stored = given if pseudonym is None else Example("", "", subject=pseudonym, split=given.split, half=given.half)
    fields = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(stored).items()}
    return {**fields, "content_hash": given.content_hash}


def _stored_examples(set_name: str) -> list[Example]:
    found = _find_set(set_name)
    if found is None:
        names = ", ".join(item.name for item in list_sets()) or "none"
        raise DataError(f"there is no stored set {set_name!r}; stored are: {names}")
    return [stored.example for stored in found.questions]


def _find_set(name: str) -> StoredSet | None:
    with reading() as session:
        source, rows = set_reads.set_source(session, name), runs.questions(session, name)
    if source is None or rows is None:
        return None
    return StoredSet(source, tuple(StoredQuestion(row.id, row.content_hash, example_of(row)) for row in rows))


def _sort_out(examples: Sequence[Example]) -> Sorted:
    """Tell what may be used from what was erased: by the hash of its subject, or of the whole question."""
    with reading() as session:
        known = erasures.erasures(session)
        if not known:
            return Sorted(list(examples), [], {})
        stored = erasures.erased_questions(session)
    found = Sorted([], [], {})
    for example in examples:
        person = erasure_of(example.subject, known) if example.subject else None
        pseudonym = stored.get(example.content_hash) if person is None else PSEUDONYM.format(person.id)
        (found.kept if pseudonym is None else found.gone).append(example)
        if pseudonym is not None:
            found.pseudonyms[example.content_hash] = pseudonym
    return found
