"""Questions in, answers out: what is shown, judged or stored as an answer comes from here, in fp32."""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from engine.data.prompts import encode_prompt, pad_token, stop_tokens
from engine.decoding import alpha_map
from engine.decoding.choosing import Decoded, Settings
from engine.decoding.decode import decode, decode_stream
from engine.errors import DataError, SettingError
from engine.models.loading import LoadedPair


class Answer(NamedTuple):
    """`ended` False: the limit cut it. `degenerate`: it fell into a loop and was cut there."""

    text: str
    tokens: tuple[int, ...]
    ended: bool
    degenerate: bool


def read_prompts(pair: LoadedPair, questions: Sequence[str], max_new_tokens: int) -> list[list[int]]:
    """The prompts of questions as tokens. `DataError` for one that does not fit the models' context with its answer:
    beyond it a model writes noise without an error.
    """
    prompts = [encode_prompt(pair.tokenizer, pair.template, question) for question in questions]
    context = pair.model.context
    for question, prompt in zip(questions, prompts, strict=True):
        if context is not None and len(prompt) + max_new_tokens > context:
            raise DataError(
                f"the question {question[:60]!r} has {len(prompt)} tokens as a prompt, and with {max_new_tokens} for"
                f" its answer that is more than the {context} that the models of {pair.name} can read"
            )
    return prompts


def answer_questions(
    pair: LoadedPair,
    questions: Sequence[str],
    alpha: float | Sequence[float],
    max_new_tokens: int = 64,
    batch_size: int = 48,
    progress: Callable[[int, int], None] | None = None,
) -> list[Answer]:
    """Greedy answers, batched, one per question; `alpha` is one strength or one per question."""
    alphas = list(alpha) if isinstance(alpha, Sequence) else [alpha] * len(questions)
    if pair.by_strength is not None:
        return _answer_by_strength(pair, questions, alphas, max_new_tokens, batch_size, progress)
    prompts = read_prompts(pair, questions, max_new_tokens)
    return answer_prompts(pair, prompts, alphas, max_new_tokens, batch_size, progress)


def answer_prompts(
    pair: LoadedPair,
    prompts: Sequence[Sequence[int]],
    alphas: Sequence[float],
    max_new_tokens: int = 64,
    batch_size: int = 48,
    progress: Callable[[int, int], None] | None = None,
    temperature: float = 0.0,
    seed: int = 0,
) -> list[Answer]:
    """What follows each prompt of tokens at the alpha beside it, batched; drawn with `seed` above temperature 0.

    Draws are keyed by seed and position: two prompts share them, two seeds do not. For a comparison method whose
    alpha does not multiply its logits, pass in what `LoadedPair.at` gives.
    """
    order = sorted(range(len(prompts)), key=lambda i: (len(prompts[i]), i))  # similar lengths together: little padding
    answers: dict[int, Answer] = {}
    settings = _settings(pair, max_new_tokens, temperature, seed)
    for start in range(0, len(order), batch_size):
        chunk = order[start : start + batch_size]
        for i, decoded in zip(
            chunk, decode(pair.model, [prompts[i] for i in chunk], [alphas[i] for i in chunk], settings), strict=True
        ):
            answers[i] = _answer(pair, decoded)
        if progress:
            progress(len(answers), len(order))
    return [answers[i] for i in range(len(prompts))]


def _answer_by_strength(
    pair: LoadedPair,
    questions: Sequence[str],
    alphas: Sequence[float],
    max_new_tokens: int,
    batch_size: int,
    progress: Callable[[int, int], None] | None,
) -> list[Answer]:
    """One strength after the other, each a separate model."""
    answers: dict[int, Answer] = {}
    for alpha in dict.fromkeys(alphas):
        places = [place for place, own in enumerate(alphas) if own == alpha]
        model, strength = pair.at(alpha)
        found = answer_questions(model, [questions[i] for i in places], strength, max_new_tokens, batch_size)
        answers |= dict(zip(places, found, strict=True))
        if progress:
            progress(len(answers), len(questions))
    return [answers[place] for place in range(len(questions))]


def stream_answers(
    pair: LoadedPair,
    question: str,
    alphas: Sequence[float],
    max_new_tokens: int = 64,
    temperature: float = 0.0,
    seed: int = 0,
) -> Iterator[tuple[Answer, ...]]:
    """One question at several strengths; after each token, the answers so far, one per alpha."""
    if pair.by_strength is not None:
        so_far = [Answer("", (), False, False)] * len(alphas)
        for place, alpha in enumerate(alphas):  # each strength is a separate model: one after the other
            model, strength = pair.at(alpha)
            for (answer,) in stream_answers(model, question, [strength], max_new_tokens, temperature, seed):
                so_far = [*so_far[:place], answer, *so_far[place + 1 :]]
                yield tuple(so_far)
        return
    (prompt,) = read_prompts(pair, [question], max_new_tokens)
    settings = _settings(pair, max_new_tokens, temperature, seed)
    for step in decode_stream(pair.model, [prompt] * len(alphas), list(alphas), settings):
        yield tuple(_answer(pair, decoded) for decoded in step)


def map_answers(
    pair: LoadedPair,
    question: str,
    low: float,
    high: float,
    max_new_tokens: int = 64,
    progress: Callable[[float, str], None] | None = None,
) -> tuple[list[tuple[alpha_map.AnswerInterval, str]], int]:
    """Every greedy answer for alpha from `low` to `high`, with its text, and how many pieces were merged.

    `SettingError` for a comparison method whose alpha does not multiply its logits.
    """
    if pair.by_strength is not None:
        raise SettingError(
            f"{pair.name} has no map: its method is {pair.manifest.method}, and an exact map needs logits that are"
            " linear in alpha"
        )

    def tell(tokens: int, branches: int) -> None:
        if progress:
            progress(tokens / max_new_tokens, f"token {tokens}, {branches} answers so far")

    (prompt,) = read_prompts(pair, [question], max_new_tokens)
    found = alpha_map.map_prompt(pair.model, prompt, _settings(pair, max_new_tokens), low, high, progress=tell)
    texts = [pair.tokenizer.decode(list(item.tokens), skip_special_tokens=True).strip() for item in found.intervals]
    return list(zip(found.intervals, texts, strict=True)), found.merged


def _settings(pair: LoadedPair, max_new_tokens: int, temperature: float = 0.0, seed: int = 0) -> Settings:
    ends = stop_tokens(pair.tokenizer, pair.template, pair.ends)
    return Settings(ends, pad_token(pair.tokenizer), max_new_tokens, temperature, seed)


def _answer(pair: LoadedPair, decoded: Decoded) -> Answer:
    text = pair.tokenizer.decode(list(decoded.tokens), skip_special_tokens=True).strip()
    return Answer(text, decoded.tokens, decoded.ended, decoded.degenerate)
