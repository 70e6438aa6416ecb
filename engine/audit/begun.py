"""An answer that somebody else begins and the ensemble continues, as the probe "answer begun" does."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.audit.asking import as_asked, before_the_secret, checked_prompt
from engine.audit.probe import Target
from engine.data.examples import Example
from engine.errors import DataError

if TYPE_CHECKING:
    from engine.decoding.answers import Answer
    from engine.models.loading import LoadedPair


def begun_prompt(pair: "LoadedPair", example: Example, terms: tuple[str, ...], begin: str) -> list[int]:
    """The question in the base's template and `begin` as the first words of its answer, in tokens.

    Where these are the true answer's words before its secret, they are the probe's own tokens: before a number it gives
    the space too.
    """
    from engine.data.prompts import encode

    target = Target(0, example, terms)
    given = before_the_secret(pair, target) if terms and example.answer else ""
    if not isinstance(given, str) and pair.tokenizer.decode(given).strip() == begin.strip():
        return as_asked(pair, target) + given
    encoded = encode(pair.tokenizer, pair.template, example.question, begin)
    return encoded.prompt + encoded.answer[:-1]


def continue_answer(
    pair: "LoadedPair",
    example: Example,
    terms: tuple[str, ...],
    begin: str,
    alphas: Sequence[float],
    max_new_tokens: int = 64,
) -> "list[Answer]":
    """What follows `begin`, greedily, at each alpha; `DataError` where it does not fit the models' context."""
    from engine.decoding.answers import answer_prompts

    if pair.by_strength is not None:
        models = [pair.at(alpha) for alpha in alphas]
        return [continue_answer(model, example, terms, begin, [alpha], max_new_tokens)[0] for model, alpha in models]
    prompt = checked_prompt(pair, begun_prompt(pair, example, terms, begin), max_new_tokens)
    if isinstance(prompt, str):
        raise DataError(f"{begin[:60]!r} cannot begin the answer: {prompt}")
    return answer_prompts(pair, [prompt] * len(alphas), list(alphas), max_new_tokens)
