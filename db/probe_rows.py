"""What the probes of an audit found, as rows that leave `db`."""

from typing import Any, NamedTuple


class ProbeResultRow(NamedTuple):
    probe: str
    side: str  # pair | floor
    question_id: int
    place: int  # in the order in which the probe took its questions
    found: bool | None
    value: float | None
    text: str
    detail: str


class ProbeSummaryRow(NamedTuple):
    """Counts are of questions; `n` and `floor_n` of those that were tried."""

    probe: str
    found: int
    n: int
    low: float | None  # 95 % interval of found / n, over persons
    high: float | None
    floor_found: int | None  # None: no baseline, `floor_reason` says why
    floor_n: int | None
    floor_reason: str
    value: float | None  # an aggregate that is not a share, with its interval
    value_low: float | None
    value_high: float | None
    note: str
    greedy_found: int  # of the n, those that leak greedily too
    beyond_greedy: int  # found, where greedy decoding does not leak
    budget: dict[str, Any]
    seconds: float
