"""What was found while a file was read: its mistakes, reported all at once, and what the user should know about it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from engine.errors import DataError, FileError

MISTAKES_SHOWN, MISTAKES_COUNTED = 20, 1000
PLACES_SHOWN = 3
NAMES_SHOWN = 12
LETTERS_SHOWN = 40


class FileRow(NamedTuple):
    """One row of a file: where it is ("line 4", in a JSON array "entry 4"), and its cells by column."""

    place: str
    cells: dict[str, Any]


class Findings:
    """Collects the mistakes and remarks of one file. Reading goes on after a mistake, so that one try shows them
    all.
    """

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self._mistakes: list[str] = []
        self._remarks: dict[str, list[str]] = {}

    def mistake(self, sentence: str) -> None:
        """Keep a mistake. Raises `DataError` once there are so many that the file must be of another kind."""
        if self.mistakes == MISTAKES_COUNTED:
            self.refuse()
        self._mistakes.append(sentence)

    @contextmanager
    def gathering(self) -> Iterator[None]:
        """A `DataError` inside is kept as a mistake; what follows goes on."""
        try:
            yield
        except DataError as error:
            self.mistake(str(error))

    def remark(self, what: str, where: str) -> None:
        """`what` is said once, with the first places where it occurs."""
        places, place = self._remarks.setdefault(what, []), where.removeprefix(f"{self.filename}, ")
        if places[-1:] != [place]:
            places.append(place)

    @property
    def mistakes(self) -> int:
        return len(self._mistakes)

    def refuse(self) -> None:
        """Raise `FileError` with the mistakes, where there are any; its sentence has the first of them, and how many
        more.
        """
        self._mistakes.sort(key=self._line)
        if self.mistakes == 1:
            raise FileError(self._mistakes[0], self.filename, self._mistakes)
        if self._mistakes:
            short = [sentence.removeprefix(self.filename).lstrip(",: ") for sentence in self._mistakes]
            told = "; ".join(
                f"({number}) {sentence}" for number, sentence in enumerate(short[:MISTAKES_SHOWN], start=1)
            )
            further = self.mistakes - MISTAKES_SHOWN
            more = f"; and {further} more" if further > 0 else ""
            number = f"{self.mistakes} or more" if self.mistakes == MISTAKES_COUNTED else str(self.mistakes)
            raise FileError(f"{self.filename} has {number} mistakes: {told}{more}", self.filename, short)

    def _line(self, sentence: str) -> int:
        """In a file's order, whatever was looked at first; what is true of the whole file comes before its lines."""
        place = re.match(r"[,:]? ?(?:line|row|entry) (\d+)", sentence.removeprefix(self.filename))
        return int(place[1]) if place else 0

    def notes(self) -> list[str]:
        """The remarks as sentences."""
        return [f"{what}: {_first(places)}" for what, places in self._remarks.items()]


def _first(places: list[str]) -> str:
    more = f" and {len(places) - PLACES_SHOWN} more" if len(places) > PLACES_SHOWN else ""
    return "; ".join(places[:PLACES_SHOWN]) + more


def shown(value: str) -> str:
    """A value of a file inside a sentence: quoted, without control characters, and cut to a readable length."""
    return repr(value if len(value) <= LETTERS_SHOWN else value[:LETTERS_SHOWN] + "…")


def listed(names: list[str]) -> str:
    """Names of columns inside a sentence."""
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(shown(name) if name else "(no name)" for name in names[:NAMES_SHOWN]) + more
