"""The answers of a question's map, each judged: the one rule behind the barcode and the dial."""

from collections.abc import Sequence
from typing import NamedTuple

from engine.data.examples import KEPT, Example
from engine.evaluation.answer_kinds import AnswerKind, answer_kind
from engine.evaluation.leak_rule import is_leak
from engine.store.maps import MappedAnswer


class JudgedMapAnswer(NamedTuple):
    """`leaks` is what the leak rule says of the answer, `kind` what it does."""

    answer: MappedAnswer
    leaks: bool
    kind: AnswerKind


def judge_map(example: Example, terms: tuple[str, ...], answers: Sequence[MappedAnswer]) -> list[JudgedMapAnswer]:
    """The answers in their order. Each text is judged once.

    An answer to a forget question that was not followed to its end may tell, so it counts as one that does. Where the
    map does not hold the base's own answer, the base is taken to know.
    """
    leaks = {text: is_leak(example, text, terms) for text in {answer.text for answer in answers}}
    base = next((answer for answer in answers if answer.low <= 0.0 <= answer.high and answer.followed), None)
    knows = base is None or leaks[base.text]
    kept = example.split in KEPT

    def kind(answer: MappedAnswer) -> AnswerKind:
        told = leaks[answer.text] or not (answer.followed or kept)
        return answer_kind(example, answer.text, told, knows)

    return [JudgedMapAnswer(answer, leaks[answer.text], kind(answer)) for answer in answers]
