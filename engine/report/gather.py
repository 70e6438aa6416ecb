"""A report, gathered from the database: what was evaluated, what reviewers and probes say, and its origin.

Loads no model and writes nothing. The same database gives the same report, except for `made`.
"""

import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pandas as pd

from engine.analysis.advice import words
from engine.analysis.advice.stored import advice_of
from engine.analysis.chosen_alpha import report_alpha
from engine.analysis.figures import SEED
from engine.analysis.floor import Floor, floor_of
from engine.analysis.retain_only import quality_figure
from engine.analysis.ruined import ruin_of_run
from engine.analysis.standing import Standing
from engine.analysis.stored_standing import standing_of
from engine.errors import RunError, UnlearningError
from engine.models.names import shown_model, shown_pair
from engine.models.pairs import list_pairs
from engine.report.checks import checks
from engine.report.claim import make_claim
from engine.report.comparison import beside, compare, models_of, trade_off_of
from engine.report.excerpts import ordinary, unanswered, value, verdicts_on, worst_leaks, worst_losses
from engine.report.inputs import FoundReviews, outputs_behind, probes_of, reviews_of
from engine.report.parts import Against, Claim, Measured, Origin, Probes, Report, ReportCheck, Verdicts
from engine.report.selection import Selection
from engine.settings import Demand, check_alpha
from engine.store import history
from engine.store.history import LEAK_RULE, READING, TEMPLATE, RunDetail
from engine.store.judged_by import rouge_note
from engine.versions import versions
from engine.wording import ACCESS_CONTROL

DELETION = "At α = 0 the model knows everything: this is access control, not deletion."
NO_PROBES = (
    "No leak probe was run for this report: sampling, other phrasings, relearning, quantization and the pair on its "
    "own were not tried."
)
LIMITS = (
    "Leaks are what the leak rule flags in the likeliest answer to each phrasing: sampled answers, other phrasings "
    "and a given beginning may reveal more.",
    "The rule finds key terms, not meaning: it does not match number words, plurals, endings and prefixes of words, "
    "or reordered dates.",
    "Intervals are over the people asked about; with few people they are rough and somewhat too narrow.",
    "Nothing was tried against someone with the base's weights or its logits at α = 0.",
    "One seed of one pair: these figures do not show how much another training would differ.",
)


class Chosen(NamedTuple):
    """Which report: of the questions `rows` of a run, at one alpha."""

    detail: RunDetail
    alpha: float
    selection: Selection
    rows: pd.DataFrame
    asked: int  # questions of the run
    verdicts: Verdicts
    floor: Floor | None
    erased: int = 0  # questions of the run that were erased

    @property
    def words(self) -> str:
        return self.selection.words(len(self.rows), self.asked)


def choose(run_id: int, alpha: float | None, selection: Selection, reviews: FoundReviews | None = None) -> Chosen:
    """`narrow` of `whole`, and raises as they do."""
    return narrow(gather_whole(run_id, alpha, reviews), selection)


def narrow(chosen: Chosen, selection: Selection) -> Chosen:
    """Only the questions of a selection; `SettingError` for a split that the run does not have."""
    said = chosen.verdicts.rows
    fresh = {row.question_id for row in said if not row.stale and row.wording == "question"}
    rows = selection.choose(chosen.rows, fresh, {row.question_id for row in said if row.disputed})
    verdicts = verdicts_on(rows, list(said), chosen.verdicts.reason)
    return chosen._replace(selection=selection, rows=rows, verdicts=verdicts)


def gather_whole(run_id: int, alpha: float | None, reviews: FoundReviews | None = None) -> Chosen:
    """All questions of a report with verdicts and baseline; quick enough for a page.

    `alpha` None means the pair's recommended one. `RunError` where the run has not finished, or has no answers or no
    scores at `alpha`.
    """
    detail = history.run_detail(run_id)
    run = detail.summary
    if run.status != "finished":
        raise RunError(f"run {run.name!r} is {run.status}: only a finished run has a report")
    if run.facts.finds == "choices":
        raise RunError(f"run {run.name!r} asked multiple-choice tasks: it has no answers, so it has no report")
    strength = report_alpha(run_id) if alpha is None else check_alpha(alpha)
    rows = history.report_rows(run_id, strength)
    erased = int(rows["question"].eq("").sum())
    rows = rows[rows["question"].ne("")].reset_index(drop=True)
    found = reviews_of(run_id, strength) if reviews is None else reviews
    rows = _with_verdicts(rows, found)
    verdicts = verdicts_on(rows, found.rows, found.reason)
    return Chosen(detail, strength, Selection(), rows, len(rows), verdicts, floor_of(detail), erased)


def checks_of(chosen: Chosen) -> list[ReportCheck]:
    found = checks(
        chosen.detail,
        chosen.rows,
        chosen.alpha,
        list_pairs(),
        chosen.floor,
        chosen.verdicts,
        chosen.words,
        ruin_of_run(chosen.detail, chosen.alpha),
    )
    if chosen.erased:
        gone = "question was" if chosen.erased == 1 else "questions were"
        found.append(
            ReportCheck(
                "note", f"{chosen.erased} {gone} erased: the figures of the run stay, and this report leaves them out."
            )
        )
    return found


def gather(
    chosen: Chosen,
    probes: Probes | None = None,
    other: int | None = None,
    redacted: bool = False,
    form: Sequence[str] = (),
) -> Report:
    """The whole report; `other` is a second run to compare with, `form` the options for its CSV. `RunError` where no
    question was chosen.
    """
    detail, alpha, rows = chosen.detail, chosen.alpha, chosen.rows
    if rows.empty:
        raise RunError(
            f"none of the {chosen.asked} questions of run {detail.summary.name!r} is chosen: there is nothing to report"
        )
    only = {int(key) for key in rows["question_id"]}
    models = models_of(detail, alpha, chosen.floor, only)
    comparison = compare(models, only)
    found = probes_of(detail.pair_hash, alpha) if probes is None else probes
    leaks, losses = worst_leaks(rows), worst_losses(rows)
    standing = standing_of_chosen(chosen)
    return Report(
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        redacted=False,
        selection=chosen.words,
        asked=chosen.asked,
        standing=standing,
        outputs=outputs_behind(standing),
        checks=tuple(checks_of(chosen)),
        claim=_claim(chosen, comparison),
        verdicts=chosen.verdicts,
        models=tuple(models),
        comparison=comparison,
        forget_quality=_forget_quality(chosen),
        trade_off=trade_off_of(detail, models, only),
        missing=unanswered(rows),
        leaks=leaks[0],
        leaks_in_all=leaks[1],
        losses=losses[0],
        losses_in_all=losses[1],
        ordinary=ordinary(rows),
        probes=found,
        against=_against(chosen, other),
        limits=(DELETION, ACCESS_CONTROL, *LIMITS, *(() if found.rows else (NO_PROBES,))),
        origin=_origin(chosen, _command(chosen, other, redacted, form)),
        questions=tuple({str(name): value(cell) for name, cell in row.items()} for row in _plain_rows(rows)),
    )


def _with_verdicts(rows: pd.DataFrame, found: FoundReviews) -> pd.DataFrame:
    """Adds verdict, reviewer, note and time of every question, those of several reviewers joined by " | "."""
    by_question: dict[int, list[Any]] = {}
    for row in sorted(found.rows, key=lambda item: (item.created, item.reviewer)):
        by_question.setdefault(row.question_id, []).append(row)
    own = [by_question.get(int(key), []) for key in rows["question_id"]]
    columns = {"verdict": "said", "reviewer": "reviewer", "note": "note", "judged": "created"}
    joined = {
        name: [" | ".join(getattr(row, field) for row in found) for found in own] for name, field in columns.items()
    }
    flags = {name: [int(any(getattr(row, name) for row in found)) for found in own] for name in ("stale", "disputed")}
    return rows.assign(**joined, **flags)


def _plain_rows(rows: pd.DataFrame) -> list[dict[Any, Any]]:
    """Flags and leaks as 0 or 1, positions as whole numbers: a frame keeps them as floats beside an empty cell."""
    found: list[dict[Any, Any]] = rows.to_dict("records")
    whole = [
        name for name in rows.columns if name.startswith(("leak ", "retain-only ", "degenerate ")) and name != LEAK_RULE
    ]
    for row in found:
        for name in (*whole, "position"):
            row[name] = None if value(row[name]) is None else int(row[name])
    return found


def standing_of_chosen(chosen: Chosen) -> Standing | None:
    """Of the pair, by all that is stored of it and not by this run alone: a warning of another run is a warning."""
    detail = chosen.detail
    if not detail.pair_hash:
        return None
    name = shown_pair(detail.summary.pair)
    return standing_of(name, detail.pair_hash, chosen.alpha, own_run=detail.summary.id)


def _claim(chosen: Chosen, comparison: tuple[Measured, ...]) -> Claim:
    measured = () if chosen.selection.by_outcome else comparison
    pair = shown_pair(chosen.detail.summary.pair)
    ruin = ruin_of_run(chosen.detail, chosen.alpha)
    return make_claim(measured, Demand(), chosen.alpha, pair, _advice(chosen.detail), ruin)


def _advice(detail: RunDetail) -> str:
    here = next((pair for pair in list_pairs() if pair.hash == detail.pair_hash), None)
    advised = None if here is None else advice_of(here)
    if advised is None:
        return "Advice from maps over α: n/a, no set has been mapped with this pair here."
    if advised.advice is None:
        return f"Advice from maps over α: n/a, {advised.reason}."
    said = f"{words.verdict(advised.advice)} {words.sureness(advised.advice)}"
    return f"Advice from maps over α (run {advised.run_id}): {said}"


def _forget_quality(chosen: Chosen) -> str:
    if not chosen.selection.everything:
        return "n/a: it is a test over all forget questions of the run, and this is a selection"
    try:
        return quality_figure(chosen.detail.summary.id, chosen.alpha).words
    except UnlearningError as error:
        return f"n/a: {error}"


def _against(chosen: Chosen, other: int | None) -> Against | None:
    """At the same α where the other run was evaluated there, else at the one that its own report is about."""
    if other is None:
        return None
    alpha = chosen.alpha if chosen.alpha in history.alphas_of(other) else report_alpha(other)
    return beside(chosen.detail, chosen.alpha, other, alpha, chosen.rows)


def _origin(chosen: Chosen, command: str) -> Origin:
    detail, run, manifest = chosen.detail, chosen.detail.summary, chosen.detail.manifest
    weights = {f"pair file {name}": digest for name, digest in manifest.get("hashes", {}).items()}
    data = {f"pair trained on, {name}": digest for name, digest in manifest.get("data_hashes", {}).items()}
    times = {"created": run.created, "started": run.started, "finished": run.finished}
    own = {"pair": detail.pair_hash, "base": detail.base_hash, "data (questions asked)": detail.data_hash}
    return Origin(
        run_id=run.id,
        run=run.name,
        kind=run.kind,
        pair=shown_pair(run.pair),
        method=manifest.get("method", "offset" if manifest else ""),
        objective=run.objective,
        tuning=manifest.get("tuning", ""),
        base=shown_model(run.base),
        template=detail.versions.get(TEMPLATE, ""),
        reading=detail.versions.get(READING, ""),
        leak_rule=detail.versions.get(LEAK_RULE, ""),
        rouge_words=rouge_note(detail),
        max_new_tokens=detail.spec.max_new_tokens,
        alpha=chosen.alpha,
        alphas=tuple(history.alphas_of(run.id)),
        seed=run.seed,
        figures_seed=SEED,
        hashes={**own, **weights, **data},
        versions=history.packages(detail),
        versions_here=versions(),
        machine=dict(detail.machine),
        times={name: time.isoformat(timespec="seconds") if time else "" for name, time in times.items()},
        command=command,
    )


def _command(chosen: Chosen, other: int | None, redacted: bool, form: Sequence[str]) -> str:
    """By the run's number: two runs may share a name."""
    options = ["--run", str(chosen.detail.summary.id), "--alpha", f"{chosen.alpha:g}"]
    options += ["--split", chosen.selection.split] if chosen.selection.split else []
    options += ["--show", chosen.selection.show] if chosen.selection.show != "all" else []
    options += [] if other is None else ["--against", str(other)]
    options += [*(["--redacted"] if redacted else []), *form]
    return f"python -m engine report {shlex.join(options)} --out FOLDER"
