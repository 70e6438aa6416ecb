"""Pages with tables between marks."""

from pathlib import Path

import pytest

from benchmarks.marked import MarkError, between, rewrite, tables_in

ONE, TWO = between("one", "| old |"), between("two", "| b |")
PAGE = f"# Title\n\nBy hand.\n\n{ONE}\n\nAlso by hand: <!-- a note -->\n\n{TWO}\n"


def test_tables_alone_are_rewritten(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    rewrite(page, {"one": "| new \\1 |", "two": "| b |"})
    assert page.read_text() == PAGE.replace("| old |", "| new \\1 |")
    assert tables_in(page.read_text()) == {"one": "| new \\1 |", "two": "| b |"}


def test_a_table_without_a_value_and_marks_without_a_table_change_nothing(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    for tables in ({"one": "a"}, {"one": "a", "two": "b", "three": "c"}):
        with pytest.raises(MarkError, match="page.md has the tables"):
            rewrite(page, tables)
    assert page.read_text() == PAGE
