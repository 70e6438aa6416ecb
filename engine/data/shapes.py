"""Columns of other people's files: which of them are a question and its answer.

Files of MUSE, RWKU, WMDP, MMLU, Alpaca and of chats are read as they are, where the meaning of their columns is
beyond doubt; how they were read is reported. Anything else is refused with the columns that were found.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from typing import Any, NamedTuple

from engine.data.cells import cell_text
from engine.data.choices import Choices, find_choices, is_of_choices
from engine.data.examples import Example
from engine.data.file_bytes import BOM
from engine.data.findings import FileRow, Findings, listed, shown
from engine.errors import DataError

COLUMNS = tuple(field.name for field in fields(Example))
NEEDED = "needed are question and answer"
QUESTIONS = ("question", "prompt", "query", "instruction", "question_stem", "input")
ANSWERS = ("answer", "gt", "ground_truth", "completion", "response", "output", "correct_answer")
INPUTS = ("input", "context")  # what an instruction is about, on separate lines
CHATS = ("messages", "conversations")
KNOWN = frozenset((*COLUMNS, *QUESTIONS, *ANSWERS, *INPUTS, *CHATS))
_ASKS, _ANSWERS = ("user", "human"), ("assistant", "gpt")


class Cell(NamedTuple):
    """A value and the column of the file that it comes from."""

    column: str
    value: Any


class Shape(NamedTuple):
    """Which columns hold the question (its parts on separate lines) and the answer.

    `choices`: the answer column names one of these. `chat`: the column of turns that has both.
    """

    question: tuple[str, ...] = ()
    answer: str = ""
    choices: Choices | None = None
    chat: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the file that is read for them."""
        return (*self.question, self.answer, self.chat, *(self.choices.columns if self.choices else ()))

    @property
    def words(self) -> str:
        """How the columns are read; "" where they are called question and answer."""
        if self.chat:
            return f"in {self.chat} the user's turn is read as question, the assistant's as answer"
        told = []
        if self.question != ("question",):
            told.append(f"{' and '.join(self.question)} {'are' if self.question[1:] else 'is'} read as question")
        if self.choices:
            told.append(
                f"the choice that {self.answer} names, of those in {self.choices.words}, is read as answer, "
                "and the others are not kept"
            )
        elif self.answer != "answer":
            told.append(f"{self.answer} is read as answer")
        return ", ".join(told)


def column(name: str) -> str:
    return name.strip().strip(BOM).strip().lower().replace(" ", "_")


def named_twice(names: Sequence[str]) -> str:
    """A column that occurs twice where that matters, or ""."""
    return next((name for name in names if names.count(name) > 1 and matters(name)), "")


def matters(name: str) -> bool:
    """Whether anything is read from a column of this name."""
    return name in KNOWN or is_of_choices(name)


def find_shape(names: Iterable[str]) -> Shape | None:
    """How columns of these names are read; None where no question or no answer is among them, or more than one could
    be.
    """
    return _find_shape(tuple(names))


@lru_cache(maxsize=256)
def _find_shape(names: tuple[str, ...]) -> Shape | None:
    chat = [name for name in CHATS if name in names]
    question, answer = _only(_asking(names)), _only([name for name in ANSWERS if name in names])
    if len(chat) == 1 and not question and not answer:
        return Shape(chat=chat[0])
    if not question:
        return None
    inputs = tuple(name for name in INPUTS if name in names and question == "instruction")[:1]
    choices = find_choices(names)
    if choices:
        return Shape((question, *inputs), choices.key, choices)
    return Shape((question, *inputs), answer) if answer else None


def _asking(names: Collection[str]) -> list[str]:
    there = [name for name in QUESTIONS if name in names]
    return [name for name in there if name != "input"] if "instruction" in there else there


def _only(there: Sequence[str]) -> str:
    """Our own name takes precedence; among several others the right one cannot be determined."""
    return there[0] if len(there) == 1 or there[:1] in (["question"], ["answer"]) else ""


def missing(names: Collection[str]) -> str:
    """What keeps these columns from being read."""
    asking = _asking(names)
    if not _only(asking):
        return _lack("question", asking)
    return _lack("answer", [name for name in ANSWERS if name in names])


def _lack(name: str, could_be: Sequence[str]) -> str:
    if could_be:
        return f"the column {name!r} is missing, and {' or '.join(could_be)} could be meant"
    return f"the column {name!r} is missing"


class RowReader:
    """Reads the rows of one file by our columns. It looks at all of them first: some names of choices need it."""

    def __init__(self, rows: Sequence[FileRow], found: Findings) -> None:
        self.found = found
        alike: dict[Choices, list[dict[str, Any]]] = {}
        for row in rows:
            shape = find_shape(row.cells)
            if shape and shape.choices:
                alike.setdefault(shape.choices, []).append(row.cells)
        self.places = {choices: choices.places(found) for choices, found in alike.items()}

    def read(self, row: FileRow) -> tuple[Shape, dict[str, Cell]]:
        """How a row is read, and its cells with the names they have in the file. `DataError` where they do not fit."""
        where = f"{self.found.filename}, {row.place}"
        shape = find_shape(row.cells)
        if shape is None:
            raise DataError(f"{where}: {missing(row.cells)}; found are {listed(list(row.cells))}; {NEEDED}")
        cells = {name: Cell(name, row.cells[name]) for name in COLUMNS if name in row.cells}
        if shape.chat:
            return shape, {**cells, **_turns(row.cells[shape.chat], shape.chat, where)}
        cells["question"] = _question(row.cells, shape.question, where, self.found)
        answer = row.cells[shape.answer]
        if shape.choices:
            answer = shape.choices.chosen(row.cells, self.places[shape.choices], where, self.found)
        cells["answer"] = Cell(shape.answer, answer)
        return shape, cells


def _question(cells: Mapping[str, Any], parts: tuple[str, ...], where: str, found: Findings) -> Cell:
    """The question alone, or an instruction and below it what it is about."""
    first, *others = parts
    asked = cell_text(cells[first], f"{where}, column {shown(first)}", found)
    about = [cell_text(cells[name], f"{where}, column {shown(name)}", found) for name in others]
    return (
        Cell(first, "\n".join(filter(None, [asked, *about])) if asked else "") if about else Cell(first, cells[first])
    )


def _turns(turns: Any, name: str, where: str) -> dict[str, Cell]:
    """One question and one answer; what was said before them would belong to the question."""
    given = [_turn(turn) for turn in turns] if isinstance(turns, list) else []
    if len(given) != 2 or given[0][0] not in _ASKS or given[1][0] not in _ANSWERS:
        roles = ", ".join(shown(role) for role, _ in given[:4])
        raise DataError(
            f"{where}, column {shown(name)} must be a turn of the user and one of the assistant, got {roles or 'none'}"
        )
    return {"question": Cell(name, given[0][1]), "answer": Cell(name, given[1][1])}


def _turn(turn: Any) -> tuple[str, Any]:
    if not isinstance(turn, dict):
        return "", None
    role = turn.get("role", turn.get("from"))
    return (role if isinstance(role, str) else ""), turn.get("content", turn.get("value"))
