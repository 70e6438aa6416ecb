"""The stored sets and their questions, read back. Reads only; imports no model library."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from db.reads import runs
from db.reads import sets as set_reads
from db.rows import QuestionRow
from engine.data.examples import Example
from engine.errors import DataError
from engine.store.session import reading


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
    found = find_set(set_name)
    if found is None:
        names = ", ".join(item.name for item in list_sets()) or "none"
        raise DataError(f"there is no stored set {set_name!r}; stored are: {names}")
    return [stored.example for stored in found.questions]


def find_set(name: str) -> StoredSet | None:
    """The set of this name with its questions and their ids; None where there is none. Does not write."""
    with reading() as session:
        source, rows = set_reads.set_source(session, name), runs.questions(session, name)
    if source is None or rows is None:
        return None
    return StoredSet(source, tuple(StoredQuestion(row.id, row.content_hash, example_of(row)) for row in rows))


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
