"""Small files from users or other programs, read whole or not at all: texts, manifests, logs.

A name may stand for a device that never ends, a pipe without a writer, or 80 MB: none of these is read.
Errors are worded to follow the file's name and a colon.
"""

import errno
import json
import math
import os
import stat
from pathlib import Path
from typing import Any

SMALL = 20 * 1024 * 1024  # bytes
SHOWN = 40  # characters shown of a refused key
LONGEST_NUMBER = 4000  # digits; Python itself converts 4300


def read_small(path: Path, most: int = SMALL) -> bytes:
    """The bytes of an ordinary file.

    Raises `OSError` where it is not there or cannot be opened, `ValueError` where it is a pipe or a device, and
    where it holds more than `most` bytes.
    """
    known = path.stat()
    if stat.S_ISDIR(known.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if not stat.S_ISREG(known.st_mode):
        raise ValueError("it is not an ordinary file")
    if known.st_size > most:
        raise ValueError(f"it has {known.st_size / 1024**2:.1f} MB, and at most {_megabytes(most)} MB are read")
    with path.open("rb") as stream:
        data = stream.read(most + 1)  # it may have grown since, and some files do not tell their size
    if len(data) > most:
        raise ValueError(f"it has more than {_megabytes(most)} MB, which is the limit")
    return data


def read_text(path: Path, most: int = SMALL) -> str:
    """The text of an ordinary file in UTF-8, without a byte-order mark. Raises as `read_small`."""
    try:
        return read_small(path, most).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(_not_utf8(error)) from None


def read_json(path: Path, most: int = SMALL, finite: bool = True) -> Any:
    """The value of a JSON file. Raises as `read_small` and `parse_json`."""
    return parse_json(read_small(path, most), finite)


def parse_json(data: bytes | str, finite: bool = True) -> Any:
    """A JSON value from its bytes or text.

    `ValueError`, and nothing else, for a text that is not JSON, is nested too deeply, has a key twice or a key
    that cannot be shown, or holds half a character; and, unless `finite` is off, for NaN and infinities, which are
    not JSON, although Python writes them.
    """
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_whole,
            parse_float=_finite if finite else float,
            parse_constant=_finite if finite else float,
        )
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON ({error})") from None
    except UnicodeDecodeError as error:
        raise ValueError(_not_utf8(error)) from None
    except UnicodeEncodeError:  # JSON can spell half a surrogate pair, which no database or terminal takes
        raise ValueError("it holds half a character (a lone surrogate), and its texts must be valid Unicode") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """json.loads alone would silently keep the last of two equal keys."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key[:SHOWN]!r} occurs twice in one object, so its value is unclear")
        if not key or not key.isprintable():
            raise ValueError(f"the key {key[:SHOWN]!r} is empty or cannot be printed")
        found[key] = value
    return found


def _whole(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise ValueError(f"it holds a whole number of {len(digits)} digits, and at most {LONGEST_NUMBER} are read")
    return int(digits)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"it holds {text[:SHOWN]}, and numbers must be finite")
    return value


def _not_utf8(error: UnicodeDecodeError) -> str:
    return f"it is not UTF-8 (byte 0x{error.object[error.start]:02x} at place {error.start})"


def _megabytes(count: int) -> int:
    return count // 1024**2
