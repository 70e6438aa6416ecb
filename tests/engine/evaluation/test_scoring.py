import math
import zlib
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from engine.data.examples import Example
from engine.data.prompts import AnswerBatch, encode
from engine.data.template import PLAIN
from engine.errors import DataError
from engine.evaluation.answer_readings import AnswerReading, read_over_alpha, standardised
from engine.evaluation.scoring import Score, teacher_forced_scores
from engine.models.offset import AnswerLogits, OffsetModel
from engine.models.readers import forced_logits

ALPHAS = (-1.0, 0.0, 0.3, 1.0, 2.0)
ITEMS = [
    ("who lives in Rome ?", "Ada lives in Rome"),
    ("what ?", "red"),
    ("which city does Ben like ?", "Ben likes Oslo and Paris and Lima , not Rome"),
    ("which job ?", "sailor . doctor"),
]


class ThreeTokens:
    """Tokens: 0 the end, 1 `yes`, 2 `no`; anything else in a prompt reads as 2."""

    eos_token_id, bos_token_id, pad_token_id, unk_token_id, chat_template = 0, None, None, None, None
    added_tokens_decoder = {0: SimpleNamespace(special=True)}

    def __call__(self, text: str, add_special_tokens: bool = True, split_special_tokens: bool = False) -> Any:
        return SimpleNamespace(input_ids=[1 if word == "yes" else 2 for word in text.split()])


Items = Sequence[tuple[str, str]]


def read_answers(pair: Any, items: Items, alphas: Sequence[float], batch_size: int = 8) -> list[list[AnswerReading]]:
    return [found.readings for found in read_over_alpha(pair, items, alphas, None, batch_size)]


def score_answers(pair: Any, items: Items, alphas: Sequence[float], batch_size: int = 8) -> list[list[float]]:
    """Losses: one list per item, by alpha."""
    return [[reading.loss for reading in row] for row in read_answers(pair, items, alphas, batch_size)]


class FixedModel:
    """Gives the same three probabilities at every position; counts its passes."""

    context = None

    def __init__(self, base: list[float], trained: list[float], reference: list[float]) -> None:
        self.logits = [torch.tensor(shares).log() for shares in (base, reference, trained)]
        self.batches: list[int] = []

    def answer_logits(self, batch: AnswerBatch) -> AnswerLogits:
        self.batches.append(len(batch.ids))
        return AnswerLogits(*(row.repeat(len(batch.labels), 1) for row in self.logits))


@pytest.fixture(autouse=True)
def fixed_models_are_read_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(model: Any, batch: AnswerBatch) -> AnswerLogits:
        return model.answer_logits(batch) if isinstance(model, FixedModel) else forced_logits(model, batch)

    monkeypatch.setattr("engine.evaluation.answer_readings.forced_logits", read)


def fixed_pair(base: list[float], trained: list[float], reference: list[float]) -> Any:
    return SimpleNamespace(
        name="fixed",
        by_strength=None,
        model=FixedModel(base, trained, reference),
        tokenizer=ThreeTokens(),
        template=PLAIN,
    )


def value(scores: list[Score], metric: str, alpha: float) -> float | None:
    return next(score.value for score in scores if (score.metric, score.alpha) == (metric, alpha))


def test_three_tokens_by_hand() -> None:
    """base: end .5, yes .4, no .1; at alpha 1 times trained ÷ reference = (1, ¼, 1): .5, .1, .1, over .7."""
    pair = fixed_pair([0.5, 0.4, 0.1], [0.4, 0.1, 0.4], [0.4, 0.4, 0.4])
    example = Example("ask", "yes", paraphrased_answer="yes yes", perturbed_answer=("no", "no no"))
    scores = teacher_forced_scores(pair, [example], (0.0, 1.0))
    assert value(scores, "probability", 0.0) == pytest.approx((0.4 * 0.5) ** (1 / 2))
    assert value(scores, "probability", 1.0) == pytest.approx((1 / 7 * 5 / 7) ** (1 / 2))
    right, wrong = (0.4**2 * 0.5) ** (1 / 3), [(0.1 * 0.5) ** (1 / 2), (0.1**2 * 0.5) ** (1 / 3)]
    assert value(scores, "truth_ratio", 0.0) == pytest.approx((wrong[0] * wrong[1]) ** (1 / 2) / right)
    assert value(scores, "truth_ratio", 1.0) == pytest.approx(
        ((1 / 7 * 5 / 7) ** (1 / 2) * (1 / 7 * 1 / 7 * 5 / 7) ** (1 / 3)) ** (1 / 2)
        / (1 / 7 * 1 / 7 * 5 / 7) ** (1 / 3)
    )
    true = (0.4 * 0.5) ** (1 / 2)
    assert value(scores, "probability_normalised", 0.0) == pytest.approx(true / (true + sum(wrong)))
    assert value(scores, "exact_memorization", 0.0) == 0.0


def test_memorization_leaves_the_end_out() -> None:
    pair = fixed_pair([0.1, 0.6, 0.3], [0.4, 0.1, 0.9], [0.4, 0.4, 0.1])
    ((at_base, at_one),) = read_answers(pair, [("ask", "yes no yes yes")], (0.0, 1.0))
    assert (at_base.memorized, at_one.memorized) == (0.75, 0.25)


def test_without_wrong_answers_there_is_no_truth_ratio() -> None:
    pair = fixed_pair([0.5, 0.4, 0.1], [0.4, 0.1, 0.4], [0.4, 0.4, 0.4])
    scores = teacher_forced_scores(pair, [Example("ask", "yes")], (0.0,))
    assert {score.metric: score.value is None for score in scores} == {
        "probability": False,
        "probability_normalised": True,
        "truth_ratio": True,
        "truth_ratio_score": True,
        "exact_memorization": False,
        "extraction_strength": False,
        "mia_loss": False,
        "mia_zlib": False,
        "mia_min_k": False,
        "mia_min_k_plus_plus": False,
    }


def test_one_pass_serves_every_alpha_and_no_answer_is_read_twice() -> None:
    pair = fixed_pair([0.5, 0.4, 0.1], [0.4, 0.1, 0.4], [0.4, 0.4, 0.4])
    heard: list[tuple[int, int]] = []
    example = Example("ask", "yes", perturbed_answer=("no", "no no", "no"))
    teacher_forced_scores(pair, [example], ALPHAS, lambda done, total: heard.append((done, total)), batch_size=2)
    assert pair.model.batches == [2, 1]  # yes, no, no no
    assert heard == [(2, 3), (3, 3)]


def test_all_alphas_from_one_pass_equal_each_alone(tiny_pair: Any) -> None:
    together = score_answers(tiny_pair, ITEMS, ALPHAS)
    for column, alpha in enumerate(ALPHAS):
        alone = score_answers(tiny_pair, ITEMS, (alpha,))
        assert [row[column] for row in together] == [row[0] for row in alone]


def test_scores_equal_the_plain_loop(tiny_pair: Any) -> None:
    """The slow version: one answer, one alpha, whole logits, no batching, no packing."""
    model = tiny_pair.model
    together = score_answers(tiny_pair, ITEMS, ALPHAS, batch_size=3)
    for row, (question, answer) in enumerate(ITEMS):
        prompt, tokens = encode(tiny_pair.tokenizer, PLAIN, question, answer)
        ids = torch.tensor([prompt + tokens])
        with torch.inference_mode():
            base, reference, trained = (
                half(input_ids=ids).logits[0, :, : model.vocabulary]
                for half in (model.base, model.reference, model.trained)
            )
        for column, alpha in enumerate(ALPHAS):
            logp = (base + alpha * (trained - reference)).log_softmax(-1)
            loss = -sum(float(logp[len(prompt) - 1 + i, token]) for i, token in enumerate(tokens)) / len(tokens)
            assert together[row][column] == pytest.approx(loss, abs=1e-4)


def test_alpha_zero_is_the_base_alone(tiny_pair: Any) -> None:
    alone = replace(tiny_pair, model=OffsetModel(tiny_pair.model.base, None, None, tiny_pair.model.vocabulary))
    with_pair = score_answers(tiny_pair, ITEMS, ALPHAS)
    without = score_answers(alone, ITEMS, ALPHAS)
    assert all(len(set(row)) == 1 for row in without)  # no pair: every alpha reads as the base
    assert [row[1] for row in with_pair] == [row[0] for row in without]
    assert all(len(set(row)) == len(ALPHAS) for row in with_pair)


def test_order_and_batches_change_nothing(tiny_pair: Any) -> None:
    forth = score_answers(tiny_pair, ITEMS, (1.0,), batch_size=1)
    back = score_answers(tiny_pair, ITEMS[::-1], (1.0,), batch_size=4)
    assert [row[0] for row in forth] == pytest.approx([row[0] for row in back[::-1]], abs=1e-4)


def test_nothing_to_score(tiny_pair: Any) -> None:
    assert score_answers(tiny_pair, [], ALPHAS) == []
    assert score_answers(tiny_pair, ITEMS[:1], ()) == [[]]


def test_long_answers_are_read_in_smaller_batches() -> None:
    pair = fixed_pair([0.5, 0.4, 0.1], [0.4, 0.1, 0.4], [0.4, 0.4, 0.4])
    lengths = (2, 310, 200, 5, 700, 310)
    scores = score_answers(pair, [("ask", "yes " * length) for length in lengths], (0.0,), batch_size=4)
    assert pair.model.batches == [3, 1, 1, 1]  # 2 + 5 + 200, 310, 310, 700 answer tokens and their ends
    for length, (loss,) in zip(lengths, scores, strict=True):
        assert loss == pytest.approx((length * -math.log(0.4) - math.log(0.5)) / (length + 1))


def test_an_answer_beyond_the_models_context_is_refused_before_anything_is_read(tiny_pair: Any) -> None:
    with pytest.raises(DataError, match="more than the 256 that the models of tiny can read"):
        read_over_alpha(tiny_pair, [ITEMS[0], ("what ?", "red tree " * 150)], (0.0,), None)


def test_extraction_strength_and_memorization_by_hand() -> None:
    """The argmax is `yes` at alpha 0 and the end at alpha 1, whatever was read."""
    pair = fixed_pair([0.3, 0.6, 0.1], [0.9, 0.1, 0.4], [0.4, 0.4, 0.4])
    for answer, strength in (("no no yes yes yes", 0.6), ("yes yes yes no", 0.0), ("yes", 1.0)):
        ((at_base, at_one),) = read_answers(pair, [("ask", answer)], (0.0, 1.0))
        assert (at_base.extracted, at_one.extracted) == (pytest.approx(strength), 0.0)


def test_membership_scores_by_hand() -> None:
    """base: end ½, yes ¼, no ¼, in units of log 2: log-probabilities −1, −2, −2; μ = −1.5, σ = ½, so z is 1, −1, −1.

    At alpha 1 times (1, 1, ½): 4, 2, 1, over 7. `no yes yes`: int(0.4 · 3) = 1 token is taken.
    """
    pair = fixed_pair([0.5, 0.25, 0.25], [0.4, 0.4, 0.2], [0.4, 0.4, 0.4])
    scores = teacher_forced_scores(pair, [Example("ask", "no yes yes", perturbed_answer=("yes",))], (0.0, 1.0))
    assert value(scores, "mia_loss", 0.0) == pytest.approx(7 / 4 * math.log(2))
    assert value(scores, "mia_zlib", 0.0) == pytest.approx(7 / 4 * math.log(2) / len(zlib.compress(b"no yes yes")))
    assert value(scores, "mia_min_k", 0.0) == pytest.approx(2 * math.log(2))
    assert value(scores, "mia_min_k_plus_plus", 0.0) == pytest.approx(1.0, abs=1e-5)
    shares = [4 / 7, 2 / 7, 1 / 7]
    mean = sum(share * math.log(share) for share in shares)
    spread = math.sqrt(sum(share * (math.log(share) - mean) ** 2 for share in shares))
    assert value(scores, "mia_min_k", 1.0) == pytest.approx(math.log(7))
    assert value(scores, "mia_min_k_plus_plus", 1.0) == pytest.approx((mean - math.log(1 / 7)) / spread, abs=1e-5)
    assert value(scores, "mia_loss", 1.0) == pytest.approx(-math.log(value(scores, "probability", 1.0) or 0))


def test_a_model_that_is_certain_divides_by_a_thousandth() -> None:
    """σ² is at least 1e-6: of two rows with all their share on token 0, token 0 has z = 0 and token 1 −100 ÷ 1e-3."""
    logits = torch.tensor([[100.0, 0.0, -50.0]] * 2)
    assert standardised(logits, torch.tensor([0, 1])).tolist() == pytest.approx([0.0, -1e5])
    assert standardised(logits[:0], torch.tensor([], dtype=torch.long)).tolist() == []


def test_a_token_that_cannot_come_is_no_part_of_the_spread() -> None:
    logits = torch.tensor([[math.log(0.5), math.log(0.25), math.log(0.25), -math.inf]])
    assert standardised(logits, torch.tensor([1])).tolist() == pytest.approx([-1.0], abs=1e-5)


@given(st.integers(0, 10_000), st.sampled_from([0.1, 1.0, 5.0, 20.0]))
def test_standardised_equals_double_precision(seed: int, scale: float) -> None:
    """The slow version is OU's formula, E[x²] − μ², in fp64; more rows than are gone through at once."""
    draw = torch.Generator().manual_seed(seed)
    logits, labels = scale * torch.randn((19, 50), generator=draw), torch.randint(50, (19,), generator=draw)
    values = logits.double().log_softmax(-1)
    mean = (values.exp() * values).sum(-1)
    variance = ((values.exp() * values.square()).sum(-1) - mean.square()).clamp(min=1e-6)
    slow = (values[torch.arange(19), labels] - mean) / variance.sqrt()
    assert standardised(logits, labels).tolist() == pytest.approx(slow.tolist(), rel=1e-3, abs=1e-3)


def test_membership_scores_equal_the_plain_loop(tiny_pair: Any) -> None:
    model, examples = tiny_pair.model, [Example(*item) for item in ITEMS]
    scores = teacher_forced_scores(tiny_pair, examples, ALPHAS, batch_size=3)
    for row, (question, answer) in enumerate(ITEMS):
        prompt, tokens = encode(tiny_pair.tokenizer, PLAIN, question, answer)
        with torch.inference_mode():
            base, reference, trained = (
                half(input_ids=torch.tensor([prompt + tokens])).logits[0, :, : model.vocabulary].double()
                for half in (model.base, model.reference, model.trained)
            )
        for alpha in ALPHAS:
            logp = (base + alpha * (trained - reference)).log_softmax(-1)[len(prompt) - 1 : -2]  # [T, V]
            own = logp[torch.arange(len(tokens) - 1), torch.tensor(tokens[:-1])]
            mean = (logp.exp() * logp).sum(-1)
            z = (own - mean) / ((logp.exp() * logp.square()).sum(-1) - mean.square()).sqrt()
            taken = max(1, int(0.4 * len(own)))
            mine = [score for score in scores if score.question_index == row]
            assert value(mine, "mia_min_k", alpha) == pytest.approx(-float(own.sort()[0][:taken].mean()), abs=1e-3)
            assert value(mine, "mia_min_k_plus_plus", alpha) == pytest.approx(
                -float(z.sort()[0][:taken].mean()), abs=1e-3
            )
            hits = (logp.argmax(-1) == torch.tensor(tokens[:-1])).tolist()
            first = next(k for k in range(len(hits) + 1) if all(hits[k:]))
            assert value(mine, "extraction_strength", alpha) == pytest.approx(1 - first / len(hits))


def test_only_what_is_expected_has_its_distributions_gone_through() -> None:
    pair = fixed_pair([0.5, 0.25, 0.25], [0.4, 0.4, 0.2], [0.4, 0.4, 0.4])
    items = [("ask", "yes"), ("ask", "no")]
    found = read_over_alpha(pair, items, (0.0,), None, expected=[items[1]])
    assert [item.readings[0].least_expected is None for item in found] == [True, False]
    assert found[1].readings[0].least_expected == pytest.approx(1.0, abs=1e-5)


def test_an_empty_answer_has_a_loss_and_no_tokens() -> None:
    pair = fixed_pair([0.5, 0.25, 0.25], [0.4, 0.4, 0.2], [0.4, 0.4, 0.4])
    scores = teacher_forced_scores(pair, [Example("ask", "")], (0.0,))
    assert value(scores, "mia_loss", 0.0) == pytest.approx(math.log(2))
    assert value(scores, "mia_zlib", 0.0) == pytest.approx(math.log(2) / 8)
    for metric in ("exact_memorization", "extraction_strength", "mia_min_k", "mia_min_k_plus_plus"):
        assert value(scores, metric, 0.0) is None


def test_logits_that_are_not_finite_leave_no_score() -> None:
    pair = fixed_pair([0.5, 0.5, 0.0], [0.4, 0.4, 0.2], [0.4, 0.4, 0.4])
    scores = teacher_forced_scores(pair, [Example("ask", "no")], (0.0,))
    for metric in ("mia_loss", "mia_zlib", "mia_min_k", "mia_min_k_plus_plus"):
        assert value(scores, metric, 0.0) is None
    assert value(scores, "exact_memorization", 0.0) == 0.0
