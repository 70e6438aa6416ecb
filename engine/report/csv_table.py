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
from engine.whole_files import Note, part_of, write_new

OF_ORIGIN = (  # the same for every question of a run
    "alpha",
    "pair",
    "pair hash",
    "base",
    "base hash",
    "data hash",
    "objective",
    "seed",
    "template",
    "versions",
    "run",
    "run number",
    "exported",
    "leak rule",
)
REPORT_COLUMNS = (
    "set",
    "split",
    "half",
    "domain",
    "group",
    "subject",
    "question",
    "true answer",
    "base answer",
    "unlearned answer",
    "degenerate base",
    "degenerate unlearned",
    "rouge base",
    "rouge unlearned",
    "rouge words",
    "leak base",
    "leak unlearned",
    "retain-only leak",
    "probability base",
    "probability unlearned",
    "key terms",
    *OF_ORIGIN,
)
SHOWN_PATH = 200  # characters of a path in an error
_ADDED_HERE = ("exported", "leak rule")

# Full-width forms of = + - @ are read as formulas by spreadsheets in some locales.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def build_report(rows: pd.DataFrame | Sequence[Mapping[str, Any]], exported: datetime | None = None) -> pd.DataFrame:
    """Put plain rows into the order of `REPORT_COLUMNS`; further columns follow as they come.

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
    further = [name for name in frame.columns if name not in REPORT_COLUMNS]
    return frame[[*REPORT_COLUMNS, *further]]


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


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """The frame, without its index, as UTF-8 with a byte-order mark, every field quoted, lines ending in CRLF."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
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
