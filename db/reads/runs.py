"""Reads. Each takes a session and returns plain rows; averages and counts are computed in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from db.checked import Measure
from db.reads.sets import sets as sets
from db.rows import (
    AdvisedRow,
    AnswerRow,
    CurveRow,
    FigureRow,
    ImportedFigureRow,
    PairRow,
    PlaceRow,
    QuestionRow,
    QuestionScoreRow,
    ReportRow,
    RunRow,
    ScoreRow,
    StepRow,
    TradeOffRow,
)
from db.tables import (
    Answer,
    Curve,
    Figure,
    Pair,
    Question,
    QuestionSet,
    Run,
    RunQuestion,
    Score,
    Step,
)

# Select is generic in its columns, which annotations cannot follow once they come from a list.
Query = Any

_RUN = [getattr(Run, name) for name in RunRow._fields]
_QUESTION = [getattr(Question, name) for name in QuestionRow._fields]
_PLACE = [
    Question.id,
    QuestionSet.name,
    Question.position,
    Question.split,
    Question.half,
    Question.domain,
    Question.group,
    Question.subject,
    Question.question,
]


def runs(session: Session, *statuses: str, place: str | None = None) -> list[RunRow]:
    """Newest first; all of them, or those with certain statuses and in one place."""
    query: Query = select(*_RUN).order_by(Run.id.desc())
    if statuses:
        query = query.where(Run.status.in_(statuses))
    if place is not None:
        query = query.where(Run.place == place)
    return [RunRow(*row) for row in session.execute(query)]


def run(session: Session, run_id: int) -> RunRow | None:
    row = session.execute(select(*_RUN).where(Run.id == run_id)).first()
    return None if row is None else RunRow(*row)


def find_run(session: Session, key: str) -> RunRow | None:
    """By name (finished before others, then newest), else by id."""
    finished_first = (Run.status == "finished").desc()
    row = session.execute(select(*_RUN).where(Run.name == key).order_by(finished_first, Run.id.desc())).first()
    if row is not None:
        return RunRow(*row)
    return run(session, int(key)) if key.isdecimal() and len(key) < 10 else None


def recorded_run(session: Session, recording: str) -> int | None:
    return session.execute(select(Run.id).where(Run.recording == recording)).scalar()


def pair(session: Session, pair_id: int) -> PairRow | None:
    row = session.execute(select(*[getattr(Pair, name) for name in PairRow._fields]).where(Pair.id == pair_id)).first()
    return None if row is None else PairRow(*row)


def questions(session: Session, set_name: str) -> list[QuestionRow] | None:
    """The questions a set holds, in order; None for an unknown set."""
    set_id = session.execute(select(QuestionSet.id).where(QuestionSet.name == set_name)).scalar()
    if set_id is None:
        return None
    query = select(*_QUESTION).where(Question.set_id == set_id, Question.position.is_not(None))
    return [QuestionRow(*row) for row in session.execute(query.order_by(Question.position))]


def asked_questions(session: Session, run_id: int, split: str | None = None) -> list[QuestionRow]:
    """The questions of a run, or those of a split, in the order of their set."""
    query = select(*_QUESTION).join(RunQuestion, RunQuestion.question_id == Question.id)
    query = query.where(RunQuestion.run_id == run_id)
    if split is not None:
        query = query.where(Question.split == split)
    return [
        QuestionRow(*row) for row in session.execute(query.order_by(Question.set_id, Question.position, Question.id))
    ]


def question_places(session: Session, run_id: int) -> list[PlaceRow]:
    """The positions of a run's questions, in the order of `asked_questions`."""
    query = (
        select(Question.id, QuestionSet.name, Question.position, Question.split)
        .join(RunQuestion, RunQuestion.question_id == Question.id)
        .join(QuestionSet, QuestionSet.id == Question.set_id)
        .where(RunQuestion.run_id == run_id)
        .order_by(Question.set_id, Question.position, Question.id)
    )
    return [PlaceRow(*row) for row in session.execute(query)]


def advice(session: Session, run_id: int) -> dict[str, Any] | None:
    """The stored advice of a run; None without one."""
    found: dict[str, Any] | None = session.execute(select(Run.advice).where(Run.id == run_id)).scalar()
    return found


def advised_runs(session: Session) -> list[AdvisedRow]:
    """Finished runs with an advice, and the hash of the pair it is about, newest first."""
    query = (
        select(Run.id, Run.name, Pair.hash, Run.finished, Run.advice)
        .join(Pair, Pair.id == Run.pair_id)
        .where(Run.status == "finished", Run.kind == "map")
        .order_by(Run.id.desc())
    )
    return [AdvisedRow(*row) for row in session.execute(query) if row[4] is not None]


def steps(session: Session, run_id: int) -> list[StepRow]:
    columns = [getattr(Step, name) for name in StepRow._fields]
    return [StepRow(*row) for row in session.execute(select(*columns).where(Step.run_id == run_id).order_by(Step.step))]


def alphas(session: Session, run_id: int) -> list[float]:
    query = select(Score.alpha).where(Score.run_id == run_id).distinct().order_by(Score.alpha)
    return list(session.scalars(query))


def trade_off(session: Session, run_ids: Sequence[int] | None) -> list[TradeOffRow]:
    """Means over questions, missing scores left out of mean and count."""
    keys = [Run.id, Run.name, Run.pair_name, Run.objective, Score.alpha, QuestionSet.name]
    keys += [Question.split, Question.half, Score.metric]
    query: Query = (
        select(*keys, func.avg(Score.value, type_=Measure), func.count(Score.value))
        .join(Score, Score.run_id == Run.id)
        .join(Question, Question.id == Score.question_id)
        .join(QuestionSet, QuestionSet.id == Question.set_id)
        .group_by(*keys)
        .order_by(Run.id, Score.alpha)
    )
    query = query.where(Run.status == "finished") if run_ids is None else query.where(Run.id.in_(run_ids))
    return [TradeOffRow(*row) for row in session.execute(query)]


def question_scores(session: Session, run_id: int, alpha: float) -> list[QuestionScoreRow]:
    query: Query = (
        select(*_PLACE, Score.metric, Score.value)
        .join(Question, Question.id == Score.question_id)
        .join(QuestionSet, QuestionSet.id == Question.set_id)
        .where(Score.run_id == run_id, Score.alpha == alpha)
        .order_by(QuestionSet.name, Question.position, Question.id, Score.metric)
    )
    return [QuestionScoreRow(*row) for row in session.execute(query)]


def report_rows(session: Session, run_id: int, alpha: float) -> list[ReportRow]:
    """Each question of a run, with answer and scores at alpha 0 and at `alpha`; None where one is missing."""
    query: Query = (
        select(*_PLACE, Question.answer)
        .select_from(RunQuestion)
        .join(Question, Question.id == RunQuestion.question_id)
        .join(QuestionSet, QuestionSet.id == Question.set_id)
        .where(RunQuestion.run_id == run_id)
        .order_by(QuestionSet.name, Question.position, Question.id)
    )
    query = _with_answers(query, run_id, alpha, "question", degenerate=True)
    query = _with_scores(query, run_id, alpha, "rouge", "leak", "probability")
    query = query.add_columns(RunQuestion.key_terms, Question.content_hash, Question.paraphrased_question)
    query = _with_answers(query, run_id, alpha, "paraphrase")
    query = _with_scores(query, run_id, alpha, "rouge_paraphrase", "leak_paraphrase")
    return [ReportRow(*row) for row in session.execute(query)]


def _with_answers(query: Query, run_id: int, alpha: float, phrasing: str, degenerate: bool = False) -> Query:
    """Adds the answers to one phrasing of every question at alpha 0 and at `alpha`, and whether they fell into a
    loop.
    """
    answers = [aliased(Answer), aliased(Answer)]
    for said, strength in zip(answers, (0.0, alpha), strict=True):
        here = and_(said.run_id == run_id, said.question_id == Question.id, said.alpha == strength)
        query = query.outerjoin(said, and_(here, said.phrasing == phrasing))
    query = query.add_columns(*(said.text for said in answers))
    return query.add_columns(*(said.degenerate for said in answers)) if degenerate else query


def _with_scores(query: Query, run_id: int, alpha: float, *metrics: str) -> Query:
    """Adds these scores of every question at alpha 0 and at `alpha`."""
    for metric in metrics:
        for strength in (0.0, alpha):
            score = aliased(Score)
            here = and_(score.run_id == run_id, score.question_id == Question.id, score.alpha == strength)
            query = query.outerjoin(score, and_(here, score.metric == metric)).add_columns(score.value)
    return query


def run_questions(session: Session, run_id: int) -> list[tuple[int, str, list[str]]]:
    """Question id, content hash and the key terms used, in the questions' order."""
    query = (
        select(Question.id, Question.content_hash, RunQuestion.key_terms)
        .join(Question, Question.id == RunQuestion.question_id)
        .where(RunQuestion.run_id == run_id)
        .order_by(Question.set_id, Question.position, Question.id)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def scores(session: Session, run_id: int) -> list[ScoreRow]:
    columns = [getattr(Score, name) for name in ScoreRow._fields]
    return [ScoreRow(*row) for row in session.execute(select(*columns).where(Score.run_id == run_id))]


def answers(session: Session, run_id: int) -> list[AnswerRow]:
    columns = [getattr(Answer, name) for name in AnswerRow._fields]
    return [AnswerRow(*row) for row in session.execute(select(*columns).where(Answer.run_id == run_id))]


def curves(session: Session, run_id: int) -> list[CurveRow]:
    columns = [getattr(Curve, name) for name in CurveRow._fields]
    return [CurveRow(*row) for row in session.execute(select(*columns).where(Curve.run_id == run_id))]


def run_figures(session: Session, run_id: int) -> dict[str, float | None]:
    """The aggregates stored with a run, by name."""
    query = select(Figure.name, Figure.value).where(Figure.run_id == run_id)
    return {row[0]: row[1] for row in session.execute(query)}


def imported_figures(session: Session, run_ids: Sequence[int] | None) -> list[ImportedFigureRow]:
    """Figures published by others, by run and name: of all imported runs, or of these."""
    query: Query = (
        select(Run.id, Run.name, Run.objective, Run.base, Run.versions)
        .add_columns(*[getattr(Figure, name) for name in FigureRow._fields])
        .join(Figure, Figure.run_id == Run.id)
        .where(Run.kind == "imported", Run.status == "finished")
        .order_by(Run.id, Figure.alpha, Figure.name)
    )
    if run_ids is not None:
        query = query.where(Run.id.in_(run_ids))
    return [ImportedFigureRow(*row) for row in session.execute(query)]


def runs_with_curves(session: Session) -> set[int]:
    """Ids of the finished runs that have curves."""
    query = select(Curve.run_id).join(Run, Run.id == Curve.run_id).where(Run.status == "finished").distinct()
    return set(session.scalars(query))


def durations(session: Session, kind: str, base: str) -> list[tuple[str, float]]:
    """Specification and seconds of the runs of one kind that finished here, newest first, five at most."""
    query = (
        select(Run.spec, Run.started, Run.finished)
        .where(Run.status == "finished", Run.kind == kind, Run.base == base, Run.recording.is_(None))
        .order_by(Run.id.desc())
        .limit(5)
    )
    return [
        (spec, (finished - started).total_seconds())
        for spec, started, finished in session.execute(query)
        if started is not None and finished is not None
    ]
