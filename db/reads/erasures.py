"""Reads for an erasure: the people of questions, texts that others share, and earlier erasures."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from db.review_tables import ErasureTable, ExportTable
from db.rows import ErasureRow, ExportRow, QuestionRow
from db.tables import QuestionTable, RunTable

T = TypeVar("T")
CHUNK = 500  # ids or texts in one statement: within the limit of every backend


def subjects(session: Session) -> dict[str, int]:
    """Questions by subject; emptied ones are left out."""
    query = select(QuestionTable.subject, func.count()).where(QuestionTable.subject != "", QuestionTable.question != "")
    return {row[0]: row[1] for row in session.execute(query.group_by(QuestionTable.subject))}


def questions_about(session: Session, spellings: Sequence[str]) -> list[QuestionRow]:
    """Questions of these subjects, and those without a subject that have the same question and answer."""
    twin = aliased(QuestionTable)
    alike = and_(
        twin.question == QuestionTable.question, twin.answer == QuestionTable.answer, twin.subject.in_(spellings)
    )
    query = select(*[getattr(QuestionTable, name) for name in QuestionRow._fields]).where(
        QuestionTable.question != "",
        or_(
            QuestionTable.subject.in_(spellings),
            and_(QuestionTable.subject == "", select(twin.id).where(alike).exists()),
        ),
    )
    return [QuestionRow(*row) for row in session.execute(query.order_by(QuestionTable.id))]


def asked_of_others(session: Session, question_ids: Iterable[int]) -> set[str]:
    """The phrasings of all other questions that are also texts of these: such a text does not belong to one
    person.
    """
    ids, found = list(question_ids), set[str]()
    columns = (QuestionTable.question, QuestionTable.paraphrased_question)
    own = {
        text
        for part in chunks(ids)
        for row in session.execute(select(*columns).where(QuestionTable.id.in_(part)))
        for text in row
    }
    for column in columns:
        for part in chunks(sorted(own)):
            found |= set(session.scalars(select(column).where(column.in_(part), QuestionTable.id.not_in(ids))))
    return found - {""}


def answers_of_others(session: Session, question_ids: Iterable[int]) -> str:
    """Every answer, right or wrong, and key term of all other questions: a text there does not belong to one person."""
    ids = set(question_ids)
    query = select(
        QuestionTable.id,
        QuestionTable.answer,
        QuestionTable.paraphrased_answer,
        QuestionTable.key_terms,
        QuestionTable.perturbed_answer,
    )
    found = [row for row in session.execute(query) if row[0] not in ids]
    return "\n".join(text for row in found for text in (row[1], row[2], *row[3], *row[4]))


def erasures(session: Session) -> list[ErasureRow]:
    """All of them, the newest first."""
    columns = [getattr(ErasureTable, name) for name in ErasureRow._fields]
    return [ErasureRow(*row) for row in session.execute(select(*columns).order_by(ErasureTable.id.desc()))]


def erased_questions(session: Session) -> dict[str, str]:
    """The pseudonyms of the questions whose texts were erased, by content hash."""
    query = select(QuestionTable.content_hash, QuestionTable.subject).where(QuestionTable.question == "")
    return {row[0]: row[1] for row in session.execute(query)}


def exports_of(session: Session, run_ids: Iterable[int]) -> list[ExportRow]:
    """The exports of these runs, and of removed runs, oldest first."""
    query = select(
        RunTable.name, ExportTable.filename, ExportTable.rows, ExportTable.created, ExportTable.run_id
    ).outerjoin(RunTable)
    runs = set(run_ids)
    found = session.execute(query.order_by(ExportTable.id))
    return [ExportRow(row[0] or "", *row[1:4]) for row in found if row[4] is None or row[4] in runs]


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """`values` in parts of at most `CHUNK`."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
