"""The process in which a run executes: `python -m engine.runs.worker RUN_ID`, started only by `runner`.

It holds the worker lock for its life. A watchdog thread looks whether the run is to be cancelled, interrupts the
main thread, and, where that is stuck in foreign code (loading weights, one long product), ends the process itself.
So it does where the data folder is gone, with all that the run could be stored in: nothing is made anew there.
"""

import _thread
import logging
import os
import shutil
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from types import FrameType

from filelock import BaseFileLock, Timeout

from db import writes
from db.reads import runs
from db.session import file_of
from engine.errors import StorageError, UnlearningError
from engine.runs import execute, runner
from engine.runs.progress import Cancelled
from engine.runs.scratch import scratch_folder
from engine.settings import data_folder, database_url, keep_private
from engine.store import locks
from engine.store.session import reading, writing
from engine.terminal import Shown

POLL_SECONDS = 0.25
GRACE_SECONDS = 1.0  # after which a main thread that does not stop is not waited for
LOCK_SECONDS = 15.0  # tending holds the lock for a moment
NICE = 10
GONE = 4  # exit code

log = logging.getLogger("worker")


def main(run_id: int) -> int:
    """Execute one run; the exit code. Leaves without a word where another worker lives: that one tends the queue."""
    signal.signal(signal.SIGINT, _stop)  # a shell may have started us with it ignored
    step_back()
    if not data_folder().is_dir():  # gone since we were started
        return GONE
    lock = locks.worker_lock(LOCK_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        return 0
    try:
        return _execute(run_id, lock)
    finally:
        lock.release()
        if data_folder().is_dir():
            runner.tend()


def step_back() -> None:
    """Give way to the processes that serve pages.

    Linux weighs the processes of a session against each other and the sessions as wholes, so a worker, which has a
    session of its own, must step back twice.
    """
    if hasattr(os, "nice"):
        os.nice(NICE)
    with suppress(OSError):  # another system, or a kernel without groups
        Path("/proc/self/autogroup").write_text(str(NICE), encoding="ascii")


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Cancelled


def _execute(run_id: int, lock: BaseFileLock) -> int:
    watchdog = Watchdog(run_id, lock)
    try:
        watchdog.start()
        execute.run(run_id, watchdog.cancelled.is_set)
    except Cancelled:
        log.info("run %s was cancelled", run_id)
    except UnlearningError as error:
        log.error("run %s: %s", run_id, error, exc_info=True)
        return 1
    except Exception:
        log.exception("run %s failed", run_id)
        return 1
    finally:
        watchdog.done.set()
    return 0


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file lies there, None where there is none: a folder that was made anew holds another one."""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino


def _is_importing() -> bool:
    """Whether the main thread imports a module. An exception amid torch's import ends the process in C++, with nothing
    said: then it is ended from here instead.
    """
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


class Watchdog(threading.Thread):
    """Looks every quarter of a second whether the run is to be cancelled, and whether the data folder is still
    there.
    """

    def __init__(self, run_id: int, lock: BaseFileLock) -> None:
        super().__init__(daemon=True)
        self.run_id, self.lock = run_id, lock
        self.cancelled, self.done = threading.Event(), threading.Event()
        self.held = _identity(Path(lock.lock_file))

    def run(self) -> None:
        while not self.done.wait(POLL_SECONDS):
            if _identity(Path(self.lock.lock_file)) != self.held:
                self._leave()
            if self._asked():
                self.cancelled.set()
                if _is_importing():
                    self._end_process()
                _thread.interrupt_main()
                if not self.done.wait(GRACE_SECONDS):
                    self._end_process()
                return

    def _asked(self) -> bool:
        try:
            with reading() as session:
                row = runs.run(session, self.run_id)
        except StorageError:
            return False  # busy: look again
        return row is not None and row.status == "running" and row.cancel_requested

    def _leave(self) -> None:
        """End the process at once. The run is noted as interrupted where its database lies elsewhere and is still
        there.
        """
        log.error("run %s: the data folder %s is gone, so the worker ends", self.run_id, data_folder())
        file = file_of(database_url())
        try:
            if (
                file is None or data_folder().absolute() not in file.parents
            ):  # in a new folder the number may be another run's
                with writing() as session:
                    writes.end_run(session, self.run_id, "interrupted", f"the data folder {data_folder()} is gone")
        except StorageError as error:
            log.error("run %s: %s", self.run_id, error)
        finally:
            os._exit(GONE)

    def _end_process(self) -> None:
        shutil.rmtree(scratch_folder(self.run_id), ignore_errors=True)
        try:
            with writing() as session:
                writes.end_run(session, self.run_id, "cancelled")
            self.lock.release(force=True)
            runner.tend()
        finally:
            os._exit(3)


if __name__ == "__main__":
    keep_private()
    sys.stdout, sys.stderr = Shown(sys.stdout), Shown(sys.stderr)  # the log is read in a terminal too
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    sys.exit(main(int(sys.argv[1])))
