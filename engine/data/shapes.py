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
from engine.errors import DataError, SettingError

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


class Layout(NamedTuple):
    """How a person says that the columns of a file are to be read.

    `given`: our name and the file's, of each column that is named otherwise. `look`: whatever the columns are called,
    the rows are to be looked at.
    """

    given: tuple[tuple[str, str], ...] = ()
    look: bool = False

    @property
    def theirs(self) -> frozenset[str]:
        return frozenset(name for _, name in self.given)


AS_NAMED = Layout()


def read_layout(pairs: Iterable[str]) -> Layout:
    """Of texts such as `question=prompt`. `SettingError` for one that is not like that, or that is given twice."""
    given: dict[str, str] = {}
    for text in pairs:
        ours, equals, theirs = text.partition("=")
        name, named = ours.strip().lower(), column(theirs)
        if not equals or not named or name not in COLUMNS:
            raise SettingError(
                f"a column is given as OURS=THEIRS, such as question=prompt, with one of {', '.join(COLUMNS)} before"
                f" the sign, got {text[:60]!r}"
            )
        if name in given or named in given.values():
            raise SettingError(
                f"the column {name if name in given else named!r} is given twice, again by {text[:60]!r}"
            )
        given[name] = named
    return Layout(tuple(given.items()))


class Shape(NamedTuple):
    """Which columns hold the question (its parts on separate lines) and the answer.

    `choices`: the answer column names one of these. `chat`: the column of turns that has both. `others`: further
    columns that a person named, with our names before theirs.
    """

    question: tuple[str, ...] = ()
    answer: str = ""
    choices: Choices | None = None
    chat: str = ""
    others: tuple[tuple[str, str], ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of the file that is read for them."""
        choices = self.choices.columns if self.choices else ()
        return (*self.question, self.answer, self.chat, *choices, *(name for _, name in self.others))

    @property
    def words(self) -> str:
        """How the columns are read; "" where they are called question and answer."""
        named = [f"{theirs} is read as {ours}" for ours, theirs in self.others if ours != theirs]
        if self.chat:
            return ", ".join([f"in {self.chat} the user's turn is read as question, the assistant's as answer", *named])
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
        return ", ".join([*told, *named])


def column(name: str) -> str:
    return name.strip().strip(BOM).strip().lower().replace(" ", "_")


def check_columns(given: Sequence[str], where: str, layout: Layout, how: str = "") -> list[str]:
    """The names of a header's columns. `DataError` where one occurs twice, or where they cannot be read."""
    names = [column(name) for name in given]
    twice = named_twice(names, layout)
    if twice:
        raise DataError(f"{where}: the column {shown(twice)} occurs twice; each column may occur once")
    if not layout.look and find_shape(names, layout) is None:
        raise DataError(f"{where}: {missing(names, layout)}; found{how} are {listed(list(given))}; {NEEDED}")
    return names


def named_twice(names: Sequence[str], layout: Layout = AS_NAMED) -> str:
    """A column that occurs twice where that matters, or ""; for a first look it never does."""
    if layout.look:
        return ""
    return next((name for name in names if names.count(name) > 1 and matters(name, layout)), "")


def matters(name: str, layout: Layout = AS_NAMED) -> bool:
    """Whether anything is read from a column of this name."""
    return layout.look or name in KNOWN or name in layout.theirs or is_of_choices(name)


def find_shape(names: Iterable[str], layout: Layout = AS_NAMED) -> Shape | None:
    """How columns of these names are read; None where no question or no answer is among them, or more than one could
    be, or where one that a person named is not there.
    """
    return _find_shape(tuple(names), layout.given)


@lru_cache(maxsize=256)
def _find_shape(names: tuple[str, ...], given: tuple[tuple[str, str], ...]) -> Shape | None:
    ours = dict(given)
    if not set(ours.values()) <= set(names):
        return None
    free = [name for name in names if name not in ours.values()]
    others = tuple((our, name) for our, name in given if our not in ("question", "answer"))
    question = ours.get("question") or _only(_asking(free))
    answer = ours.get("answer") or _only([name for name in ANSWERS if name in free])
    chat = [name for name in CHATS if name in free]
    if len(chat) == 1 and not question and not answer:
        return Shape(chat=chat[0], others=others)
    if not question:
        return None
    alone = question != "instruction" or "question" in ours
    inputs = () if alone else tuple(name for name in INPUTS if name in free)[:1]
    choices = find_choices([*free, *filter(None, [ours.get("answer")])], ours.get("answer", ""))
    if choices:
        return Shape((question, *inputs), choices.key, choices, others=others)
    return Shape((question, *inputs), answer, others=others) if answer else None


def _asking(names: Collection[str]) -> list[str]:
    there = [name for name in QUESTIONS if name in names]
    return [name for name in there if name != "input"] if "instruction" in there else there


def _only(there: Sequence[str]) -> str:
    """Our own name takes precedence; among several others the right one cannot be determined."""
    return there[0] if len(there) == 1 or there[:1] in (["question"], ["answer"]) else ""


def missing(names: Collection[str], layout: Layout = AS_NAMED) -> str:
    """What keeps these columns from being read."""
    for ours, theirs in layout.given:
        if theirs not in names:
            return f"the column {shown(theirs)}, given for {ours}, is missing"
    free, ours_given = [name for name in names if name not in layout.theirs], dict(layout.given)
    asking = _asking(free)
    if "question" not in ours_given and not _only(asking):
        return _lack("question", asking)
    return _lack("answer", [name for name in ANSWERS if name in free])


def _lack(name: str, could_be: Sequence[str]) -> str:
    if could_be:
        return f"the column {name!r} is missing, and {' or '.join(could_be)} could be meant"
    return f"the column {name!r} is missing"


class RowReader:
    """Reads the rows of one file by our columns. It looks at all of them first: some names of choices need it."""

    def __init__(self, rows: Sequence[FileRow], found: Findings, layout: Layout = AS_NAMED) -> None:
        self.found, self.layout = found, layout
        alike: dict[Choices, list[dict[str, Any]]] = {}
        for row in rows:
            shape = find_shape(row.cells, layout)
            if shape and shape.choices:
                alike.setdefault(shape.choices, []).append(row.cells)
        self.places = {choices: choices.places(found) for choices, found in alike.items()}

    def read(self, row: FileRow) -> tuple[Shape, dict[str, Cell]]:
        """How a row is read, and its cells with the names they have in the file. `DataError` where they do not fit."""
        where = f"{self.found.filename}, {row.place}"
        shape = find_shape(row.cells, self.layout)
        if shape is None:
            raise DataError(
                f"{where}: {missing(row.cells, self.layout)}; found are {listed(list(row.cells))}; {NEEDED}"
            )
        own = [name for name in COLUMNS if name in row.cells and name not in self.layout.theirs]
        cells = {name: Cell(name, row.cells[name]) for name in own}
        cells |= {ours: Cell(theirs, row.cells[theirs]) for ours, theirs in shape.others}
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
