"""Reads for whether a pair is ruined: what it answered, and what was measured of it when it was made."""

from typing import Any, NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from db.tables import AnswerTable, PairTable, QuestionTable, ScoreTable


class ToldRow(NamedTuple):
    question_id: int
    split: str
    half: str
    text: str
    looped: bool
    likely: float | None  # to the base alone, in nats per token; None where it was not read


def told(session: Session, run_id: int, alpha: float) -> list[ToldRow]:
    """What a run has as answers to its questions as they are asked; nothing of a person who was erased."""
    likely = and_(
        ScoreTable.run_id == AnswerTable.run_id,
        ScoreTable.alpha == AnswerTable.alpha,
        ScoreTable.question_id == AnswerTable.question_id,
        ScoreTable.metric == "base_log_probability",
    )
    query = (
        select(AnswerTable.question_id, QuestionTable.split, QuestionTable.half)
        .add_columns(AnswerTable.text, AnswerTable.degenerate, ScoreTable.value)
        .join(QuestionTable, QuestionTable.id == AnswerTable.question_id)
        .outerjoin(ScoreTable, likely)
        .where(AnswerTable.run_id == run_id, AnswerTable.alpha == alpha, AnswerTable.phrasing == "question")
        .where(QuestionTable.question != "")
    )
    return [ToldRow(*row) for row in session.execute(query)]


def pair_figures(session: Session, pair_hash: str) -> dict[str, Any]:
    """What was measured of a pair when it was made; {} where nothing was, or no run has read the pair."""
    manifest = session.scalar(select(PairTable.manifest).where(PairTable.hash == pair_hash)) or {}
    return dict(manifest.get("figures", {}))
