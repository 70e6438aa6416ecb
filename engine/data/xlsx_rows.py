"""Rows of an Excel workbook (.xlsx): the values of its first sheet, as they were last calculated."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any

from engine.data.file_bytes import BYTES_AT_MOST
from engine.data.findings import FileRow, Findings, listed
from engine.data.shapes import AS_NAMED, Layout, check_columns
from engine.data.strict_json import Number
from engine.errors import DataError

UNFOLDED_AT_MOST = 5 * BYTES_AT_MOST  # the texts of a workbook are held in memory
DATES = "cells that hold a date are read as 2026-01-31, however the sheet shows them"
SHEETS = "only the first sheet is read, and not"
# What openpyxl lets through of zipfile, of XML (a ParseError is a SyntaxError) and of its own checks on a broken file.
_BROKEN = (
    zipfile.BadZipFile,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    SyntaxError,
    ArithmeticError,
    NotImplementedError,
    EOFError,
    RuntimeError,
)


def xlsx_rows(data: bytes, found: Findings, layout: Layout = AS_NAMED) -> Iterator[FileRow]:
    """The rows below the first that is not empty, which is the header. `DataError` for a file that is not a workbook,
    unpacks to too much, or uses XML that may do harm.
    """
    from defusedxml.common import DefusedXmlException  # openpyxl reads sheets by defusedxml where it is installed

    _check_archive(data, found.filename)
    try:
        yield from _rows(_first_sheet(data, found), found, layout)
    except DataError:
        raise
    except (DefusedXmlException, *_BROKEN) as error:
        raise _unreadable(found.filename, error) from None


def _check_archive(data: bytes, filename: str) -> None:
    """A workbook is a zip, and zipfile unpacks no more of a part than the size that the archive states."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(item.file_size for item in archive.infolist())
    except _BROKEN as error:
        raise _unreadable(filename, error) from None
    if size > UNFOLDED_AT_MOST:
        raise DataError(f"{filename} unpacks to more than {UNFOLDED_AT_MOST // 1024**2} MB")


def _first_sheet(data: bytes, found: Findings) -> Iterable[tuple[Any, ...]]:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
    if not book.worksheets:
        raise DataError(f"{found.filename} has no sheet with cells")
    first, *further = book.worksheets
    if further:
        found.remark(f"{SHEETS} {listed([sheet.title for sheet in further])}", first.title)
    first.reset_dimensions()  # what a file says of its size need not be so
    rows: Iterable[tuple[Any, ...]] = first.iter_rows(values_only=True)
    return rows


def _rows(sheet: Iterable[tuple[Any, ...]], found: Findings, layout: Layout) -> Iterator[FileRow]:
    names: list[str] | None = None
    for number, cells in enumerate(sheet, start=1):
        where = f"{found.filename}, row {number}"
        values = [_value(cell, where, found) for cell in cells]
        while values and values[-1] in (None, ""):
            values.pop()
        if not values:
            continue
        if names is None:
            names = check_columns(["" if value is None else str(value) for value in values], where, layout)
        elif len(values) > len(names):
            found.mistake(f"{where}, has {len(values)} cells, but the header has {len(names)} columns")
        else:
            values += [None] * (len(names) - len(values))
            yield FileRow(f"row {number}", dict(zip(names, values, strict=True)))
    if names is None:
        raise DataError(f"{found.filename} is empty; its first sheet needs a header with question and answer")


def _value(cell: Any, where: str, found: Findings) -> Any:
    if isinstance(cell, datetime | date | time):
        found.remark(DATES, where)
        midnight = isinstance(cell, datetime) and cell.time() == time()
        return str(cell).partition(" ")[0] if midnight else str(cell)
    if isinstance(cell, bool) or not isinstance(cell, int | float):
        return cell
    whole = isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15
    return Number(int(cell) if whole else cell)  # a sheet has no kind of its own for whole numbers


def _unreadable(filename: str, error: BaseException) -> DataError:
    reason = " ".join(str(error).split())[:120] or type(error).__name__
    return DataError(f"{filename} is not a readable Excel workbook: {reason}")
