"""Reads of leaks: which judgements are in force, what they find, and the floor they are read against.

In force is, for each pair and forget question, the newest finished run that judged the question at the pair's
recommended alpha. A pair that was made anew counts as another one, and the old one's judgements are no longer in force.
Nor are those of a pair on questions that a successor of it was judged on.
"""

from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from db.reads.erasures import chunks
from db.rows import JudgedRow, LeakCountRow, LeakRow
from db.tables import AlphaMap, Answer, MapInterval, Pair, ProbeResult, Question, QuestionSet, Run, RunQuestion, Score
from engine.names import RETAIN_ONLY_NAMES

# Select is generic in its columns, which no annotation can follow once they come from a list.
Query = Any


def largest_leaks(session: Session, limit: int) -> list[LeakRow]:
    """Leaking forget questions by the judgements in force, highest ROUGE-L recall first."""
    judged, rouge = _in_force("leak"), aliased(Score)
    query: Query = (
        select(Run.id, Run.name, Run.pair_name, judged.c.alpha, QuestionSet.name)
        .add_columns(Question.position, Question.subject, Question.question, Answer.text, rouge.value)
        .select_from(judged)
        .join(Run, Run.id == judged.c.run_id)
        .join(Question, Question.id == judged.c.question_id)
        .join(QuestionSet, QuestionSet.id == Question.set_id)
        .join(Answer, and_(_at(Answer, judged), Answer.phrasing == "question"))
        .outerjoin(rouge, and_(_at(rouge, judged), rouge.metric == "rouge"))
        .where(judged.c.value == 1.0, Question.question != "")  # of one that was erased there is nothing to show
        .order_by(func.coalesce(rouge.value, 0.0).desc(), Run.id.desc(), Question.position)
        .limit(limit)
    )
    return [LeakRow(*row) for row in session.execute(query)]


def judged_texts(session: Session, run_id: int) -> tuple[set[str], set[str]]:
    """Every text on which the judgements of a run rest: questions, true answers and key terms; and what was answered.

    Of a map run every stored map of its questions, whichever pair it is of.
    """
    asked = (
        select(Question.question, Question.paraphrased_question, Question.answer, RunQuestion.key_terms)
        .join(RunQuestion, RunQuestion.question_id == Question.id)
        .where(RunQuestion.run_id == run_id)
    )
    rows = session.execute(asked).all()
    known, found = {text for *texts, terms in rows for text in (*texts, *terms)}, set[str]()
    for told in (Answer, ProbeResult):
        found |= set(session.scalars(select(told.text).where(told.run_id == run_id).distinct()))
    if session.scalar(select(Run.kind).where(Run.id == run_id)) == "map":
        wordings = [text for row in rows for text in row[:2] if text]
        for part in chunks(wordings):
            maps = select(AlphaMap.id).where(AlphaMap.question.in_(part))
            found |= set(session.scalars(select(MapInterval.text).where(MapInterval.map_id.in_(maps)).distinct()))
    return known, found


def leak_counts(session: Session) -> list[LeakCountRow]:
    """Per pair: forget questions judged and leaking, as asked and paraphrased, beside the retain-only model's."""
    return [row for metric in ("leak", "leak_paraphrase") for row in _counts(session, metric)]


def judged_leaks(session: Session, metric: str) -> list[JudgedRow]:
    """The judgements that `leak_counts` counts, one by one, with whom the question is about."""
    judged = _in_force(metric)
    query: Query = (
        select(Run.pair_name, QuestionSet.name, Question.subject, judged.c.value)
        .select_from(judged)
        .join(Run, Run.id == judged.c.run_id)
        .join(Question, Question.id == judged.c.question_id)
        .join(QuestionSet, QuestionSet.id == Question.set_id)
        .order_by(Question.id)
    )
    return [JudgedRow(*row) for row in session.execute(query)]


def _counts(session: Session, metric: str) -> list[LeakCountRow]:
    judged, floor, leak = _in_force(metric), _retain_only(metric), aliased(Score)
    same_question = and_(floor.c.pair_name == RETAIN_ONLY_NAMES + Run.base, floor.c.question_id == judged.c.question_id)
    query: Query = (
        select(Run.pair_name, judged.c.alpha, func.count(), func.sum(judged.c.value))
        .add_columns(func.count(leak.value), func.coalesce(func.sum(leak.value), 0.0))
        .select_from(judged)
        .join(Run, Run.id == judged.c.run_id)
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
        .group_by(Run.pair_name, judged.c.alpha)
        .order_by(Run.pair_name)
    )
    return [
        LeakCountRow(pair, metric, alpha, judged_, round(leaking), floor_judged, round(floor_leaking))
        for pair, alpha, judged_, leaking, floor_judged, floor_leaking in session.execute(query)
    ]


def floor_leaks(session: Session, run_id: int) -> dict[int, float]:
    """Whether the retain-only model of a run's base leaks, by question id: of its newest finished run on each."""
    return floor_scores(session, run_id, "leak")


def floor_scores(session: Session, run_id: int, metric: str) -> dict[int, float]:
    """What the retain-only model of a run's base scores, by question id: of its newest finished run on each."""
    asked = select(RunQuestion.question_id).where(RunQuestion.run_id == run_id)
    own_base = select(RETAIN_ONLY_NAMES + Run.base).where(Run.id == run_id).scalar_subquery()
    newest = _retain_only(metric)
    query = (
        select(Score.question_id, Score.value)
        .join(newest, and_(newest.c.run_id == Score.run_id, newest.c.question_id == Score.question_id))
        .where(newest.c.pair_name == own_base, Score.question_id.in_(asked))
        .where(Score.alpha == 0.0, Score.metric == metric)
    )
    return {question: float(value) for question, value in session.execute(query) if value is not None}


def _in_force(metric: str) -> Any:
    """pair_id, question_id, run_id, alpha and value of every judgement in force of a leak metric; a damaged one
    judges nothing.
    """
    judged = aliased(Score)
    here = and_(judged.run_id == Run.id, judged.alpha == Pair.recommended_alpha, judged.metric == metric)
    newest = (
        select(Pair.id.label("pair_id"), judged.question_id, func.max(Run.id).label("run_id"))
        .select_from(Run)
        .join(Pair, Pair.id == Run.pair_id)
        .join(judged, here)
        .join(Question, Question.id == judged.question_id)
        .where(Run.status == "finished", Question.split == "forget", judged.value.between(0, 1))
        .where(Pair.id.in_(select(func.max(Pair.id)).group_by(Pair.name)))
        .group_by(Pair.id, judged.question_id)
        .cte()
    )
    later, successor = aliased(newest), aliased(Pair)
    succeeded = (
        select(later.c.run_id)
        .join(successor, successor.id == later.c.pair_id)
        .where(successor.parent == Pair.name, later.c.question_id == newest.c.question_id)
        .correlate(Pair, newest)
        .exists()
    )
    return (
        select(newest.c.pair_id, newest.c.question_id, newest.c.run_id, Score.alpha, Score.value)
        .join(Pair, Pair.id == newest.c.pair_id)
        .join(Score, and_(Score.run_id == newest.c.run_id, Score.question_id == newest.c.question_id))
        .where(Score.metric == metric, Score.alpha == Pair.recommended_alpha, ~succeeded)
        .cte()
    )


def _retain_only(metric: str) -> Any:
    """pair_name, question_id and run_id: the newest finished run of each retain-only model that measured a question.

    A damaged judgement, which is neither true nor false, judges nothing; other metrics may be any number.
    """
    measured = Score.value.between(0, 1) if metric.startswith("leak") else Score.value.is_not(None)
    return (
        select(Run.pair_name, Score.question_id, func.max(Run.id).label("run_id"))
        .join(Score, Score.run_id == Run.id)
        .where(Run.status == "finished", Run.pair_name.startswith(RETAIN_ONLY_NAMES))
        .where(Score.alpha == 0.0, Score.metric == metric, measured)
        .group_by(Run.pair_name, Score.question_id)
        .cte()
    )


def _at(cell: Any, judged: Any) -> Any:
    """That an answer or a score belongs to a judgement."""
    return and_(cell.run_id == judged.c.run_id, cell.alpha == judged.c.alpha, cell.question_id == judged.c.question_id)
