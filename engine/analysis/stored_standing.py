"""The standing of pairs by what is stored: runs that judged them, and their audits. Reads only; loads no model."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from db.probe_rows import ProbeSummaryRow
from db.reads import leaks as leak_reads
from db.reads import probes as probe_reads
from db.reads import standings as reads
from db.reads.standings import PairJudgmentRow
from db.session import Session
from engine.analysis.advice.pieces import TRAINED_ON
from engine.analysis.kept import KEEPS, Kept, State
from engine.analysis.noise import broken_in_training, noise_of
from engine.analysis.recommended import alpha_of_standing
from engine.analysis.standing import (
    OF_KEPT,
    WAYS,
    Measurement,
    Standing,
    WayRow,
    finding_of,
    make_standing,
    not_green,
)
from engine.data.examples import KEPT, is_to_be_forgotten
from engine.errors import SettingError
from engine.evaluation.ruined import MORE_LOOPS
from engine.kinds import read_spec
from engine.models.manifest import PairManifest
from engine.store.session import reading

_WAY_OF_PROBE = {probe: way.key for way in WAYS for probe in way.probes}
NO_KEPT = "no run asked what is to be kept, with the base's answers beside it"

Scores = Mapping[tuple[str, int], float]  # by metric and question
Part = tuple[str, str]  # split and half


class _Judged(NamedTuple):
    """What one run judged at the alpha of the standing, and of the base."""

    run_id: int
    run: str
    judged_from: int | None  # the run whose answers it judged again
    rows: list[PairJudgmentRow]  # at alpha
    before: list[PairJudgmentRow]  # at alpha 0
    baselines: dict[str, dict[int, float]]  # of the retain model, by metric and question


def standings(pairs: Sequence[PairManifest]) -> list[Standing]:
    """Of every pair at its recommended alpha, once evaluated there: the worst first, those with a successor last."""
    successors = {pair.parent: pair.name for pair in pairs if pair.parent and pair.parent != pair.name}
    found = [
        standing_of(pair.name, pair.hash, alpha, successors.get(pair.name, ""))
        for pair, alpha in zip(pairs, alpha_of_standing(pairs), strict=True)
    ]
    return sorted(found, key=lambda item: item.order)


def standing_of(pair: str, pair_hash: str, alpha: float, successor: str = "", own_run: int | None = None) -> Standing:
    """By every finished run and audit of the pair with this hash at `alpha`.

    `own_run`: the run that a report is about; no newer one takes its place.
    """
    with reading() as session:
        judged = [_judged(session, *row, alpha) for row in reads.judging_runs(session, pair_hash, alpha)]
        audits = [
            (run_id, probe_reads.summaries(session, run_id), reads.probed_questions(session, run_id))
            for run_id, spec, _ in probe_reads.finished_audits(session, pair_hash)
            if read_spec(spec).alphas == (alpha,)
        ]
        names = {run_id: reads.run_name(session, run_id) for run_id, _, _ in audits}
        noise = noise_of(session, (run.run_id for run in judged), alpha)
        in_training = broken_in_training(session, pair_hash)
    measured = [item for run in judged for item in _measured(run)]
    persons = {row.subject.strip() for run in judged for row in run.rows if is_to_be_forgotten(row.split)}
    for run_id, summaries, tried in audits:
        measured += [_probed(run_id, names[run_id], row, tried) for row in summaries if _counts(row)]
        secrets = {row.probe for row in summaries if _counts(row)}
        persons |= {subject.strip() for probe, _, subject in tried if probe in secrets}
    measured.sort(key=lambda item: -item.finding.run_id)  # the newest first
    kept = _kept([run for run in judged if run.run_id == own_run]) if own_run is not None else _kept(judged)
    asked = len(persons - {""})
    return make_standing(pair, pair_hash, alpha, measured, kept, asked, successor, own_run, noise, in_training)


def _judged(session: Session, run_id: int, run: str, spec: str, alpha: float) -> _Judged:
    baselines = {metric: leak_reads.floor_scores(session, run_id, metric) for metric in ("leak", "leak_paraphrase")}
    before = reads.judgments(session, run_id, 0.0)
    return _Judged(
        run_id,
        run,
        _judged_from(spec),
        before if alpha == 0 else reads.judgments(session, run_id, alpha),
        before,
        baselines,
    )


def _judged_from(spec: str) -> int | None:
    try:
        return read_spec(spec).judged_from
    except SettingError:  # another version of the program stored it; its judgments count all the same
        return None


def _measured(run: _Judged) -> list[Measurement]:
    """What the run says of the forget questions, as asked and in other words."""
    found = []
    for way in WAYS:
        told = {
            row.question_id: row.value
            for row in run.rows
            if way.metric and row.metric == way.metric and is_to_be_forgotten(row.split) and row.value in (0.0, 1.0)
        }
        if told:
            known = [run.baselines[way.metric][key] for key in told if key in run.baselines[way.metric]]
            finding = finding_of(
                round(sum(told.values())),
                len(told),
                round(sum(known)) if known else None,
                len(known) or None,
                run.run_id,
                run.run,
            )
            finding = finding._replace(judged_from=run.judged_from)
            found.append(Measurement(way.key, finding, frozenset(told)))
    return found


def _counts(row: ProbeSummaryRow) -> bool:
    """Whether a probe tried to get out what is to be forgotten, and could."""
    return row.n > 0 and row.probe not in OF_KEPT


def _probed(run_id: int, run: str, row: ProbeSummaryRow, tried: Sequence[tuple[str, int, str]]) -> Measurement:
    questions = frozenset(question for probe, question, _ in tried if probe == row.probe)
    finding = finding_of(row.found, row.n, row.floor_found, row.floor_n, run_id, run, row.probe)
    return Measurement(_WAY_OF_PROBE.get(row.probe, row.probe), finding, questions)


def probe_row(run_id: int, run: str, row: ProbeSummaryRow, label: str, ruin: str = "") -> WayRow:
    """One probe of an audit as a row of its own; of a ruined pair it is never green."""
    finding = finding_of(row.found, row.n, row.floor_found, row.floor_n, run_id, run, row.probe) if row.n else None
    found = WayRow(row.probe, label, False, finding.state if finding else "none", finding, int(finding is not None))
    return not_green(found) if ruin else found


def _kept(judged: Sequence[_Judged]) -> Kept:
    """By the run that asked most questions to be kept, the newest of equals: few questions do not outweigh many."""
    found = [item for run in judged if (item := _kept_of(run)) is not None]
    return max(found, key=lambda item: item.questions, default=Kept("none", None, 0, 0, 0, 0.0, 0, None, "", NO_KEPT))


def _kept_of(run: _Judged) -> Kept | None:
    """None where the run has no question to be kept that was not trained on, or the base scores nothing on them."""
    parts = sorted({(row.split, row.half) for row in run.rows if row.split in KEPT and row.half != TRAINED_ON})
    now, before = _scores(run.rows), _scores(run.before)
    own = {part: [row.question_id for row in run.rows if (row.split, row.half) == part] for part in parts}
    shares = [share for ids in own.values() if (share := _share(ids, now, before)) is not None]
    if not shares:
        return None
    asked = {key for ids in own.values() for key in ids}
    both = [key for key in sorted(asked) if ("leak", key) in now and ("leak", key) in before]
    right = [key for key in both if before["leak", key] == 1.0]
    gained = sum(now["leak", key] == 1.0 for key in both if key not in set(right))
    lost = sum(now["leak", key] != 1.0 for key in right)
    looped = _looped(run)
    share = min(1.0, *shares)
    state: State = "fail" if share < KEEPS or looped >= MORE_LOOPS else "pass"
    return Kept(state, share, len(right), lost, gained, looped, len(asked), run.run_id, run.run)


def _scores(rows: Sequence[PairJudgmentRow]) -> Scores:
    return {(row.metric, row.question_id): row.value for row in rows}


def _share(questions: Sequence[int], now: Scores, before: Scores) -> float | None:
    """Mean ROUGE-L recall of a part over the base's, on the questions that both have; None where the base has 0."""
    both = {key for key in questions if ("rouge", key) in now and ("rouge", key) in before}
    base = sum(before["rouge", key] for key in both)
    return sum(now["rouge", key] for key in both) / base if base else None


def _looped(run: _Judged) -> float:
    """By how much the loops among the answers to any part, forget too, exceed the base's; 0 where they do not."""
    now, before = _scores(run.rows), _scores(run.before)
    more = [0.0]
    for part in {(row.split, row.half) for row in run.rows}:
        ids = {row.question_id for row in run.rows if (row.split, row.half) == part}
        both = [key for key in ids if ("degenerate", key) in now and ("degenerate", key) in before]
        if both:
            more.append(sum(now["degenerate", key] - before["degenerate", key] for key in both) / len(both))
    return max(more)
