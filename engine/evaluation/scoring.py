"""Teacher-forced scores: what the ensemble makes of a given answer, for all alphas from one pass of each model.

The logits of N answer tokens are [N, V] in fp32 (49,152 × 4 bytes a token for the demo), so they live for one small
batch only; what leaves this file is numbers per answer.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from engine.data.examples import Example
from engine.data.prompts import AnswerBatch, Encoded, collate, encode, end_token
from engine.errors import DataError
from engine.evaluation.answer_curves import QuestionCurves
from engine.evaluation.answer_lines import AnswerCurve, answer_curve
from engine.evaluation.curves import FIRST_STEP
from engine.evaluation.metrics import normalised_probability, probability, truth_ratio, truth_ratio_score
from engine.models.offset import AnswerLogits, combine_logits
from engine.models.readers import forced_logits

if TYPE_CHECKING:
    from engine.models.loading import LoadedPair

Progress = Callable[[int, int], None]  # answers done, answers in all
Span = tuple[float, float]  # of alpha, 0 within it

TOKENS_AT_ONCE = 512  # answer tokens of a batch: 100 MB a tensor of logits with the demo's vocabulary


CURVE_LOW, CURVE_HIGH = 0.0, 2.0  # curves reach at least so far


def curve_span(alphas: Sequence[float]) -> Span:
    """The range of the curves of an evaluation at `alphas`: from 0 to 2, and over all of them."""
    low, high = min((CURVE_LOW, *alphas)), max((CURVE_HIGH, *alphas))
    return math.floor(low / FIRST_STEP) * FIRST_STEP, math.ceil(high / FIRST_STEP) * FIRST_STEP


class Score(NamedTuple):
    """One stored number; `value` is None where this question cannot have this metric."""

    question_index: int
    alpha: float
    metric: str
    value: float | None


class AnswerReading(NamedTuple):
    """One answer under teacher forcing at one alpha."""

    loss: float  # nats per answer token, end-of-text included
    memorized: float | None  # share of answer tokens the argmax gives, end-of-text left out; None for an empty answer


class AnswerOverAlpha(NamedTuple):
    """One answer under teacher forcing: at some alphas, and at every alpha of a range."""

    readings: list[AnswerReading]  # one per alpha
    curve: AnswerCurve | None  # None where no range was asked for, and where the logits are not all finite


def read_over_alpha(
    pair: "LoadedPair",
    items: Sequence[tuple[str, str]],
    alphas: Sequence[float],
    span: Span | None,
    batch_size: int = 8,
    progress: Progress | None = None,
) -> list[AnswerOverAlpha]:
    """Read every (question, answer) at `alphas` and over all of `span`: one entry per item, in order.

    Each of the three models runs once per batch, however many alphas there are. A batch holds at most `batch_size`
    answers and `TOKENS_AT_ONCE` answer tokens (one longer answer is read alone).
    """
    encoded = encode_items(pair, items)
    readings: dict[int, AnswerOverAlpha] = {}
    for chosen in batches(encoded, batch_size):
        readings |= zip(chosen, _read_batch(pair, [encoded[i] for i in chosen], alphas, span), strict=True)
        if progress is not None:
            progress(len(readings), len(items))
    return [readings[index] for index in range(len(items))]


def encode_items(pair: "LoadedPair", items: Sequence[tuple[str, str]]) -> list[Encoded]:
    """Questions with their answers as tokens. `DataError` for one that is longer than the models' context."""
    encoded = [encode(pair.tokenizer, pair.template, question, answer) for question, answer in items]
    context = pair.model.context
    for (question, answer), (prompt, tokens) in zip(items, encoded, strict=True):
        if context is not None and len(prompt) + len(tokens) > context:
            raise DataError(
                f"the question {question[:60]!r} with the answer {answer[:60]!r} has {len(prompt) + len(tokens)} tokens, "
                f"more than the {context} that the models of {pair.name} can read"
            )
    return encoded


def batches(encoded: Sequence[Encoded], batch_size: int) -> Iterator[list[int]]:
    """Indices of like lengths together, so that little is padded; long answers make smaller batches."""
    chosen: list[int] = []
    tokens = 0
    for index in sorted(range(len(encoded)), key=lambda i: len(encoded[i].prompt) + len(encoded[i].answer)):
        size = len(encoded[index].answer)
        if chosen and (len(chosen) == batch_size or tokens + size > TOKENS_AT_ONCE):
            yield chosen
            chosen, tokens = [], 0
        chosen.append(index)
        tokens += size
    if chosen:
        yield chosen


@torch.inference_mode()
def _read_batch(
    pair: "LoadedPair", encoded: Sequence[Encoded], alphas: Sequence[float], span: Span | None
) -> list[AnswerOverAlpha]:
    batch = collate(encoded, end_token(pair.tokenizer))
    logits = forced_logits(pair.model, batch)
    columns = [_read_alpha(batch, logits, alpha, len(encoded)) for alpha in alphas]
    rows = [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in encoded]
    curves = _read_curves(batch, logits, len(encoded), span) if span is not None else [None] * len(encoded)
    return [AnswerOverAlpha(row, curve) for row, curve in zip(rows, curves, strict=True)]


def _read_curves(batch: AnswerBatch, logits: AnswerLogits, size: int, span: Span) -> list[AnswerCurve | None]:
    """One curve per sequence of the batch."""
    counts = _counts(batch, size)
    labels = batch.labels.to(logits.base.device)
    parts = zip(*(torch.split(part, counts) for part in (*logits, labels)), strict=True)
    return [answer_curve(AnswerLogits(*part[:3]), part[3], span) for part in parts]


def _read_alpha(batch: AnswerBatch, logits: AnswerLogits, alpha: float, size: int) -> list[AnswerReading]:
    """One reading per sequence of the batch. Tokens of one sequence lie together, its end-of-text token last."""
    combined = combine_logits(logits.base, logits.trained, logits.reference, alpha)  # [N, V]
    labels = batch.labels.to(combined.device)
    losses = combined.logsumexp(dim=-1) - combined.gather(-1, labels[:, None])[:, 0]  # [N]
    hits = (combined.argmax(dim=-1) == labels).float()
    return [
        AnswerReading(float(loss.double().mean()), float(hit[:-1].mean()) if len(hit) > 1 else None)
        for loss, hit in zip(_per_row(losses, batch, size), _per_row(hits, batch, size), strict=True)
    ]


def _per_row(values: Tensor, batch: AnswerBatch, size: int) -> tuple[Tensor, ...]:
    return torch.split(values.cpu(), _counts(batch, size))


def _counts(batch: AnswerBatch, size: int) -> list[int]:
    """Answer tokens of each sequence."""
    counts: list[int] = torch.bincount(batch.rows.cpu(), minlength=size).tolist()
    return counts


def _answers_of(example: Example) -> list[str]:
    """The true answer, the right answer of the truth ratio, then the wrong ones."""
    return [example.answer, example.paraphrased_answer or example.answer, *example.perturbed_answer]


def forced_items(examples: Sequence[Example]) -> list[tuple[str, str]]:
    """Every question with every answer of it that is read under teacher forcing, once each."""
    return list(dict.fromkeys((example.question, text) for example in examples for text in _answers_of(example)))


class Forced(NamedTuple):
    """Questions under teacher forcing."""

    scores: list[Score]
    curves: list[
        QuestionCurves | None
    ]  # one per question; None where `AnswerOverAlpha.curve` is, for one of its answers


def teacher_forced_scores(
    pair: "LoadedPair",
    examples: Sequence[Example],
    alphas: Sequence[float],
    progress: Progress | None = None,
    batch_size: int = 8,
) -> list[Score]:
    """Probability, its normalised form, truth ratio (A) and exact memorization of every question at every alpha.

    Where an example has no wrong answers, its normalised probability and truth ratio are None.
    """
    return teacher_forced(pair, examples, alphas, None, progress, batch_size).scores


def teacher_forced(
    pair: "LoadedPair",
    examples: Sequence[Example],
    alphas: Sequence[float],
    span: Span | None,
    progress: Progress | None = None,
    batch_size: int = 8,
) -> Forced:
    """The scores of `teacher_forced_scores`, and from the same passes every question's curves over `span`."""
    items = forced_items(examples)
    found = dict(zip(items, read_over_alpha(pair, items, alphas, span, batch_size, progress), strict=True))
    forced = Forced([], [])
    for index, example in enumerate(examples):
        answers = [found[example.question, text] for text in _answers_of(example)]
        for column, alpha in enumerate(alphas):
            forced.scores.extend(_scores(index, example.split, alpha, [item.readings[column] for item in answers]))
        forced.curves.append(_curves_of([item.curve for item in answers]))
    return forced


def _curves_of(found: Sequence[AnswerCurve | None]) -> QuestionCurves | None:
    known = [curve for curve in found if curve is not None]
    if len(known) < len(found):
        return None
    return QuestionCurves(known[0].loss, known[1].loss, tuple(item.loss for item in known[2:]), known[0].memorized)


def _scores(index: int, split: str, alpha: float, readings: Sequence[AnswerReading]) -> list[Score]:
    answer, right = readings[:2]
    wrong = [reading.loss for reading in readings[2:]]
    ratio = truth_ratio(right.loss, wrong)
    return [
        Score(index, alpha, "probability", probability(answer.loss)),
        Score(index, alpha, "probability_normalised", normalised_probability(answer.loss, wrong)),
        Score(index, alpha, "truth_ratio", ratio),
        Score(index, alpha, "truth_ratio_score", truth_ratio_score(ratio, split)),
        Score(index, alpha, "exact_memorization", answer.memorized),
    ]
