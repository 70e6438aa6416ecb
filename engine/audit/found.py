"""What the probes of a stored audit found. Reads only."""

from typing import NamedTuple

from db.probe_rows import ProbeResultRow, ProbeSummaryRow
from db.reads import probes as probe_reads
from engine.audit.probes import PROBES
from engine.data.examples import Example
from engine.errors import RunError
from engine.kinds import read_spec
from engine.store import history
from engine.store.history import run_detail
from engine.store.session import reading
from engine.wording import named_run


class ProbeRow(ProbeSummaryRow):
    """What one probe of an audit found, as stored, with the words of the probe.

    A probe of another version of the program has its name as label, and no other words. Shares are of the
    questions that were tried; `value` is an aggregate that is not a share, and `note` says what it is.
    """

    __slots__ = ()

    @property
    def name(self) -> str:
        return self.probe

    @property
    def label(self) -> str:
        return PROBES[self.probe].label if self.probe in PROBES else self.probe

    @property
    def sentence(self) -> str:
        return PROBES[self.probe].sentence if self.probe in PROBES else ""

    @property
    def source(self) -> str:
        return PROBES[self.probe].source if self.probe in PROBES else ""

    @property
    def unit(self) -> str:
        """Of the `value` of its results."""
        return PROBES[self.probe].unit if self.probe in PROBES else ""

    @property
    def share(self) -> float | None:
        return self.found / self.n if self.n else None

    @property
    def floor_share(self) -> float | None:
        return self.floor_found / self.floor_n if self.floor_found is not None and self.floor_n else None


def probe_rows(run_id: int) -> list[ProbeRow]:
    """What an audit found, probe by probe in order; for one still running, the finished probes.

    `RunError` where there is no such run, or it is not an audit.
    """
    summary = run_detail(run_id).summary
    if summary.facts.finds != "probes":
        raise RunError(f"{named_run(summary)} is not an audit: its kind is {summary.kind}")
    with reading() as session:
        stored = {row.probe: row for row in probe_reads.summaries(session, run_id)}
    order = [*(name for name in PROBES if name in stored), *(name for name in stored if name not in PROBES)]
    return [ProbeRow(*stored[name]) for name in order]


def probe_results(run_id: int, probe: str | None = None) -> list[ProbeResultRow]:
    """Question by question, of one probe or of all: of the pair (side "pair"), then of the baseline (side "floor")."""
    with reading() as session:
        return probe_reads.results(session, run_id, probe)


class ProbeOutput(NamedTuple):
    """What a probe of an audit got out of the pair on one question."""

    run_id: int
    probe: str
    label: str
    question_id: int
    set: str
    split: str
    subject: str
    question: str  # "" once it was erased, as are the other texts
    true_answer: str
    key_terms: tuple[str, ...]
    found: bool | None  # None: could not be tried, `detail` says why
    value: float | None  # in the unit of the probe
    output: str  # verbatim; of several draws the one that tells most
    detail: str


def outputs_of(run_id: int, probe: str) -> list[ProbeOutput]:
    """Question by question, what came out first, in the order in which the probe took them."""
    label = PROBES[probe].label if probe in PROBES else probe
    pairs = zip(history.question_places(run_id), history.asked(run_id), strict=True)
    asked = {place.question_id: (place.set, place.split, *one) for place, one in pairs}
    found = []
    for row in probe_results(run_id, probe):
        if row.side != "pair":
            continue
        unknown = ("", "", Example(str(row.question_id), ""), ())
        where, split, example, terms = asked.get(row.question_id, unknown)
        who = (row.question_id, where, split, example.subject, example.question, example.answer, terms)
        found.append(ProbeOutput(run_id, probe, label, *who, row.found, row.value, row.text, row.detail))
    return sorted(found, key=lambda one: one.found is not True)


def finished_audit(pair_hash: str, alpha: float) -> int | None:
    """The finished audit of the pair with this hash (`history.RunDetail.pair_hash`) at `alpha` that ran most probes.

    The newest of equals; None without one: an audit at another strength does not apply to this one.
    """
    with reading() as session:
        found = probe_reads.finished_audits(session, pair_hash)
    fitting = [(probes, run_id) for run_id, spec, probes in found if read_spec(spec).alphas == (alpha,)]
    return max(fitting)[1] if fitting else None
