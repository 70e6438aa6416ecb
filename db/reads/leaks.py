"""Reads of leaks: which judgments are in force, what they find, and the baseline beside them.

In force, for each pair and forget question, is the newest finished run that judged the question at the alpha that is
recommended for the pair: its own, or by its hash the one in `moved`. A pair that was made again counts as another
one, and the old one's judgments are no longer in force. The same is true of a pair's judgments on questions on which
a successor was judged.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session, aliased

from db.reads.erasures import chunks
from db.reads.previews import IS_PREVIEW
from db.rows import JudgedRow, LeakCountRow, LeakRow
from db.tables import (
    AnswerTable,
    MapIntervalTable,
    MapTable,
    PairTable,
    ProbeResultTable,
    QuestionTable,
    RunQuestionTable,
    RunTable,
    ScoreTable,
    SetTable,
)
from engine.kinds import kinds_that_find
from engine.names import RETAIN_ONLY_NAMES

# Select is generic in its columns, which annotations cannot follow once they come from a list.
Query = Any

Moved = Mapping[str, float]
NONE_MOVED: Moved = {}


def largest_leaks(session: Session, limit: int, moved: Moved = NONE_MOVED) -> list[LeakRow]:
    """Leaking forget questions by the judgments in force, highest ROUGE-L recall first."""
    judged, rouge = _in_force("leak", moved), aliased(ScoreTable)
    query: Query = (
        select(RunTable.id, RunTable.name, RunTable.pair_name, judged.c.alpha, SetTable.name)
        .add_columns(
            QuestionTable.position, QuestionTable.subject, QuestionTable.question, AnswerTable.text, rouge.value
        )
        .select_from(judged)
        .join(RunTable, RunTable.id == judged.c.run_id)
        .join(QuestionTable, QuestionTable.id == judged.c.question_id)
        .join(SetTable, SetTable.id == QuestionTable.set_id)
        .join(AnswerTable, and_(_at(AnswerTable, judged), AnswerTable.phrasing == "question"))
        .outerjoin(rouge, and_(_at(rouge, judged), rouge.metric == "rouge"))
        .where(judged.c.value == 1.0, QuestionTable.question != "")  # an erased one cannot be shown
        .order_by(func.coalesce(rouge.value, 0.0).desc(), RunTable.id.desc(), QuestionTable.position)
        .limit(limit)
    )
    return [LeakRow(*row) for row in session.execute(query)]


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


def leak_counts(session: Session, moved: Moved = NONE_MOVED) -> list[LeakCountRow]:
    """Per pair: forget questions judged and leaking, as asked and paraphrased, beside the retain model's."""
    return [row for metric in ("leak", "leak_paraphrase") for row in _counts(session, metric, moved)]


def judged_leaks(session: Session, metric: str, moved: Moved = NONE_MOVED) -> list[JudgedRow]:
    """The judgments that `leak_counts` counts, one by one, with the person the question is about."""
    judged = _in_force(metric, moved)
    query: Query = (
        select(RunTable.pair_name, QuestionTable.subject, judged.c.value)
        .select_from(judged)
        .join(RunTable, RunTable.id == judged.c.run_id)
        .join(QuestionTable, QuestionTable.id == judged.c.question_id)
        .order_by(QuestionTable.id)
    )
    return [JudgedRow(*row) for row in session.execute(query)]


def _counts(session: Session, metric: str, moved: Moved) -> list[LeakCountRow]:
    judged, floor, leak = _in_force(metric, moved), _retain_only(metric), aliased(ScoreTable)
    same_question = and_(
        floor.c.pair_name == RETAIN_ONLY_NAMES + RunTable.base, floor.c.question_id == judged.c.question_id
    )
    query: Query = (
        select(RunTable.pair_name, judged.c.alpha, func.count(), func.sum(judged.c.value))
        .add_columns(func.count(leak.value), func.coalesce(func.sum(leak.value), 0.0))
        .select_from(judged)
        .join(RunTable, RunTable.id == judged.c.run_id)
        .outerjoin(floor, same_question)
        .outerjoin(
            leak,
            and_(
                leak.run_id == floor.c.run_id,
                leak.question_id == floor.c.question_id,
                leak.metric == metric,
                leak.alpha == 0.0,
            ),
        )
        .group_by(RunTable.pair_name, judged.c.alpha)
        .order_by(RunTable.pair_name)
    )
    return [
        LeakCountRow(
            pair=pair,
            metric=metric,
            alpha=alpha,
            judged=judged_,
            leaking=round(leaking),
            floor_judged=floor_judged,
            floor_leaking=round(floor_leaking),
        )
        for pair, alpha, judged_, leaking, floor_judged, floor_leaking in session.execute(query)
    ]


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


def _in_force(metric: str, moved: Moved) -> Any:
    """pair_id, question_id, run_id, alpha and value of every judgment in force of a leak metric; a damaged one
    does not count.
    """
    judged = aliased(ScoreTable)
    own = PairTable.recommended_alpha
    recommended = case(dict(moved), value=PairTable.hash, else_=own) if moved else own
    here = and_(judged.run_id == RunTable.id, judged.alpha == recommended, judged.metric == metric)
    newest = (
        select(PairTable.id.label("pair_id"), judged.question_id, func.max(RunTable.id).label("run_id"))
        .select_from(RunTable)
        .join(PairTable, PairTable.id == RunTable.pair_id)
        .join(judged, here)
        .join(QuestionTable, QuestionTable.id == judged.question_id)
        .where(RunTable.status == "finished", QuestionTable.split == "forget", judged.value.between(0, 1))
        .where(PairTable.id.in_(select(func.max(PairTable.id)).group_by(PairTable.name)))
        .group_by(PairTable.id, judged.question_id)
        .cte()
    )
    later, successor = aliased(newest), aliased(PairTable)
    succeeded = (
        select(later.c.run_id)
        .join(successor, successor.id == later.c.pair_id)
        .where(successor.parent == PairTable.name, later.c.question_id == newest.c.question_id)
        .correlate(PairTable, newest)
        .exists()
    )
    return (
        select(newest.c.pair_id, newest.c.question_id, newest.c.run_id, ScoreTable.alpha, ScoreTable.value)
        .join(PairTable, PairTable.id == newest.c.pair_id)
        .join(ScoreTable, and_(ScoreTable.run_id == newest.c.run_id, ScoreTable.question_id == newest.c.question_id))
        .where(ScoreTable.metric == metric, ScoreTable.alpha == recommended, ~succeeded)
        .cte()
    )


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


def _at(cell: Any, judged: Any) -> Any:
    """That an answer or a score belongs to a judgment."""
    return and_(cell.run_id == judged.c.run_id, cell.alpha == judged.c.alpha, cell.question_id == judged.c.question_id)
