"""Multiple choice: the text of the choice that a row names by position, letter, label or text."""

import re
import string
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from engine.data.cells import cell_text
from engine.data.findings import Findings, listed, shown
from engine.data.strict_json import Number, load_json
from engine.errors import DataError

LISTS = ("choices", "options", "endings")
KEYS = (
    "answer",
    "answerkey",
    "answer_key",
    "answer_idx",
    "answer_index",
    "correct_answer",
    "correct_option",
    "correct_index",
    "correct",
    "label",
    "gold",
    "cop",
)
FROM_ONE = "places in the choices are counted from 0, but no row has 0; counted from 1, each answer would be another"
_FAMILY = re.compile(r"(|op|opt|option|options|choice|ending|answer|sol)_?([a-h]|[0-9])")
_AROUND = r"[\s()\[\]{}.:*\"']*"  # "(C)", "C.", "**C**"
_KEY = re.compile(rf"(?:option|choice|answer)?{_AROUND}?([a-z]|-?[0-9]{{1,3}})(?:\.0+)?{_AROUND}", re.IGNORECASE)
_SEVERAL = re.compile(r"[A-H]{2,8}|(?i:(?:[a-h]|[0-9]{1,2})(?:\s*[,;&/+]\s*(?:[a-h]|[0-9]{1,2}))+)")


class Choices(NamedTuple):
    """Where the choices of a row are: in one column as a list, or in one column each, with their labels.

    `key` is the column that names the right one.
    """

    key: str
    columns: tuple[str, ...]
    labels: tuple[str, ...] = ()  # of columns: a, b, c or 1, 2, 3

    @property
    def words(self) -> str:
        """The columns, and how a number names one of them where it is not a label."""
        return self.where if self.labels else f"{self.where} (a number counts from 0)"

    @property
    def where(self) -> str:
        return f"{self.columns[0]} to {self.columns[-1]}" if self.labels else self.columns[0]

    def places(self, rows: Iterable[Mapping[str, Any]]) -> Counter[int]:
        """The numbers by which rows name a choice: only all of them together show whether they count from 0 or 1."""
        names = (_KEY.fullmatch(row[self.key]) for row in rows if isinstance(row[self.key], str))
        return Counter(int(name[1]) for name in names if name and name[1].lstrip("-").isdecimal())

    def chosen(self, cells: Mapping[str, Any], places: Counter[int], where: str, found: Findings) -> Any:
        """The text of the right choice, or the key itself where that is the answer and not the name of a choice.

        `places` are those of the whole file. `DataError` where the choice is unclear.
        """
        key = cells[self.key]
        if not isinstance(key, str):
            return key  # a missing value, or not text: the reader of the cell reports it
        named_by = f"{where}, column {shown(self.key)}"
        text = cell_text(key, named_by, Findings(found.filename))
        texts, labels = self._read(cells, f"{where}, column {shown(self.columns[0])}", found)
        name = _KEY.fullmatch(text)
        if name is None and text.casefold() not in map(str.casefold, labels):
            if text not in texts and _SEVERAL.fullmatch(text):
                raise DataError(f"{named_by} is {shown(text)}, which names several choices; a question has one answer")
            return key
        if not texts:
            raise DataError(f"{named_by} is {shown(text)}, but no choices can be read in {self.where}")
        named = self._named(name[1] if name else text, text, texts, labels, places, named_by)
        if not labels and text[-1:].isdecimal() and 0 not in places:
            found.remark(FROM_ONE, named_by)
        right = named if named and isinstance(key, Number) else named | {choice for choice in texts if choice == text}
        if len(right) > 1:
            raise DataError(f"{named_by} is {shown(text)}, which is the text of one choice and the name of another")
        if not any(right):
            how = f"labelled {listed(labels)}" if labels else "counted from 0"
            raise DataError(f"{named_by} is {shown(text)}, which names none of the {len(texts)} choices, {how}")
        return right.pop()

    def _read(self, cells: Mapping[str, Any], where: str, found: Findings) -> tuple[list[str], list[str]]:
        texts, labels = [cells[name] for name in self.columns], list[Any](self.labels)
        if not labels:
            texts, labels = _listed(texts[0], where)
        return [cell_text(text, where, found) for text in texts], [cell_text(label, where, found) for label in labels]

    def _named(
        self, name: str, text: str, texts: Sequence[str], labels: Sequence[str], places: Counter[int], where: str
    ) -> set[str]:
        """The choice with that label; without labels the one of that letter, or at that position from 0.

        A number beside columns with letters counts from 0 in some files and from 1 in others of the same data
        set.
        """
        either = {name.casefold(), text.casefold()}
        with_label = {choice for choice, label in zip(texts, labels, strict=False) if label.casefold() in either}
        if with_label or (labels and not (self.labels and labels[0] == "a" and name.isdecimal())):
            return with_label
        first = 0
        if labels:
            if (0 in places) == (len(texts) in places):
                raise DataError(f"{where} is {name}, and the rows do not show whether that counts from 0 or from 1")
            first = 0 if 0 in places else 1
        place = int(name) - first if name.lstrip("-").isdecimal() else string.ascii_lowercase.find(name.lower())
        return {texts[place]} if 0 <= place < len(texts) else set()


def find_choices(names: Collection[str], key: str = "") -> Choices | None:
    """The choices among columns of these names, where a column names the right one: `key`, or one of `KEYS`."""
    key = key or next((key for key in KEYS if key in names), "")
    inside = next((name for name in LISTS if name in names and name != key), "")
    if inside and key:
        return Choices(key, (inside,))
    families: dict[str, list[tuple[str, str]]] = {}
    for name in names:
        if member := _FAMILY.fullmatch(name):
            families.setdefault(member[1], []).append((member[2], name))
    for family in families.values():
        labels, columns = zip(*sorted(family), strict=True)
        if (
            key
            and key not in columns
            and len(labels) > 1
            and "".join(labels) in string.ascii_lowercase + " " + string.digits
        ):
            return Choices(key, columns, labels)
    return None


def is_of_choices(name: str) -> bool:
    """Whether a column of this name may hold choices or name the right one."""
    return name in LISTS or name in KEYS or _FAMILY.fullmatch(name) is not None


def _listed(value: Any, where: str) -> tuple[list[Any], list[Any]]:
    """Choices and their labels: a list, ARC's `{"text": [...], "label": [...]}`, or `{"A": text, "B": text}`."""
    if isinstance(value, str):
        value = _unfolded(value, where)
    if isinstance(value, dict) and isinstance(value.get("text"), list) and isinstance(value.get("label"), list):
        if len(value["text"]) != len(value["label"]):
            raise DataError(f"{where} has {len(value['text'])} choices, but {len(value['label'])} labels")
        return value["text"], value["label"]
    if isinstance(value, dict):
        return list(value.values()), list(value)
    return (value, []) if isinstance(value, list) else ([], [])


def _unfolded(text: str, where: str) -> Any:
    """What a cell of a CSV holds: JSON, or parts separated by `|`."""
    if text.strip()[:1] in ("[", "{"):
        try:
            return load_json(text, where, Number)
        except DataError:  # a list in Python's syntax; it is missed only where the key names a part of it
            return []
    return text.split("|") if "|" in text else []
