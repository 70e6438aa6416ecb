"""An answer that somebody else begins and the ensemble continues, as the probe "answer begun" does."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.audit.asking import checked_prompt
from engine.errors import DataError

if TYPE_CHECKING:
    from engine.decoding.answers import Answer
    from engine.models.loading import LoadedPair


def begun_prompt(pair: "LoadedPair", question: str, begin: str) -> list[int]:
    """The question in the base's template and `begin` as the first words of its answer, in tokens."""
    from engine.data.prompts import encode

    encoded = encode(pair.tokenizer, pair.template, question, begin)
    return encoded.prompt + encoded.answer[:-1]


def continue_answer(
    pair: "LoadedPair", question: str, begin: str, alphas: Sequence[float], max_new_tokens: int = 64
) -> "list[Answer]":
    """What follows `begin`, greedily, at each alpha; `DataError` where it does not fit the models' context."""
    from engine.decoding.answers import answer_prompts

    if pair.by_strength is not None:
        models = [pair.at(alpha) for alpha in alphas]
        return [continue_answer(model, question, begin, [alpha], max_new_tokens)[0] for model, alpha in models]
    prompt = checked_prompt(pair, begun_prompt(pair, question, begin), max_new_tokens)
    if isinstance(prompt, str):
        raise DataError(f"{begin[:60]!r} cannot begin the answer: {prompt}")
    return answer_prompts(pair, [prompt] * len(alphas), list(alphas), max_new_tokens)
