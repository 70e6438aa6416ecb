"""Erasures that began and have not ended: a mark in the data folder for each, so that one that was killed is known.

A mark holds the person's salted hash, never the name; it is made before anything is removed and goes when all is done.
"""

import contextlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from engine.errors import StorageError
from engine.settings import data_folder
from engine.store.erased import name_key, subject_hash
from engine.whole_files import part_of, write_new


class Unfinished(NamedTuple):
    """An erasure that was stopped before its end. `everywhere`: it was to empty what merely names the person too."""

    begun: datetime
    everywhere: bool
    subject_hash: str
    salt: str

    @property
    def words(self) -> str:
        more = " (with what merely names the person)" if self.everywhere else ""
        return f"begun on {self.begun:%Y-%m-%d %H:%M} UTC{more} and stopped before its end"


def unfinished() -> list[Unfinished]:
    """All of them, the oldest first."""
    return sorted(filter(None, map(_read, _folder().glob("*.json"))))


def unfinished_of(subject: str) -> Unfinished | None:
    """The one of this person; None where there is none."""
    key = name_key(subject)
    return next((item for item in unfinished() if subject_hash(key, item.salt) == item.subject_hash), None)


def mark_begun(subject: str, salt: str, everywhere: bool) -> None:
    """Mark that the erasure of a person begins; a mark that stands keeps its time. `StorageError` where it cannot be
    made.
    """
    known = unfinished_of(subject)
    digest = subject_hash(name_key(subject), salt)
    begun = datetime.now(UTC) if known is None else known.begun
    values = {"begun": begun.isoformat(), "everywhere": everywhere or bool(known and known.everywhere), "salt": salt}
    try:
        _folder().mkdir(parents=True, exist_ok=True)
        with part_of(_folder() / f"{digest}.json") as part:
            write_new(part, json.dumps(values).encode())
        if known is not None and known.subject_hash != digest:
            _path(known.subject_hash).unlink(missing_ok=True)
    except OSError as error:
        raise StorageError(
            f"the erasure cannot begin: the data folder {data_folder()} refuses: {error.strerror}"
        ) from error


def end(digest: str) -> None:
    """Remove the mark under this hash: nothing of the person is left to erase."""
    with contextlib.suppress(OSError):
        _path(digest).unlink(missing_ok=True)


def _read(path: Path) -> Unfinished | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        bytes.fromhex(found["salt"])
        return Unfinished(
            datetime.fromisoformat(found["begun"]).astimezone(UTC), bool(found["everywhere"]), path.stem, found["salt"]
        )
    except (OSError, ValueError, TypeError, KeyError):
        return None  # not a mark


def _path(digest: str) -> Path:
    return _folder() / f"{digest}.json"


def _folder() -> Path:
    return data_folder() / "erasing"
