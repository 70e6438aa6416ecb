"""Speculative decoding held to the plain loop: the same text, whatever is drafted."""

import copy

import pytest
import torch
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st

from engine.decoding.batched import stream_rows
from engine.decoding.choosing import Decoded, Settings
from engine.decoding.speculative import DEEPEST, WIDTH, DraftDepth, _open, _Paired, stream_speculatively
from engine.models import output, readers
from engine.models.offset import OffsetModel
from engine.models.readers import TwinReader, open_ensemble
from tests.tiny import make_lora_pair, make_model, make_tokenizer

TOKENIZER = make_tokenizer()
PROMPTS = [[5, 9, 12, 20], [7, 8], [30, 31, 32, 33, 34, 35, 40], [11]]


def nudged(model: torch.nn.Module, seed: int, size: float) -> torch.nn.Module:
    """A copy whose layers are moved at random: it mostly says what the model says."""
    moved = copy.deepcopy(model)
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in moved.model.layers.parameters():  # type: ignore[union-attr]
            weight += size * torch.randn(weight.shape, generator=draw)
    return moved


@pytest.fixture(scope="module")
def model() -> OffsetModel:
    """A pair near its base, so that drafts stand now and then."""
    base = make_model(TOKENIZER, 1)
    return OffsetModel(base, nudged(base, 2, 0.03), nudged(base, 3, 0.03), len(TOKENIZER))


@pytest.fixture(scope="module")
def adapted() -> OffsetModel:
    """A pair near its base whose M'o is an adapter on Mo: both are read in one pass, as the demo's are."""
    base = make_model(TOKENIZER, 1)
    pair = make_lora_pair(base, nudged(base, 2, 0.03), 0.03)
    assert isinstance(open_ensemble(pair).pair, TwinReader)
    return pair


@pytest.fixture(scope="module")
def strangers() -> OffsetModel:
    """Three models that have nothing in common, with output layers of their own."""
    reference, trained = (make_model(TOKENIZER, seed, padding=3) for seed in (2, 3))
    return OffsetModel(make_model(TOKENIZER, 1), reference, trained, len(TOKENIZER))


def last(answers: object) -> list[Decoded]:
    return list(answers)[-1]  # type: ignore[call-overload,no-any-return]


def check(model: OffsetModel, prompt: list[int], alpha: float, settings: Settings) -> list[int]:
    """Hold one text to the plain loop; return how many tokens each round brought."""
    grown = [answers[0] for answers in stream_speculatively(model, [prompt], [alpha], settings)]
    assert grown[-1] == last(stream_rows(model, [prompt], [alpha], settings))[0]
    lengths = [0, *(len(answer.tokens) for answer in grown)]
    return [after - before for before, after in zip(lengths, lengths[1:], strict=False)]


@pytest.mark.parametrize("temperature", [0.0, 0.7])
@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0, 2.0, -1.0])
def test_the_text_is_that_of_the_plain_loop(model: OffsetModel, alpha: float, temperature: float) -> None:
    settings = Settings(ends={1}, pad=0, max_new_tokens=40, temperature=temperature, seed=3)
    rounds = [size for prompt in PROMPTS for size in check(model, prompt, alpha, settings)]
    if alpha in (0.3, 1.0):
        assert max(rounds) > 1  # something was drafted and stood


@pytest.mark.parametrize("temperature", [0.0, 0.7])
def test_so_it_is_for_a_pair_that_is_read_in_one_pass(adapted: OffsetModel, temperature: float) -> None:
    rounds = [
        size
        for alpha in (0.3, 1.0, 2.0)
        for prompt in PROMPTS
        for size in check(adapted, prompt, alpha, Settings({1}, 0, 40, temperature))
    ]
    assert max(rounds) > 1


@given(
    seed=st.integers(0, 10_000),
    prompt=st.lists(st.integers(3, 60), min_size=1, max_size=12),
    alpha=st.floats(-4, 8),
    temperature=st.sampled_from([0.0, 0.0, 1.0]),
    limit=st.integers(1, 30),
)
@trying(deadline=None, max_examples=40)
def test_any_prompt_strength_and_limit_gives_the_plain_text(
    model: OffsetModel, seed: int, prompt: list[int], alpha: float, temperature: float, limit: int
) -> None:
    check(model, prompt, alpha, Settings({1}, 0, limit, temperature, seed))


@pytest.mark.parametrize("temperature", [0.0, 0.7])
def test_models_with_nothing_in_common_give_the_plain_text_too(strangers: OffsetModel, temperature: float) -> None:
    for prompt in PROMPTS:
        check(strangers, prompt, 0.5, Settings({1}, 0, 30, temperature))


def test_so_do_models_that_are_read_by_transformers(model: OffsetModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "open_reader", readers.PlainReader)
    row = _open(model, PROMPTS[0], 1.0, Settings({1}, 0))
    assert isinstance(row, _Paired)
    assert row.depth.width == 1  # a chain: these readers keep a beginning only
    rounds = [size for prompt in PROMPTS for size in check(model, prompt, 0.3, Settings({1}, 0, 40))]
    assert max(rounds) > 1


def test_a_draft_that_cannot_say_every_token_gives_the_same_text(
    model: OffsetModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "DRAFT_VOCABULARY", 20)
    cut = OffsetModel(model.base, model.reference, model.trained, model.vocabulary)
    for temperature in (0.0, 0.7):
        for prompt in PROMPTS:
            check(cut, prompt, 0.3, Settings({1}, 0, 40, temperature))


def test_a_base_that_agrees_is_read_far_less_often_than_it_writes(model: OffsetModel) -> None:
    base, reads = model.base, list[int]()
    same = OffsetModel(base, model.reference, model.reference, model.vocabulary)  # the offset is zero
    drafting = OffsetModel(base, copy.deepcopy(base), copy.deepcopy(base), model.vocabulary)
    settings = Settings((), 0, 60, forced=True)
    assert last(stream_speculatively(drafting, PROMPTS[:1], [1.0], settings)) == last(
        stream_speculatively(same, PROMPTS[:1], [0.0], settings)
    )
    row = _open(drafting, PROMPTS[0], 1.0, settings)
    assert isinstance(row, _Paired)
    plain = row.base.read
    row.base.read = lambda *arguments, **named: (reads.append(1), plain(*arguments, **named))[1]  # type: ignore[method-assign]
    with torch.inference_mode():
        while not row.answer.over:
            row.advance()
    assert len(reads) < 25


def test_two_texts_grow_side_by_side(model: OffsetModel) -> None:
    settings = Settings({1}, 0, 20)
    found = last(stream_speculatively(model, [PROMPTS[0]] * 2, [0.0, 1.0], settings))
    assert found == last(stream_rows(model, [PROMPTS[0]] * 2, [0.0, 1.0], settings))


def test_nothing_is_drafted_where_nothing_stands_and_more_where_all_does() -> None:
    depth = DraftDepth(WIDTH)
    assert depth.best() >= 1
    for _ in range(50):
        depth.learn([None])
    assert depth.best() == 0
    for _ in range(200):
        depth.learn([])  # what is known fades, and drafting is tried again
    assert depth.best() >= 1
    for _ in range(50):
        depth.learn([0, 0])
    assert depth.best() == DEEPEST
