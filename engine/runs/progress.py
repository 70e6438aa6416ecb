"""What a run reports while it runs: stage, share, time left and steps, stored for everyone who watches; and how it is
stopped.
"""

import errno
import time
from collections.abc import Callable

from db import writes
from db.errors import DatabaseFullError
from db.rows import StepRow
from db.session import Session
from engine.errors import StorageError, UnlearningError
from engine.settings import data_folder
from engine.store.session import write_patiently, writing

SECONDS_BETWEEN_WRITES = 0.4


class Cancelled(BaseException):
    """A run was told to stop. No Exception: nothing on the way may take it for an error and go on."""


class Progress:
    """Progress of one run over its parts; `part` says which share of the whole the calls that follow fill."""

    def __init__(self, run_id: int, cancelled: Callable[[], bool]) -> None:
        self.run_id, self.cancelled = run_id, cancelled
        self.low, self.high = 0.0, 1.0
        self.began = time.monotonic()
        self.written = -1e9
        self.unsaved: list[Callable[[Session], None]] = []
        self.stays = ""  # a sentence on what is saved already, should the run not reach its end
        self.warning = ""  # stands after every stage from now on

    def part(self, low: float, high: float, stage: str) -> None:
        self.low, self.high, self.written = low, high, -1e9
        self(0.0, stage)

    def __call__(self, share: float, stage: str) -> None:
        """Note that `share` (0 to 1) of the present part is done; raises `Cancelled` when the run is to stop."""
        if self.cancelled():
            raise Cancelled
        moment = time.monotonic()
        if moment - self.written < SECONDS_BETWEEN_WRITES:
            return
        done = self.low + (self.high - self.low) * min(max(share, 0.0), 1.0)
        elapsed = moment - self.began
        left = elapsed * (1 - done) / done if done > 0.03 else None
        said = f"{stage} (▲ {self.warning})" if self.warning else stage
        try:
            with writing() as session:
                writes.update_run(session, self.run_id, stage=said, progress=done, seconds_left=left)
            self.written = moment
        except StorageError:
            self.written = moment  # a database busy for a while must not end an hour of training

    def step(self, step: StepRow) -> None:
        self.store(lambda session: writes.add_step(session, self.run_id, step))

    def warn(self, words: str) -> None:
        """Said at once, and from now on."""
        self.warning, self.written = words, -1e9

    def store(self, write: Callable[[Session], None]) -> None:
        """Store what a training found; while the database is busy it waits for what comes next."""
        self.unsaved.append(write)
        try:
            with writing() as session:
                self._save(session)
            self.unsaved.clear()
        except StorageError:
            return

    def flush(self) -> None:
        """Store what waits, with patience; `StorageError` if the database still refuses."""
        if self.unsaved:
            write_patiently(self._save)
            self.unsaved.clear()

    def _save(self, session: Session) -> None:
        for write in self.unsaved:
            write(session)


def ending_of(error: BaseException) -> tuple[str, str]:
    """The status and the sentence a run ends with after `error`."""
    if isinstance(error, (Cancelled, KeyboardInterrupt)):
        return "cancelled", ""
    if _disk_full(error):
        return "interrupted", f"the disk under {data_folder()} is full: free some space"
    if isinstance(error, UnlearningError):
        return "failed", str(error)
    if isinstance(error, MemoryError) or "out of memory" in str(error) or "can't allocate memory" in str(error):
        return "failed", "this machine has too little memory for the run: choose smaller batches or a smaller base"
    first = (str(error).strip().splitlines() or [""])[0]
    return "failed", f"unexpected {type(error).__name__}: {first}"


def _disk_full(error: BaseException | None) -> bool:
    """Whether a full disk is behind it; safetensors and SQLite say so only in words."""
    while error is not None:
        said = str(error).lower()
        if isinstance(error, DatabaseFullError):
            return True
        if getattr(error, "errno", None) == errno.ENOSPC or "no space left" in said or "disk is full" in said:
            return True
        error = error.__cause__
    return False
