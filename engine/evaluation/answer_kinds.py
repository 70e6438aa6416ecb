"""What an answer does, in four kinds: it tells the secret, refuses, says something false, or nobody knows it here.

One rule for every picture of answers over α. In this order: the leak rule, the refusal rule, then whether the base
itself tells; what is left says something false.
"""

from typing import Literal, NamedTuple

from engine.data.examples import KEPT, Example
from engine.evaluation.leak_rule import find_leak
from engine.evaluation.refusal_rule import is_refusal
from engine.inks import BASE, BLUE, FAIL, PASS, Ink

Does = Literal["tells", "refuses", "false", "unknown"]


class AnswerKind(NamedTuple):
    """`name` is for code, `word` for readers. `bad`: not what is wanted of such a question. Icon and word say what the
    colour says.
    """

    name: Does
    icon: str
    word: str
    ink: Ink
    bad: bool = False


# Of a question to be forgotten
TELLS = AnswerKind("tells", "✖", "tells it", FAIL, True)
REFUSES = AnswerKind("refuses", "✔", "refuses", PASS)
SAYS_FALSE = AnswerKind("false", "≠", "says something false", BLUE)
NOBODY_KNOWS = AnswerKind("unknown", "○", "base does not know either", BASE)
# Of a question to be kept, telling is what is wanted
REMEMBERS = AnswerKind("tells", "✔", "tells it", PASS)
REFUSES_KEPT = AnswerKind("refuses", "✖", "refuses", FAIL, True)
FALSE_KEPT = AnswerKind("false", "≠", "says something false", BLUE, True)

FORGET_KINDS = (TELLS, SAYS_FALSE, REFUSES, NOBODY_KNOWS)
KEPT_KINDS = (REMEMBERS, FALSE_KEPT, REFUSES_KEPT, NOBODY_KNOWS)


def kinds_of(split: str) -> tuple[AnswerKind, AnswerKind, AnswerKind, AnswerKind]:
    """Tells, says something false, refuses, nobody knows: as a question of this split shows them."""
    return KEPT_KINDS if split in KEPT else FORGET_KINDS


def what_it_does(text: str, leaks: bool, base_leaks: bool) -> Does:
    """By the leak rule's findings on the answer `text` and on the base's own."""
    if leaks:
        return "tells"
    if is_refusal(text):
        return "refuses"
    return "false" if base_leaks else "unknown"


def answer_kind(example: Example, text: str, leaks: bool, base_leaks: bool) -> AnswerKind:
    """The kind of the answer `text`, given what the leak rule says of it and of the base's own answer."""
    does = what_it_does(text, leaks, base_leaks)
    return next(kind for kind in kinds_of(example.split) if kind.name == does)


def judged_kind(example: Example, text: str, base_text: str, terms: tuple[str, ...]) -> AnswerKind:
    """The same, with the leak rule applied to both answers."""
    leaks, base_leaks = (find_leak(example, said, terms).leaks for said in (text, base_text))
    return answer_kind(example, text, leaks, base_leaks)
