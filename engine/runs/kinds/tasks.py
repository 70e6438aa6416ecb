"""Runs of multiple-choice tasks: what can be checked before one starts, and what it does. Imports no model library."""

from importlib.metadata import version
from importlib.util import find_spec

from db import writes
from db.rows import ScoreRow
from db.session import Session
from engine.data.tasks import get_task, read_task
from engine.errors import RunError
from engine.kinds import TasksSpec
from engine.runs.kinds.kind import (
    LOADING_SECONDS,
    Kind,
    Work,
    alphas_of_model_or_pair,
    check_asks,
    check_model_or_pair,
)
from engine.runs.progress import Progress
from engine.store.origin import note_origin
from engine.store.questions import register_set
from engine.store.session import write_patiently
from engine.store.sources import SourcedSpec

HARNESS = "lm-eval"  # the package; its version is kept among the run's
TASK_ITEM_SECONDS = 0.6  # one item of a multiple-choice task with its choices, all alphas
CUT = "contexts cut"  # kept there too: how many choices lost the beginning of their context


def check_tasks(spec: TasksSpec) -> None:
    """Whether a run of tasks can begin: `SettingError`, `DataError` or `RunError` where it cannot.

    Reads the files of a folder; whether the hub's datasets can be reached shows when the run begins.
    """
    for name in spec.evaluate_on:
        get_task(name)
        if spec.task_folder:
            read_task(name, spec.task_folder)
    if find_spec("lm_eval") is None:
        raise RunError(f"tasks need the package {HARNESS}: run `pip install -r requirements-tasks.txt`")


def _check(sourced: SourcedSpec[TasksSpec]) -> None:
    check_asks(sourced.spec)
    check_tasks(sourced.spec)
    check_model_or_pair(sourced.spec)


def _work(sourced: SourcedSpec[TasksSpec]) -> Work:
    items = sourced.spec.limit * len(sourced.spec.evaluate_on)
    return Work(LOADING_SECONDS + items * TASK_ITEM_SECONDS, items)


def put_tasks(run_id: int, sourced: SourcedSpec[TasksSpec], progress: Progress) -> None:
    """Put the items of every task to the pair at every alpha; store them as sets named like the tasks, with their
    scores.
    """
    progress.part(0.0, 0.05, "reading the tasks")
    from engine.evaluation.harness.model import run_tasks
    from engine.evaluation.harness.tasks import build_tasks
    from engine.models.loading import load_pair

    spec = sourced.spec
    tasks = build_tasks(spec.evaluate_on, spec.task_folder)
    pair = load_pair(spec.pair, lambda text: progress(0.0, text))
    progress.part(0.05, 1.0, "reading the choices")
    found, cut = run_tasks(
        pair, tasks, spec.alphas, spec.limit, lambda done, total: progress(done / total, "reading the choices")
    )
    examples = [example for findings in found for example in findings.examples]
    judged_by = {HARNESS: version(HARNESS), CUT: str(cut)}
    note_origin(run_id, spec, pair, examples, judged_by, judged=False)
    source = f"{HARNESS}, {spec.task_folder or 'hub dataset'}"
    ids = {item.task: register_set(item.task, item.examples, source, keep=True) for item in found}

    def store(session: Session) -> None:
        asked = [question_id for name in ids for question_id in ids[name]]
        writes.add_run_questions(session, run_id, [(question_id, ()) for question_id in asked])
        for item in found:
            rows = [ScoreRow(ids[item.task][score.question_index], *score[1:]) for score in item.scores]
            writes.add_scores(session, run_id, rows)

    write_patiently(store)


KIND = Kind(TasksSpec, alphas_of_model_or_pair, _check, _work, put_tasks)
