"""Files with a person's text: found in the data folder and among half-made rebuilds in the cache, and removed.

Weights and tokenizers are not read: what a model knows is in no text. Databases other than the one in use are reported,
never removed.
"""

import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from db.erasure import Search
from engine.errors import StorageError
from engine.models.manifest import MANIFEST
from engine.settings import cache_folder, data_folder
from engine.whole_files import discard

FileKind = Literal["own", "named", "kept"]

WEIGHTS = (".safetensors", ".gguf", ".bin", ".pt", ".npy")
DATABASE_PARTS = ("", "-wal", "-shm", "-journal")
LONGEST = 200_000_000  # bytes of a file that is read
SQLITE = b"SQLite format 3\x00"
OURS = ("place",)  # of the program's own, beside *.lock


class FoundFile(NamedTuple):
    """A file or folder. `own`: it holds the person's data; `named`: it names them; `kept`: it cannot be removed
    here.
    """

    path: Path
    kind: FileKind
    why: str


def find_files(run_ids: Collection[int], search: Search, database: Path | None) -> list[FoundFile]:
    """Everything in the data folder and the rebuilds' folders that holds or names the person, by path."""
    folder = data_folder()
    found = [
        FoundFile(path, "own", "logits that a run left behind") for path in sorted((folder / "scratch").glob("run-*"))
    ]
    logs = {folder / "logs" / f"run-{run_id}.log" for run_id in run_ids}
    database_files = {} if database is None else {database.with_name(database.name + part) for part in DATABASE_PARTS}
    for path in _files(folder, skipped=folder / "scratch"):
        if path in logs:
            found.append(FoundFile(path, "own", "the log of a run that asked about them"))
        elif path not in database_files and path.suffix != ".lock" and path.name not in OURS:
            found += _judged(path, search)
    for rebuild in sorted(cache_folder().glob("rebuild-*")):
        for path in _files(rebuild):
            found += _judged(path, search)
    return found


def remove_files(found: Collection[FoundFile]) -> int:
    """Remove these, how many; those already gone are counted too. `StorageError` naming the first that cannot be."""
    for item in found:
        try:
            if item.path.is_dir():
                discard(item.path)
            else:
                item.path.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(
                f"{item.path} cannot be removed: {error.strerror}; nothing was erased from the database"
            ) from error
    return len(found)


def _files(folder: Path, skipped: Path | None = None) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and not (skipped and skipped in path.parents):
            yield path


def _judged(path: Path, search: Search) -> list[FoundFile]:
    if path.suffix.lower() in WEIGHTS or path.name.startswith("tokenizer"):
        return []
    try:
        if path.stat().st_size > LONGEST:
            return [FoundFile(path, "kept", "too large to be read here")]
        with path.open("rb") as file:
            if file.read(len(SQLITE)) == SQLITE:
                return _database(path, search)
        texts = list(_texts(path))
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        return [FoundFile(path, "kept", f"it cannot be read: {error}")]
    own, named = any(map(search.own, texts)), any(map(search.named, texts))
    if not own and not named:
        return []
    if path.name == MANIFEST:
        return _of_pair(path, texts[0])
    return [FoundFile(path, "own", "it holds their text")] if own else [FoundFile(path, "named", "it names them")]


def _of_pair(manifest: Path, text: str) -> list[FoundFile]:
    """A guardrail is nothing but a text that names people: it goes whole. Of any other pair the weights stay."""
    if '"guardrail"' in text:
        return [FoundFile(manifest.parent, "own", "a refusal prompt that names them")]
    return [FoundFile(manifest, "kept", "the manifest of a pair names them")]


def _database(path: Path, search: Search) -> list[FoundFile]:
    text = path.read_bytes().decode(errors="replace")
    if search.own(text) or search.named(text):
        return [FoundFile(path, "kept", "another database holds them: erase there, or delete it")]
    return []


def _texts(path: Path) -> Iterator[str]:
    """The text of a file, or of everything in a zip."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from archive.namelist()
            for member in archive.infolist():
                if member.file_size > LONGEST:
                    raise RuntimeError(f"{member.filename} in it is too large")
                yield archive.read(member).decode(errors="replace")
        return
    yield path.read_bytes().decode(errors="replace")
