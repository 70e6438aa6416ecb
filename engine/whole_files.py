"""Files and folders that appear whole or not at all: written under a hidden name beside their place, then renamed.

A killed process does not clean up. So every part is entered in `parts/` of the data folder before it is
made: its path, under a name of 128 random bits, and a lock that its writer holds as long as it lives. `sweep` removes
the parts whose writer is gone, wherever they are; other files are never touched.
"""

import contextlib
import json
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from engine.errors import StorageError
from engine.settings import data_folder

HIDDEN = ".oubliette-"
WAIT_SECONDS = 10.0  # for another process that enters a part or sweeps

Words = Mapping[str, str]


class Note(NamedTuple):
    """What is noted before a part takes its place; `words` are stored with the part, so that a sweep can
    `take_back` the note.
    """

    words: Words
    write: Callable[[], None]
    take_back: Callable[[Words], None]


class _Entry(NamedTuple):
    record: Path  # JSON: the path of the part, and the words of its note
    lock: FileLock

    @classmethod
    def called(cls, name: str) -> "_Entry":
        record = _folder() / f"{name}.json"
        return cls(record, FileLock(record.with_suffix(".lock"), timeout=0, thread_local=False))


@contextmanager
def part_of(target: Path, note: Note | None = None) -> Iterator[Path]:
    """A path beside `target` at which to make a file or a folder; it takes the place of `target` when the block ends
    well.

    The note is written first, so anything at `target` is noted, even if the process is killed. Raises `OSError` where
    the disk refuses, `StorageError` where the data folder cannot be used, and what the note raises.
    """
    words = {} if note is None else note.words
    with _entered(target.parent, words) as (entry, part):
        take_back: Callable[[Words], None] = _nothing
        try:
            yield part
            if note is not None:
                note.write()
                take_back = note.take_back
            part.replace(target)  # takes the place of a file or of an empty folder, and of nothing else
        finally:
            _clear(entry, part, words, take_back)


@contextmanager
def scratch_in(folder: Path) -> Iterator[Path]:
    """A path in `folder` for files that are removed after the block, even if the process is killed. Raises
    `StorageError`.
    """
    with _entered(folder, {}) as (entry, part):
        try:
            yield part
        finally:
            _clear(entry, part, {}, _nothing)


@contextmanager
def _entered(folder: Path, words: Words) -> Iterator[tuple[_Entry, Path]]:
    """A new entry, whose lock is held in the block, and the path for its part. Raises `StorageError`."""
    name = secrets.token_hex(16)
    entry, part = _Entry.called(name), folder.resolve() / f"{HIDDEN}{name}"
    try:
        with _alone(WAIT_SECONDS):
            entry.lock.acquire()
            write_new(entry.record, json.dumps({"part": str(part), "note": dict(words)}).encode())
    except (OSError, Timeout) as error:
        entry.lock.release()
        reason = getattr(error, "strerror", None) or error
        raise StorageError(f"the data folder {data_folder()} cannot be used: {reason}") from error
    try:
        yield entry, part
    finally:
        entry.lock.release()


def write_new(path: Path, data: bytes) -> None:
    """Write a new file that only its owner may read. `FileExistsError` for anything already there, even a link."""
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def discard(folder: Path) -> None:
    """Remove a folder; a process killed meanwhile leaves all of it or nothing. `OSError` where it cannot be
    removed.
    """
    with scratch_in(folder.parent) as part:
        folder.replace(part)
        shutil.rmtree(part)


def sweep_folder(take_back: Callable[[Words], None]) -> None:
    """Remove what killed processes left, and take its notes back; what is still being written stays. Never raises."""
    with contextlib.suppress(OSError, Timeout):
        if not any(_folder().glob("*.lock")):
            return
        with _alone(0):
            for lock in sorted(_folder().glob("*.lock")):
                _sweep_one(_Entry.called(lock.stem), take_back)


def _sweep_one(entry: _Entry, take_back: Callable[[Words], None]) -> None:
    with contextlib.suppress(OSError, Timeout), entry.lock:
        try:
            found = json.loads(entry.record.read_text(encoding="utf-8"))
            part, words = Path(found["part"]), dict(found["note"])
            if part.name != HIDDEN + entry.record.stem:
                raise ValueError(f"{part} does not have the name of its entry")
        except (
            OSError,
            ValueError,
            TypeError,
            KeyError,
            RecursionError,
        ):  # killed before the part was made, or not one of ours
            return _forget(entry)
        if not part.parent.is_dir():  # a disk that is not there now may come back
            return None
        _clear(entry, part, words, take_back if words else _nothing)
    return None


def _clear(entry: _Entry, part: Path, words: Words, take_back: Callable[[Words], None]) -> None:
    """Remove a part that never took its place, and its entry; both stay for a later sweep while its note cannot be
    taken back.
    """
    if os.path.lexists(part):
        try:
            take_back(words)
        except StorageError:  # the database is busy
            return
        except (KeyError, ValueError, TypeError):  # a damaged entry: it has no readable note
            pass
    if _removed(part):
        _forget(entry)


def _nothing(_: Words) -> None:
    """For a part without a note."""


def _removed(part: Path) -> bool:
    """Remove a part if it is there, never through a link; whether it is gone."""
    with contextlib.suppress(OSError):
        kind = part.lstat().st_mode
        if stat.S_ISDIR(kind):
            shutil.rmtree(part, ignore_errors=True)
        elif stat.S_ISREG(kind):
            part.unlink()
    return not os.path.lexists(part)


def _forget(entry: _Entry) -> None:
    """Only while its lock is held."""
    with contextlib.suppress(OSError):
        entry.record.unlink(missing_ok=True)
        entry.record.with_suffix(".lock").unlink(missing_ok=True)


@contextmanager
def _alone(seconds: float) -> Iterator[None]:
    """Inside the block, no other process enters a part or sweeps: an entry without a held lock is one whose writer is
    gone.
    """
    _folder().mkdir(parents=True, exist_ok=True)
    with FileLock(data_folder() / "parts.lock", timeout=seconds):
        yield


def _folder() -> Path:
    return data_folder() / "parts"
