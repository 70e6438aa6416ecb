"""Bytes and text of a user's file: an ordinary file, of bounded size, in UTF-8."""

import re
from pathlib import Path

from engine.errors import DataError
from engine.small_files import SMALL, read_small

BYTES_AT_MOST = SMALL
BOM = "\ufeff"
LINE_END = re.compile(r"\r\n|\n|\r")


def read_bytes(path: Path) -> bytes:
    """The whole file. `FileNotFoundError` where it is not there, `DataError` for a pipe, a device, a folder, a file of
    more than `BYTES_AT_MOST`, or one that the system does not let us read.
    """
    try:
        return read_small(path, BYTES_AT_MOST)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a pipe, a device, too large, or a NUL in the path
        raise DataError(f"the file {path} cannot be read: {error}") from error


def check_size(size: int, filename: str) -> None:
    if size > BYTES_AT_MOST:
        raise DataError(f"{filename} has {size / 1024**2:.1f} MB; at most {BYTES_AT_MOST // 1024**2} MB are accepted")


def decode_text(data: bytes, filename: str) -> str:
    """The text of a file in UTF-8, without the byte-order marks before it. A NUL is refused: UTF-16 is full of them."""
    try:
        text = data.decode("utf-8").lstrip(BOM)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{filename}, line {line}, is not UTF-8 (byte 0x{data[error.start]:02x}); save the file as UTF-8"
        ) from None
    if "\0" in text:
        line = len(LINE_END.findall(text, 0, text.index("\0"))) + 1
        raise DataError(f"{filename}, line {line}, holds a NUL character; save the file as UTF-8 text")
    return text


def numbered_lines(text: str) -> list[tuple[int, str]]:
    """The lines that are not empty, by their number from 1. A file that was joined to another may bring its
    byte-order mark along.

    Not splitlines: U+2028 and the like may occur inside a text.
    """
    lines = ((number, line.lstrip(BOM)) for number, line in enumerate(LINE_END.split(text), start=1))
    return [(number, line) for number, line in lines if line.strip()]
