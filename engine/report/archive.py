"""A report as one zip with a manifest of SHA-256, and the check that it is still what it was.

Files are stored, not compressed, with fixed times: the same files give the same bytes, so a single changed byte of the
archive shows. The manifest has the form of `sha256sum`. Its own hash must be kept apart from the archive: anyone who
can change a file can change the manifest too.
"""

import hashlib
import io
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from engine.errors import DataError
from engine.small_files import read_small

MANIFEST_NAME = "MANIFEST.sha256"
LARGEST = 512 * 2**20  # bytes of an archive, and of all it holds
MOST_FILES = 32
_TIME = (1980, 1, 1, 0, 0, 0)
_LINE = re.compile(r"([0-9a-f]{64})  ([^/\\\x00-\x1f]{1,100})")


class Verified(NamedTuple):
    """`differences` is empty where the archive is as it was made."""

    manifest_hash: str  # "" where there is no manifest
    files: int
    differences: list[str]


def manifest_bytes(files: Mapping[str, bytes]) -> bytes:
    return "".join(f"{hash_of(data)}  {name}\n" for name, data in sorted(files.items())).encode()


def zip_bytes(files: Mapping[str, bytes]) -> bytes:
    """The files and their manifest; the same files give the same bytes."""
    return _pack({**files, MANIFEST_NAME: manifest_bytes(files)})


def hash_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def verify(path: Path, manifest_hash: str = "") -> Verified:
    """Check an archive against its manifest, and the manifest against the hash that was kept apart.

    Nothing is written to disk. `DataError` for anything that is not such an archive or could do harm: too large, too
    many files, a file outside the archive, a link, one name twice, encryption.
    """
    kept = manifest_hash.strip().lower()
    if kept and not re.fullmatch("[0-9a-f]{64}", kept):
        raise DataError(f"a manifest hash is 64 hexadecimal digits, got {manifest_hash[:80]!r}")
    data = _read(path)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files, damaged = _contents(path, archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OverflowError, EOFError) as error:
        raise DataError(f"{path.name} cannot be read as a zip: {error}") from error
    differences = [f"{name}: its bytes are damaged" for name in damaged]
    if MANIFEST_NAME not in files:
        return Verified("", len(files), [*differences, f"{MANIFEST_NAME}: missing, so nothing can be checked"])
    own = hash_of(files[MANIFEST_NAME])
    if kept and own != kept:
        differences.append(f"{MANIFEST_NAME}: its hash is {own}, and the one that was kept is {kept}")
    differences += _against_manifest(files, damaged)
    if not differences and _pack(files) != data:
        differences.append(
            "the archive itself: every file is as the manifest says, but another program packed or changed it"
        )
    return Verified(own, len(files) - 1, differences)


def _against_manifest(files: Mapping[str, bytes], damaged: list[str]) -> list[str]:
    known: dict[str, str] = {}
    for line in files[MANIFEST_NAME].decode("utf-8", errors="replace").splitlines():
        match = _LINE.fullmatch(line)
        if match is None or match[2] in known:
            return [f"{MANIFEST_NAME}: line {line[:80]!r} is not one of a manifest"]
        known[match[2]] = match[1]
    found = [f"{name}: missing" for name in known if name not in files and name not in damaged]
    found += [f"{name}: changed" for name, digest in known.items() if name in files and hash_of(files[name]) != digest]
    return found + [f"{name}: not in the manifest" for name in files if name not in known and name != MANIFEST_NAME]


def _read(path: Path) -> bytes:
    try:
        return read_small(path, LARGEST)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _contents(path: Path, archive: zipfile.ZipFile) -> tuple[dict[str, bytes], list[str]]:
    """The files by name, and the names of those that cannot be read."""
    entries = archive.infolist()
    if len(entries) > MOST_FILES:
        raise DataError(f"{path.name} holds {len(entries)} files; a report holds at most {MOST_FILES}")
    for entry in entries:
        _check_entry(path, entry)
    names = [entry.filename for entry in entries]
    if len(set(names)) < len(names):
        raise DataError(f"{path.name} holds a file twice under one name")
    if sum(entry.file_size for entry in entries) > LARGEST:
        raise DataError(f"{path.name} would unpack to more than {LARGEST} bytes")
    files: dict[str, bytes] = {}
    damaged = []
    left = LARGEST
    for entry in entries:
        try:
            with archive.open(entry) as member:
                data = member.read(left + 1)  # the size that an entry states may be false
        except (zipfile.BadZipFile, zlib.error, EOFError):
            damaged.append(entry.filename)
            continue
        left -= len(data)
        if left < 0:
            raise DataError(f"{path.name} would unpack to more than {LARGEST} bytes")
        files[entry.filename] = data
    return files, damaged


def _check_entry(path: Path, entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    # ZipFile turns backslashes and cuts at NUL: the name as written in the file is what counts.
    if not name or name in (".", "..") or any(sign in entry.orig_filename for sign in "/\\\0:") or name.startswith("~"):
        raise DataError(f"{path.name} holds {entry.orig_filename[:80]!r}: a report holds plain files and no folders")
    if (entry.external_attr >> 16) & 0o170000 not in (0, 0o100000):
        raise DataError(f"{path.name} holds {name[:80]!r}, which is not an ordinary file")
    if entry.flag_bits & 0x1:
        raise DataError(f"{path.name} holds {name[:80]!r} encrypted")
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise DataError(f"{path.name} holds {name[:80]!r} in a compression that a report never has")


def _pack(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, _TIME)
            entry.create_system = 3  # Unix, wherever it is packed
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, data)
    return buffer.getvalue()
