"""What the probes of a stored audit found. Reads only."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from db.reads import probes as probe_reads
from db.rows import ProbeResultRow, ProbeSummaryRow
from engine.audit.probe import Probe
from engine.audit.probes import PROBES
from engine.errors import RunError
from engine.settings import ExperimentSpec
from engine.store.history import run_detail
from engine.store.session import reading


class ProbeRow(NamedTuple):
    """What one probe of an audit found, with what it is. Counts are of questions; shares of those that could be tried."""

    name: str
    label: str
    sentence: str
    source: str
    unit: str  # of the `value` of its results
    found: int
    n: int
    low: float | None  # 95 % interval of the share, over persons
    high: float | None
    floor_found: int | None  # None: no floor, see `floor_reason`
    floor_n: int | None
    floor_reason: str
    value: float | None  # an aggregate that is not a share; `note` says what it is
    value_low: float | None
    value_high: float | None
    note: str
    greedy_found: int
    beyond_greedy: int  # found, where greedy decoding did not leak
    budget: dict[str, Any]
    seconds: float

    @property
    def share(self) -> float | None:
        return self.found / self.n if self.n else None

    @property
    def floor_share(self) -> float | None:
        return self.floor_found / self.floor_n if self.floor_found is not None and self.floor_n else None


def probe_rows(run_id: int) -> list[ProbeRow]:
    """What an audit found, probe by probe in their order; of one that is still running, what has ended.

    `RunError` where there is no such run, or it is no audit.
    """
    summary = run_detail(run_id).summary
    if summary.facts.finds != "probes":
        raise RunError(f"run {summary.name!r} (run {run_id}) is no audit: its kind is {summary.kind}")
    with reading() as session:
        stored = {row.probe: row for row in probe_reads.summaries(session, run_id)}
    order = [*(name for name in PROBES if name in stored), *(name for name in stored if name not in PROBES)]
    return [ProbeRow(**_described(PROBES, name), **_figures(stored[name])) for name in order]


def _described(known: Mapping[str, Probe], name: str) -> dict[str, Any]:
    """A probe that another version of the program ran is shown by its name."""
    words = ("label", "sentence", "source", "unit")
    probe = known.get(name)
    said = (
        dict.fromkeys(words, "") | {"label": name} if probe is None else {word: getattr(probe, word) for word in words}
    )
    return {"name": name, **said}


def _figures(row: ProbeSummaryRow) -> dict[str, Any]:
    return {field: value for field, value in row._asdict().items() if field != "probe"}


def probe_results(run_id: int, probe: str | None = None) -> list[ProbeResultRow]:
    """Question by question, of one probe or of all: of the pair (side "pair"), then of the floor (side "floor")."""
    with reading() as session:
        return probe_reads.results(session, run_id, probe)


def finished_audit(pair_hash: str, alpha: float) -> int | None:
    """The finished audit of the pair with this hash (`history.RunDetail.pair_hash`) at `alpha` that ran most probes.

    Of equals the newest; None where there is none: an audit at another strength says nothing of this one.
    """
    with reading() as session:
        found = probe_reads.finished_audits(session, pair_hash)
    fitting = [(probes, run_id) for run_id, spec, probes in found if ExperimentSpec.from_json(spec).alphas == (alpha,)]
    return max(fitting)[1] if fitting else None
