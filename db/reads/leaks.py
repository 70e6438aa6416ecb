"""Reads of leaks: every text behind the judgments of a run, and the baseline of the retain model beside them."""

from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from db.reads.erasures import chunks
from db.reads.previews import IS_PREVIEW
from db.tables import (
    AnswerTable,
    MapIntervalTable,
    MapTable,
    ProbeResultTable,
    QuestionTable,
    RunQuestionTable,
    RunTable,
    ScoreTable,
)
from engine.kinds import kinds_that_find
from engine.names import RETAIN_ONLY_NAMES

# Select is generic in its columns, which annotations cannot follow once they come from a list.
Query = Any


def judged_texts(session: Session, run_id: int) -> tuple[set[str], set[str]]:
    """Every text behind the judgments of a run: questions, true answers and key terms; and the answers.

    For a map run every stored map of its questions, of any pair.
    """
    asked = (
        select(
            QuestionTable.question, QuestionTable.paraphrased_question, QuestionTable.answer, RunQuestionTable.key_terms
        )
        .join(RunQuestionTable, RunQuestionTable.question_id == QuestionTable.id)
        .where(RunQuestionTable.run_id == run_id)
    )
    rows = session.execute(asked).all()
    known, found = {text for *texts, terms in rows for text in (*texts, *terms)}, set[str]()
    own = select(AnswerTable.text).where(AnswerTable.run_id == run_id, ~IS_PREVIEW)
    for told in (own, select(ProbeResultTable.text).where(ProbeResultTable.run_id == run_id)):
        found |= set(session.scalars(told.distinct()))
    if session.scalar(select(RunTable.kind).where(RunTable.id == run_id)) in kinds_that_find("map"):
        wordings = [text for row in rows for text in row[:2] if text]
        for part in chunks(wordings):
            maps = select(MapTable.id).where(MapTable.question.in_(part))
            found |= set(
                session.scalars(select(MapIntervalTable.text).where(MapIntervalTable.map_id.in_(maps)).distinct())
            )
    return known, found


def floor_leaks(session: Session, run_id: int) -> dict[int, float]:
    """Whether the retain model of a run's base leaks, by question id: from its newest finished run on each."""
    return floor_scores(session, run_id, "leak")


def floor_scores(session: Session, run_id: int, metric: str) -> dict[int, float]:
    """The scores of the retain model of a run's base, by question id: from its newest finished run on each."""
    asked = select(RunQuestionTable.question_id).where(RunQuestionTable.run_id == run_id)
    own_base = select(RETAIN_ONLY_NAMES + RunTable.base).where(RunTable.id == run_id).scalar_subquery()
    newest = _retain_only(metric)
    query = (
        select(ScoreTable.question_id, ScoreTable.value)
        .join(newest, and_(newest.c.run_id == ScoreTable.run_id, newest.c.question_id == ScoreTable.question_id))
        .where(newest.c.pair_name == own_base, ScoreTable.question_id.in_(asked))
        .where(ScoreTable.alpha == 0.0, ScoreTable.metric == metric)
    )
    return {question: float(value) for question, value in session.execute(query) if value is not None}


def _retain_only(metric: str) -> Any:
    """pair_name, question_id and run_id: the newest finished run of each retain model that measured a question.

    A damaged judgment, neither true nor false, does not count; other metrics may be any number.
    """
    measured = ScoreTable.value.between(0, 1) if metric.startswith("leak") else ScoreTable.value.is_not(None)
    return (
        select(RunTable.pair_name, ScoreTable.question_id, func.max(RunTable.id).label("run_id"))
        .join(ScoreTable, ScoreTable.run_id == RunTable.id)
        .where(RunTable.status == "finished", RunTable.pair_name.startswith(RETAIN_ONLY_NAMES))
        .where(ScoreTable.alpha == 0.0, ScoreTable.metric == metric, measured)
        .group_by(RunTable.pair_name, ScoreTable.question_id)
        .cte()
    )
