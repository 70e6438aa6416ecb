"""Reads of audits: what each probe found, the audit in force for a pair, and one that was stopped before its
end.
"""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from db.probe_rows import ProbeResultRow, ProbeSummaryRow
from db.tables import Pair, ProbeResult, ProbeSummary, Run

# Select is generic in its columns, which annotations cannot follow once they come from a list.
Query = Any


def summaries(session: Session, run_id: int) -> list[ProbeSummaryRow]:
    columns = [getattr(ProbeSummary, name) for name in ProbeSummaryRow._fields]
    query: Query = select(*columns).where(ProbeSummary.run_id == run_id).order_by(ProbeSummary.probe)
    return [ProbeSummaryRow(*row) for row in session.execute(query)]


def results(session: Session, run_id: int, probe: str | None = None) -> list[ProbeResultRow]:
    """For one probe or all, by probe, side and position."""
    columns = [getattr(ProbeResult, name) for name in ProbeResultRow._fields]
    query: Query = select(*columns).where(ProbeResult.run_id == run_id)
    if probe is not None:
        query = query.where(ProbeResult.probe == probe)
    query = query.order_by(ProbeResult.probe, ProbeResult.side.desc(), ProbeResult.place)
    return [ProbeResultRow(*row) for row in session.execute(query)]


def finished_audits(session: Session, pair_hash: str) -> list[tuple[int, str, int]]:
    """Finished audits of the pair with this hash, newest first: id, specification, number of probes run."""
    query = (
        select(Run.id, Run.spec, func.count(ProbeSummary.probe))
        .join(Pair, Pair.id == Run.pair_id)
        .outerjoin(ProbeSummary, ProbeSummary.run_id == Run.id)
        .where(Run.kind == "audit", Run.status == "finished", Pair.hash == pair_hash)
        .group_by(Run.id, Run.spec)
        .order_by(Run.id.desc())
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def stopped_before(session: Session, run_id: int) -> list[tuple[int, str, dict[str, str]]]:
    """Runs of the same kind, newest first, on the same pair, base and data, that did not end well; with specification
    and versions.
    """
    own = aliased(Run)
    query = (
        select(Run.id, Run.spec, Run.versions)
        .join(own, own.id == run_id)
        .where(Run.id < run_id, Run.kind == own.kind, Run.pair_id == own.pair_id)
        .where(Run.base_hash == own.base_hash, Run.data_hash == own.data_hash)
        .where(Run.status.in_(("interrupted", "cancelled", "failed")))
        .order_by(Run.id.desc())
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]
