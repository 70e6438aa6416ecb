"""Reads for an erasure: the people of questions, texts that others share, and earlier erasures."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from db.review_tables import Erasure, Export
from db.rows import ErasureRow, ExportRow, QuestionRow
from db.tables import Question, Run

T = TypeVar("T")
CHUNK = 500  # ids or texts in one statement: within the limit of every backend


def subjects(session: Session) -> dict[str, int]:
    """Questions by subject; emptied ones are left out."""
    query = select(Question.subject, func.count()).where(Question.subject != "", Question.question != "")
    return {row[0]: row[1] for row in session.execute(query.group_by(Question.subject))}


def questions_about(session: Session, spellings: Sequence[str]) -> list[QuestionRow]:
    """Questions of these subjects, and those without a subject that have the same question and answer."""
    twin = aliased(Question)
    alike = and_(twin.question == Question.question, twin.answer == Question.answer, twin.subject.in_(spellings))
    query = select(*[getattr(Question, name) for name in QuestionRow._fields]).where(
        Question.question != "",
        or_(Question.subject.in_(spellings), and_(Question.subject == "", select(twin.id).where(alike).exists())),
    )
    return [QuestionRow(*row) for row in session.execute(query.order_by(Question.id))]


def asked_of_others(session: Session, question_ids: Iterable[int]) -> set[str]:
    """The phrasings of all other questions that are also texts of these: such a text does not belong to one
    person.
    """
    ids, found = list(question_ids), set[str]()
    columns = (Question.question, Question.paraphrased_question)
    own = {
        text
        for part in chunks(ids)
        for row in session.execute(select(*columns).where(Question.id.in_(part)))
        for text in row
    }
    for column in columns:
        for part in chunks(sorted(own)):
            found |= set(session.scalars(select(column).where(column.in_(part), Question.id.not_in(ids))))
    return found - {""}


def answers_of_others(session: Session, question_ids: Iterable[int]) -> str:
    """Every answer, right or wrong, and key term of all other questions: a text there does not belong to one person."""
    ids = set(question_ids)
    query = select(
        Question.id, Question.answer, Question.paraphrased_answer, Question.key_terms, Question.perturbed_answer
    )
    found = [row for row in session.execute(query) if row[0] not in ids]
    return "\n".join(text for row in found for text in (row[1], row[2], *row[3], *row[4]))


def erasures(session: Session) -> list[ErasureRow]:
    """All of them, the newest first."""
    columns = [getattr(Erasure, name) for name in ErasureRow._fields]
    return [ErasureRow(*row) for row in session.execute(select(*columns).order_by(Erasure.id.desc()))]


def erased_questions(session: Session) -> dict[str, str]:
    """The pseudonyms of the questions whose texts were erased, by content hash."""
    query = select(Question.content_hash, Question.subject).where(Question.question == "")
    return {row[0]: row[1] for row in session.execute(query)}


def exports_of(session: Session, run_ids: Iterable[int]) -> list[ExportRow]:
    """The exports of these runs, and of removed runs, oldest first."""
    query = select(Run.name, Export.filename, Export.rows, Export.created, Export.run_id).outerjoin(Run)
    runs = set(run_ids)
    found = session.execute(query.order_by(Export.id))
    return [ExportRow(row[0] or "", *row[1:4]) for row in found if row[4] is None or row[4] in runs]


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """`values` in parts of at most `CHUNK`."""
    return (values[start : start + CHUNK] for start in range(0, len(values), CHUNK))
