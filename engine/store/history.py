"""What runs stored, read back: runs, steps, scores, answers. Reads only; imports no model library.

Every function opens the database once and closes it; errors are `StorageError` (the database) and
`RunError` (no such run).
"""

from datetime import datetime
from typing import Any, NamedTuple

import pandas as pd

from db import rows
from db.reads import leaks, runs
from engine.data.examples import Example, hash_contents
from engine.errors import RunError, SettingError
from engine.evaluation.rouge import ROUGE_SCORE, rouge_words
from engine.kinds import AnySpec, facts_of, read_spec
from engine.models.demo_weights import hash_of_name
from engine.models.names import shown_model, shown_pair
from engine.specification import RunFacts
from engine.store.session import reading
from engine.store.sets import example_of

# Kept among a run's versions: the rule its answers were judged by, the template its questions were put in, what became
# of
# text (tokenizer, template and end tokens), and what read the words of its ROUGE, where that was not rouge_score alone.
LEAK_RULE, TEMPLATE, READING, ROUGE = "leak rule", "template", "reading of text", "ROUGE words"


class RunSummary(NamedTuple):
    """A run as a list shows it. Times are UTC with their zone; `sets` are sources (`SET:SPLIT`)."""

    id: int
    name: str
    kind: str  # see `engine.specifications`
    status: str  # queued | running | finished | failed | cancelled | interrupted
    objective: str  # of the pair; "" where no pair is read (base or retain-only alone)
    pair: str
    base: str
    sets: tuple[str, ...]
    seed: int
    alphas: tuple[float, ...]
    created: datetime
    started: datetime | None
    finished: datetime | None
    message: str  # why it failed or cannot be read, or what was left behind; "" otherwise
    progress: float | None  # 0 to 1 over the whole run, None before it starts
    stage: str  # what it is doing, for a person
    seconds_left: float | None
    recorded: bool  # came with the demo, was not run here
    cancelling: bool  # cancel was asked for, the worker has not stopped yet

    @property
    def facts(self) -> RunFacts:
        return facts_of(self.kind)


class RunDetail(NamedTuple):
    """Everything about one run that is not a row of scores. Hashes are "" until the run has loaded its models."""

    summary: RunSummary
    spec: AnySpec
    versions: dict[str, str]
    machine: dict[str, str]
    pair_hash: str
    base_hash: str
    data_hash: str
    recommended_alpha: float | None  # None where no pair is read
    manifest: dict[str, Any]  # the pair's, {} where no pair is read


def packages(detail: RunDetail) -> dict[str, str]:
    """The versions of programs among what a run stores as versions."""
    return {name: text for name, text in detail.versions.items() if name not in (LEAK_RULE, TEMPLATE, READING, ROUGE)}


def list_runs() -> list[RunSummary]:
    """All runs, newest first."""
    with reading() as session:
        return [_summary(row) for row in runs.runs(session)]


def find_run(key: str | int) -> RunSummary:
    """The run with this id, or the newest with this name (a finished one before others); `RunError` if none."""
    with reading() as session:
        row = runs.find_run(session, str(key))
        if row is None:
            names = sorted({run.name for run in runs.runs(session)})
            raise RunError(f"there is no run {key!r}; stored are: {', '.join(names) or 'none'}")
        return _summary(row)


def run_detail(run_id: int) -> RunDetail:
    """Raises `RunError` where there is no such run, or another version of the program stored it."""
    with reading() as session:
        row = runs.run(session, run_id)
        if row is None:
            raise RunError(f"there is no run {run_id}")
        pair = None if row.pair_id is None else runs.pair(session, row.pair_id)
    try:
        spec = read_spec(row.spec)
    except SettingError as error:
        raise RunError(f"run {row.name!r} cannot be opened: {error}") from error
    return RunDetail(
        summary=_summary(row),
        spec=spec,
        versions=row.versions,
        machine=row.machine,
        pair_hash=pair.hash if pair else "",
        base_hash="" if row.base_hash == hash_of_name(row.base) else row.base_hash,
        data_hash=row.data_hash,
        recommended_alpha=pair.recommended_alpha if pair else None,
        manifest=pair.manifest if pair else {},
    )


def kind_words(run: RunSummary) -> str:
    """What a list says a run is: "judged again from run 3"."""
    if run.facts.asks_models or run.facts.finds != "answers":
        return run.facts.label
    try:
        return f"{run.facts.label} from run {run_detail(run.id).spec.judged_from}"
    except RunError:  # another version of the program stored it
        return run.facts.label


def steps(run_id: int) -> pd.DataFrame:
    """Training steps: step, epoch, loss, forget_loss, retain_loss, forget_probability, seconds."""
    with reading() as session:
        return pd.DataFrame(runs.steps(session, run_id), columns=list(rows.StepRow._fields))


def alphas_of(run_id: int) -> list[float]:
    """The strengths for which a run has scores, ascending."""
    with reading() as session:
        return runs.alphas(session, run_id)


def trade_off(run_ids: list[int] | None = None) -> pd.DataFrame:
    """Means per run, alpha, split, half and metric, averaged by SQL; all finished runs where none are named.

    Columns: run_id, run, pair, objective, alpha, set, split, half, metric, mean (None without a score), count.
    """
    with reading() as session:
        found = runs.trade_off(session, run_ids)
    return pd.DataFrame(found, columns=list(rows.TradeOffRow._fields)).rename(columns={"scored": "count"})


def imported_figures(run_ids: list[int] | None = None) -> pd.DataFrame:
    """What others published, one row per imported run and figure; of all imported runs where none are named.

    Columns: run_id, run, method, model ("" where not said), source (a dict: where it came from), alpha, name (as
    OpenUnlearning has it), value, low, high (95 %), rows (None where the source does not say), note.
    """
    with reading() as session:
        found = runs.imported_figures(session, run_ids)
    return pd.DataFrame(found, columns=list(rows.ImportedFigureRow._fields))


def question_scores(run_id: int, alpha: float) -> pd.DataFrame:
    """One row per question and metric of a run at one alpha.

    Columns: question_id, set, position, split, half, domain, group, subject, question, metric, value.
    """
    with reading() as session:
        found = runs.question_scores(session, run_id, alpha)
        return pd.DataFrame(found, columns=list(rows.QuestionScoreRow._fields))


def report_rows(run_id: int, alpha: float) -> pd.DataFrame:
    """One row per question: what the base (alpha 0) and the ensemble at `alpha` answered, how that scores, and where
    from.

    The columns of `audit.report.REPORT_COLUMNS` but `exported`, before them question_id and position (None where the
    set no longer holds the question), and after them the same for the paraphrase, where the question has one. Key
    terms are a list; a cell without a value is None. `RunError` where the run has no scores at `alpha`.
    """
    detail = run_detail(run_id)
    if detail.summary.facts.finds == "published":
        raise RunError(
            f"run {detail.summary.name!r} was imported: it holds figures that others published and no answers, so it"
            " has no report"
        )
    with reading() as session:
        stored = runs.alphas(session, run_id)
        if alpha not in stored:
            legal = ", ".join(f"{value:g}" for value in stored) or "none yet"
            raise RunError(f"run {detail.summary.name!r} has no scores at alpha {alpha:g}; it has them at: {legal}")
        found = runs.report_rows(session, run_id, alpha)
        floor = leaks.floor_leaks(session, run_id)
        reworded = leaks.floor_scores(session, run_id, "leak_paraphrase")
    frame = pd.DataFrame(found, columns=[_report_name(name) for name in rows.ReportRow._fields])
    read = [rouge_words(text) if ROUGE in detail.versions else ROUGE_SCORE for text in frame["true answer"]]
    provenance: dict[str, Any] = {
        "rouge words": read,
        "alpha": alpha,
        "pair": shown_pair(detail.summary.pair),
        "pair hash": detail.pair_hash,
        "base": shown_model(detail.summary.base),
        "base hash": detail.base_hash,
        "data hash": detail.data_hash,
        "objective": detail.summary.objective,
        "seed": detail.summary.seed,
        "template": detail.versions.get(TEMPLATE, ""),
        READING: detail.versions.get(READING, ""),
        "versions": ", ".join(f"{name} {value}" for name, value in packages(detail).items()),
        "run": detail.summary.name,
        "run number": run_id,
        LEAK_RULE: detail.versions.get(LEAK_RULE, ""),
    }
    floors = {
        "retain-only leak": frame["question_id"].map(floor),
        "retain-only leak paraphrase": frame["question_id"].map(reworded),
    }
    return frame.assign(**floors, **provenance)


def asked(run_id: int) -> list[tuple[Example, tuple[str, ...]]]:
    """The questions of a run in the order of their sets, with the key terms they are judged by."""
    with reading() as session:
        terms = {key: words for key, _, words in runs.run_questions(session, run_id)}
        found = runs.asked_questions(session, run_id)
    return [(example_of(row), tuple(terms[row.id])) for row in found]


def terms_of(run_id: int) -> dict[int, tuple[str, ...]]:
    """What the leak rule looks for, by question; of those that were not erased."""
    pairs = zip(question_places(run_id), asked(run_id), strict=True)
    return {place.question_id: terms for place, (example, terms) in pairs if not example.erased}


def question_places(run_id: int) -> list[rows.PlaceRow]:
    """Where the questions of a run stand in their sets, in the order of `asked`."""
    with reading() as session:
        return runs.question_places(session, run_id)


def asks_what_was_forgotten(run_id: int) -> bool | None:
    """Whether a run's forget questions are those its pair was made to forget; None where that cannot be told."""
    made_for = run_detail(run_id).manifest.get("data_hashes", {}).get("forget")
    with reading() as session:
        asked = runs.asked_questions(session, run_id, "forget")
    if not made_for or not asked:
        return None
    # The hash knows the order that the questions had then: the one they have now, unless their set was changed since.
    orders = (asked, sorted(asked, key=lambda row: row.id))
    return made_for in [hash_contents(row.content_hash for row in rows_) for rows_ in orders]


def _report_name(field: str) -> str:
    return field if field == "question_id" else field.replace("_", " ")


def _summary(row: rows.RunRow) -> RunSummary:
    sets: tuple[str, ...] = ()
    alphas: tuple[float, ...] = ()
    message = row.message
    try:
        spec = read_spec(row.spec)
        sets, alphas = tuple(dict.fromkeys((*spec.trained_on, *spec.evaluate_on))), spec.alphas
    except SettingError as error:  # the other runs are listed all the same
        message = message or str(error)
    return RunSummary(
        id=row.id,
        name=row.name,
        kind=row.kind,
        status=row.status,
        objective=row.objective,
        pair=row.pair_name,
        base=row.base,
        sets=sets,
        seed=row.seed,
        alphas=alphas,
        created=row.created,
        started=row.started,
        finished=row.finished,
        message=message,
        progress=row.progress,
        stage=row.stage,
        seconds_left=row.seconds_left,
        recorded=row.recording is not None,
        cancelling=row.cancel_requested and row.status == "running",
    )
