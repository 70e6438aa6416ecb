"""Stores a run and executes it. Imports no model library until a run needs one."""

import shutil
from collections.abc import Callable

from db import writes
from db.reads import runs
from engine.errors import RunError
from engine.runs.file_notes import file_notes
from engine.runs.kinds import KINDS
from engine.runs.progress import Progress, ending_of
from engine.runs.scratch import scratch_folder
from engine.specification import ExperimentSpec
from engine.store import history
from engine.store.session import write_patiently, writing
from engine.store.sources import SourcedSpec, left_out


def store_spec(spec: ExperimentSpec, place: str) -> int:
    """Store a checked specification as a queued run; its id. `RunError` where another run is making that pair."""
    with writing() as session:
        makes = [row.name for row in runs.runs(session, "queued", "running") if row.kind == spec.kind]
        if spec.facts.makes and spec.name in makes:
            raise RunError(f"a run that makes {spec.name!r} is already queued or running; choose another name")
        return writes.add_run(
            session,
            name=spec.name,
            kind=spec.kind,
            spec=spec.to_json(),
            base=spec.base,
            pair_name=spec.pair_name,
            objective=spec.objective,
            seed=spec.own_seed or 0,
            place=place,
        )


def run_here(spec: ExperimentSpec) -> int:
    """Store and execute a specification in this process, without worker or queue; the run's id."""
    with writing() as session:
        # Such a run has no place and is not tended: its own process ends it, unless that process was killed.
        writes.end_abandoned(session, spec.name, "the process that executed the run stopped before it had ended")
    run_id = store_spec(spec, "")
    run(run_id)
    return run_id


def run(run_id: int, cancelled: Callable[[], bool] = lambda: False) -> None:
    """Execute a queued run in this process and record how it ends; raises again what made it fail.

    The finished mark is written last. `RunError` where the run is not queued any more.
    """
    sourced = SourcedSpec(history.run_detail(run_id).spec)
    with writing() as session:
        if not writes.claim_run(session, run_id):
            raise RunError(f"run {run_id} is not queued")
    progress = Progress(run_id, cancelled)
    try:
        KINDS[sourced.spec.kind].execute(run_id, sourced, progress)
        said = "; ".join(filter(None, (left_out(sourced), *file_notes(sourced))))
        write_patiently(lambda session: writes.end_run(session, run_id, "finished", said))
    except BaseException as error:
        shutil.rmtree(scratch_folder(run_id), ignore_errors=True)  # first: on a full disk the next write needs the room
        status, message = ending_of(error)
        said = "; ".join(filter(None, (message, progress.stays)))
        write_patiently(lambda session: writes.end_run(session, run_id, status, said))
        raise
    finally:
        shutil.rmtree(scratch_folder(run_id), ignore_errors=True)
