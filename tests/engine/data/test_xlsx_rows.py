"""Excel workbooks: the values of the first sheet, and what is refused."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from engine.data.examples import Example
from engine.data.files import parse_set
from engine.data.shapes import Layout
from engine.errors import DataError


def workbook(*rows: Sequence[Any], further: Sequence[str] = ()) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    for name in further:
        book.create_sheet(name)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def refused(data: bytes) -> str:
    with pytest.raises(DataError) as caught:
        parse_set(data, "a.xlsx")
    return str(caught.value)


def test_cells_are_read_as_they_are_seen() -> None:
    data = workbook(
        (),
        ("Question", "answer", "subject", "key_terms", "colour"),
        ("When?", 1987, "Ida", "a | b", "red"),
        ("How much?", 0.1, None, None, None),
        (),
        ("On which day?", date(1990, 5, 1), None, None, None),
        ("At what time?", datetime(1990, 5, 1, 7, 30), None, None, None),
        further=("old",),
    )
    found = parse_set(data, "a.xlsx")
    assert found.examples == (
        Example("When?", "1987", subject="Ida", key_terms=("a", "b")),
        Example("How much?", "0.1"),
        Example("On which day?", "1990-05-01"),
        Example("At what time?", "1990-05-01 07:30:00"),
    )
    assert [note.partition(":")[0] for note in found.notes] == [
        "not used",
        "only the first sheet is read, and not 'old'",
        "cells that hold a date are read as 2026-01-31, however the sheet shows them",
    ]


def test_every_mistake_has_its_row() -> None:
    said = refused(workbook(("question", "answer"), ("Q", None), ("R", "A", "more"), ("S", True)))
    assert said == (
        "a.xlsx has 3 mistakes: (1) row 2, column 'answer' is empty; every row needs a question and an answer; (2)"
        " row 3, has 3 cells, but the header has 2 columns; (3) row 4, column 'answer' must be text, got bool"
    )


def test_columns_of_other_names_are_named() -> None:
    data = workbook(("Frage", "Antwort"), ("Wer?", "Ida"))
    assert "row 1: the column 'question' is missing; found are 'Frage', 'Antwort'" in refused(data)
    layout = Layout((("question", "frage"), ("answer", "antwort")))
    assert parse_set(data, "a.xlsx", layout).examples == (Example("Wer?", "Ida"),)


def changed(data: bytes, name: str, text: bytes) -> bytes:
    """The workbook with another text in one of its parts."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.namelist():
            new.writestr(item, text if item == name else old.read(item))
    return file.getvalue()


def test_what_is_broken_or_may_do_harm_is_refused_in_words() -> None:
    data = workbook(("question", "answer"), ("Q", "A"))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    entity = b'<!DOCTYPE worksheet [<!ENTITY a "b">]>' + sheet
    for bad in (
        b"",
        b"PK",
        b"question,answer",
        data[:-30],
        changed(data, "xl/worksheets/sheet1.xml", b"<a"),
        changed(data, "xl/workbook.xml", b"<workbook/>"),
    ):
        assert refused(bad).startswith("a.xlsx ")
    assert "is not a readable Excel workbook" in refused(changed(data, "xl/worksheets/sheet1.xml", entity))
    assert "unpacks to more than 100 MB" in refused(changed(data, "docProps/app.xml", b" " * 101 * 1024**2))
    assert "is empty" in refused(workbook())
