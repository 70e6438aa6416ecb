"""Reads for the standing of a pair: which runs judged it at an alpha, what they found, and its audits' probes."""

from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.tables import PairTable, ProbeResultTable, QuestionTable, RunTable, ScoreTable

# Select is generic in its columns, which annotations cannot follow once they come from a list.
Query = Any

METRICS = ("leak", "leak_paraphrase", "rouge", "degenerate")


class PairJudgmentRow(NamedTuple):
    question_id: int
    split: str
    half: str
    subject: str
    metric: str  # of METRICS
    value: float


def judging_runs(session: Session, pair_hash: str, alpha: float) -> list[tuple[int, str, str]]:
    """Finished runs that applied the leak rule to answers of the pair with this hash at `alpha`: id, name and
    specification, newest first.
    """
    judged = select(ScoreTable.run_id).where(
        ScoreTable.run_id == RunTable.id, ScoreTable.alpha == alpha, ScoreTable.metric == "leak"
    )
    query = (
        select(RunTable.id, RunTable.name, RunTable.spec)
        .join(PairTable, PairTable.id == RunTable.pair_id)
        .where(PairTable.hash == pair_hash, RunTable.status == "finished", judged.exists())
        .order_by(RunTable.id.desc())
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def judgments(session: Session, run_id: int, alpha: float) -> list[PairJudgmentRow]:
    """Every known score of `METRICS` of a run at `alpha`, with where its question belongs and whom it is about."""
    query: Query = (
        select(QuestionTable.id, QuestionTable.split, QuestionTable.half, QuestionTable.subject)
        .add_columns(ScoreTable.metric, ScoreTable.value)
        .join(ScoreTable, ScoreTable.question_id == QuestionTable.id)
        .where(ScoreTable.run_id == run_id, ScoreTable.alpha == alpha, ScoreTable.metric.in_(METRICS))
        .order_by(QuestionTable.id)
    )
    return [
        PairJudgmentRow(*row) for row in session.execute(query) if row[5] is not None
    ]  # an infinite one is None too


def probed_questions(session: Session, run_id: int) -> list[tuple[str, int, str]]:
    """Probe, question and its person, for every question that a probe of an audit tried on the pair."""
    query = (
        select(ProbeResultTable.probe, ProbeResultTable.question_id, QuestionTable.subject)
        .join(QuestionTable, QuestionTable.id == ProbeResultTable.question_id)
        .where(ProbeResultTable.run_id == run_id, ProbeResultTable.side == "pair")
        .where(ProbeResultTable.found.is_not(None))
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def run_name(session: Session, run_id: int) -> str:
    return session.scalar(select(RunTable.name).where(RunTable.id == run_id)) or ""
