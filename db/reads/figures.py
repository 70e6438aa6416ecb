"""Reads of scores for means with their intervals: the questions of a run by person, and their scores at one
alpha.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.rows import ScoredPlaceRow
from db.tables import QuestionTable, ScoreTable, SetTable

# Select is generic in its columns, which annotations cannot follow once they come from a list.
Query = Any


def scored_places(session: Session, run_id: int, alpha: float) -> list[ScoredPlaceRow]:
    """The questions with scores of a run at `alpha`, in the order in which they were first stored.

    That order never changes, so neither do the draws of a seeded bootstrap when a set is edited.
    """
    scored = select(ScoreTable.question_id).where(ScoreTable.run_id == run_id, ScoreTable.alpha == alpha).distinct()
    columns = [QuestionTable.id, QuestionTable.content_hash, SetTable.name, QuestionTable.split, QuestionTable.half]
    query: Query = (
        select(*columns, QuestionTable.subject, QuestionTable.question, QuestionTable.group)
        .join(SetTable, SetTable.id == QuestionTable.set_id)
        .where(QuestionTable.id.in_(scored))
        .order_by(QuestionTable.id)
    )
    return [ScoredPlaceRow(*row) for row in session.execute(query)]


def scores_at(session: Session, run_id: int, alpha: float) -> list[tuple[int, str, float | None]]:
    """Question id, metric and value."""
    query = select(ScoreTable.question_id, ScoreTable.metric, ScoreTable.value).where(
        ScoreTable.run_id == run_id, ScoreTable.alpha == alpha
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]
