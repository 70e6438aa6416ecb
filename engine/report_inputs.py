"""What other rooms know of a run that a report shows: the verdicts on its answers and the probes of its pair."""

from typing import NamedTuple

from engine import audit_runs, review
from engine.audit.report_parts import ProbeRow, ReviewRow

NO_VERDICTS = "n/a: no verdict is stored"
NO_AUDIT = "n/a: no audit of this pair has finished"


class FoundReviews(NamedTuple):
    rows: list[ReviewRow]
    reason: str  # why there are none; "" where there are


class FoundProbes(NamedTuple):
    audit_run: int | None
    rows: list[ProbeRow]
    reason: str


def reviews_of(run_id: int, alpha: float) -> FoundReviews:
    """The verdicts in force on the answers of a run at `alpha`; a stale one is among them, and marked."""
    rows = [
        ReviewRow(
            row.question_id, row.verdict, row.reviewer, row.note, row.created.isoformat() if row.created else "",
            bool(row.stale), row.disputed,
        )
        for row in review.report_verdicts(run_id, alpha)
        if row.verdict
    ]  # fmt: skip
    return FoundReviews(rows, "" if rows else NO_VERDICTS)


def probes_of(pair_hash: str) -> FoundProbes:
    """What the latest finished audit of the pair with this hash found."""
    run_id = audit_runs.finished_audit(pair_hash) if pair_hash else None
    if run_id is None:
        return FoundProbes(None, [], NO_AUDIT)
    rows = [
        ProbeRow(
            row.name, row.label, row.sentence, row.found, row.n, row.low, row.high, row.floor_found, row.floor_n,
            row.floor_reason, row.value, row.note, row.greedy_found, row.seconds,
        )
        for row in audit_runs.probe_rows(run_id)
    ]  # fmt: skip
    return FoundProbes(run_id, rows, "")
