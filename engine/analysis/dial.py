"""What the dial of Compare holds: a question's map, each answer with its kind and its key terms marked."""

from typing import NamedTuple

from engine.analysis.map_answers import judge_map
from engine.data.examples import Example
from engine.evaluation.answer_kinds import AnswerKind
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
    """Every answer of the map in the order of alpha, judged by `judge_map`. Without a true answer nothing is judged or
    marked.
    """
    if not example.answer:
        return [DialAnswer(answer, (TextPiece(answer.text, False),), None, False) for answer in found.answers]
    judged = judge_map(example, terms, found.answers)
    pieces = {text: tuple(mark_terms(text, terms)) for text in {answer.text for answer in found.answers}}
    return [DialAnswer(answer, pieces[answer.text], kind, leaks) for answer, leaks, kind in judged]
