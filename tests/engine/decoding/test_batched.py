"""The cached decoders held to the slow, plainly right loop."""

import pytest
import torch

from engine.decoding.choosing import Settings, choose_tokens, is_loop
from engine.decoding.decode import decode, decode_stream
from engine.models.offset import OffsetModel, combine_logits
from tests.tiny import make_model, make_tokenizer

TOKENIZER = make_tokenizer()
PROMPTS = [[5, 9, 12, 20], [7, 8], [30, 31, 32, 33, 34, 35, 40], [11]]


@pytest.fixture(scope="module")
def model() -> OffsetModel:
    return OffsetModel(
        make_model(TOKENIZER, 1),
        make_model(TOKENIZER, 2, padding=3),
        make_model(TOKENIZER, 3, padding=3),
        len(TOKENIZER),
    )


@torch.inference_mode()
def uncached(model: OffsetModel, prompt: list[int], alpha: float, settings: Settings) -> list[int]:
    """Every token from a fresh forward pass over the whole text, no padding, no cache, no batch."""
    tokens = list(prompt)
    for position in range(settings.max_new_tokens):
        ids = torch.tensor([tokens])
        assert model.reference is not None
        assert model.trained is not None
        base, reference, trained = (
            half(input_ids=ids).logits[:, -1, : model.vocabulary]
            for half in (model.base, model.reference, model.trained)
        )
        token = int(choose_tokens(combine_logits(base, trained, reference, alpha), settings, position))
        if token in settings.ends:
            break
        tokens.append(token)
        if is_loop(tokens[len(prompt) :]):
            break
    return tokens[len(prompt) :]


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_batched_decoding_equals_the_uncached_loop(model: OffsetModel, temperature: float) -> None:
    settings = Settings(ends={1}, pad=0, max_new_tokens=20, temperature=temperature, seed=4)
    alphas = [0.0, 0.5, 1.0, 2.0]
    prompts = [prompt for prompt in PROMPTS for _ in alphas]
    found = decode(model, prompts, alphas * len(PROMPTS), settings)
    texts = set()
    for prompt, alpha, answer in zip(prompts, alphas * len(PROMPTS), found, strict=True):
        assert list(answer.tokens) == uncached(model, prompt, alpha, settings)
        texts.add(answer.tokens)
    assert len(texts) > 4  # the offset does change answers, so equality says something


@pytest.mark.parametrize("alphas", [[1.0, 1.0, 1.0, 1.0], [0.0, 1.0, 0.0, 2.0], [1.5, 0.0, 0.0, 0.5]])
def test_rows_that_end_early_leave_the_others_unchanged(model: OffsetModel, alphas: list[float]) -> None:
    """With an end token that some rows produce soon, the batch shrinks while the rest goes on."""
    plain = decode(model, PROMPTS, alphas, Settings(ends=(), pad=0, max_new_tokens=12))
    end = plain[0].tokens[2]
    settings = Settings(ends={end}, pad=0, max_new_tokens=12)
    found = decode(model, PROMPTS, alphas, settings)
    assert found[0].ended
    assert len(found[0].tokens) <= 2
    for prompt, alpha, answer in zip(PROMPTS, alphas, found, strict=True):
        assert list(answer.tokens) == uncached(model, prompt, alpha, settings)


def test_stream_grows_token_by_token_to_the_final_answer(model: OffsetModel) -> None:
    settings = Settings(ends={1}, pad=0, max_new_tokens=8)
    steps = [answers[0].tokens for answers in decode_stream(model, PROMPTS[:1], [1.0], settings)]
    assert all(longer[: len(shorter)] == shorter for shorter, longer in zip(steps, steps[1:], strict=False))
    assert steps[-1] == decode(model, PROMPTS[:1], [1.0], settings)[0].tokens


def test_sampling_depends_on_the_seed_alone(model: OffsetModel) -> None:
    def sample(seed: int) -> tuple[int, ...]:
        return decode(
            model, PROMPTS[:1], [0.5], Settings(ends={1}, pad=0, max_new_tokens=10, temperature=1.0, seed=seed)
        )[0].tokens

    assert sample(1) == sample(1)
    assert len({sample(seed) for seed in range(6)}) > 1
