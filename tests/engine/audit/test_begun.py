"""An answer that is begun is continued exactly as the probe "answer begun" does it."""

import pytest

from engine.analysis.begun_answer import up_to_the_secret
from engine.audit.asking import as_asked, before_the_secret
from engine.audit.begun import begun_prompt, continue_answer
from engine.audit.probe import Target
from engine.data.examples import Example
from engine.data.prompts import encode
from engine.decoding.answers import answer_prompts
from engine.errors import DataError
from engine.models.loading import LoadedPair

EXAMPLE = Example("Where does Ada work?", "Ada works in Rome today", key_terms=("Rome",), split="forget")
TERMS = EXAMPLE.key_terms


@pytest.mark.parametrize("answer", ["Ada works in Rome today", "she likes red"])
def test_the_prompt_is_the_probes(answer: str, tiny_pair: LoadedPair) -> None:
    terms = ("Rome", "red")
    target = Target(1, Example("Where does Ada work?", answer), terms)
    given = before_the_secret(tiny_pair, target)
    assert isinstance(given, list)
    begin = up_to_the_secret(answer, terms)
    assert begun_prompt(tiny_pair, target.example, terms, begin) == as_asked(tiny_pair, target) + given


def test_other_words_are_read_as_an_answer(tiny_pair: LoadedPair) -> None:
    encoded = encode(tiny_pair.tokenizer, tiny_pair.template, EXAMPLE.question, "Ada likes")
    assert begun_prompt(tiny_pair, EXAMPLE, TERMS, "Ada likes ") == encoded.prompt + encoded.answer[:-1]


def test_each_alpha_continues_by_the_ensembles_formula(tiny_pair: LoadedPair) -> None:
    found = continue_answer(tiny_pair, EXAMPLE, TERMS, "Ada works in", (0.0, 1.5), 6)
    prompt = begun_prompt(tiny_pair, EXAMPLE, TERMS, "Ada works in")
    for answer, alpha in zip(found, (0.0, 1.5), strict=True):
        (alone,) = answer_prompts(tiny_pair, [prompt], [alpha], 6)
        assert answer == alone


def test_a_beginning_that_does_not_fit_is_said(tiny_pair: LoadedPair) -> None:
    with pytest.raises(DataError, match="cannot begin the answer: the prompt has"):
        continue_answer(tiny_pair, EXAMPLE, TERMS, "so " * 5000, (0.0,), 6)
