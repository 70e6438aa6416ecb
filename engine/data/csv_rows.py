"""Rows of a CSV or TSV file: its delimiter, its header, and where each row begins."""

import csv
import io
import re
from collections.abc import Iterator

from engine.data.file_bytes import BOM
from engine.data.findings import FileRow, Findings, listed, shown
from engine.data.shapes import KNOWN, NEEDED, column, find_shape, missing, named_twice
from engine.errors import DataError

DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
_SEP_LINE = re.compile(r'"?sep=([^\r\n])"?[ \t]*(?=[\r\n]|$)', re.IGNORECASE)

REPEATED = "the header stands there again (were files joined?) and is left out"
SHORT = "rows have fewer cells than the header; what is missing is taken as empty"


class _Lines:
    """Lines with their ends for the CSV reader, without the marks that a joined file brings to the beginning of a
    row.
    """

    def __init__(self, text: str) -> None:
        self.lines = io.StringIO(text, newline="")
        self.row_begins = True

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        if self.row_begins:
            line, self.row_begins = line.lstrip(BOM), False
        return line


def csv_rows(text: str, found: Findings) -> Iterator[FileRow]:
    """The rows below the header. A row of too many cells and a second header are mistakes; reading ends at broken
    quotes.
    """
    declared = _SEP_LINE.match(text)
    if declared:  # Excel's own line; its line end stays, so that lines are counted as a person counts them
        text = text[declared.end() :]
    delimiter = _delimiter(text, declared[1] if declared else "", found.filename)
    names: list[str] | None = None
    for line, cells in _cells(text, delimiter, found):
        where = f"{found.filename}, line {line}"
        if names is None:
            names = _header(cells, delimiter, where)
            continue
        if _is_header(cells, names, where, found):
            continue
        if any(cell.strip() for cell in cells[len(names) :]):
            found.mistake(f"{where}, has {len(cells)} cells, but the header has {len(names)} columns")
            continue
        if len(cells) < len(names):
            found.remark(SHORT, where)
        yield FileRow(f"line {line}", dict(zip(names, cells, strict=False)))


def _cells(text: str, delimiter: str, found: Findings) -> Iterator[tuple[int, list[str]]]:
    """Rows that hold something, with the line each begins on: a cell may span lines."""
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    begins = 1
    while True:
        lines.row_begins = True
        try:
            cells = next(reader, None)
        except csv.Error as error:
            found.mistake(f"{found.filename}, line {begins}, is not valid CSV: {_reason(str(error))}")
            return
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield begins, cells
        begins = reader.line_num + 1


def _reason(error: str) -> str:
    if error == "unexpected end of data":
        return "a quote that is opened there is not closed"
    if error.startswith("field larger"):
        return f"a cell of more than {csv.field_size_limit()} letters; is a quote not closed?"
    return error


def _delimiter(text: str, declared: str, filename: str) -> str:
    """The one under which the header names a question and an answer; else the one that names most columns.

    Counting it in the line would count what stands inside quotes and in names.
    """
    if declared and declared not in DELIMITERS:
        raise DataError(
            f"{filename}, line 1: 'sep=' names {shown(declared)}; a delimiter is {', '.join(DELIMITERS.values())}"
        )
    headers = {delimiter: _first_row(text, delimiter, filename) for delimiter in declared or DELIMITERS}
    return max(
        headers,
        key=lambda delimiter: (find_shape(headers[delimiter]) is not None, len(headers[delimiter])),
    )


def _first_row(text: str, delimiter: str, filename: str) -> list[str]:
    _, cells = next(_cells(text, delimiter, Findings(filename)), (1, list[str]()))
    return [column(cell) for cell in cells]


def _header(cells: list[str], delimiter: str, where: str) -> list[str]:
    names = [column(cell) for cell in cells]
    twice = named_twice(names)
    if twice:
        raise DataError(f"{where}: the column {shown(twice)} is there twice; each column may be there once")
    if find_shape(names) is None:
        raise DataError(
            f"{where}: {missing(names)}; found, split at {DELIMITERS[delimiter]}, are {listed(cells)}; {NEEDED}"
        )
    return names


def _is_header(cells: list[str], names: list[str], where: str, found: Findings) -> bool:
    """Whether a row is a header again: exports that were joined bring theirs along."""
    again = [column(cell) for cell in cells]
    if again == names:
        found.remark(REPEATED, where)
        return True
    ours = {"question", "answer"} <= set(again)
    if find_shape(again) is not None and (ours or all(name in KNOWN for name in again if name)):
        found.mistake(
            f"{where}, is another header ({listed(cells)}); import files of unlike columns one after the other"
        )
        return True
    return False
