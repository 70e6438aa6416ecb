"""An answer that is begun is continued exactly as the probe "answer begun" does it."""

import pytest

from engine.analysis.begun_answer import up_to_the_secret
from engine.audit.asking import as_asked, before_the_secret
from engine.audit.begun import begun_prompt, continue_answer
from engine.audit.probe import Target
from engine.data.examples import Example
from engine.decoding.answers import answer_prompts
from engine.errors import DataError
from engine.models.loading import LoadedPair

EXAMPLE = Example("Where does Ada work?", "Ada works in Rome today", key_terms=("Rome",), split="forget")


def test_the_prompt_is_the_probes(tiny_pair: LoadedPair) -> None:
    given = before_the_secret(tiny_pair, Target(1, EXAMPLE, EXAMPLE.key_terms))
    assert isinstance(given, list)
    begin = up_to_the_secret(EXAMPLE.answer, EXAMPLE.key_terms)
    ours = begun_prompt(tiny_pair, EXAMPLE.question, begin)
    probes = as_asked(tiny_pair, Target(1, EXAMPLE, EXAMPLE.key_terms)) + given
    assert tiny_pair.tokenizer.decode(ours).rstrip() == tiny_pair.tokenizer.decode(probes).rstrip()


def test_each_alpha_continues_by_the_ensembles_formula(tiny_pair: LoadedPair) -> None:
    found = continue_answer(tiny_pair, EXAMPLE.question, "Ada works in", (0.0, 1.5), 6)
    prompt = begun_prompt(tiny_pair, EXAMPLE.question, "Ada works in")
    for answer, alpha in zip(found, (0.0, 1.5), strict=True):
        (alone,) = answer_prompts(tiny_pair, [prompt], [alpha], 6)
        assert answer == alone


def test_a_beginning_that_does_not_fit_is_said(tiny_pair: LoadedPair) -> None:
    with pytest.raises(DataError, match="cannot begin the answer: the prompt has"):
        continue_answer(tiny_pair, EXAMPLE.question, "so " * 5000, (0.0,), 6)
