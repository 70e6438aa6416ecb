"""Where in a text the leak rule sees a question's key terms."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from engine.evaluation.leak_rule import find_terms
from engine.evaluation.token_readings import TextPiece
from engine.evaluation.words import is_sign

_WRITTEN = re.compile(r"\S+")
MORE = 2  # so many more words than a term may write it: "part time" for "part-time"
_AROUND = "\"'’“”‘().,;:!?[]{}<>«»…*_"


class TermSpan(NamedTuple):
    """`text[start:end]` is where `term` stands."""

    start: int
    end: int
    term: str


def term_spans(text: str, terms: Sequence[str]) -> list[TermSpan]:
    """Every place of every term in `text`, by the leak rule's own reading of words, in order and without overlaps.

    A term of several words is looked for in as many neighbouring ones. What the rule sees in the whole text but in no
    such stretch is not marked.
    """
    found: list[TermSpan] = []
    units = _units(text)
    for term in find_terms(text, terms):
        widest, place = len(_units(term)) + MORE, 0
        while place < len(units):
            width = _width_at(text, units[place : place + widest], term)
            if width:
                found.append(TermSpan(units[place][0], units[place + width - 1][1], term))
            place += width or 1
    kept: list[TermSpan] = []
    for span in sorted(found, key=lambda item: (item.start, -item.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def mark_terms(text: str, terms: Sequence[str]) -> list[TextPiece]:
    """`text` in pieces, those that are key terms marked; the pieces, joined, are the text."""
    pieces, at = [], 0
    for span in term_spans(text, terms):
        pieces += [TextPiece(text[at : span.start], False), TextPiece(text[span.start : span.end], True)]
        at = span.end
    return [piece for piece in (*pieces, TextPiece(text[at:], False)) if piece.text]


@lru_cache(maxsize=20_000)
def marked_pieces(text: str, terms: tuple[str, ...]) -> tuple[str, ...]:
    """The pieces of `text` alone: every second one, from the second on, is a key term. Kept, as a table of a thousand
    answers is drawn at every press; an erasure empties what is kept.
    """
    found, end = list[str](), 0
    for span in term_spans(text, terms):
        found += [text[end : span.start], text[span.start : span.end]]
        end = span.end
    return (*found, text[end:])


def _width_at(text: str, units: Sequence[tuple[int, int]], term: str) -> int:
    """How many of `units`, from the first on, the term takes; 0 where it does not begin with the first."""
    for width in range(1, len(units) + 1):
        start, stop = units[0][0], units[width - 1][1]
        if find_terms(text[start:stop], [term]):
            return width if width == 1 or not find_terms(text[units[1][0] : stop], [term]) else 0
    return 0


def _units(text: str) -> list[tuple[int, int]]:
    """Words as written, without punctuation around them; in scripts without spaces each character."""
    found = []
    for match in _WRITTEN.finditer(text):
        word = match.group()
        if any(is_sign(letter) for letter in word):
            found += [(match.start() + place, match.start() + place + 1) for place in range(len(word))]
            continue
        start = match.start() + len(word) - len(word.lstrip(_AROUND))
        end = match.end() - len(word) + len(word.rstrip(_AROUND))
        if start < end:
            found.append((start, end))
    return found
