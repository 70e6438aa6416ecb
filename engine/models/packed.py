"""Zips of models from elsewhere, taken out safely: nothing leads out of its folder, nothing can run, nothing fills the
disk.

A zip with anything that a model does not need and that could do harm (a path that leads out, a link, a pickle) is
refused whole. Of the rest only the files that are read of a model are unpacked. Imports no torch.
"""

import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from engine.errors import ModelError, StorageError
from engine.models.weight_files import PICKLES, SMALL
from engine.names import is_legal_letter
from engine.settings import make_data_folder
from engine.whole_files import scratch_in

READ = ("*.safetensors", *SMALL)  # the rest stays in the zip
LARGEST = 100 * 2**30  # bytes, unpacked
MOST_FILES, MOST_ENTRIES = 200, 10_000
EXPANDS, FREE = 20, 2**26  # weights hardly shrink: beyond 64 MB, at most 20 times the zip's own bytes are unpacked
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Upload(NamedTuple):
    """A file that somebody sent, under the name it had there."""

    data: BinaryIO
    name: str


@contextmanager
def unpacked(source: Path | Upload, marks: Sequence[str], wanted: Sequence[str] = READ) -> Iterator[Path]:
    """The one folder in a zip that holds a file named in `marks`, unpacked for as long as the block lasts.

    `wanted`: patterns of the files to unpack. Raises `ModelError` for a zip that is damaged, too large, or holds what
    no model needs, `StorageError` where the disk refuses; then nothing of it is left.
    """
    name = source.name
    with scratch_in(make_data_folder()) as scratch:
        folder = scratch / ("".join(filter(is_legal_letter, name)).lstrip(".") or "zip")  # errors name the folder
        try:
            folder.mkdir(parents=True)
            with zipfile.ZipFile(source.data if isinstance(source, Upload) else source) as archive:
                infos = archive.infolist()
                _check(name, infos)
                files = _of_one_folder(name, infos, marks, wanted)
                _check_room(name, files, sum(info.compress_size for info in infos), folder)
                for info in files:
                    with archive.open(info) as packed, (folder / _last(info)).open("xb") as copy:
                        shutil.copyfileobj(packed, copy)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError, EOFError) as error:
            raise ModelError(f"{name} cannot be read as a zip: {error}") from error
        except OSError as error:
            raise StorageError(f"{name} cannot be unpacked: {error.strerror or error}") from error
        yield folder


def _last(info: zipfile.ZipInfo) -> str:
    return PurePosixPath(info.filename).name


def _check(zipped: str, infos: Sequence[zipfile.ZipInfo]) -> None:
    """Every entry, wherever it is: who packs a trap is not trusted with the rest."""
    if len(infos) > MOST_ENTRIES:
        raise ModelError(f"{zipped} has {len(infos)} entries, and a zip of a model has at most {MOST_ENTRIES}")
    for info in infos:
        name = info.filename
        shown = f"{zipped} holds {name[:80]!r}"
        kind = stat.S_IFMT(info.external_attr >> 16)
        if name.startswith("/") or ".." in PurePosixPath(name).parts or "\\" in name or ":" in name:
            raise ModelError(f"{shown}, which leads out of the zip's own folder")
        if not name.isprintable():
            raise ModelError(f"{shown}, and names in a zip must be printable")
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise ModelError(f"{shown}, a link or a device: only ordinary files are unpacked")
        if any(fnmatchcase(name.lower(), pattern) for pattern in PICKLES):
            raise ModelError(f"{shown}, a pickle, which can run code when it is loaded: only safetensors are read")
        if info.flag_bits & 1 or info.compress_type not in PACKINGS:
            raise ModelError(f"{shown}, encrypted or packed in an unusual way: pack it as a plain zip (deflate)")


def _of_one_folder(
    zipped: str, infos: Sequence[zipfile.ZipInfo], marks: Sequence[str], wanted: Sequence[str]
) -> list[zipfile.ZipInfo]:
    """The wanted files of the only folder with one of `marks`."""
    files = [info for info in infos if not info.is_dir()]
    homes = {PurePosixPath(info.filename).parent for info in files if _last(info) in marks}
    if len(homes) != 1:
        raise ModelError(f"{zipped} has {len(homes)} folders with {' or '.join(marks)}, and one is read")
    (home,) = homes
    found = [
        info
        for info in files
        if PurePosixPath(info.filename).parent == home and any(fnmatchcase(_last(info), one) for one in wanted)
    ]
    names = [_last(info).casefold() for info in found]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise ModelError(f"{zipped} holds {twice!r} twice, so which one is meant is unclear")
    return found


def _check_room(zipped: str, files: Sequence[zipfile.ZipInfo], packed: int, scratch: Path) -> None:
    total = sum(info.file_size for info in files)
    most = min(LARGEST, FREE + EXPANDS * packed)
    if len(files) > MOST_FILES or total > most:
        raise ModelError(
            f"{zipped} is too large: it would unpack to {len(files)} files and {total:,} bytes, and at most"
            f" {MOST_FILES} files and {most:,} bytes are unpacked"
        )
    if total > (free := shutil.disk_usage(scratch).free):
        raise StorageError(f"{zipped} would unpack to {total:,} bytes, and the disk has {free:,} bytes left")
