"""Types of columns that check what they read.

SQLite accepts any value in any column, so a damaged or hand-edited file may hold text where a number belongs.
Each type raises `DamagedError` for such a value, and `session` turns it into a sentence that names the database.
"""

import math
from collections.abc import Callable
from typing import Any

from sqlalchemy import JSON, Boolean, DateTime, Double, Integer, String, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

Read = Callable[[Any], Any]
SHOWN = 60  # characters shown of a damaged value


class DamagedError(Exception):
    """A stored value is not of its column's type."""


class Checked(TypeDecorator[Any]):
    """A column whose values are `fit`, which `kind` names; NULL is always read as None."""

    impl: Any = Text
    cache_ok = True
    kind = "text"

    def fit(self, value: Any) -> bool:
        return isinstance(value, str)

    def result_processor(self, dialect: Dialect, coltype: object) -> Read:
        inner = super().result_processor(dialect, coltype)

        def read(value: Any) -> Any:
            if value is None:
                return None
            try:
                found = value if inner is None else inner(value)
            except (ValueError, TypeError, AttributeError, OverflowError) as error:
                raise self._damaged(value) from error
            if not self.fit(found):
                raise self._damaged(value)
            return found

        return read

    def _damaged(self, value: object) -> DamagedError:
        return DamagedError(f"{str(value)[:SHOWN]!r} is stored where {self.kind} belongs")


class WordsColumn(Checked):
    """A short text, which every backend can index."""

    impl = String
    cache_ok = True


class Whole(Checked):
    impl = Integer
    cache_ok = True
    kind = "a whole number"

    def fit(self, value: Any) -> bool:
        return isinstance(value, int)


class Flag(Checked):
    impl = Boolean
    cache_ok = True
    kind = "true or false"

    def fit(self, value: Any) -> bool:
        return isinstance(value, bool)


class NumberColumn(Checked):
    """A finite number."""

    impl = Double
    cache_ok = True
    kind = "a finite number"

    def fit(self, value: Any) -> bool:
        return isinstance(value, (int, float)) and math.isfinite(value)


class MeasureColumn(NumberColumn):
    """A number that could not always be computed: an infinite one is read as None, which every reader shows as n/a."""

    cache_ok = True
    kind = "a number"

    def fit(self, value: Any) -> bool:
        return value is None or isinstance(value, (int, float))

    def process_result_value(self, value: Any, _dialect: Dialect) -> Any:
        return None if isinstance(value, float) and not math.isfinite(value) else value


class JsonObject(Checked):
    """JSON that is an object: names and values, every number in it finite."""

    impl = JSON
    cache_ok = True
    kind = "a JSON object"

    def fit(self, value: Any) -> bool:
        return isinstance(value, dict) and _finite(value)


class JsonObjectOrNone(JsonObject):
    """For optional values; a missing one is stored as JSON's null."""

    cache_ok = True

    def fit(self, value: Any) -> bool:
        return value is None or super().fit(value)


class JsonTexts(Checked):
    impl = JSON
    cache_ok = True
    kind = "a JSON list of texts"

    def fit(self, value: Any) -> bool:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)


class JsonWholes(Checked):
    impl = JSON
    cache_ok = True
    kind = "a JSON list of whole numbers"

    def fit(self, value: Any) -> bool:
        return isinstance(value, list) and all(isinstance(item, int) for item in value)


class Time(Checked):
    """The value that `DateTime` reads; the types above it add the zone."""

    impl = DateTime
    cache_ok = True
    kind = "a time"

    def fit(self, value: Any) -> bool:
        return hasattr(value, "tzinfo")


def _finite(value: Any) -> bool:
    """Whether every number in a JSON value is finite."""
    if isinstance(value, dict):
        return all(map(_finite, value.values()))
    if isinstance(value, list):
        return all(map(_finite, value))
    return not isinstance(value, float) or math.isfinite(value)
