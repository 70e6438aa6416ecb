"""The next token, and when an answer is over."""

import pytest
import torch

from engine.decoding.choosing import Growing, Settings, choose_tokens, is_loop, rated
from engine.errors import ModelError


def test_sampling_frequencies_follow_the_softmax() -> None:
    logits = torch.tensor([[0.0, 1.0, 2.0]])
    drawn = [int(choose_tokens(logits, Settings({1}, 0, temperature=1.0, seed=seed), 0)) for seed in range(4000)]
    expected = torch.softmax(logits[0], -1)
    for token in range(3):
        assert drawn.count(token) / 4000 == pytest.approx(float(expected[token]), abs=0.03)


@pytest.mark.parametrize("size", [7, 64, 1000, 8192])
def test_a_part_of_a_vocabulary_is_rated_as_in_the_whole(size: int) -> None:
    logits = torch.randn((2, 9000), generator=torch.Generator().manual_seed(1))
    settings = Settings({1}, 0, temperature=0.8, seed=4)
    assert torch.equal(rated(logits[:, :size], settings, 3), rated(logits, settings, 3)[:, :size])
    assert rated(logits, Settings({1}, 0), 3) is logits


@pytest.mark.parametrize(
    ("tokens", "loops"),
    [
        ([5] * 8, True),
        ([5] * 7, False),
        ([9, *[1, 2] * 8], True),
        ([1, 2, 3, 4] * 8, True),
        ([1, 2, 3, 4, 5] * 8, False),
        ([], False),
    ],
)
def test_loops_of_up_to_four_tokens_are_seen_at_the_eighth_repeat(tokens: list[int], loops: bool) -> None:
    assert is_loop(tokens) is loops


def test_an_answer_ends_at_its_end_token_at_a_loop_or_at_the_limit() -> None:
    ended = Growing(Settings(ends={1}, pad=0))
    assert ended.add(5)
    assert not ended.add(1)
    assert ended.decoded() == ((5,), True, False)
    looped = Growing(Settings(ends={1}, pad=0))
    assert [looped.add(5) for _ in range(8)] == [*[True] * 7, False]
    assert looped.decoded().degenerate
    limited = Growing(Settings(ends={1}, pad=0, max_new_tokens=2))
    assert [limited.add(5), limited.add(6)] == [True, False]
    assert not limited.decoded().ended


def test_a_forced_answer_goes_on_to_the_limit() -> None:
    forced = Growing(Settings(ends={1}, pad=0, max_new_tokens=12, forced=True))
    assert [forced.add(1) for _ in range(12)] == [*[True] * 11, False]
    assert forced.decoded() == ((1,) * 12, False, False)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_logits_that_are_no_numbers_are_no_answer(temperature: float, value: float) -> None:
    logits = torch.tensor([[0.0, 1.0], [2.0, value]])
    settings = Settings({1}, 0, temperature=temperature)
    assert choose_tokens(logits[:1], settings, 0).shape == (1,)
    assert int(choose_tokens(torch.tensor([[0.0, -torch.inf]]), settings, 0)) == 0, "what can never come is no fault"
    with pytest.raises(ModelError, match="the models asked are NaN or infinite"):
        choose_tokens(logits, settings, 0)
