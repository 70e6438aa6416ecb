"""Reads of audits: what each probe found, the audit that is in force for a pair, and one that was stopped on the
way.
"""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from db.probe_rows import ProbeResultRow, ProbeSummaryRow
from db.tables import PairTable, ProbeResultTable, ProbeSummaryTable, RunTable
from engine.kinds import kinds_that_find

# Select is generic in its columns, which no annotation can follow once they come from a list.
Query = Any


def summaries(session: Session, run_id: int) -> list[ProbeSummaryRow]:
    columns = [getattr(ProbeSummaryTable, name) for name in ProbeSummaryRow._fields]
    query: Query = select(*columns).where(ProbeSummaryTable.run_id == run_id).order_by(ProbeSummaryTable.probe)
    return [ProbeSummaryRow(*row) for row in session.execute(query)]


def results(session: Session, run_id: int, probe: str | None = None) -> list[ProbeResultRow]:
    """Of one probe or of all, by probe, side and place."""
    columns = [getattr(ProbeResultTable, name) for name in ProbeResultRow._fields]
    query: Query = select(*columns).where(ProbeResultTable.run_id == run_id)
    if probe is not None:
        query = query.where(ProbeResultTable.probe == probe)
    query = query.order_by(ProbeResultTable.probe, ProbeResultTable.side.desc(), ProbeResultTable.place)
    return [ProbeResultRow(*row) for row in session.execute(query)]


def finished_audits(session: Session, pair_hash: str) -> list[tuple[int, str, int]]:
    """Finished audits of the pair with this hash, newest first: id, specification, how many probes were run."""
    query = (
        select(RunTable.id, RunTable.spec, func.count(ProbeSummaryTable.probe))
        .join(PairTable, PairTable.id == RunTable.pair_id)
        .outerjoin(ProbeSummaryTable, ProbeSummaryTable.run_id == RunTable.id)
        .where(RunTable.kind.in_(kinds_that_find("probes")), RunTable.status == "finished", PairTable.hash == pair_hash)
        .group_by(RunTable.id, RunTable.spec)
        .order_by(RunTable.id.desc())
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def stopped_before(session: Session, run_id: int) -> list[tuple[int, dict[str, str]]]:
    """Runs, newest first, that set out to do exactly what this one does, on the same pair, base and data, and did
    not end well; with their versions.
    """
    own = aliased(RunTable)
    query = (
        select(RunTable.id, RunTable.versions)
        .join(own, own.id == run_id)
        .where(
            RunTable.id < run_id, RunTable.kind == own.kind, RunTable.spec == own.spec, RunTable.pair_id == own.pair_id
        )
        .where(RunTable.base_hash == own.base_hash, RunTable.data_hash == own.data_hash)
        .where(RunTable.status.in_(("interrupted", "cancelled", "failed")))
        .order_by(RunTable.id.desc())
    )
    return [(row[0], row[1]) for row in session.execute(query)]
