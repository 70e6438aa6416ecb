"""Starts, watches and cancels runs, each in a worker process of its own. Imports no model library.

Liveness is a file lock that the worker holds for its life: the operating system frees it however the worker dies,
so neither a clock nor a heartbeat is involved and a machine that slept is not taken for one that crashed.
One data folder has one worker; whoever looks (`tend`) starts the next queued run.
"""

import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from filelock import FileLock, Timeout

from db import reads, writes
from db.rows import RunRow
from db.session import Session
from engine import history
from engine.audit_runs import check_audit
from engine.errors import ModelError, RunError, SettingError, StorageError
from engine.estimate import Estimate as Estimate
from engine.estimate import estimate as estimate
from engine.experiment import store_spec
from engine.history import RunSummary
from engine.questions import absolute, examples_of, taught_questions, training_sets
from engine.settings import ExperimentSpec, check_alpha, check_range, data_folder, local_path
from engine.storage import reading, writing
from engine.task_runs import check_tasks

ROOT = Path(__file__).resolve().parent.parent
ENDED = writes.ENDED

_children: list["subprocess.Popen[bytes]"] = []  # kept so that ended workers are reaped


def start(spec: ExperimentSpec) -> int:
    """Check a specification, store it as a queued run and see that a worker takes it; the run's id.

    Raises `SettingError`, `DataError`, `ModelError` or `RunError` before anything is stored.
    Alpha 0 is always evaluated: it is the base that every answer is compared with.
    """
    whole = _complete(spec)
    _check(whole)
    run_id = store_spec(whole, place())
    tend()
    return run_id


def retry(run_id: int) -> int:
    """Start the specification of a run again, as a new run; its id."""
    return start(history.run_detail(run_id).spec)


def cancel(run_id: int) -> None:
    """Ask for a run to stop: queued ones at once, a running one within two seconds. Ended runs stay as they are."""
    history.run_detail(run_id)  # says so where there is no such run
    with writing() as session:
        writes.request_cancel(session, run_id)
    tend()


def follow(run_id: int, seconds: float = 0.3) -> Iterator[RunSummary]:
    """The run every `seconds`, tending meanwhile, until and including the moment it has ended."""
    while True:
        tend()
        summary = history.run_detail(run_id).summary
        yield summary
        if summary.status in ENDED:
            return
        time.sleep(seconds)


def tend() -> None:
    """Mark runs whose worker died as interrupted, remove what they left, and start the next queued run.

    Cheap where nothing is queued or running, and safe to call from any number of processes at once.
    """
    _children[:] = [child for child in _children if child.poll() is None]
    if not _open_runs():
        return
    try:
        with FileLock(_lock_folder() / "tend.lock", timeout=10):
            _tend_alone()
    except Timeout:
        return  # whoever holds it is tending


def place() -> str:
    """The data folder whose worker runs it: on a database that several share, each tends its own.

    A random id kept in that folder: the name of a machine may change, and is nobody else's business.
    """
    path = _lock_folder() / "place"
    try:
        if not path.is_file():
            with FileLock(_lock_folder() / "place.lock"):
                if not path.is_file():
                    part = path.with_suffix(".part")
                    part.write_text(uuid.uuid4().hex, encoding="ascii")
                    part.replace(path)
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise StorageError(f"the data folder {data_folder()} cannot be used: {error.strerror}") from error


def worker_lock(seconds: float) -> FileLock:
    """The lock a worker holds for its life; acquiring it raises `filelock.Timeout` after `seconds`."""
    return FileLock(_lock_folder() / "worker.lock", timeout=seconds, thread_local=False)


@contextmanager
def at_rest() -> Iterator[None]:
    """Inside, no run executes in this data folder and none is started. `RunError` naming one that is queued or running."""
    tend()
    try:
        with FileLock(_lock_folder() / "tend.lock", timeout=10), worker_lock(0):
            with reading() as session:
                check_at_rest(session)
            yield
    except Timeout:
        raise RunError("a worker process is busy in this data folder: wait until its run has ended") from None


def check_at_rest(session: Session) -> None:
    """`RunError` where a run is queued or running, in whatever data folder of the database."""
    busy = reads.runs(session, "queued", "running")
    if busy:
        raise RunError(
            f"run {busy[-1].name!r} (run {busy[-1].id}) is {busy[-1].status}: wait for its end, or cancel it"
        )


def log_file(run_id: int) -> Path:
    """What the worker of a run printed."""
    return data_folder() / "logs" / f"run-{run_id}.log"


def _lock_folder() -> Path:
    try:
        data_folder().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"the data folder {data_folder()} cannot be made: {error.strerror}") from error
    return data_folder()


def _open_runs() -> list[RunRow]:
    """Queued and running runs of this place, oldest first."""
    with reading() as session:
        return reads.runs(session, "queued", "running", place=place())[::-1]


def _tend_alone() -> None:
    # The lock is held while runs are marked: a worker that is just starting waits, and finds its run as it was.
    try:
        with worker_lock(0):
            waiting = _bury_dead(_open_runs())
    except Timeout:
        return  # a worker lives; when it ends it tends
    if waiting is not None:
        _launch(waiting.id)


def _bury_dead(rows: list[RunRow]) -> RunRow | None:
    """With no worker alive: end what it left running; the run that is next, None if there is none to launch."""
    _remove_leftovers()
    for row in rows:
        if row.status == "running":
            _end(row, "interrupted", "the worker process stopped before the run had ended")
        elif row.worker_pid is None:
            return row
        elif _is_starting(row):
            return None
        else:
            _end(row, "failed", f"the worker process stopped before it began; its log is {log_file(row.id)}")
    return None


def _end(row: RunRow, status: str, message: str) -> None:
    cancelled = row.cancel_requested and status == "interrupted"
    with writing() as session:
        writes.end_run(session, row.id, "cancelled" if cancelled else status, "" if cancelled else message)


def _remove_leftovers() -> None:
    """Scratch files and half-saved pairs of runs that are no more."""
    from engine.models.pairs import pairs_folder
    from engine.models.saving import remove_unfinished
    from engine.models.taught import models_folder

    for folder in (data_folder() / "scratch").glob("run-*"):
        shutil.rmtree(folder, ignore_errors=True)
    remove_unfinished(pairs_folder())
    remove_unfinished(models_folder())


def _is_starting(row: RunRow) -> bool:
    """Whether the worker that was launched for a queued run is still on its way to the lock."""
    try:
        process = psutil.Process(row.worker_pid)
        # A process id is used again: only the command line says whose it is. That of a zombie is empty.
        return bool(process.cmdline()[-2:] == ["engine.worker", str(row.id)])
    except psutil.Error:
        return False


def _launch(run_id: int) -> None:
    """Start a worker for a run, detached: it outlives the page or the shell that asked for it."""
    log = log_file(run_id)
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            # -P: the folder we happen to be in must not come before ours; it stays, for relative paths.
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", "engine.worker", str(run_id)],
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        with writing() as session:
            writes.end_run(session, run_id, "failed", f"no worker process could be started: {error.strerror}")
        raise RunError(f"no worker process could be started: {error.strerror}") from error
    _children.append(child)
    with writing() as session:
        writes.update_run(session, run_id, worker_pid=child.pid)


def _complete(spec: ExperimentSpec) -> ExperimentSpec:
    """With alpha 0, and with whole paths: the worker may be launched by a process that stands in another folder."""
    alphas = {check_alpha(alpha) for alpha in spec.alphas}
    if spec.kind == "map":
        alphas = set(check_range(min(alphas), max(alphas)))
    elif spec.kind != "audit":
        alphas.add(0.0)
    if spec.kind == "teach" or (spec.kind in ("evaluate", "tasks") and _alone(spec.pair)):
        alphas = {0.0}  # without a pair every alpha reads as 0
    if _is_guardrail(spec) and alphas - {0.0, 1.0}:
        given = ", ".join(f"{alpha:g}" for alpha in sorted(alphas - {0.0, 1.0}))
        raise SettingError(f"the alpha of a guardrail is 0 (without) or 1 (with), got {given}")
    return replace(
        spec,
        retain_only_of=_whole_path(spec.retain_only_of) if spec.retain_only_of else "",
        task_folder=_whole_path(spec.task_folder) if spec.task_folder else "",
        alphas=tuple(sorted(alphas)),
        base=_whole_path(spec.base),
        reference=_whole_path(spec.reference),
        pair=_whole_pair(spec.pair),
        forget=absolute(spec.forget),
        controls=absolute(spec.controls) if spec.controls else "",
        retain=tuple(map(absolute, spec.retain)),
        evaluate_on=tuple(map(absolute, spec.evaluate_on)),
    )


def _is_guardrail(spec: ExperimentSpec) -> bool:
    from engine.models.manifest import read_manifest
    from engine.models.pairs import find_pair

    if spec.kind == "train":
        return spec.training.method == "guardrail"
    named = spec.kind in ("evaluate", "audit", "tasks", "map") and spec.pair and not _alone(spec.pair)
    return bool(named) and read_manifest(find_pair(spec.pair)).method == "guardrail"


def _alone(pair: str) -> bool:
    """Whether a pair's name means a base without a pair."""
    return pair.startswith(("base:", "retain-only:"))


def _whole_pair(pair: str) -> str:
    if _alone(pair):
        kind, _, source = pair.partition(":")
        return f"{kind}:{_whole_path(source)}"
    return _whole_path(pair) if "/" in pair else pair


def _whole_path(model: str) -> str:
    path = local_path(model)
    return str(path.resolve()) if model != "demo" and path.exists() else model


def _check(spec: ExperimentSpec) -> None:
    """Everything that is cheap to find out before a worker is started."""
    from engine.models.manifest import read_manifest
    from engine.models.pairs import check_free, find_pair
    from engine.models.taught import check_name_free

    if spec.kind == "imported":
        raise RunError(f"run {spec.name!r} was imported: it executes nothing, so it cannot be started")
    if not spec.evaluate_on:
        raise SettingError("a run needs at least one set to evaluate")
    if spec.kind == "tasks":
        check_tasks(spec)
    else:
        for source in spec.evaluate_on:
            examples_of(source)
    if spec.kind == "audit":
        check_audit(spec)
    if spec.kind in ("map", "audit") and _alone(spec.pair):
        raise SettingError(
            f"{'a map' if spec.kind == 'map' else 'an audit'} needs a pair, and {spec.pair!r} is a model alone: it answers the same at every alpha"
        )
    if spec.kind not in ("train", "teach"):
        if _alone(spec.pair):
            _check_model(spec.pair.partition(":")[2])
            return
        pair = read_manifest(find_pair(spec.pair))
        if spec.kind == "map" and not pair.linear:
            raise SettingError(
                f"pair {spec.pair!r} has no map: its method is {pair.method}, and a map needs logits that are linear in alpha"
            )
        _check_model(pair.base)
        _check_model(pair.reference)
        return
    if spec.kind == "teach":
        _check_model(spec.base)
        taught_questions(spec)
        check_name_free(spec.name)
        return
    from engine.unlearning.methods import check_method
    from engine.unlearning.objectives import get_objective

    get_objective(spec.training.objective)
    check_method(spec.training)
    _check_model(spec.base)
    _check_model(spec.reference)
    training_sets(spec)
    if spec.parent:
        find_pair(spec.parent)
    check_free(spec.name)


def _check_model(source: str) -> None:
    from engine.models.demo_base import base_ready
    from engine.models.taught import PUBLIC

    if source in ("demo", PUBLIC):
        if not base_ready():
            raise ModelError(
                "the demo's base is not on this machine yet: run `python -m engine demo`, or press the button on Overview"
            )
    elif (source.startswith(("/", "./", "../", "~")) or source.count("/") > 1) and not local_path(source).exists():
        raise ModelError(f"there is no model folder or GGUF file at {source}")
