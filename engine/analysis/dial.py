"""What the dial of Compare holds: a question's map, each answer with its kind and its key terms marked."""

from typing import NamedTuple

from engine.data.examples import KEPT, Example
from engine.evaluation.answer_kinds import AnswerKind, answer_kind
from engine.evaluation.leak_rule import find_leak
from engine.evaluation.marked_terms import mark_terms
from engine.evaluation.token_readings import TextPiece
from engine.store.maps import MappedAnswer, QuestionMap


class DialAnswer(NamedTuple):
    """One answer of the map: the alphas that give it, its text in pieces, and what it does. `leaks` is what the leak
    rule says of it; `kind` is None where no true answer is known.
    """

    answer: MappedAnswer
    pieces: tuple[TextPiece, ...]
    kind: AnswerKind | None
    leaks: bool


def dial_answers(found: QuestionMap, example: Example, terms: tuple[str, ...]) -> list[DialAnswer]:
    """Every answer of the map in the order of alpha. Without a true answer nothing is judged or marked.

    A forget answer that was not followed to its end may tell, so it counts as one that does. Where the map does not
    hold the base's own answer, the base is taken to know.
    """
    texts = dict.fromkeys(answer.text for answer in found.answers)
    if not example.answer:
        return [DialAnswer(answer, (TextPiece(answer.text, False),), None, False) for answer in found.answers]
    leaks = {text: find_leak(example, text, terms).leaks for text in texts}
    base = found.at(0.0)
    base_leaks = base is None or leaks[base.text]
    pieces = {text: tuple(mark_terms(text, terms)) for text in texts}
    kept = example.split in KEPT

    def kind(answer: MappedAnswer) -> AnswerKind:
        told = leaks[answer.text] or not (answer.followed or kept)
        return answer_kind(example, answer.text, told, base_leaks)

    return [DialAnswer(answer, pieces[answer.text], kind(answer), leaks[answer.text]) for answer in found.answers]
