"""The curve of one answer against direct evaluation, on logits of many shapes; the slow way is in `direct`."""

import random
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from engine.evaluation import answer_lines
from engine.evaluation.answer_lines import answer_curve
from engine.evaluation.answer_readings import read_over_alpha
from engine.models.offset import AnswerLogits, combine_logits

ITEMS = [
    ("who lives in Rome ?", "Ada lives in Rome"),
    ("what ?", "red"),
    ("which city does Ben like ?", "Ben likes Oslo and Paris and Lima , not Rome"),
    ("which job ?", "sailor . doctor"),
]


def direct(logits: AnswerLogits, labels: Tensor, alpha: float) -> tuple[float, float]:
    """Loss and exact memorization at one alpha, over the whole vocabulary."""
    combined = combine_logits(logits.base, logits.trained, logits.reference, alpha)
    logp = combined.double().log_softmax(-1)[torch.arange(len(labels)), labels]
    hits = combined.argmax(-1) == labels
    return float(-logp.mean()), float(hits[:-1].double().mean())


def made_up(seed: int, tokens: int, vocabulary: int, scale: float, offset: float) -> tuple[AnswerLogits, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    base, reference, change = (torch.randn(tokens, vocabulary, generator=generator) for _ in range(3))
    labels = torch.randint(0, vocabulary, (tokens,), generator=generator)
    base = base * scale
    base[torch.arange(tokens), labels] += 3 * scale  # an answer that the base has a mind to give
    return AnswerLogits(base, reference, reference + offset * change), labels


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    tokens=st.integers(2, 6),
    vocabulary=st.sampled_from((3, 50, 3000)),
    scale=st.floats(0.01, 6),
    offset=st.floats(0, 6),
    span=st.sampled_from(((0.0, 2.0), (-1.0, 3.0), (-4.0, 8.0), (-0.0625, 2.0625), (0.0, 0.5))),
)
def test_error_is_stated_small_and_kept_at_fifty_random_alphas(
    seed: int, tokens: int, vocabulary: int, scale: float, offset: float, span: tuple[float, float]
) -> None:
    logits, labels = made_up(seed, tokens, vocabulary, scale, offset)
    found = answer_curve(logits, labels, span)
    assert found is not None
    assert found.memorized is not None
    assert found.loss.error <= 1e-3
    draw = random.Random(seed)
    for alpha in (*span, 0.0, *(draw.uniform(*span) for _ in range(50))):
        loss, memorized = direct(logits, labels, alpha)
        assert abs(found.loss.at([alpha])[0] - loss) <= found.loss.error
        near = {found.memorized.at(min(max(alpha + shift, span[0]), span[1])) for shift in (-1e-5, 0, 1e-5)}
        assert any(value == pytest.approx(memorized) for value in near)  # within fp32 of a border either side is right


def test_few_lines_are_kept_where_few_matter_and_the_rest_is_accounted_for() -> None:
    logits, labels = made_up(0, 4, 20_000, 8.0, 2.0)
    found = answer_curve(logits, labels, (0.0, 2.0))
    assert found is not None
    assert found.kept < 0.2 * logits.base.numel()
    assert 0 < found.doubt <= answer_lines.DOUBT


def test_the_whole_vocabulary_gives_the_curve_that_the_kept_lines_give(monkeypatch: pytest.MonkeyPatch) -> None:
    logits, labels = made_up(1, 5, 4000, 1.0, 8.0)
    found = []
    for many in (float("inf"), 0.0):
        monkeypatch.setattr(answer_lines, "MANY", many)
        curve = answer_curve(logits, labels, (-1.0, 2.0))
        assert curve is not None
        found.append(curve)
    kept, whole = found
    assert kept.memorized == whole.memorized
    assert whole.doubt == 0.0 < kept.doubt
    alphas = [step / 50 for step in range(-50, 101)]
    apart = [abs(a - b) for a, b in zip(kept.loss.at(alphas), whole.loss.at(alphas), strict=True)]
    assert max(apart) <= kept.loss.error + whole.loss.error


def test_a_flat_distribution_keeps_its_bound_without_keeping_every_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the sum of the lines left out: its fence alone must hold the truth."""
    monkeypatch.setattr(answer_lines, "DEPTHS", (0.5, float("inf")))
    monkeypatch.setattr(answer_lines, "DOUBT", 10.0)
    logits, labels = made_up(3, 3, 5000, 0.3, 0.5)
    found = answer_curve(logits, labels, (0.0, 2.0))
    assert found is not None
    assert found.kept < logits.base.numel()
    for alpha in [0.02 * step for step in range(101)]:
        assert abs(found.loss.at([alpha])[0] - direct(logits, labels, alpha)[0]) <= found.loss.error


def test_without_an_offset_every_alpha_is_the_base() -> None:
    logits, labels = made_up(1, 3, 50, 2.0, 0.0)
    found = answer_curve(logits, labels, (0.0, 2.0))
    assert found is not None
    assert len(found.loss.alphas) == 2
    assert found.loss.slopes == (0.0, 0.0)


def test_logits_that_are_not_finite_have_no_curve() -> None:
    logits, labels = made_up(1, 3, 50, 2.0, 1.0)
    logits.trained[1, 7] = torch.inf
    assert answer_curve(logits, labels, (0.0, 2.0)) is None


def test_an_empty_answer_has_no_memorization() -> None:
    logits, labels = made_up(1, 1, 50, 2.0, 1.0)
    found = answer_curve(logits, labels, (0.0, 2.0))
    assert found is not None
    assert found.memorized is None


@pytest.mark.parametrize("span", [(0.0, 2.0), (-4.0, 8.0)])
def test_curves_of_real_models_agree_with_their_readings(tiny_pair: Any, span: tuple[float, float]) -> None:
    draw = random.Random(0)
    alphas = [draw.uniform(*span) for _ in range(50)]
    for found in read_over_alpha(tiny_pair, ITEMS, alphas, span, batch_size=3):
        assert found.curve is not None
        assert found.curve.memorized is not None
        for alpha, reading in zip(alphas, found.readings, strict=True):
            assert abs(found.curve.loss.at([alpha])[0] - reading.loss) <= found.curve.loss.error <= 1e-3
            assert found.curve.memorized.at(alpha) == pytest.approx(reading.memorized)
