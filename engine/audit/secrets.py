"""Where in an answer its secret is: the positions of the tokens that begin its key terms."""

from collections.abc import Sequence
from typing import Any

from engine.evaluation.words import begins


def secret_positions(tokenizer: Any, tokens: Sequence[int], terms: Sequence[str]) -> list[int]:
    """Positions among the answer's `tokens` (end-of-text left out) at which one of `terms` begins, as the leak rule
    finds it.

    Where none is found, every position: then the whole answer is the secret.
    """
    starts: list[int] = []  # the length of the text before each token
    text = ""
    for count in range(len(tokens)):
        starts.append(len(text))
        text = tokenizer.decode(list(tokens[: count + 1]))
    found = {place for term in terms if (place := begins(text, term)) is not None}
    places = {max(number for number, start in enumerate(starts) if start <= place) for place in found}
    return sorted(places) or list(range(len(tokens)))
