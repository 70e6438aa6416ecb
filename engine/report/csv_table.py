"""The report of a run: one row per question, base beside unlearned, as CSV that is safe to open in a spreadsheet."""

import csv
import io
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from numbers import Number
from pathlib import Path
from typing import Any

import pandas as pd

from engine.errors import DataError, StorageError
from engine.evaluation.leak_rule import LEAK_RULE
from engine.report.columns import DETAILS, ORIGIN, READABLE
from engine.whole_files import Note, part_of, write_new

OF_ORIGIN = tuple(one.name for one in ORIGIN)
# What a report is made of: stored columns, in the order in which they follow the readable ones.
REPORT_COLUMNS = (
    "set",
    "split",
    "half",
    "domain",
    "group",
    "subject",
    *(one.name for one in READABLE if one.made is None and one.name != "split"),
    *(one.name for one in DETAILS if one.name not in ("set", "half", "domain", "group", "subject")),
    *OF_ORIGIN,
)
TWELVE = tuple(one.name for one in READABLE)
SHOWN_PATH = 200  # characters of a path in an error
_ADDED_HERE = ("exported", "leak rule")

# Full-width forms of = + - @ are read as formulas by spreadsheets in some locales.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def build_report(rows: pd.DataFrame | Sequence[Mapping[str, Any]], exported: datetime | None = None) -> pd.DataFrame:
    """Plain rows as they are written: the twelve readable columns first, then the others of `REPORT_COLUMNS`; further
    columns follow as they come.

    Adds the time (UTC) and the leak rule where the rows do not have them. Raises `DataError` for missing columns.
    """
    frame = pd.DataFrame(rows) if isinstance(rows, pd.DataFrame) or rows else pd.DataFrame(columns=list(REPORT_COLUMNS))
    missing = [name for name in REPORT_COLUMNS if name not in frame.columns and name not in _ADDED_HERE]
    if missing:
        raise DataError(f"a report needs the columns {', '.join(REPORT_COLUMNS)}, and the rows have no {missing}")
    moment = (exported or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
    added = {"exported": moment, "leak rule": LEAK_RULE}
    frame = frame.assign(**{name: value for name, value in added.items() if name not in frame.columns})
    for name in frame.columns:
        if not name.startswith(("leak ", "retain-only ", "degenerate ")) or name == "leak rule":
            continue
        frame[name] = frame[name].astype("Int64")  # 0, 1 or empty, never 1.0
    stored = [name for name in (*REPORT_COLUMNS, *frame.columns) if name not in TWELVE]
    return pd.concat([readable(frame), frame[list(dict.fromkeys(stored))]], axis=1)


def readable(rows: pd.DataFrame) -> pd.DataFrame:
    """The twelve columns that anyone can read, made of the stored ones."""
    records: list[Any] = rows.to_dict("records")
    made = {one.name: [one.made(row) for row in records] if one.made else rows[one.name] for one in READABLE}
    return pd.DataFrame(made, index=rows.index, dtype=object)


def defuse(cell: object) -> object:
    """Make a cell safe for spreadsheets: numbers stay, a missing value becomes "", a text that reads as a formula gets
    a '.
    """
    if isinstance(cell, (list, tuple)):
        cell = " | ".join(map(str, cell))
    if cell is None or cell is pd.NA or cell != cell:  # NaN and NaT differ from themselves
        return ""
    if isinstance(cell, Number):
        return cell
    text = str(cell)
    return "'" + text if text.startswith(_FORMULA) else text


def csv_bytes(frame: pd.DataFrame, delimiter: str = ",") -> bytes:
    """The frame, without its index, as UTF-8 with a byte-order mark, every field quoted, lines ending in CRLF."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([defuse(str(name)) for name in frame.columns])
    writer.writerows([defuse(cell) for cell in row] for row in frame.itertuples(index=False, name=None))
    return buffer.getvalue().encode("utf-8-sig", errors="replace")  # a lone surrogate has no UTF-8 form


def write_report(data: bytes, path: Path, note: Note | None = None) -> None:
    """Write the bytes of a report: the whole file appears at once or not at all; on an error the old file stays.

    It is noted before it appears. A link is followed; anything but an ordinary file (a device, a pipe) is refused.
    An existing file keeps its permissions; a new one can be read only by its owner. `StorageError`.
    """
    if not path.name:
        raise not_written(repr(str(path)), "it names no file")
    with telling_of(path):
        target = path.resolve()
        if target.exists() and not target.is_file():
            raise not_written(path, "it is not an ordinary file")
        with part_of(target, note) as part:
            write_new(part, data)
            if target.exists():
                part.chmod(stat.S_IMODE(target.stat().st_mode))


def not_written(path: Path | str, reason: object) -> StorageError:
    return StorageError(f"the report cannot be written to {str(path)[:SHOWN_PATH]}: {reason}")


@contextmanager
def telling_of(path: Path) -> Iterator[None]:
    """Errors of the system inside become a `StorageError` that names the path of the report."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise not_written(path, getattr(error, "strerror", None) or error) from error
