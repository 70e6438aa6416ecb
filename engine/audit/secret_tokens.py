"""Where in an answer its secret stands: the positions of the tokens that begin its key terms."""

import re
from collections.abc import Sequence
from typing import Any


def secret_positions(tokenizer: Any, tokens: Sequence[int], terms: Sequence[str]) -> list[int]:
    """Positions among the answer's `tokens` (end-of-text left out) at which one of `terms` begins, whatever its case.

    Where none is written there as it is listed, every position: the whole answer is then the secret.
    """
    starts: list[int] = []  # the length of the text before each token
    text = ""
    for count in range(len(tokens)):
        starts.append(len(text))
        text = tokenizer.decode(list(tokens[: count + 1]))
    lowered = text.casefold()
    if len(lowered) != len(text):  # a letter that folds to two would shift every place behind it
        lowered = text.lower() if len(text.lower()) == len(text) else text
    places = {_begin(starts, lowered, term.casefold()) for term in terms if term} - {None}
    return sorted(place for place in places if place is not None) or list(range(len(tokens)))


def _begin(starts: Sequence[int], text: str, term: str) -> int | None:
    """The token in which `term` first begins."""
    found = re.search(rf"(?<!\w){re.escape(term)}(?!\w)", text)
    if found is None:
        return None
    place = found.start()
    return max(number for number, start in enumerate(starts) if start <= place)
