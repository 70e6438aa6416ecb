"""Runs of leak probes: what can be checked before one starts, what it does, and what it found.

Each probe is stored whole when it ends. An audit that was stopped can be started again with the same settings: it
takes over the probes that had finished and continues with the next. Imports no model library until a run needs one.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from db import writes
from db.probe_rows import ProbeResultRow, ProbeSummaryRow
from db.reads import probes as probe_reads
from db.reads import runs
from db.session import Session
from engine.analysis.figures import figure_of
from engine.audit.draws import draw_of, drawn_rows
from engine.audit.probe import FULL, QUICK, Budget, Context, Finding, Probe, Result, Target
from engine.audit.probes import chosen
from engine.errors import DataError, ModelError, RunError, SettingError
from engine.kinds import AuditSpec, read_spec
from engine.names import retain_only
from engine.runs.kinds.kind import (
    LOADING_SECONDS,
    Kind,
    Work,
    alphas_as_given,
    check_no_model_alone,
    check_pair,
    check_sources,
)
from engine.runs.progress import Progress
from engine.runs.scratch import scratch_folder
from engine.store.history import run_detail
from engine.store.origin import note_origin
from engine.store.questions import asked_in, check_gold, key_terms
from engine.store.session import write_patiently
from engine.store.sources import SourcedSpec

if TYPE_CHECKING:
    from engine.models.loading import LoadedPair

RETAIN_ONLY, PREVIOUS = "retain-only", "previous version"  # kept among a run's versions: what stood beside the pair
PROBED_QUESTION_SECONDS = 1.0  # one question in one probe of an audit, its baseline included
PAIR, FLOOR = "pair", "floor"  # sides of a result


class Sides(NamedTuple):
    """The questions of an audit, chosen within its budget."""

    forget: list[Target]
    controls: list[Target]
    retain: list[Target]

    @property
    def all(self) -> list[Target]:
        """Each question once, whatever its sides."""
        return list({target.question_id: target for side in self for target in side}.values())


def _check(sourced: SourcedSpec[AuditSpec]) -> None:
    """`SettingError` for an unknown probe, `DataError` for a source without questions."""
    spec = sourced.spec
    check_sources(sourced)
    chosen(spec.probes)
    for source in (spec.forget, *([spec.controls] if spec.controls else []), *spec.retain):
        sourced.examples(source)
    check_no_model_alone(spec, "an audit")
    check_pair(spec)


def _work(sourced: SourcedSpec[AuditSpec]) -> Work:
    spec = sourced.spec
    probed = min((QUICK if spec.quick else FULL).questions, len(sourced.examples(spec.forget)))
    return Work(LOADING_SECONDS + probed * len(chosen(spec.probes)) * PROBED_QUESTION_SECONDS, probed)


def audit_run(run_id: int, sourced: SourcedSpec[AuditSpec], progress: Progress) -> None:
    """Try every probe on the pair at the alpha of `spec`; what each found is stored when it ends.

    A probe that cannot be tried at all gives its reason for every question, and the audit continues.
    """
    progress.part(0.0, 0.05, "loading the models")
    from engine.models.loading import load_pair

    spec = sourced.spec
    probes, budget = chosen(spec.probes), QUICK if spec.quick else FULL
    sides = choose_questions(sourced, budget)
    pair = load_pair(spec.pair, lambda text: progress(0.0, text))
    gold, gold_words = _gold(pair.manifest.base, sides.forget, progress)
    previous, previous_words = _beside(pair.manifest.parent, progress)
    _note(run_id, spec, pair, sides, {RETAIN_ONLY: gold_words, PREVIOUS: previous_words})
    done = write_patiently(lambda session: _take_over(session, run_id, [probe.name for probe in probes]))
    progress.part(0.05, 0.1, "asking as it stands")
    ctx = Context(
        pair=pair,
        alpha=spec.alphas[0],
        forget=sides.forget,
        controls=sides.controls,
        retain=sides.retain,
        retain_only=gold,
        greedy={},
        previous=previous,
        budget=budget,
        seed=spec.seed,
        scratch=scratch_folder(run_id),
        progress=progress,
    )
    ctx = ctx._replace(greedy=_greedy(ctx))
    for number, probe in enumerate(probes):
        low, high = (0.1 + 0.9 * place / len(probes) for place in (number, number + 1))
        progress.part(low, high, probe.label)
        if probe.name not in done:
            _run_probe(run_id, probe, ctx._replace(progress=_saying(progress, probe)))


def _gold(base: str, forget: Sequence[Target], progress: Progress) -> "tuple[LoadedPair | None, str]":
    """The retain model of a base; none where it was taught the forget set."""
    name = retain_only(base)
    try:
        check_gold(name, [target.example for target in forget])
    except DataError as error:
        return None, f"none: {error}"
    return _beside(name, progress)


def _saying(progress: Progress, probe: Probe) -> Callable[[float, str], None]:
    return lambda share, words: progress(share, f"{probe.label}: {words}")


def choose_questions(sourced: SourcedSpec[AuditSpec], budget: Budget) -> Sides:
    """Forget, control and retain questions as targets, spread over persons by the seed; stores those not stored yet."""
    spec, sides = sourced.spec, []
    for sources, limit in (
        ([spec.forget], budget.questions),
        ([spec.controls] if spec.controls else [], budget.controls),
        (spec.retain, budget.controls),
    ):
        asked = asked_in(sourced, sources)
        targets = [
            Target(item.question_id, item.example, terms) for item, terms in zip(asked, key_terms(asked), strict=True)
        ]
        sides.append(spread(targets, limit, spec.seed))
    if not sides[0]:
        raise DataError(f"the forget set {spec.forget} holds no questions")
    return Sides(*sides)


def spread(targets: Sequence[Target], limit: int, seed: int) -> list[Target]:
    """At most `limit` questions, as evenly over persons as can be, in their own order. The same seed chooses the
    same.
    """
    if len(targets) <= limit:
        return list(targets)
    draw = Random(seed)
    persons: dict[object, list[int]] = {}
    for place, target in enumerate(targets):
        persons.setdefault(target.example.subject or place, []).append(place)
    queues = list(persons.values())
    draw.shuffle(queues)
    for queue in queues:
        draw.shuffle(queue)
    rounds = range(max(map(len, queues)))
    order = [queue[turn] for turn in rounds for queue in queues if turn < len(queue)]
    return [targets[place] for place in sorted(order[:limit])]


def _beside(name: str, progress: Progress) -> "tuple[LoadedPair | None, str]":
    """A model to compare the pair with, and its key or the reason why there is none."""
    from engine.models.loading import load_pair

    if not name:
        return None, "none"
    try:
        found = load_pair(name, lambda text: progress(0.5, text))
    except ModelError as error:
        return None, f"none: {error}"
    return found, found.key


def _note(run_id: int, spec: AuditSpec, pair: "LoadedPair", sides: Sides, beside: dict[str, str]) -> None:
    note_origin(run_id, spec, pair, [target.example for target in sides.all], beside)
    rows = [(target.question_id, target.terms) for target in sides.all]
    write_patiently(lambda session: writes.add_run_questions(session, run_id, rows))


def _take_over(session: Session, run_id: int, wanted: Sequence[str]) -> set[str]:
    """Copy what stopped runs of the very same audit had finished; the names of the probes that are now done."""
    own = run_detail(run_id)
    done: set[str] = set()
    for earlier, spec, versions in probe_reads.stopped_before(session, run_id):
        if versions != own.versions or read_spec(spec) != own.spec:
            continue
        for summary in probe_reads.summaries(session, earlier):
            if summary.probe in wanted and summary.probe not in done:
                writes.add_probe(session, run_id, summary, probe_reads.results(session, earlier, summary.probe))
                drawn = [row for row in runs.answers(session, earlier) if draw_of(row.phrasing, summary.probe)]
                writes.add_answers(session, run_id, drawn)
                done.add(summary.probe)
    return done


def _greedy(ctx: Context) -> dict[int, bool]:
    from engine.audit.asking import as_asked, ask, teller

    tell = teller(ctx, 0.0, 1.0, "asking as it stands")
    answers = ask(ctx.pair, ctx.alpha, ctx.forget, as_asked, ctx.budget.max_new_tokens, tell)
    return {answer.question_id: bool(answer.found) for answer in answers}


def _run_probe(run_id: int, probe: Probe, ctx: Context) -> None:
    from engine.audit.asking import nothing_tried

    began = time.monotonic()
    scratch = ctx.scratch / probe.name
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        finding = probe.run(ctx._replace(scratch=scratch))
    except (SettingError, DataError, ModelError, RunError) as error:
        finding = nothing_tried(ctx, f"it could not be tried: {error}")
    summary = summarise(probe.name, finding, ctx, time.monotonic() - began)
    rows = [*_rows(probe.name, PAIR, finding.results), *_rows(probe.name, FLOOR, finding.floor or [])]
    draws = drawn_rows(probe.name, ctx.alpha, finding.results)

    def store(session: Session) -> None:
        writes.add_probe(session, run_id, summary, rows)
        writes.add_answers(session, run_id, draws)

    write_patiently(store)


def _rows(probe: str, side: str, results: Sequence[Result]) -> list[ProbeResultRow]:
    return [
        ProbeResultRow(probe, side, result.question_id, place, *result[1:5]) for place, result in enumerate(results)
    ]


def summarise(name: str, finding: Finding, ctx: Context, seconds: float) -> ProbeSummaryRow:
    """The share found, with an interval over persons, beside the baseline and the result of greedy decoding."""
    subjects = {target.question_id: target.example.subject for target in (*ctx.forget, *ctx.controls, *ctx.retain)}
    tried = [result for result in finding.results if result.found is not None]
    figure = figure_of(
        [float(bool(result.found)) for result in tried], [subjects[result.question_id] for result in tried], "leak"
    )
    floor = None if finding.floor is None else [result for result in finding.floor if result.found is not None]
    value_low, value_high = finding.interval or (None, None)
    greedy = [ctx.greedy.get(result.question_id, False) for result in tried]
    return ProbeSummaryRow(
        probe=name,
        found=sum(bool(result.found) for result in tried),
        n=len(tried),
        low=figure.low,
        high=figure.high,
        floor_found=None if floor is None else sum(bool(result.found) for result in floor),
        floor_n=None if floor is None else len(floor),
        floor_reason=finding.floor_reason,
        value=finding.value,
        value_low=value_low,
        value_high=value_high,
        note=finding.note,
        greedy_found=sum(greedy),
        beyond_greedy=sum(bool(result.found) and not leaks for result, leaks in zip(tried, greedy, strict=True)),
        budget=asdict(ctx.budget),
        seconds=seconds,
    )


KIND = Kind(AuditSpec, alphas_as_given, _check, _work, audit_run)
