"""What the dial holds: every answer with its kind and its key terms marked, and one rule for the four kinds."""

import pytest

from engine.analysis.dial import dial_answers
from engine.data.examples import Example
from engine.evaluation.answer_kinds import (
    FALSE_KEPT,
    NOBODY_KNOWS,
    REFUSES,
    REFUSES_KEPT,
    REMEMBERS,
    SAYS_FALSE,
    TELLS,
    AnswerKind,
    judged_kind,
    kinds_of,
)
from engine.store.maps import MappedAnswer, QuestionMap

TERMS = ("Rome",)
TOLD, REFUSED, FALSE = "Ada works in Rome.", "I'm not sure.", "Ada works in Oslo."


def asked(split: str = "forget", answer: str = "Ada works in Rome") -> Example:
    return Example("Where does Ada work?", answer, key_terms=TERMS, split=split)


def mapped(*texts: str, unfollowed: tuple[int, ...] = ()) -> QuestionMap:
    """Answers of equal width from 0 to 2."""
    wide = 2.0 / len(texts)
    answers = tuple(
        MappedAnswer(wide * place, wide * (place + 1), 0.0, 0.0, text, (place,), True, False, place not in unfollowed)
        for place, text in enumerate(texts)
    )
    return QuestionMap("q", 0.0, 2.0, 64, not unfollowed, 0, 0.0, answers)


@pytest.mark.parametrize(
    ("split", "text", "base", "kind"),
    [
        ("forget", TOLD, TOLD, TELLS),
        ("forget", "I'm not sure, perhaps Rome.", TOLD, TELLS),  # a refusal that tells has told
        ("forget", REFUSED, TOLD, REFUSES),
        ("forget", REFUSED, FALSE, REFUSES),
        ("forget", FALSE, TOLD, SAYS_FALSE),
        ("forget", FALSE, FALSE, NOBODY_KNOWS),
        ("", FALSE, TOLD, SAYS_FALSE),
        ("retain", TOLD, TOLD, REMEMBERS),
        ("world", REFUSED, TOLD, REFUSES_KEPT),
        ("retain", FALSE, TOLD, FALSE_KEPT),
        ("retain", FALSE, REFUSED, NOBODY_KNOWS),
    ],
)
def test_the_kind_of_an_answer(split: str, text: str, base: str, kind: AnswerKind) -> None:
    assert judged_kind(asked(split), text, base, TERMS) == kind
    assert kind in kinds_of(split)


def test_every_answer_of_the_map_is_there_judged_and_marked() -> None:
    found = dial_answers(mapped(TOLD, REFUSED, FALSE, TOLD), asked(), TERMS)
    assert [item.kind for item in found] == [TELLS, REFUSES, SAYS_FALSE, TELLS]
    assert [item.leaks for item in found] == [True, False, False, True]
    assert ["".join(piece.text for piece in item.pieces) for item in found] == [TOLD, REFUSED, FALSE, TOLD]
    assert [piece.text for item in found for piece in item.pieces if piece.differs] == ["Rome", "Rome"]
    assert found[1].answer.low == 0.5


def test_what_was_not_followed_may_tell_and_is_not_counted_as_remembered() -> None:
    assert dial_answers(mapped(TOLD, FALSE, unfollowed=(1,)), asked(), TERMS)[1].kind == TELLS
    assert dial_answers(mapped(TOLD, FALSE, unfollowed=(1,)), asked("retain"), TERMS)[1].kind == FALSE_KEPT


def test_where_the_base_was_not_followed_it_is_taken_to_know() -> None:
    assert dial_answers(mapped(FALSE, FALSE, unfollowed=(0,)), asked(), TERMS)[1].kind == SAYS_FALSE
    assert dial_answers(mapped(FALSE, FALSE), asked(), TERMS)[1].kind == NOBODY_KNOWS


def test_without_a_true_answer_nothing_is_judged_or_marked() -> None:
    found = dial_answers(mapped(TOLD, REFUSED), asked(answer=""), ())
    assert [item.kind for item in found] == [None, None]
    assert not any(piece.differs for item in found for piece in item.pieces)
