"""Reads of audits: what each probe found, the audit in force for a pair, and one that was stopped before its
end.
"""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from db.probe_rows import ProbeResultRow, ProbeSummaryRow
from db.tables import PairTable, ProbeResultTable, ProbeSummaryTable, RunTable
from engine.kinds import kinds_that_find

# Select is generic in its columns, which annotations cannot follow once they come from a list.
Query = Any


def summaries(session: Session, run_id: int) -> list[ProbeSummaryRow]:
    columns = [getattr(ProbeSummaryTable, name) for name in ProbeSummaryRow._fields]
    query: Query = select(*columns).where(ProbeSummaryTable.run_id == run_id).order_by(ProbeSummaryTable.probe)
    return [ProbeSummaryRow(*row) for row in session.execute(query)]


def results(session: Session, run_id: int, probe: str | None = None) -> list[ProbeResultRow]:
    """For one probe or all, by probe, side and position."""
    columns = [getattr(ProbeResultTable, name) for name in ProbeResultRow._fields]
    query: Query = select(*columns).where(ProbeResultTable.run_id == run_id)
    if probe is not None:
        query = query.where(ProbeResultTable.probe == probe)
    query = query.order_by(ProbeResultTable.probe, ProbeResultTable.side.desc(), ProbeResultTable.place)
    return [ProbeResultRow(*row) for row in session.execute(query)]


def finished_audits(session: Session, pair_hash: str) -> list[tuple[int, str, int]]:
    """Finished audits of the pair with this hash, newest first: id, specification, number of probes run."""
    query = (
        select(RunTable.id, RunTable.spec, func.count(ProbeSummaryTable.probe))
        .join(PairTable, PairTable.id == RunTable.pair_id)
        .outerjoin(ProbeSummaryTable, ProbeSummaryTable.run_id == RunTable.id)
        .where(RunTable.kind.in_(kinds_that_find("probes")), RunTable.status == "finished", PairTable.hash == pair_hash)
        .group_by(RunTable.id, RunTable.spec)
        .order_by(RunTable.id.desc())
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def stopped_before(session: Session, run_id: int) -> list[tuple[int, str, dict[str, str]]]:
    """Runs of the same kind, newest first, on the same pair, base and data, that did not end well; with specification
    and versions.
    """
    own = aliased(RunTable)
    query = (
        select(RunTable.id, RunTable.spec, RunTable.versions)
        .join(own, own.id == run_id)
        .where(RunTable.id < run_id, RunTable.kind == own.kind, RunTable.pair_id == own.pair_id)
        .where(RunTable.base_hash == own.base_hash, RunTable.data_hash == own.data_hash)
        .where(RunTable.status.in_(("interrupted", "cancelled", "failed")))
        .order_by(RunTable.id.desc())
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]
