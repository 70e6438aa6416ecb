"""World facts: shape of the rows, and a few facts that must never drift."""

import re
from collections import Counter

import pytest

from engine.data.demo.world import TOPICS, WORLD_FACTS


def test_both_halves_hold_half_of_each_topic() -> None:
    counts = Counter((e.group, e.half) for e in WORLD_FACTS)
    assert len(WORLD_FACTS) == 120
    assert {counts[topic, half] for topic in TOPICS for half in ("train", "eval")} == {12}


def test_rows_hold_three_wrong_answers_and_no_answer_in_a_question() -> None:
    for fact in WORLD_FACTS:
        assert len({fact.answer, *fact.perturbed_answer}) == 4
        assert len(fact.answer.split()) <= 4
        assert fact.question != fact.paraphrased_question
        for question in (fact.question, fact.paraphrased_question):
            assert question.endswith("?")
            assert not re.search(rf"\b{re.escape(fact.key_terms[0])}\b", question, re.IGNORECASE), question


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the capital of Australia?", "Canberra"),
        ("What is the chemical symbol for gold?", "Au"),
        ("Who wrote Frankenstein?", "Mary Shelley"),
        ("In which year did the Berlin Wall fall?", "1989"),
    ],
)
def test_facts_are_the_known_ones(question: str, answer: str) -> None:
    assert [e.answer for e in WORLD_FACTS if e.question == question] == [answer]
