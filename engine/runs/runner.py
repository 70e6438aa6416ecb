"""Starts, watches and cancels runs, each in a worker process of its own. Imports no model library.

Liveness is a file lock that the worker holds for its life: the operating system frees it however the worker dies,
so there is no clock or heartbeat, and a machine that slept is not mistaken for one that crashed.
One data folder has one worker; every look at the runs (`tend`) starts the next queued one.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from filelock import FileLock, Timeout

from db import writes
from db.reads import runs
from db.rows import RunRow
from engine.errors import RunError
from engine.runs.check import checked
from engine.runs.execute import store_spec
from engine.settings import data_folder, database_url, make_data_folder
from engine.specification import ExperimentSpec
from engine.store import handing_out, history
from engine.store.history import RunSummary
from engine.store.locks import place, worker_lock
from engine.store.session import reading, writing
from engine.store.sets import Resolved
from engine.store.sources import SourcedSpec

ROOT = Path(__file__).resolve().parents[2]
ENDED = writes.ENDED

_children: list["subprocess.Popen[bytes]"] = []  # kept so that ended workers are reaped


def start(spec: ExperimentSpec, resolved: dict[str, Resolved] | None = None) -> int:
    """Check a specification, store it as a queued run and make sure that a worker takes it; the run's id.

    `resolved`: the sources that were read already, for its estimate.

    Raises `SettingError`, `DataError`, `ModelError` or `RunError` before anything is stored.
    """
    return enqueue(checked(SourcedSpec(spec, resolved or {})))


def enqueue(sourced: SourcedSpec[ExperimentSpec]) -> int:
    """Store what `check.checked` accepted as a queued run and make sure that a worker takes it; the run's id."""
    run_id = store_spec(sourced.spec, place())
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
        with FileLock(make_data_folder() / "tend.lock", timeout=10):
            _tend_alone()
    except Timeout:
        return  # another process is tending


def log_file(run_id: int) -> Path:
    """What the worker of a run printed."""
    return data_folder() / "logs" / f"run-{run_id}.log"


def _open_runs() -> list[RunRow]:
    """Queued and running runs of this place, oldest first."""
    with reading() as session:
        return runs.runs(session, "queued", "running", place=place())[::-1]


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
    """Scratch files and half-saved pairs of runs that have ended."""
    from engine.models.pairs import pairs_folder
    from engine.models.saving import remove_unfinished
    from engine.models.taught import models_folder

    for folder in (data_folder() / "scratch").glob("run-*"):
        shutil.rmtree(folder, ignore_errors=True)
    handing_out.sweep()
    remove_unfinished(pairs_folder())
    remove_unfinished(models_folder())


def _is_starting(row: RunRow) -> bool:
    """Whether the worker that was launched for a queued run is still on its way to the lock."""
    try:
        process = psutil.Process(row.worker_pid)
        # A process id is used again: only the command line says whose it is. That of a zombie is empty.
        return bool(process.cmdline()[-2:] == ["engine.runs.worker", str(row.id)])
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
                [sys.executable, "-P", "-m", "engine.runs.worker", str(run_id)],
                # With its database named it makes no data folder anew where this one vanishes.
                env={**os.environ, "PYTHONPATH": str(ROOT), "OUBLIETTE_DATABASE": database_url()},
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
