"""An answer under teacher forcing: read at some alphas, and over all of them, from one pass of each model.

The logits of N answer tokens are [N, V] in fp32 (49,152 × 4 bytes a token for the demo), so they live for one small
batch only; other files get numbers per answer.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

from engine.data.prompts import AnswerBatch, Encoded, collate, encode_all, pad_token
from engine.evaluation.answer_lines import AnswerCurve, answer_curve
from engine.evaluation.membership import extraction_strength, min_k
from engine.models.finite import best_of
from engine.models.offset import AnswerLogits, combine_logits
from engine.models.readers import forced_logits

if TYPE_CHECKING:
    from engine.models.loading import LoadedPair

CountProgress = Callable[[int, int], None]  # answers done, answers in all
Span = tuple[float, float]  # of alpha, 0 within it

Item = tuple[str, str]  # a question with an answer of it

TOKENS_AT_ONCE = 512  # answer tokens of a batch: 100 MB a tensor of logits with the demo's vocabulary
ROWS_AT_ONCE = 8  # of these, whose whole distribution is read at once
LEAST_VARIANCE = 1e-6  # of a log-probability, as in OU: a token of certain probability would divide by 0
LOWEST = -1e15  # instead of a log-probability of minus infinity, whose share is 0: 0 · ∞ is NaN


class AnswerReading(NamedTuple):
    """One answer under teacher forcing at one alpha."""

    loss: float  # nats per answer token, end-of-text included
    # The fields below leave the end-of-text token out, and are None for an empty answer.
    memorized: float | None  # share of answer tokens that the argmax gives
    extracted: float | None  # extraction strength
    least_likely: float | None  # min-k
    least_expected: float | None  # min-k++; None too where it was not asked for


class AnswerOverAlpha(NamedTuple):
    """One answer under teacher forcing: at some alphas, and at every alpha of a range."""

    readings: list[AnswerReading]  # one per alpha
    curve: AnswerCurve | None  # None where no range was asked for, and where the logits are not all finite


def read_over_alpha(
    pair: "LoadedPair",
    items: Sequence[Item],
    alphas: Sequence[float],
    span: Span | None,
    batch_size: int = 8,
    progress: CountProgress | None = None,
    expected: Collection[Item] = (),
) -> list[AnswerOverAlpha]:
    """Read every (question, answer) at `alphas` and over all of `span`: one entry per item, in order.

    Those in `expected` also get their min-k++, which reads whole distributions. Each of the three models runs
    once per batch, however many alphas there are. A batch holds at most `batch_size` answers and `TOKENS_AT_ONCE`
    answer tokens (one longer answer is read alone).
    """
    if pair.by_strength is not None:
        return _read_by_strength(pair, items, alphas, batch_size, progress, expected)
    encoded = encode_items(pair, items)
    readings: dict[int, AnswerOverAlpha] = {}
    for chosen in batches(encoded, batch_size):
        wanted = [items[i] in expected for i in chosen]
        readings |= zip(chosen, _read_batch(pair, [encoded[i] for i in chosen], wanted, alphas, span), strict=True)
        if progress is not None:
            progress(len(readings), len(items))
    return [readings[index] for index in range(len(items))]


def _read_by_strength(
    pair: "LoadedPair",
    items: Sequence[Item],
    alphas: Sequence[float],
    batch_size: int,
    progress: CountProgress | None,
    expected: Collection[Item],
) -> list[AnswerOverAlpha]:
    """One strength after the other, each a separate model, so without curves over alpha."""
    columns = []
    for place, alpha in enumerate(alphas):
        model, strength = pair.at(alpha)
        columns.append(read_over_alpha(model, items, [strength], None, batch_size, expected=expected))
        if progress is not None:
            progress((place + 1) * len(items), len(alphas) * len(items))
    return [AnswerOverAlpha([column[i].readings[0] for column in columns], None) for i in range(len(items))]


def encode_items(pair: "LoadedPair", items: Sequence[Item]) -> list[Encoded]:
    """Questions with their answers as tokens. `DataError` for one that is longer than the models' context."""
    return encode_all(pair.tokenizer, pair.template, items, pair.model.context, pair.name)


def batches(encoded: Sequence[Encoded], batch_size: int) -> Iterator[list[int]]:
    """Indices of similar lengths together, so that little is padded; long answers make smaller batches."""
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
    pair: "LoadedPair",
    encoded: Sequence[Encoded],
    expected: Sequence[bool],
    alphas: Sequence[float],
    span: Span | None,
) -> list[AnswerOverAlpha]:
    batch = collate(encoded, pad_token(pair.tokenizer))
    logits = forced_logits(pair.model, batch)
    columns = [_read_alpha(batch, logits, alpha, expected) for alpha in alphas]
    rows = [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in encoded]
    curves = _read_curves(batch, logits, len(encoded), span) if span is not None else [None] * len(encoded)
    return [AnswerOverAlpha(row, curve) for row, curve in zip(rows, curves, strict=True)]


def _read_curves(batch: AnswerBatch, logits: AnswerLogits, size: int, span: Span) -> list[AnswerCurve | None]:
    """One curve per sequence of the batch."""
    counts = _counts(batch, size)
    labels = batch.labels.to(logits.base.device)
    parts = zip(*(torch.split(part, counts) for part in (*logits, labels)), strict=True)
    return [answer_curve(AnswerLogits(*part[:3]), part[3], span) for part in parts]


def _read_alpha(
    batch: AnswerBatch, logits: AnswerLogits, alpha: float, expected: Sequence[bool]
) -> list[AnswerReading]:
    """One reading per sequence of the batch. Tokens of one sequence are adjacent, its end-of-text token last.

    `ModelError` where a logit is NaN or infinite.
    """
    size = len(expected)
    combined = combine_logits(logits.base, logits.trained, logits.reference, alpha)  # [N, V]
    labels = batch.labels.to(combined.device)
    losses = combined.logsumexp(dim=-1) - combined.gather(-1, labels[:, None])[:, 0]  # [N]
    hits = best_of(combined, f"the models asked, at alpha {alpha:g},") == labels
    parts = [per_answer(part, batch, size) for part in (losses, hits)]
    rows = zip(*(torch.split(part, _counts(batch, size)) for part in (combined, labels)), strict=True)
    scores = [
        standardised(part[:-1], mark[:-1]).tolist() if wanted else []
        for wanted, (part, mark) in zip(expected, rows, strict=True)
    ]
    return [_reading(*row) for row in zip(*parts, scores, strict=True)]


def _reading(loss: Tensor, hit: Tensor, standard: list[float]) -> AnswerReading:
    """Of A answer tokens, the last of them the end-of-text token, and A - 1 standardized values or none."""
    hits = hit[:-1]
    return AnswerReading(
        float(loss.double().mean()),
        float(hits.float().mean()) if len(hits) else None,
        extraction_strength(hits.tolist()),
        min_k((-loss[:-1]).tolist()),
        min_k(standard),
    )


def standardised(logits: Tensor, labels: Tensor) -> Tensor:
    """z = (log p − μ) ÷ σ of each label, [A], under its own row of `logits`, [A, V].

    μ and σ are mean and standard deviation of the log-probability of a token drawn from that row (arXiv 2404.02936).
    OU takes E[x²] − μ², which cancels in fp32 where σ is small; here differences are squared.
    """
    found = []
    for rows, marks in zip(logits.split(ROWS_AT_ONCE), labels.split(ROWS_AT_ONCE), strict=True):
        values = rows.log_softmax(dim=-1)
        own = values.gather(-1, marks[:, None])[:, 0]
        shares = values.exp()
        values = values.clamp_(min=LOWEST)
        mean = torch.linalg.vecdot(shares, values)
        variance = torch.linalg.vecdot(shares, values.sub_(mean[:, None]).square_())
        found.append((own - mean) / variance.clamp(min=LEAST_VARIANCE).sqrt())
    return torch.cat(found) if found else logits.new_empty(0)


def per_answer(values: Tensor, batch: AnswerBatch, size: int) -> tuple[Tensor, ...]:
    """The packed `values` [N] of a batch of `size` sequences, one tensor for each."""
    return torch.split(values.cpu(), _counts(batch, size))


def _counts(batch: AnswerBatch, size: int) -> list[int]:
    """Answer tokens of each sequence."""
    counts: list[int] = torch.bincount(batch.rows.cpu(), minlength=size).tolist()
    return counts
