"""What other rooms know of a run that a report shows: the verdicts on its answers and the probes of its pair."""

from typing import NamedTuple

from engine.audit import found
from engine.audit.probes import PROBES
from engine.report.parts import ProbeRow, ReviewRow
from engine.review import queue
from engine.store import history

NO_VERDICTS = "n/a: no verdict is stored"
NO_AUDIT = "n/a: no audit of this pair at this α has finished"


class FoundReviews(NamedTuple):
    rows: list[ReviewRow]
    reason: str  # why there are none; "" where there are


class FoundProbes(NamedTuple):
    audit_run: int | None
    rows: list[ProbeRow]
    reason: str
    words: str = ""  # what was audited, and which probes were not run


def reviews_of(run_id: int, alpha: float) -> FoundReviews:
    """The verdicts in force on the answers of a run at `alpha`; a stale one is among them, and marked."""
    rows = [
        ReviewRow(
            row.question_id, row.verdict, f"{row.reviewer} (self-declared)" if row.self_declared else row.reviewer, row.note, row.created.isoformat() if row.created else "",
            bool(row.stale), row.disputed, wording,
        )
        for wording in queue.phrasings_of(run_id) or ["question"]
        for row in queue.report_verdicts(run_id, alpha, wording)
        if row.verdict
    ]  # fmt: skip
    return FoundReviews(rows, "" if rows else NO_VERDICTS)


def probes_of(pair_hash: str, alpha: float) -> FoundProbes:
    """What the fullest finished audit of the pair with this hash at this strength found."""
    run_id = found.finished_audit(pair_hash, alpha) if pair_hash else None
    if run_id is None:
        return FoundProbes(None, [], NO_AUDIT)
    rows = [
        ProbeRow(
            row.name, row.label, row.sentence, row.found, row.n, row.low, row.high, row.floor_found, row.floor_n,
            row.floor_reason, row.value, row.note, row.found - row.beyond_greedy, row.seconds, row.value_low, row.value_high,
        )
        for row in found.probe_rows(run_id)
    ]  # fmt: skip
    return FoundProbes(run_id, rows, "", _audited(run_id, {row.name for row in rows}))


def _audited(run_id: int, tried: set[str]) -> str:
    spec = history.run_detail(run_id).spec
    missing = [probe.label for name, probe in PROBES.items() if name not in tried]
    words = f"asked about {spec.forget} at α = {spec.alphas[0]:g} with {'quick' if spec.quick else 'full'} budgets"
    return f"{words}; not run: {', '.join(missing)}" if missing else f"{words}; every probe was run"
