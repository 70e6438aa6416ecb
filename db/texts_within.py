"""The texts within a stored value, which may be a JSON document: found, and emptied."""

from collections.abc import Iterator
from typing import Any


def strings_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from strings_in([*value, *value.values()])
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item)


def emptied(value: Any) -> Any:
    """The empty value of the same kind: "" for a text, {} and [] for JSON. A missing value stays missing."""
    return None if value is None else type(value)()
