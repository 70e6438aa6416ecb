"""Where in an answer its key terms stand, so that a reader sees at once what is told."""

import re
from collections.abc import Sequence
from functools import lru_cache

from engine.evaluation.words import Terms

_WORD = re.compile(r"\w+(?:[.,'’+-]\w+)*[+-]{0,2}")
_FURTHER = 2  # words by which a term may be longer in a text than where it is listed ("40mg" and "40 mg")


@lru_cache(maxsize=20_000)
def pieces(text: str, terms: tuple[str, ...]) -> tuple[str, ...]:
    """`text` in pieces that joined are the text: every second one, from the second on, is a key term."""
    found, end = list[str](), 0
    for start, stop in term_spans(text, terms):
        found += [text[end:start], text[start:stop]]
        end = stop
    return (*found, text[end:])


def term_spans(text: str, terms: Sequence[str]) -> list[tuple[int, int]]:
    """Start and end of every place where the leak rule reads one of the terms; in order, none overlaps another."""
    told = Terms(terms).found(text)
    places = sorted(place for term in told for place in _places(text, term))
    joined = list[tuple[int, int]]()
    for start, end in places:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _places(text: str, term: str) -> list[tuple[int, int]]:
    """Where one term stands: the fewest words around which the rule still reads it."""
    looked_for, words = Terms([term]), list(_WORD.finditer(text))
    most, found = len(_WORD.findall(term)) + _FURTHER, list[tuple[int, int]]()
    for at, first in enumerate(words):
        ends = (last.end() for last in words[at : at + most])
        end = next((end for end in ends if looked_for.any_in(text[first.start() : end])), None)
        if end is not None and not _stands_later(looked_for, text, words[at + 1 : at + 2], end):
            found += _narrowed(looked_for, text, first.start(), end)
    return found


def _stands_later(looked_for: Terms, text: str, following: Sequence[re.Match[str]], end: int) -> bool:
    return bool(following) and following[0].start() < end and looked_for.any_in(text[following[0].start() : end])


def _narrowed(looked_for: Terms, text: str, start: int, end: int) -> list[tuple[int, int]]:
    """A piece of a script without spaces is cut to the term itself, as often as it stands there."""
    if text[start:end].isascii():
        return [(start, end)]
    found = list[tuple[int, int]]()
    while looked_for.any_in(text[start:end]):
        stop = next(stop for stop in range(start + 1, end + 1) if looked_for.any_in(text[start:stop]))
        first = max(first for first in range(start, stop) if looked_for.any_in(text[first:stop]))
        if text[first:stop].isalnum() and _inside_a_word(text, first, stop):
            return [*found, (start, end)]
        found.append((first, stop))
        start = stop
    return found


def _inside_a_word(text: str, first: int, stop: int) -> bool:
    """Whether cutting there would split a word of letters with spaces between words ("café" in "cafés")."""
    beside = text[first - 1 : first] + text[stop : stop + 1]
    return any(sign.isalnum() and ord(sign) < 0x0E00 for sign in beside)
