"""The exact map held against plain decodes, and its geometry against a dense grid."""

import random
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.prompts import encode_prompt
from engine.decoding.alpha_map import AlphaMap, Logits, TokenPiece, _wide, envelope, map_prompt
from engine.decoding.choosing import Settings
from engine.decoding.decode import decode
from engine.errors import SettingError
from engine.models.loading import LoadedPair
from engine.models.offset import OffsetModel, combine_logits

QUESTIONS = ("what city does Ada likes ?", "which job does Ben", "who is Dora", "where lives Cy ?")
GREEDY = Settings(ends={1}, pad=0, max_new_tokens=12)
TIE = 1e-4


def mapped(pair: LoadedPair, question: str, low: float = 0.0, high: float = 2.0, **options: Any) -> AlphaMap:
    return map_prompt(pair.model, encode_prompt(pair.tokenizer, pair.template, question), GREEDY, low, high, **options)


def margin(pair: LoadedPair, question: str, tokens: tuple[int, ...], alpha: float) -> float:
    """The smallest lead of the best over the second best token along a greedy answer, read without caches."""
    ids = encode_prompt(pair.tokenizer, pair.template, question)
    leads = []
    with torch.inference_mode():
        for end in range(len(tokens) + 1):
            text = torch.tensor([[*ids, *tokens[:end]]])
            width = pair.model.vocabulary
            models: tuple[Any, ...] = (pair.model.base, pair.model.trained, pair.model.reference)
            base, trained, reference = (model(text).logits[0, -1, :width] for model in models)
            best = combine_logits(base, trained, reference, alpha).topk(2).values
            leads.append(float(best[0] - best[1]))
    return min(leads)


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_map_gives_what_a_plain_decode_gives(tiny_pair: LoadedPair, question: str) -> None:
    found = mapped(tiny_pair, question)
    assert found.complete
    draw = random.Random(question)
    differ = 0
    for alpha in [draw.uniform(0.0, 2.0) for _ in range(12)]:
        prompt = encode_prompt(tiny_pair.tokenizer, tiny_pair.template, question)
        plain = decode(tiny_pair.model, [prompt], [alpha], GREEDY)[0]
        interval = found.at(alpha)
        if (interval.tokens, interval.ended, interval.degenerate) != plain:
            assert margin(tiny_pair, question, plain.tokens, alpha) < TIE
            differ += 1
    assert differ <= 1


@pytest.mark.parametrize(("low", "high"), [(0.0, 2.0), (-1.5, 0.5), (-4.0, 8.0)])
def test_intervals_follow_one_another_and_differ(tiny_pair: LoadedPair, low: float, high: float) -> None:
    intervals = mapped(tiny_pair, QUESTIONS[0], low, high).intervals
    assert len(intervals) > 2
    assert (intervals[0].low, intervals[-1].high) == (low, high)
    assert (intervals[0].low_error, intervals[-1].high_error) == (0.0, 0.0)
    for left, right in zip(intervals, intervals[1:], strict=False):
        assert left.high == right.low
        assert left.high_error == right.low_error > 0
        assert left.tokens != right.tokens
        assert left.low < left.high


def test_an_offset_of_nothing_gives_one_interval(tiny_pair: LoadedPair) -> None:
    model = tiny_pair.model
    still = OffsetModel(model.base, model.reference, model.reference, model.vocabulary)
    alone = OffsetModel(model.base, None, None, model.vocabulary)
    prompt = encode_prompt(tiny_pair.tokenizer, tiny_pair.template, QUESTIONS[0])
    plain = decode(alone, [prompt], [0.0], GREEDY)[0]
    for one in (still, alone):
        found = map_prompt(one, prompt, GREEDY, -1.0, 3.0)
        assert [(i.low, i.high, i.tokens) for i in found.intervals] == [(-1.0, 3.0, plain.tokens)]


def test_a_limit_on_branches_is_kept_and_said(tiny_pair: LoadedPair) -> None:
    whole = mapped(tiny_pair, QUESTIONS[0], -4.0, 8.0)
    few = mapped(tiny_pair, QUESTIONS[0], -4.0, 8.0, branches=3)
    assert whole.complete
    assert not few.complete
    assert sum(interval.followed for interval in few.intervals) <= 3
    assert (few.intervals[0].low, few.intervals[-1].high) == (-4.0, 8.0)
    for interval in few.intervals:
        middle = (interval.low + interval.high) / 2
        begins = whole.at(middle).tokens[: len(interval.tokens)]
        assert begins == interval.tokens
        assert interval.followed is (whole.at(middle).tokens == interval.tokens and interval.followed)


def test_an_illegal_range_is_refused(tiny_pair: LoadedPair) -> None:
    for low, high, words in ((0.0, 9.0, "between -4 and 8, got 9"), (1.0, 1.0, "must go up, got 1 to 1")):
        with pytest.raises(SettingError, match=words):
            mapped(tiny_pair, QUESTIONS[0], low, high)


def test_outside_the_map_is_an_error(tiny_pair: LoadedPair) -> None:
    with pytest.raises(ValueError, match="alpha 3 lies outside the map, 0 to 2"):
        mapped(tiny_pair, QUESTIONS[0]).at(3.0)


@given(seed=st.integers(0, 10_000), tokens=st.integers(1, 40), spread=st.sampled_from([0.01, 1.0, 30.0]))
@settings(deadline=None, max_examples=60)
def test_the_envelope_is_the_largest_line_everywhere(seed: int, tokens: int, spread: float) -> None:
    draw = torch.Generator().manual_seed(seed)
    base, trained, reference = (spread * torch.randn(tokens, generator=draw) for _ in range(3))
    pieces = envelope(Logits(base, trained - reference), -4.0, 8.0)
    assert (pieces[0].low, pieces[-1].high) == (-4.0, 8.0)
    assert all(left.high == right.low for left, right in zip(pieces, pieces[1:], strict=False))
    assert len({piece.token for piece in pieces}) == len(pieces)
    lines = base.double(), (trained - reference).double()
    for piece in pieces:
        for alpha in (piece.low, (piece.low + piece.high) / 2, piece.high):
            heights = lines[0] + alpha * lines[1]
            assert float(heights.max() - heights[piece.token]) < TIE * max(1.0, spread)


def test_pieces_narrower_than_their_error_go_to_a_neighbour() -> None:
    pieces = [TokenPiece(0.0, 0.5, 1, 1e-6), TokenPiece(0.5, 0.50001, 2, 1e-3), TokenPiece(0.50001, 2.0, 3, 0.0)]
    kept, low_error = _wide(pieces)
    assert [(piece.low, piece.high, piece.token) for piece in kept] == [(0.0, 0.50001, 1), (0.50001, 2.0, 3)]
    assert kept[0].error == pytest.approx(1e-6 + 1e-5 + 1e-3)
    assert low_error == 0.0
    first, low_error = _wide([TokenPiece(0.0, 1e-5, 1, 1e-3), TokenPiece(1e-5, 2.0, 2, 0.0)])
    assert first == [TokenPiece(0.0, 2.0, 2, 0.0)]
    assert low_error == pytest.approx(1e-5 + 1e-3)


def test_so_do_those_narrower_than_an_error_they_inherit() -> None:
    """Within 0.5 to 1.5, whose borders are known to within 0.01, the outer 0.002 cannot be told from the neighbours."""
    pieces = [TokenPiece(0.5, 0.502, 1, 1e-6), TokenPiece(0.502, 1.498, 2, 1e-6), TokenPiece(1.498, 1.5, 3, 0.0)]
    kept, low_error = _wide(pieces, 0.01, 0.01)
    assert [(piece.low, piece.high, piece.token) for piece in kept] == [(0.5, 1.5, 2)]
    assert low_error == pytest.approx(0.01 + 0.002 + 1e-6)
    assert kept[0].error == pytest.approx(0.01 + 0.002 + 1e-6)
    wide, low_error = _wide([TokenPiece(0.5, 1.0, 1, 1e-6), TokenPiece(1.0, 1.5, 2, 0.0)], 0.01, 0.02)
    assert (wide, low_error) == ([TokenPiece(0.5, 1.0, 1, 1e-6), TokenPiece(1.0, 1.5, 2, 0.02)], 0.01)


def test_exactly_one_token_wins_at_a_known_crossing() -> None:
    base = torch.tensor([3.0, 1.0, 0.0])
    offset = torch.tensor([0.0, 2.0, 1.0])
    pieces = envelope(Logits(base, offset), 0.0, 2.0)
    assert [(piece.low, piece.high, piece.token) for piece in pieces] == [(0.0, 1.0, 0), (1.0, 2.0, 1)]
    assert pieces[0].error == pytest.approx(1e-4 / 2)
