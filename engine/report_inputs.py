"""What other rooms know of a run that a report shows: the verdicts on its answers and the probes of its pair.

Neither verdicts nor audits are stored yet, so both are empty with their reason.
"""

from typing import NamedTuple

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
    """The verdicts in force on the answers of a run at `alpha`."""
    rows: list[ReviewRow] = []
    return FoundReviews(rows, NO_VERDICTS)


def probes_of(pair_hash: str) -> FoundProbes:
    """What the latest finished audit of the pair with this hash found."""
    rows: list[ProbeRow] = []
    return FoundProbes(None, rows, NO_AUDIT)
