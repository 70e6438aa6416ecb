"""A backup of the data folder: one zip with a copy of the database, the pairs, the taught models and which bases are
connected, each file with its hash; and the data folder made from it again.

No run executes while a backup is made. It holds every text that the database holds: an erasure does not reach it.
"""

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, NamedTuple

from db import session as database
from db.errors import DatabaseError
from engine.errors import DataError, StorageError
from engine.models.connected import bases_folder
from engine.models.pairs import pairs_folder
from engine.models.taught import models_folder
from engine.settings import data_folder, database_url
from engine.store.locks import at_rest
from engine.versions import VERSION
from engine.whole_files import part_of, scratch_in

LIST, DATABASE = "backup.json", "oubliette.sqlite"
FORMAT = 1
PIECE = 2**20
LONGEST_LIST = 2**26  # bytes


class Backup(NamedTuple):
    """What a backup holds. `size`: bytes of its files, unpacked."""

    made: str  # ISO 8601, UTC
    files: int
    size: int


class _File(NamedTuple):
    name: str  # within the backup, and within the data folder
    sha256: str
    size: int


def back_up(target: Path) -> Backup:
    """Write the backup `target`, which must not exist. Every file is read back and compared before it is there.

    `DataError` for a name that is taken, `RunError` while a run is queued or running, `StorageError` where a disk or
    the database refuses, or the database is not a SQLite file.
    """
    if target.exists():
        raise DataError(f"{target} is there already: choose another name for the backup")
    try:
        with at_rest(), scratch_in(target.parent) as scratch:
            scratch.mkdir()
            _copy_database(scratch / DATABASE)
            sources = {DATABASE: scratch / DATABASE, **dict(_model_files())}
            with part_of(target) as part:
                found = _pack(sources, part)
                check(part)
                return found
    except OSError as error:
        raise StorageError(f"the backup {target} cannot be written: {error.strerror or error}") from error


def check(path: Path) -> Backup:
    """Read the whole backup and compare it with its list; `DataError` where a file is missing, added or changed."""
    with _opened(path) as archive:
        made, listed = _listed(path, archive)
        for item in listed:
            with archive.open(item.name) as source:
                _compare(path, item, _pieces(source))
        return _summary(made, listed)


def restore(path: Path, folder: Path) -> Backup:
    """Make the data folder `folder`, new or empty, from a backup; it is there whole and checked, or not at all.

    `DataError` for a backup that is damaged or does not fit, or a folder that holds something.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(f"{folder} holds something already: a backup is restored into a new or empty folder")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _opened(path) as archive, part_of(folder) as part:
            made, listed = _listed(path, archive)
            for item in listed:
                place = part.joinpath(*PurePosixPath(item.name).parts)
                place.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(item.name) as source, place.open("xb") as copy:
                    _compare(path, item, _written(source, copy))
            _check_database(path, part / DATABASE)
            return _summary(made, listed)
    except OSError as error:
        raise StorageError(f"the backup cannot be restored to {folder}: {error.strerror or error}") from error


def _copy_database(place: Path) -> None:
    try:
        database.copy_to(database_url(), place)
    except DatabaseError as error:
        raise StorageError(str(error)) from error


def _check_database(path: Path, place: Path) -> None:
    try:
        database.check_file(place)
    except DatabaseError as error:
        raise DataError(f"the database in {path.name} is damaged: {error}") from error


def _model_files() -> Iterator[tuple[str, Path]]:
    """Files of pairs, taught models and records of bases by their names in the backup; links and what is half saved
    stay out.
    """
    for root in (pairs_folder(), models_folder(), bases_folder()):
        for found in sorted(root.rglob("*")) if root.is_dir() else []:
            inside = found.relative_to(root)
            hidden = any(part.startswith(".") for part in inside.parts)
            if found.is_file() and not found.is_symlink() and not hidden:
                yield (found.relative_to(data_folder())).as_posix(), found


def _pack(sources: dict[str, Path], part: Path) -> Backup:
    listed = []
    with zipfile.ZipFile(part, "x", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, source in sources.items():
            digest, size = hashlib.sha256(), 0
            with source.open("rb") as opened, archive.open(name, "w", force_zip64=True) as packed:
                for piece in _pieces(opened):
                    digest.update(piece)
                    size += len(piece)
                    packed.write(piece)
            listed.append(_File(name, digest.hexdigest(), size))
        made = datetime.now(UTC).isoformat(timespec="seconds")
        about = {"format": FORMAT, "program": VERSION, "made": made, "files": [item._asdict() for item in listed]}
        archive.writestr(LIST, json.dumps(about, indent=1))
    return _summary(made, listed)


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """The zip of a backup; what is wrong with it is a `DataError` that names it."""
    try:
        archive = zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise DataError(f"there is no backup at {path}") from error
    except (OSError, zipfile.BadZipFile, ValueError) as error:
        raise DataError(f"{path.name} is not a backup: {error}") from error
    with archive:
        try:
            yield archive
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise DataError(f"{path.name} is damaged: {error}") from error


def _about(archive: zipfile.ZipFile) -> dict[str, Any]:
    if archive.getinfo(LIST).file_size > LONGEST_LIST:
        raise ValueError("its list is too long")
    found = json.loads(archive.read(LIST))
    if found["format"] != FORMAT:
        raise ValueError(f"its format is {found['format']!r}, and this version reads {FORMAT}")
    return dict(found)


def _listed(path: Path, archive: zipfile.ZipFile) -> tuple[str, list[_File]]:
    """When it was made, and its files by its list; `DataError` unless exactly these are in it, under legal names."""
    try:
        about = _about(archive)
        listed = [_File(str(item["name"]), str(item["sha256"]), int(item["size"])) for item in about["files"]]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise DataError(f"{path.name} is not a backup: {error}") from error
    names = sorted(item.name for item in listed)
    inside = sorted(info.filename for info in archive.infolist() if info.filename != LIST)
    if names != inside or DATABASE not in names:
        differ = sorted(set(names) ^ set(inside)) or [DATABASE]
        raise DataError(f"{path.name} is not what its list says: {differ[0]!r} is missing or was added")
    homes = (pairs_folder().name, models_folder().name, bases_folder().name)
    for name in names:
        parts = PurePosixPath(name).parts
        legal = name == DATABASE or (len(parts) > 1 and parts[0] in homes)
        if not legal or any(part in ("..", ".") or part.startswith(".") for part in parts) or "\\" in name:
            raise DataError(f"{path.name} holds {name[:80]!r}, which no backup has")
    return str(about.get("made", "")), listed


def _pieces(source: IO[bytes]) -> Iterator[bytes]:
    while piece := source.read(PIECE):
        yield piece


def _written(source: IO[bytes], copy: IO[bytes]) -> Iterator[bytes]:
    for piece in _pieces(source):
        copy.write(piece)
        yield piece


def _compare(path: Path, item: _File, pieces: Iterator[bytes]) -> None:
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
        if size > item.size:  # a bomb: the list says how long it is
            break
    if (size, digest.hexdigest()) != (item.size, item.sha256):
        raise DataError(f"{path.name} is damaged: {item.name} is not as it was when the backup was made")


def _summary(made: str, listed: Sequence[_File]) -> Backup:
    return Backup(made, len(listed), sum(item.size for item in listed))
