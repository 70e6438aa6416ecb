"""A user's own questions: a table or JSON, checked row by row.

Every error is a `DataError` that names the file, the line and the column of every mistake. Nothing is stored here.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, get_args

from engine.data.cells import cell_text, read_list
from engine.data.csv_rows import csv_rows
from engine.data.examples import SPLITS, Example, Half
from engine.data.file_bytes import check_size, decode_text, read_bytes
from engine.data.findings import FileRow, Findings, listed, shown
from engine.data.json_rows import json_rows
from engine.data.parquet_rows import parquet_rows
from engine.data.shapes import AS_NAMED, COLUMNS, Layout, RowReader, Shape
from engine.data.xlsx_rows import xlsx_rows
from engine.errors import DataError

REQUIRED = ("question", "answer")
LISTS = ("perturbed_answer", "key_terms", "training_questions")
FIRST_ROWS = 5
ACCEPTED = f"question and answer (required), {', '.join(COLUMNS[2:])}"
CHOICES: dict[str, tuple[str, ...]] = {"split": SPLITS, "half": tuple(filter(None, get_args(Half)))}


Reader = Callable[[bytes, Findings, Layout], Iterator[FileRow]]


class ImportedSet(NamedTuple):
    """`merged`: identical rows that were dropped. `notes`: sentences the user should see before importing.

    `mapping`: how columns with other names were read; empty where they are called question and answer.
    """

    examples: tuple[Example, ...]
    merged: int
    notes: tuple[str, ...]
    mapping: tuple[str, ...] = ()

    def in_split(self, split: str) -> "ImportedSet":
        """The same questions; those without a split get this one ("" leaves them without)."""
        if split and split not in CHOICES["split"]:
            raise DataError(f"a split is one of {', '.join(CHOICES['split'])}, got {split!r}")
        return self._replace(examples=tuple(e if e.split else replace(e, split=split) for e in self.examples))


def read_set(path: str | Path, layout: Layout = AS_NAMED) -> ImportedSet:
    """Read a file of questions; see `parse_set`."""
    path = Path(path)
    try:
        return parse_set(read_bytes(path), path.name, layout)
    except FileNotFoundError:
        raise DataError(f"the file {path} is not there") from None


def parse_set(data: bytes, filename: str, layout: Layout = AS_NAMED) -> ImportedSet:
    """Questions from the bytes of a file; its suffix says how to read them, `layout` which columns are named otherwise.

    Cells are stripped of outer blanks. A list is a JSON list, or its parts separated by `|`.
    Raises `DataError`, and nothing else, for anything that cannot be used.
    """
    found = Findings(filename)
    rows = list(_rows(data, found, layout))
    return _collect(rows, found, layout)


def first_rows(data: bytes, filename: str) -> list[FileRow]:
    """The first rows of a file as they stand, whatever its columns are called. `DataError` where it has none."""
    found = Findings(filename)
    rows = list(islice(_rows(data, found, Layout(look=True)), FIRST_ROWS))
    if not rows:
        found.refuse()
        raise DataError(f"{filename} holds no rows below its header")
    return rows


def _rows(data: bytes, found: Findings, layout: Layout) -> Iterator[FileRow]:
    suffix = Path(found.filename).suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(f"{found.filename} must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    check_size(len(data), found.filename)
    return READERS[suffix](data, found, layout)


def _of_text(read: Callable[[str, Findings, Layout], Iterator[FileRow]]) -> Reader:
    def rows(data: bytes, found: Findings, layout: Layout) -> Iterator[FileRow]:
        text = decode_text(data, found.filename)
        if not text.strip():
            raise DataError(f"{found.filename} is empty; it needs the columns {ACCEPTED}")
        return read(text, found, layout)

    return rows


READERS: dict[str, Reader] = {  # by the end of a file's name
    ".csv": _of_text(csv_rows),
    ".tsv": _of_text(csv_rows),
    ".jsonl": _of_text(json_rows),
    ".json": _of_text(json_rows),
    ".parquet": parquet_rows,
    ".xlsx": xlsx_rows,
}
SUFFIXES = tuple(READERS)


def _collect(rows: list[FileRow], found: Findings, layout: Layout) -> ImportedSet:
    """All or nothing: the questions of the file, or `DataError` with its mistakes."""
    reader = RowReader(rows, found, layout)
    seen: dict[str, tuple[str, Example]] = {}
    shapes: dict[Shape, None] = {}
    merged = 0
    for row in rows:
        with found.gathering():
            read = _example(row, reader, found)
            if read is None:
                continue
            shape, example = read
            shapes[shape] = None
            place, earlier = seen.setdefault(example.question, (row.place, example))
            merged += place != row.place
            _check_same(earlier, example, f"{found.filename}: {place} and {row.place}")
    found.refuse()
    if not seen:
        raise DataError(f"{found.filename} holds no questions below its header")
    notes = [f"{merged} repeated row{'s' if merged > 1 else ''} merged"] if merged else []
    mapping = tuple(dict.fromkeys(filter(None, (shape.words for shape in shapes))))
    examples = tuple(example for _, example in seen.values())
    return ImportedSet(examples, merged, (*notes, *_unused(rows, shapes, layout), *found.notes()), mapping)


def _check_same(earlier: Example, example: Example, where: str) -> None:
    if earlier != example:
        column = next(name for name in COLUMNS if getattr(earlier, name) != getattr(example, name))
        raise DataError(
            f"{where} ask the same question, but their {column!r} differs; keep one of them, or make them equal"
        )


def _unused(rows: list[FileRow], shapes: dict[Shape, None], layout: Layout) -> list[str]:
    own = set(COLUMNS) - dict(layout.given).keys()
    used = {*own, *(name for shape in shapes for name in shape.columns)}
    names = [name for name in dict.fromkeys(name for row in rows for name in row.cells) if name not in used]
    return [f"not used: {listed(names)}; accepted are {ACCEPTED}"] if names else []


def _example(row: FileRow, reader: RowReader, found: Findings) -> tuple[Shape, Example] | None:
    """A row's question and how its columns were read; None after mistakes, one per cell at most."""
    known = found.mistakes
    shape, cells = reader.read(row)
    values: dict[str, Any] = {}
    for name, (column, cell) in cells.items():
        where = f"{found.filename}, {row.place}, column {shown(column)}"
        with found.gathering():
            values[name] = read_list(cell, where, found) if name in LISTS else cell_text(cell, where, found)
            _check(name, values[name], where)
    return (shape, Example(**values)) if found.mistakes == known else None


def _check(name: str, value: str | tuple[str, ...], where: str) -> None:
    if name in REQUIRED and not value:
        raise DataError(f"{where} is empty; every row needs a question and an answer")
    if name in CHOICES and value and value not in CHOICES[name]:
        raise DataError(f"{where} is {shown(str(value))}; accepted are {', '.join(CHOICES[name])} or nothing")
