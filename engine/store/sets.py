"""The stored sets and their questions, read back. Reads only; imports no model library."""

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
    with reading() as session:
        found = runs.questions(session, set_name)
        if found is None:
            names = ", ".join(row.name for row in set_reads.sets(session)) or "none"
            raise DataError(f"there is no stored set {set_name!r}; stored are: {names}")
    return [example_of(row) for row in found]


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
