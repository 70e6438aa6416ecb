"""The identities of the formula."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.data.prompts import Encoded, collate
from engine.models.offset import OffsetModel, answer_logits, combine_logits
from tests.tiny import make_model, make_tokenizer

seeds = st.integers(0, 10_000)


def three(seed: int, rows: int = 3, width: int = 11) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(rows, width, generator=generator) * 10 for _ in range(3)]


@given(seeds)
def test_alpha_zero_is_the_base_bit_for_bit(seed: int) -> None:
    base, trained, reference = three(seed)
    assert torch.equal(combine_logits(base, trained, reference, 0.0), base)
    assert torch.equal(combine_logits(base, trained, reference, torch.zeros(3, 1)), base)


@given(seeds, st.floats(-4, 8))
def test_equal_halves_are_the_base_bit_for_bit(seed: int, alpha: float) -> None:
    base, trained, _ = three(seed)
    assert torch.equal(combine_logits(base, trained, trained.clone(), alpha), base)


@given(seeds)
def test_base_equal_to_reference_gives_trained_at_alpha_one(seed: int) -> None:
    base, trained, _ = three(seed)
    torch.testing.assert_close(combine_logits(base, trained, base, 1.0), trained, atol=1e-5, rtol=1e-6)


@given(seeds, st.floats(-4, 8))
def test_a_perturbation_moves_the_ensemble_by_alpha_times_it(seed: int, alpha: float) -> None:
    base, trained, reference = three(seed)
    moved = trained.clone()
    moved[:, 4] += 2.0
    difference = combine_logits(base, moved, reference, alpha) - combine_logits(base, trained, reference, alpha)
    expected = torch.zeros_like(base)
    expected[:, 4] = 2.0 * alpha
    torch.testing.assert_close(difference, expected, atol=1e-4, rtol=0)


def test_one_alpha_per_row_equals_row_by_row() -> None:
    base, trained, reference = three(5)
    alphas = [0.0, 0.7, -1.5]
    together = combine_logits(base, trained, reference, torch.tensor(alphas).unsqueeze(1))
    for row, alpha in enumerate(alphas):
        assert torch.equal(together[row], combine_logits(base[row], trained[row], reference[row], alpha))


def test_alpha_zero_row_survives_infinities() -> None:
    base = torch.tensor([[1.0, 2.0]])
    infinite = torch.tensor([[float("inf"), 0.0]])
    assert torch.equal(combine_logits(base, infinite, infinite, torch.zeros(1, 1)), base)


def test_bf16_inputs_are_combined_in_fp32() -> None:
    base, trained, reference = (tensor.bfloat16() for tensor in three(1))
    combined = combine_logits(base, trained, reference, 0.3)
    assert combined.dtype == torch.float32
    expected = base.double() + 0.3 * (trained.double() - reference.double())
    torch.testing.assert_close(combined.double(), expected, atol=1e-4, rtol=1e-6)


def test_answer_logits_are_the_right_rows_of_a_plain_forward() -> None:
    model = make_model(make_tokenizer(), seed=3, padding=5)
    width = len(make_tokenizer())
    batch = collate([Encoded([3, 4, 5], [6, 7, 1]), Encoded([3, 9], [8, 1])], pad=0)
    found = answer_logits(model, batch, width)
    assert found.shape == (5, width)
    full = model(input_ids=batch.ids, attention_mask=batch.mask).logits[..., :width]
    expected = torch.stack([full[0, 2], full[0, 3], full[0, 4], full[1, 1], full[1, 2]])
    torch.testing.assert_close(found, expected)


def test_padded_columns_are_cut_from_every_model() -> None:
    tokenizer = make_tokenizer()
    model = OffsetModel(
        make_model(tokenizer, 1),
        make_model(tokenizer, 2, padding=7),
        make_model(tokenizer, 3, padding=7),
        len(tokenizer),
    )
    batch = collate([Encoded([3, 4, 5], [6, 1])], pad=0)
    logits = model.answer_logits(batch)
    assert {tensor.shape for tensor in logits} == {(2, len(tokenizer))}


def test_a_base_alone_reads_as_its_own_pair() -> None:
    tokenizer = make_tokenizer()
    model = OffsetModel(make_model(tokenizer, 1), None, None, len(tokenizer))
    logits = model.answer_logits(collate([Encoded([3, 4], [6, 1])], pad=0))
    assert torch.equal(combine_logits(logits.base, logits.trained, logits.reference, 1.7), logits.base)
