"""Pages with prose by hand and generated tables: each table is between two marks."""

import re
from collections.abc import Mapping
from pathlib import Path

BEGIN, END = "<!-- table: {} -->", "<!-- end of table -->"
TABLE = re.compile(f"{BEGIN.format('([a-z_]+)')}\n(.*?){END}", re.DOTALL)


class MarkError(ValueError):
    """A page lacks the marks of a table, or has marks without a table."""


def tables_in(text: str) -> dict[str, str]:
    """The Markdown table between each pair of marks, by name."""
    return {name: body.strip("\n") for name, body in TABLE.findall(text)}


def rewrite(page: Path, tables: Mapping[str, str]) -> None:
    """Put `tables` between their marks, the text around them untouched.

    Raises `MarkError`, and writes nothing, where the page's marks are not those of `tables`.
    """
    text = page.read_text(encoding="utf-8")
    found = [name for name, _ in TABLE.findall(text)]
    if sorted(found) != sorted(tables):
        raise MarkError(f"{page.name} has the tables {sorted(found)}, and these are made: {sorted(tables)}")
    marked = TABLE.sub(lambda match: between(match[1], tables[match[1]]), text)
    page.write_text(marked, encoding="utf-8")


def between(name: str, table: str) -> str:
    return f"{BEGIN.format(name)}\n\n{table}\n\n{END}"
