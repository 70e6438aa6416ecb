"""Rows of a JSON file: one object a line, one array of objects, or one object alone."""

from collections.abc import Iterator
from typing import Any

from engine.data.file_bytes import numbered_lines
from engine.data.findings import FileRow, Findings, shown
from engine.data.shapes import AS_NAMED, NEEDED, Layout, column, named_twice
from engine.data.strict_json import Number, load_json
from engine.errors import DataError


def json_rows(text: str, found: Findings, layout: Layout = AS_NAMED) -> Iterator[FileRow]:
    """The objects in their order. A line that is not an object is a mistake; an array that is not JSON ends the
    reading.
    """
    for place, entry in _entries(text, found):
        where = f"{found.filename}, {place}"
        row = None
        with found.gathering():
            row = FileRow(place, _cells(entry, where, layout))
        if row is not None:
            yield row


def _entries(text: str, found: Findings) -> list[tuple[str, Any]]:
    filename = found.filename
    if text.lstrip().startswith("["):
        return [(f"entry {number}", entry) for number, entry in enumerate(load_json(text, filename, Number), start=1)]
    lines = numbered_lines(text)
    if lines[0][1].strip() == "{":  # one object over several lines
        return [("entry 1", load_json(text, filename, Number))]
    entries: list[tuple[str, Any]] = []
    for number, line in lines:
        with found.gathering():
            entries.append((f"line {number}", load_json(line, f"{filename}, line {number},", Number)))
    return entries


def _cells(entry: Any, where: str, layout: Layout) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise DataError(f"{where}, must be a JSON object; {NEEDED}")
    for name in entry:
        if name.encode(errors="ignore").decode() != name:
            raise DataError(f"{where}, a column's name, holds half a character (a lone surrogate)")
    names = [column(name) for name in entry]
    twice = named_twice(names, layout)
    if twice:
        raise DataError(f"{where}: the column {shown(twice)} occurs twice; each column may occur once")
    return dict(zip(names, entry.values(), strict=True))
