"""The basis of all tables: the base class with its rules for names, and the types of their columns."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase

from db.checked import Checked, Flag, JsonObject, JsonTexts, JsonWholes, NumberColumn, Time, Whole, WordsColumn

NAME = WordsColumn(120)

HASH = WordsColumn(64)

Text = Checked()


class UtcTime(Time):
    """A time with its zone in Python, naive UTC in the database (SQLite keeps no zones)."""

    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored time needs its zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    # Named constraints: Alembic can only alter what has a name.
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        int: Whole,
        bool: Flag,
        float: NumberColumn,
        datetime: UtcTime,
        dict[str, Any]: JsonObject,
        list[str]: JsonTexts,
        list[int]: JsonWholes,
    }
