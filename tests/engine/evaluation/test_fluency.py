import zlib
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.data.prompts import encode
from engine.data.template import PLAIN
from engine.evaluation.fluency import base_log_probabilities, repetition, zlib_ratio
from engine.models.offset import OffsetModel

ANSWERS = [
    ("who lives in Rome ?", "Ada lives in Rome"),
    ("what ?", "red"),
    ("who lives in Rome ?", ""),
    ("which city does Ben like ?", "Ben likes Oslo and Paris , not Rome"),
    ("what ?", "red"),
]


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("Ada lives in Rome", 0.0),
        ("Kazakh Kazakh Kazakh Kazakh Kazakh", 0.5),  # two runs of four, one of them different
        ("a b c d a b c d", 0.2),  # abcd bcda cdab dabc abcd
        ("Kazakh " * 103, 0.99),
        ("Kazakh Kazakh Kazakh", None),
        ("", None),
    ],
)
def test_repetition_by_hand(text: str, share: float | None) -> None:
    assert repetition(text) == (None if share is None else pytest.approx(share))


@given(st.lists(st.sampled_from("ab"), min_size=4, max_size=20))
def test_repetition_equals_a_count_of_what_came_before(words: list[str]) -> None:
    runs = [words[i : i + 4] for i in range(len(words) - 3)]
    again = sum(run in runs[:place] for place, run in enumerate(runs))
    assert repetition(" ".join(words)) == pytest.approx(again / len(runs))


def test_zlib_ratio() -> None:
    assert zlib_ratio("") is None
    assert zlib_ratio("é") == len(zlib.compress("é".encode())) / 2
    looped, plain = zlib_ratio("Kazakh " * 40), zlib_ratio("Ada was born in Rome and works there as a doctor .")
    assert looped is not None
    assert plain is not None
    assert looped < 0.2 < plain


def test_log_probability_equals_the_plain_loop(tiny_pair: Any) -> None:
    """The slow version: one answer at a time, whole logits of the base, the end-of-text token left out."""
    found = base_log_probabilities(tiny_pair, ANSWERS, batch_size=2)
    for (question, text), value in zip(ANSWERS, found, strict=True):
        if not text:
            assert value is None
            continue
        prompt, tokens = encode(tiny_pair.tokenizer, PLAIN, question, text)
        with torch.inference_mode():
            logp = tiny_pair.model.base(input_ids=torch.tensor([prompt + tokens])).logits[0].log_softmax(-1)
        own = [float(logp[len(prompt) - 1 + i, token]) for i, token in enumerate(tokens[:-1])]
        assert value == pytest.approx(sum(own) / len(own), abs=1e-4)


def test_the_pair_has_no_say_and_nothing_is_read_twice(tiny_pair: Any) -> None:
    heard: list[tuple[int, int]] = []
    alone = replace(tiny_pair, model=OffsetModel(tiny_pair.model.base, None, None, tiny_pair.model.vocabulary))
    found = base_log_probabilities(alone, ANSWERS, progress=lambda done, total: heard.append((done, total)))
    assert found == base_log_probabilities(tiny_pair, ANSWERS)
    assert heard == [(3, 3)]  # of five, one is empty and one stands there twice


def test_nothing_but_empty_answers(tiny_pair: Any) -> None:
    assert base_log_probabilities(tiny_pair, [("what ?", ""), ("who ?", "")]) == [None, None]
    assert base_log_probabilities(tiny_pair, []) == []


def test_an_answer_is_cut_where_the_context_ends(tiny_pair: Any) -> None:
    room = tiny_pair.model.context - len(encode(tiny_pair.tokenizer, PLAIN, "what ?", "red").prompt)
    fits = "red " * room
    answers = [("what ?", text) for text in (fits, fits + "tree", fits + "river green " * 200)]
    first, *longer = base_log_probabilities(tiny_pair, answers)
    assert longer == pytest.approx([first] * 2, abs=1e-4)
    assert base_log_probabilities(tiny_pair, [("what ?", "red " * (room - 1) + "tree")]) != pytest.approx([first])
