"""Which columns a CSV has and what separates them, as a person chooses on the page or the command line."""

from typing import NamedTuple

import pandas as pd

from engine.errors import SettingError
from engine.report.csv_table import TWELVE, csv_bytes

DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
ALL, READABLE = "all", "readable"


class CsvForm(NamedTuple):
    """`columns`: names, () for all; `delimiter`: a name of `DELIMITERS`."""

    columns: tuple[str, ...] = ()
    delimiter: str = "comma"

    @property
    def options(self) -> list[str]:
        """What a command line says for it."""
        named = READABLE if self.columns == TWELVE else ",".join(self.columns)
        columns = ["--columns", named] if self.columns else []
        return [*columns, *([] if self.delimiter == "comma" else ["--delimiter", self.delimiter])]

    def chosen(self, table: pd.DataFrame) -> pd.DataFrame:
        """The columns that were asked for, in their order. `SettingError` for one that the report does not have."""
        unknown = [name for name in self.columns if name not in table.columns]
        if unknown:
            there = ", ".join(map(str, table.columns))
            raise SettingError(f"the report has no column {unknown[0][:60]!r}; its columns are {there}")
        return table[list(self.columns)] if self.columns else table

    def write(self, table: pd.DataFrame) -> bytes:
        return csv_bytes(self.chosen(table), DELIMITERS[self.delimiter])


def read_form(columns: str = ALL, delimiter: str = "comma") -> CsvForm:
    """As options say it: `all`, `readable`, or names separated by commas; the delimiter by its name or itself.

    `SettingError` for a delimiter that is not among these, or no column.
    """
    named = {**{name: name for name in DELIMITERS}, **{sign: name for name, sign in DELIMITERS.items()}}
    if delimiter not in named:
        raise SettingError(f"delimiter must be one of {', '.join(DELIMITERS)}, got {delimiter[:20]!r}")
    if columns in (ALL, READABLE):
        return CsvForm(TWELVE if columns == READABLE else (), named[delimiter])
    names = tuple(dict.fromkeys(filter(None, (name.strip() for name in columns.split(",")))))
    if not names:
        raise SettingError(f"columns must be {ALL}, {READABLE} or names separated by commas, got {columns[:60]!r}")
    return CsvForm(names, named[delimiter])
