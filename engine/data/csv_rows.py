"""Rows of a CSV or TSV file: its delimiter, its header, and where each row begins."""

import csv
import io
import re
from collections.abc import Iterator

from engine.data.file_bytes import BOM
from engine.data.findings import FileRow, Findings, listed, shown
from engine.data.shapes import AS_NAMED, KNOWN, Layout, check_columns, column, find_shape
from engine.errors import DataError

DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
_SEP_LINE = re.compile(r'"?sep=([^\r\n])"?[ \t]*(?=[\r\n]|$)', re.IGNORECASE)

REPEATED = "the header is repeated there (were files joined?) and is left out"
SHORT = "rows have fewer cells than the header; missing cells are read as empty"


class _Lines:
    """Lines with their ends for the CSV reader, without the byte-order marks that a joined file leaves at the
    beginning of a row.
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


def csv_rows(text: str, found: Findings, layout: Layout = AS_NAMED) -> Iterator[FileRow]:
    """The rows below the header. A row of too many cells and a second header are mistakes; reading ends at broken
    quotes.
    """
    declared = _SEP_LINE.match(text)
    if declared:  # Excel's own line; its line end stays, so that line numbers are those a person counts
        text = text[declared.end() :]
    delimiter = _delimiter(text, declared[1] if declared else "", found.filename, layout)
    names: list[str] | None = None
    for line, cells in _cells(text, delimiter, found):
        where = f"{found.filename}, line {line}"
        if names is None:
            names = check_columns(cells, where, layout, f", split at {DELIMITERS[delimiter]},")
            continue
        if _is_header(cells, names, where, found, layout):
            continue
        if any(cell.strip() for cell in cells[len(names) :]):
            found.mistake(f"{where}, has {len(cells)} cells, but the header has {len(names)} columns")
            continue
        if len(cells) < len(names):
            found.remark(SHORT, where)
        yield FileRow(f"line {line}", dict(zip(names, cells, strict=False)))


def _cells(text: str, delimiter: str, found: Findings) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, with the line each begins on: a cell may span lines."""
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
        return "a quote opened there is not closed"
    if error.startswith("field larger"):
        return f"a cell of more than {csv.field_size_limit()} letters; is a quote not closed?"
    return error


def _delimiter(text: str, declared: str, filename: str, layout: Layout) -> str:
    """The one that splits the header into a question and an answer; else the one that gives most known columns.

    Counting delimiters in the line would also count those inside quotes and names.
    """
    if declared and declared not in DELIMITERS:
        raise DataError(
            f"{filename}, line 1: 'sep=' names {shown(declared)}; a delimiter is {', '.join(DELIMITERS.values())}"
        )
    headers = {delimiter: _first_row(text, delimiter, filename) for delimiter in declared or DELIMITERS}
    return max(
        headers,
        key=lambda delimiter: (find_shape(headers[delimiter], layout) is not None, len(headers[delimiter])),
    )


def _first_row(text: str, delimiter: str, filename: str) -> list[str]:
    _, cells = next(_cells(text, delimiter, Findings(filename)), (1, list[str]()))
    return [column(cell) for cell in cells]


def _is_header(cells: list[str], names: list[str], where: str, found: Findings, layout: Layout) -> bool:
    """Whether a row repeats the header: joined exports each have one."""
    again = [column(cell) for cell in cells]
    if again == names:
        found.remark(REPEATED, where)
        return True
    ours = {"question", "answer"} <= set(again)
    if find_shape(again, layout) is not None and (ours or all(name in KNOWN for name in again if name)):
        found.mistake(
            f"{where}, is another header ({listed(cells)}); import files with different columns one after the other"
        )
        return True
    return False
