"""The use cases that compute and store. Imports no model library until a run needs one."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from db import writes
from db.reads import runs
from engine.analysis.advice.stored import store_advice
from engine.analysis.chosen_alpha import chosen_alpha
from engine.errors import RunError
from engine.report.openunlearning import ExportedLog, open_log
from engine.runs.audit import audit_run
from engine.runs.file_notes import file_notes
from engine.runs.progress import Progress, ending_of
from engine.runs.stages import evaluate, map_questions, scratch_folder, teach, train
from engine.runs.tasks import put_tasks
from engine.settings import ExperimentSpec, check_alpha
from engine.store import history
from engine.store.handing_out import note_of
from engine.store.questions import import_set as import_set
from engine.store.questions import left_out
from engine.store.questions import register_set as register_set
from engine.store.session import write_patiently, writing
from engine.whole_files import Note

REPORT_HIDES = ["question_id", "position"]  # places in this database, of no meaning elsewhere


def store_spec(spec: ExperimentSpec, place: str) -> int:
    """Store a checked specification as a queued run; its id. `RunError` where another run is making that pair."""
    with writing() as session:
        makes = [row.name for row in runs.runs(session, "queued", "running") if row.kind == spec.kind]
        if spec.kind in ("train", "teach") and spec.name in makes:
            raise RunError(f"a run that makes {spec.name!r} is already queued or running; choose another name")
        return writes.add_run(
            session,
            name=spec.name,
            kind=spec.kind,
            spec=spec.to_json(),
            base=spec.base,
            pair_name=spec.name if spec.kind in ("train", "teach") else spec.pair,
            objective=spec.training.objective if spec.kind == "train" else "",
            seed=spec.training.seed,
            place=place,
        )


def run_here(spec: ExperimentSpec) -> int:
    """Store and execute a specification in this process, without worker or queue; the run's id."""
    with writing() as session:
        # No place: nobody tends such a run, this process ends it. One that was killed could not.
        writes.end_abandoned(session, spec.name, "the process that executed the run stopped before it had ended")
    run_id = store_spec(spec, "")
    run(run_id)
    return run_id


def run(run_id: int, cancelled: Callable[[], bool] = lambda: False) -> None:
    """Execute a queued run in this process and record how it ends; re-raises what it failed of.

    The finished mark is written last. `RunError` where the run is not queued any more.
    """
    spec = history.run_detail(run_id).spec
    with writing() as session:
        if not writes.claim_run(session, run_id):
            raise RunError(f"run {run_id} is not queued")
    progress = Progress(run_id, cancelled)
    saved = ""
    try:
        pair_name = spec.pair
        if spec.kind == "train":
            train(run_id, spec, progress)
            pair_name = spec.name
            saved = (
                f"pair {spec.name} was trained and saved, but not evaluated to the end: evaluate it in a run of its own"
            )
        if spec.kind == "teach":
            pair_name = teach(spec, progress)
            saved = (
                f"model {spec.name} was taught and saved, but not evaluated to the end: evaluate it in a run of its own"
            )
        if spec.kind == "map":
            map_questions(run_id, spec, progress)
            store_advice(run_id)
        elif spec.kind == "tasks":
            put_tasks(run_id, spec, progress)
        elif spec.kind == "audit":
            audit_run(run_id, spec, progress)
        else:
            evaluate(run_id, spec, pair_name, progress, (0.8 if spec.kind == "teach" else 0.6) if saved else 0.0)
        said = "; ".join(filter(None, (left_out(spec), *file_notes(spec))))
        write_patiently(lambda session: writes.end_run(session, run_id, "finished", said))
    except BaseException as error:
        shutil.rmtree(scratch_folder(run_id), ignore_errors=True)  # first: on a full disk the next write needs the room
        status, message = ending_of(error)
        said = "; ".join(filter(None, (message, saved)))
        write_patiently(lambda session: writes.end_run(session, run_id, status, said))
        raise
    finally:
        shutil.rmtree(scratch_folder(run_id), ignore_errors=True)


def report_csv(run_id: int, alpha: float | None = None, filename: str = "") -> bytes:
    """The report of a run as CSV at `alpha` (the pair's recommended one if None); notes the export."""
    from engine.report.csv_table import csv_bytes

    strength, frame = _report(run_id, alpha)
    data = csv_bytes(frame)
    _note(run_id, strength, filename, len(frame), data).write()
    return data


def export_run(run_id: int, out: Path, alpha: float | None = None) -> int:
    """Write the report of a run to `out`, whole or not at all; the number of rows. `StorageError` if it cannot be."""
    from engine.report.csv_table import csv_bytes, write_report

    strength, frame = _report(run_id, alpha)
    data = csv_bytes(frame)
    write_report(data, out, _note(run_id, strength, out.name, len(frame), data))
    return len(frame)


def export_log(run_id: int, out: Path, alpha: float | None = None) -> ExportedLog:
    """Write a run at one alpha to `out` as an OpenUnlearning log, whole or not at all. `StorageError` if it cannot be."""
    from engine.report.csv_table import write_report

    strength = report_alpha(run_id) if alpha is None else check_alpha(alpha)
    found = open_log(run_id, strength)
    write_report(found.data, out, _note(run_id, strength, out.name, found.rows, found.data))
    return found


def _report(run_id: int, alpha: float | None) -> tuple[float, pd.DataFrame]:
    from engine.report.csv_table import build_report

    summary = history.run_detail(run_id).summary
    if summary.status != "finished":
        raise RunError(f"run {summary.name!r} is {summary.status}: only a finished run has a report")
    strength = report_alpha(run_id) if alpha is None else check_alpha(alpha)
    return strength, build_report(history.report_rows(run_id, strength).drop(columns=REPORT_HIDES))


def _note(run_id: int, alpha: float, filename: str, rows: int, data: bytes) -> Note:
    return note_of(run_id, alpha, filename, rows, hashlib.sha256(data).hexdigest())


def report_alpha(run_id: int) -> float:
    """The strength a report is about unless another is asked for, see `chosen_alpha`."""
    return chosen_alpha(run_id).alpha
