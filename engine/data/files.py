"""A person's own questions: CSV or JSON lines, checked row by row.

Every error is a `DataError` that names the file, the line and the column. Nothing is stored here.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple, get_args

from engine.data.examples import Example, Half, Split
from engine.errors import DataError

REQUIRED = ("question", "answer")
LISTS = ("perturbed_answer", "key_terms", "training_questions")
COLUMNS = tuple(field.name for field in fields(Example))
SUFFIXES = (".csv", ".jsonl", ".json")
ACCEPTED = f"question and answer (required), {', '.join(COLUMNS[2:])}"
CHOICES: dict[str, tuple[str, ...]] = {"split": get_args(Split), "half": tuple(filter(None, get_args(Half)))}
BYTES_AT_MOST = 20 * 1024 * 1024


class ImportedSet(NamedTuple):
    """`merged`: identical rows that were dropped. `notes`: sentences a person should see before importing."""

    examples: tuple[Example, ...]
    merged: int
    notes: tuple[str, ...]

    def in_split(self, split: str) -> "ImportedSet":
        """The same questions; those that name no split are put into this one ("" leaves them without)."""
        if split and split not in CHOICES["split"]:
            raise DataError(f"a split is one of {', '.join(CHOICES['split'])}, got {split!r}")
        return self._replace(examples=tuple(e if e.split else replace(e, split=split) for e in self.examples))


class _Row(NamedTuple):
    place: str  # "line 4" or, in a JSON array, "entry 4"
    cells: dict[str, Any]


def read_set(path: str | Path) -> ImportedSet:
    """Read a file of questions; see `parse_set`."""
    path = Path(path)
    try:
        if not path.is_file() and path.exists():
            raise DataError(f"{path} is no ordinary file; {', '.join(SUFFIXES)} files are read")
        if path.stat().st_size > BYTES_AT_MOST:
            raise DataError(_too_large(path.name, path.stat().st_size))
        data = path.read_bytes()
    except FileNotFoundError:
        raise DataError(f"the file {path} is not there") from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise DataError(f"the file {path} cannot be read: {error}") from error
    return parse_set(data, path.name)


def parse_set(data: bytes, filename: str) -> ImportedSet:
    """Questions from the bytes of a file; its suffix says how to read them.

    Cells are stripped of outer blanks. A list is a JSON list, or its parts separated by `|`.
    Raises `DataError`, and nothing else, for anything that cannot be used.
    """
    suffix = Path(filename).suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(f"{filename} must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    if len(data) > BYTES_AT_MOST:
        raise DataError(_too_large(filename, len(data)))
    text = _decode(data, filename)
    if not text.strip():
        raise DataError(f"{filename} is empty; it needs the columns {ACCEPTED}")
    rows = _csv_rows(text, filename) if suffix == ".csv" else _json_rows(text, filename)
    return _collect(rows, filename)


def _too_large(filename: str, size: int) -> str:
    return f"{filename} has {size / 1024**2:.1f} MB; at most {BYTES_AT_MOST // 1024**2} MB are accepted"


def _decode(data: bytes, filename: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{filename}, line {line}, is not UTF-8 (byte 0x{data[error.start]:02x}); save the file as UTF-8"
        ) from None


def _csv_rows(text: str, filename: str) -> Iterator[_Row]:
    """Rows with the line each begins on: a cell may span lines. The header decides between comma, semicolon and tab."""
    header_line = text.lstrip("\r\n").splitlines()[0]
    delimiter = max(",;\t", key=header_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    names: list[str] | None = None
    line = 1
    try:
        for cells in reader:
            begins, line = line, reader.line_num + 1
            if not any(cell.strip() for cell in cells):
                continue
            if names is None:
                names = _header(cells, f"{filename}, line {begins}")
                continue
            if any(cell.strip() for cell in cells[len(names) :]):
                raise DataError(
                    f"{filename}, line {begins}, has {len(cells)} cells, but the header has {len(names)} columns"
                )
            yield _Row(f"line {begins}", dict(zip(names, cells, strict=False)))
    except csv.Error as error:
        raise DataError(f"{filename}, line {line}, is not valid CSV: {error}") from None


def _header(cells: list[str], where: str) -> list[str]:
    names = [_column(cell) for cell in cells]
    for name in REQUIRED:
        if name not in names:
            raise DataError(f"{where}: the column {name!r} is missing; accepted are {ACCEPTED}")
    _refuse_twice(names, where)
    return names


def _refuse_twice(names: list[str], where: str) -> None:
    twice = [name for name in COLUMNS if names.count(name) > 1]
    if twice:
        raise DataError(f"{where}: the column {twice[0]!r} is there twice; each column may be there once")


def _column(name: str) -> str:
    return name.strip().lower().replace(" ", "_")


def _json_rows(text: str, filename: str) -> Iterator[_Row]:
    """One JSON object a line, or one JSON array of objects for the whole file."""
    if text.lstrip().startswith("["):
        entries = [(f"entry {number}", entry) for number, entry in enumerate(_load(text, filename), start=1)]
    else:
        # Not splitlines: U+2028 and its like may stand inside a JSON string.
        lines = [(f"line {number}", line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
        entries = [(place, _load(line, f"{filename}, {place},")) for place, line in lines]
    for place, entry in entries:
        if not isinstance(entry, dict):
            raise DataError(f"{filename}, {place}, must be a JSON object with {ACCEPTED}")
        where = f"{filename}, {place}"
        names = [_column(_text(name, f"{where}, a column's name,")) for name in entry]
        _refuse_twice(names, where)
        for name in REQUIRED:
            if name not in names:
                raise DataError(f"{where}: the column {name!r} is missing; accepted are {ACCEPTED}")
        yield _Row(place, dict(zip(names, entry.values(), strict=True)))


class _TwiceError(Exception):
    """A JSON object names a key twice; its argument is the key."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, of which json.loads alone would keep the last of two equal keys without a word."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _TwiceError(name)
        found[name] = value
    return found


def _load(text: str, where: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object)
    except _TwiceError as error:
        raise DataError(f"{where} has {error.args[0]!r} twice; each column may be there once") from None
    except RecursionError:
        raise DataError(f"{where} is nested too deeply; a JSON object with {ACCEPTED} is accepted") from None
    except ValueError as error:
        raise DataError(f"{where} is not valid JSON: {error}") from None


def _collect(rows: Iterator[_Row], filename: str) -> ImportedSet:
    seen: dict[str, tuple[str, Example]] = {}
    unknown: dict[str, None] = {}
    merged = 0
    for row in rows:
        unknown.update(dict.fromkeys(name for name in row.cells if name not in COLUMNS))
        example = _example(row, filename)
        place, earlier = seen.setdefault(example.question, (row.place, example))
        if earlier == example:
            merged += place != row.place
            continue
        column = next(name for name in COLUMNS if getattr(earlier, name) != getattr(example, name))
        raise DataError(
            f"{filename}: {place} and {row.place} ask the same question, but their {column!r} differs; "
            "keep one of them, or make them equal"
        )
    if not seen:
        raise DataError(f"{filename} holds no questions below its header")
    notes = [f"{merged} repeated row{'s' if merged > 1 else ''} merged"] if merged else []
    if unknown:
        notes.append(f"not used: {', '.join(name or '(no name)' for name in unknown)}; accepted are {ACCEPTED}")
    return ImportedSet(tuple(example for _, example in seen.values()), merged, tuple(notes))


def _example(row: _Row, filename: str) -> Example:
    values: dict[str, Any] = {}
    for name in COLUMNS:
        where = f"{filename}, {row.place}, column {name!r}"
        cell = row.cells.get(name)
        values[name] = _list(cell, where) if name in LISTS else _text(cell, where)
        if name in REQUIRED and not values[name]:
            raise DataError(f"{where} is empty; every row needs a question and an answer")
        if name in CHOICES and values[name] and values[name] not in CHOICES[name]:
            raise DataError(f"{where} is {values[name]!r}; accepted are {', '.join(CHOICES[name])} or nothing")
    return Example(**values)


def _text(value: Any, where: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise DataError(f"{where} must be text, got {type(value).__name__}")
    text = str(value).strip()
    try:
        text.encode()
    except UnicodeEncodeError:  # JSON can spell half a surrogate pair, which no database or tokenizer takes
        raise DataError(f"{where} holds half a character (a lone surrogate); it must be valid Unicode text") from None
    return text


def _list(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        text = _text(value, where)
        value = _json_list(text, where) if text.startswith("[") else text.split("|")
    return tuple(filter(None, (_text(part, where) for part in value)))


def _json_list(text: str, where: str) -> list[Any]:
    parts = _load(text, where)
    if not isinstance(parts, list):
        raise DataError(f"{where} must be a JSON list, or texts separated by '|'")
    return parts
