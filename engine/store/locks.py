"""The locks of a data folder: which one it is, the one its worker holds for its life, and both held so that nothing
runs.

Imports no model library.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from db.reads import runs
from db.session import Session
from engine.errors import RunError, StorageError
from engine.settings import data_folder, make_data_folder
from engine.store.session import reading
from engine.whole_files import part_of, write_new
from engine.wording import named_run


def place() -> str:
    """The data folder whose worker runs it: on a database that several share, each tends its own.

    A random id kept in that folder: the name of a machine may change, and is private.
    """
    path = make_data_folder() / "place"
    try:
        if not path.is_file():
            with FileLock(make_data_folder() / "place.lock"):
                if not path.is_file():
                    with part_of(path) as part:
                        write_new(part, uuid.uuid4().hex.encode())
        return path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or f"its file {path.name} is not one of ours"
        raise StorageError(f"the data folder {data_folder()} cannot be used: {reason}") from error


def worker_lock(seconds: float) -> FileLock:
    """The lock a worker holds for its life; acquiring it raises `filelock.Timeout` after `seconds`."""
    return FileLock(make_data_folder() / "worker.lock", timeout=seconds, thread_local=False)


@contextmanager
def at_rest() -> Iterator[None]:
    """Inside, no run executes in this data folder and none is started. `RunError` naming one that is queued or running.

    Runs whose worker died count as running until `engine.runs.runner.tend` marks them: an erasure calls it first.
    """
    try:
        with FileLock(make_data_folder() / "tend.lock", timeout=10), worker_lock(0):
            with reading() as session:
                check_at_rest(session)
            yield
    except Timeout:
        raise RunError("a worker process is busy in this data folder: wait until its run has ended") from None


def check_at_rest(session: Session) -> None:
    """`RunError` where a run is queued or running, in whatever data folder of the database."""
    busy = runs.runs(session, "queued", "running")
    if busy:
        raise RunError(f"{named_run(busy[-1])} is {busy[-1].status}: wait for its end, or cancel it")
