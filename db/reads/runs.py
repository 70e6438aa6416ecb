"""Reads. Each takes a session and returns plain rows; averages and counts are computed in SQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, aliased

from db.checked import MeasureColumn
from db.reads.previews import IS_PREVIEW
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
    AnswerTable,
    CurveTable,
    FigureTable,
    PairTable,
    QuestionTable,
    RunQuestionTable,
    RunTable,
    ScoreTable,
    SetTable,
    StepTable,
)
from engine.kinds import kinds_that_find

# Select is generic in its columns, which annotations cannot follow once they come from a list.
Query = Any

_RUN = [getattr(RunTable, name) for name in RunRow._fields]
_QUESTION = [getattr(QuestionTable, name) for name in QuestionRow._fields]
_PLACE = [
    QuestionTable.id,
    SetTable.name,
    QuestionTable.position,
    QuestionTable.split,
    QuestionTable.half,
    QuestionTable.domain,
    QuestionTable.group,
    QuestionTable.subject,
    QuestionTable.question,
]


def runs(session: Session, *statuses: str, place: str | None = None) -> list[RunRow]:
    """Newest first; all of them, or those with certain statuses and in one place."""
    query: Query = select(*_RUN).order_by(RunTable.id.desc())
    if statuses:
        query = query.where(RunTable.status.in_(statuses))
    if place is not None:
        query = query.where(RunTable.place == place)
    return [RunRow(*row) for row in session.execute(query)]


def run(session: Session, run_id: int) -> RunRow | None:
    row = session.execute(select(*_RUN).where(RunTable.id == run_id)).first()
    return None if row is None else RunRow(*row)


def find_run(session: Session, key: str) -> RunRow | None:
    """By name (finished before others, then newest), else by id."""
    finished_first = (RunTable.status == "finished").desc()
    row = session.execute(
        select(*_RUN).where(RunTable.name == key).order_by(finished_first, RunTable.id.desc())
    ).first()
    if row is not None:
        return RunRow(*row)
    return run(session, int(key)) if key.isdecimal() and len(key) < 10 else None


def recorded_run(session: Session, recording: str) -> int | None:
    return session.execute(select(RunTable.id).where(RunTable.recording == recording)).scalar()


def pair(session: Session, pair_id: int) -> PairRow | None:
    row = session.execute(
        select(*[getattr(PairTable, name) for name in PairRow._fields]).where(PairTable.id == pair_id)
    ).first()
    return None if row is None else PairRow(*row)


def questions(session: Session, set_name: str) -> list[QuestionRow] | None:
    """The questions a set holds, in order; None for an unknown set."""
    set_id = session.execute(select(SetTable.id).where(SetTable.name == set_name)).scalar()
    if set_id is None:
        return None
    query = select(*_QUESTION).where(QuestionTable.set_id == set_id, QuestionTable.position.is_not(None))
    return [QuestionRow(*row) for row in session.execute(query.order_by(QuestionTable.position))]


def asked_questions(session: Session, run_id: int, split: str | None = None) -> list[QuestionRow]:
    """The questions of a run, or those of a split, in the order of their set."""
    query = select(*_QUESTION).join(RunQuestionTable, RunQuestionTable.question_id == QuestionTable.id)
    query = query.where(RunQuestionTable.run_id == run_id)
    if split is not None:
        query = query.where(QuestionTable.split == split)
    return [
        QuestionRow(*row)
        for row in session.execute(query.order_by(QuestionTable.set_id, QuestionTable.position, QuestionTable.id))
    ]


def question_places(session: Session, run_id: int) -> list[PlaceRow]:
    """The positions of a run's questions, in the order of `asked_questions`."""
    query = (
        select(QuestionTable.id, SetTable.name, QuestionTable.position, QuestionTable.split)
        .join(RunQuestionTable, RunQuestionTable.question_id == QuestionTable.id)
        .join(SetTable, SetTable.id == QuestionTable.set_id)
        .where(RunQuestionTable.run_id == run_id)
        .order_by(QuestionTable.set_id, QuestionTable.position, QuestionTable.id)
    )
    return [PlaceRow(*row) for row in session.execute(query)]


def advice(session: Session, run_id: int) -> dict[str, Any] | None:
    """The stored advice of a run; None without one."""
    found: dict[str, Any] | None = session.execute(select(RunTable.advice).where(RunTable.id == run_id)).scalar()
    return found


def advised_runs(session: Session) -> list[AdvisedRow]:
    """Finished runs with an advice, and the hash of the pair it is about, newest first."""
    query = (
        select(RunTable.id, RunTable.name, PairTable.hash, RunTable.finished, RunTable.advice)
        .join(PairTable, PairTable.id == RunTable.pair_id)
        .where(RunTable.status == "finished", RunTable.kind.in_(kinds_that_find("map")))
        .order_by(RunTable.id.desc())
    )
    return [AdvisedRow(*row) for row in session.execute(query) if row[4] is not None]


def steps(session: Session, run_id: int) -> list[StepRow]:
    columns = [getattr(StepTable, name) for name in StepRow._fields]
    return [
        StepRow(*row)
        for row in session.execute(select(*columns).where(StepTable.run_id == run_id).order_by(StepTable.step))
    ]


def alphas(session: Session, run_id: int) -> list[float]:
    query = select(ScoreTable.alpha).where(ScoreTable.run_id == run_id).distinct().order_by(ScoreTable.alpha)
    return list(session.scalars(query))


def trade_off(session: Session, run_ids: Sequence[int] | None) -> list[TradeOffRow]:
    """Means over questions, missing scores left out of mean and count."""
    keys = [RunTable.id, RunTable.name, RunTable.pair_name, RunTable.objective, ScoreTable.alpha, SetTable.name]
    keys += [QuestionTable.split, QuestionTable.half, ScoreTable.metric]
    query: Query = (
        select(*keys, func.avg(ScoreTable.value, type_=MeasureColumn), func.count(ScoreTable.value))
        .join(ScoreTable, ScoreTable.run_id == RunTable.id)
        .join(QuestionTable, QuestionTable.id == ScoreTable.question_id)
        .join(SetTable, SetTable.id == QuestionTable.set_id)
        .group_by(*keys)
        .order_by(RunTable.id, ScoreTable.alpha)
    )
    query = query.where(RunTable.status == "finished") if run_ids is None else query.where(RunTable.id.in_(run_ids))
    return [TradeOffRow(*row) for row in session.execute(query)]


def question_scores(session: Session, run_id: int, alpha: float) -> list[QuestionScoreRow]:
    query: Query = (
        select(*_PLACE, ScoreTable.metric, ScoreTable.value)
        .join(QuestionTable, QuestionTable.id == ScoreTable.question_id)
        .join(SetTable, SetTable.id == QuestionTable.set_id)
        .where(ScoreTable.run_id == run_id, ScoreTable.alpha == alpha)
        .order_by(SetTable.name, QuestionTable.position, QuestionTable.id, ScoreTable.metric)
    )
    return [QuestionScoreRow(*row) for row in session.execute(query)]


def report_rows(session: Session, run_id: int, alpha: float) -> list[ReportRow]:
    """Each question of a run, with answer and scores at alpha 0 and at `alpha`; None where one is missing."""
    query: Query = (
        select(*_PLACE, QuestionTable.answer)
        .select_from(RunQuestionTable)
        .join(QuestionTable, QuestionTable.id == RunQuestionTable.question_id)
        .join(SetTable, SetTable.id == QuestionTable.set_id)
        .where(RunQuestionTable.run_id == run_id)
        .order_by(SetTable.name, QuestionTable.position, QuestionTable.id)
    )
    query = _with_answers(query, run_id, alpha, "question", degenerate=True)
    query = _with_scores(query, run_id, alpha, "rouge", "leak", "probability")
    query = query.add_columns(
        RunQuestionTable.key_terms, QuestionTable.content_hash, QuestionTable.paraphrased_question
    )
    query = _with_answers(query, run_id, alpha, "paraphrase")
    query = _with_scores(query, run_id, alpha, "rouge_paraphrase", "leak_paraphrase")
    return [ReportRow(*row) for row in session.execute(query)]


def _with_answers(query: Query, run_id: int, alpha: float, phrasing: str, degenerate: bool = False) -> Query:
    """Adds the answers to one phrasing of every question at alpha 0 and at `alpha`, and whether they fell into a
    loop.
    """
    answers = [aliased(AnswerTable), aliased(AnswerTable)]
    for said, strength in zip(answers, (0.0, alpha), strict=True):
        here = and_(said.run_id == run_id, said.question_id == QuestionTable.id, said.alpha == strength)
        query = query.outerjoin(said, and_(here, said.phrasing == phrasing))
    query = query.add_columns(*(said.text for said in answers))
    return query.add_columns(*(said.degenerate for said in answers)) if degenerate else query


def _with_scores(query: Query, run_id: int, alpha: float, *metrics: str) -> Query:
    """Adds these scores of every question at alpha 0 and at `alpha`."""
    for metric in metrics:
        for strength in (0.0, alpha):
            score = aliased(ScoreTable)
            here = and_(score.run_id == run_id, score.question_id == QuestionTable.id, score.alpha == strength)
            query = query.outerjoin(score, and_(here, score.metric == metric)).add_columns(score.value)
    return query


def run_questions(session: Session, run_id: int) -> list[tuple[int, str, list[str]]]:
    """Question id, content hash and the key terms used, in the questions' order."""
    query = (
        select(QuestionTable.id, QuestionTable.content_hash, RunQuestionTable.key_terms)
        .join(QuestionTable, QuestionTable.id == RunQuestionTable.question_id)
        .where(RunQuestionTable.run_id == run_id)
        .order_by(QuestionTable.set_id, QuestionTable.position, QuestionTable.id)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def scores(session: Session, run_id: int) -> list[ScoreRow]:
    columns = [getattr(ScoreTable, name) for name in ScoreRow._fields]
    return [ScoreRow(*row) for row in session.execute(select(*columns).where(ScoreTable.run_id == run_id))]


def answers(session: Session, run_id: int, question_id: int | None = None) -> list[AnswerRow]:
    """Of all questions, or of one."""
    columns = [getattr(AnswerTable, name) for name in AnswerRow._fields]
    query = select(*columns).where(AnswerTable.run_id == run_id, ~IS_PREVIEW)
    wanted = query if question_id is None else query.where(AnswerTable.question_id == question_id)
    return [AnswerRow(*row) for row in session.execute(wanted)]


def curves(session: Session, run_id: int) -> list[CurveRow]:
    columns = [getattr(CurveTable, name) for name in CurveRow._fields]
    return [CurveRow(*row) for row in session.execute(select(*columns).where(CurveTable.run_id == run_id))]


def run_figures(session: Session, run_id: int) -> dict[str, float | None]:
    """The aggregates stored with a run, by name."""
    query = select(FigureTable.name, FigureTable.value).where(FigureTable.run_id == run_id)
    return {row[0]: row[1] for row in session.execute(query)}


def imported_figures(session: Session, run_ids: Sequence[int] | None) -> list[ImportedFigureRow]:
    """Figures published by others, by run and name: of all imported runs, or of these."""
    query: Query = (
        select(RunTable.id, RunTable.name, RunTable.objective, RunTable.base, RunTable.versions)
        .add_columns(*[getattr(FigureTable, name) for name in FigureRow._fields])
        .join(FigureTable, FigureTable.run_id == RunTable.id)
        .where(RunTable.kind.in_(kinds_that_find("published")), RunTable.status == "finished")
        .order_by(RunTable.id, FigureTable.alpha, FigureTable.name)
    )
    if run_ids is not None:
        query = query.where(RunTable.id.in_(run_ids))
    return [ImportedFigureRow(*row) for row in session.execute(query)]


def runs_with_curves(session: Session) -> set[int]:
    """Ids of the finished runs that have curves."""
    query = (
        select(CurveTable.run_id)
        .join(RunTable, RunTable.id == CurveTable.run_id)
        .where(RunTable.status == "finished")
        .distinct()
    )
    return set(session.scalars(query))


def durations(session: Session, base: str) -> list[tuple[str, float]]:
    """Specification and seconds of the runs on a base that finished here, newest first, thirty at most."""
    query = (
        select(RunTable.spec, RunTable.started, RunTable.finished)
        .where(RunTable.status == "finished", RunTable.base == base, RunTable.recording.is_(None))
        .order_by(RunTable.id.desc())
        .limit(30)
    )
    return [
        (spec, (finished - started).total_seconds())
        for spec, started, finished in session.execute(query)
        if started is not None and finished is not None
    ]
