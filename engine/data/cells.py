"""One cell of a question file: the text or the texts in it, or the reason why it has none."""

import re
from typing import Any

import regex

from engine.data.file_bytes import BOM
from engine.data.findings import Findings, shown
from engine.data.strict_json import Number, load_json
from engine.errors import DataError

# Marks that combine with a letter, blanks, and what is invisible by definition say nothing alone; so does a blank
# Braille cell.
_VISIBLE = regex.compile(r"[^\p{Cc}\p{Cf}\p{Cs}\p{Z}\p{M}\p{Default_Ignorable_Code_Point}\u2800]")
_FRACTION = re.compile(r"(-?[0-9]+)\.0+")
_NO_VALUE = {"nan", "none", "null", "n/a", "#n/a", "<na>", "nat"}
_CONTROL = re.compile(
    r"<\|[^|<>\s]{1,40}\|>|<\uff5c[^<>\s]{1,40}\uff5c>|</?s>|<<?/?SYS>>?|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS)\]"
    r"|<(?:bos|eos|pad|unk|mask|cls|sep|start_of_turn|end_of_turn|end_of_utterance)>|\[(?:CLS|SEP|PAD|UNK|MASK)\]"
)

WHOLE = "whole numbers with an empty fraction, such as 1987.0, are read without it"
FRACTION = "texts like '1987.0' are kept as written; if whole numbers are meant, write them without the fraction"
NO_VALUE = "words like 'nan' or 'None' are kept as written; if no value is meant, leave the cell empty"
CONTROL = "texts hold what some models take for a control token, such as <|im_end|>"


def is_visible(text: str) -> bool:
    """Whether a person can see anything in it: U+200B or an accent alone is not a text."""
    return _VISIBLE.search(text) is not None


def cell_text(value: Any, where: str, found: Findings) -> str:
    """The text of a cell, stripped; "" where it is empty or shows nothing. `DataError` for anything that is not
    text.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        kind = value if isinstance(value, float) else type(value).__name__
        raise DataError(f"{where} must be text, got {kind}")
    text = value.strip().strip(BOM).strip()
    try:
        text.encode()
    except UnicodeEncodeError:  # JSON can spell half a surrogate pair, which no database or tokenizer takes
        raise DataError(f"{where} holds half a character (a lone surrogate); it must be valid Unicode text") from None
    if "\0" in text:
        raise DataError(f"{where} holds a NUL character; it must be text")
    whole = _FRACTION.fullmatch(text)
    if whole and isinstance(value, Number):
        found.remark(WHOLE, where)
        return whole[1]
    _look_at(text, where, found)
    return text if is_visible(text) else ""


def _look_at(text: str, where: str, found: Findings) -> None:
    """Note texts that may not mean what they say."""
    if _FRACTION.fullmatch(text):
        found.remark(FRACTION, where)
    if text.casefold() in _NO_VALUE:
        found.remark(NO_VALUE, where)
    if _CONTROL.search(text):
        found.remark(CONTROL, where)


def read_list(value: Any, where: str, found: Findings) -> tuple[str, ...]:
    """The texts of a cell: a JSON list, or parts separated by `|`; empty ones are left out."""
    if not isinstance(value, list):
        text = cell_text(value, where, found)
        value = _json_list(text, where) if text.startswith("[") else text.split("|")
    return tuple(filter(None, (cell_text(part, where, found) for part in value)))


def _json_list(text: str, where: str) -> list[Any]:
    parts = load_json(text, where, Number)
    if not isinstance(parts, list):
        raise DataError(f"{where} must be a JSON list, or texts separated by '|', got {shown(text)}")
    return parts
