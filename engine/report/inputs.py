"""What a report takes from other rooms: the verdicts on the answers of its run and the probes of its pair."""

from typing import NamedTuple

from engine.analysis.standing import Standing
from engine.audit import found
from engine.audit.probes import PROBES
from engine.kinds import AuditSpec
from engine.report.parts import Probes, ReportProbe, ReportVerdict
from engine.review import queue
from engine.store import history

NO_VERDICTS = "n/a: no verdict is stored"
NO_AUDIT = "n/a: no audit of this pair at this α has finished"


class FoundReviews(NamedTuple):
    rows: list[ReportVerdict]
    reason: str  # why there are none; "" where there are


def reviews_of(run_id: int, alpha: float) -> FoundReviews:
    """The verdicts in force on the answers of a run at `alpha`; stale ones are included and marked."""
    rows = [
        ReportVerdict(
            question_id=row.question_id,
            verdict=row.verdict,
            reviewer=f"{row.reviewer} (self-declared)" if row.self_declared else row.reviewer,
            note=row.note,
            created=row.created.isoformat() if row.created else "",
            stale=bool(row.stale),
            disputed=row.disputed,
            wording=wording,
        )
        for wording in queue.phrasings_of(run_id) or ["question"]
        for row in queue.report_verdicts(run_id, alpha, wording)
        if row.verdict
    ]
    return FoundReviews(rows, "" if rows else NO_VERDICTS)


def outputs_behind(standing: Standing | None) -> tuple[found.ProbeOutput, ...]:
    """What came out, verbatim, in the probes that make a way of the standing red: the worst way first."""
    red = [row.finding for row in standing.worst_first if row.state == "fail"] if standing else []
    return tuple(
        item
        for finding in red
        if finding is not None and finding.probe
        for item in found.outputs_of(finding.run_id, finding.probe)
        if item.found and item.output and item.question
    )


def probes_of(pair_hash: str, alpha: float) -> Probes:
    """What the fullest finished audit of the pair with this hash at this α found."""
    run_id = found.finished_audit(pair_hash, alpha) if pair_hash else None
    if run_id is None:
        return Probes(None, (), NO_AUDIT)
    same = [name for name in ReportProbe._fields if name != "greedy_found"]
    rows = tuple(
        ReportProbe(greedy_found=row.found - row.beyond_greedy, **{name: getattr(row, name) for name in same})
        for row in found.probe_rows(run_id)
    )
    return Probes(run_id, rows, "", _audited(run_id, {row.name for row in rows}))


def _audited(run_id: int, tried: set[str]) -> str:
    spec = history.run_detail(run_id).spec
    assert isinstance(spec, AuditSpec)  # found.probe_rows refused every other
    missing = [probe.label for name, probe in PROBES.items() if name not in tried]
    words = f"asked about {spec.forget} at α = {spec.alphas[0]:g} with {'quick' if spec.quick else 'full'} budgets"
    return f"{words}; not run: {', '.join(missing)}" if missing else f"{words}; every probe was run"
