"""An answer under teacher forcing at every alpha of a range, from the logits of one pass of each model.

For each answer token the ensemble's loss at alpha is A(alpha) − l_y − alpha d_y, with A(alpha) = logsumexp(l + alpha
d): l are the base's logits, d the offset, y is the token. A is convex, its slope the mean of d under the ensemble.
Every token of the vocabulary is a line in alpha, and few of them ever matter: those within `depth` of the highest
line at a knot are kept one by one, and of the others' sum, which is log-convex, value and slope are known at the
knots, which bounds it between them. The width of these bounds is part of the stated error. Where so many lines
matter that keeping them saves nothing (a pair broken by its training), the whole vocabulary is read at each alpha
instead.
"""

import math
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from engine.evaluation.curves import Curve, Floats, Sample, Steps, fit_curve, step_function
from engine.models.offset import AnswerLogits, combine_logits

KNOT_STEP = 0.5
DEPTHS = (11.0, 14.0, 18.0, 24.0, float("inf"))  # nats below the highest line
DOUBT = 2.5e-4  # nats per answer token that the tokens left out may add to the error before more are kept
MANY = 0.05  # of the lines: reading more of them one by one takes longer than reading all in order
ROUNDING = 1e-5  # nats: the error of fp32, here and in a direct evaluation
ROWS_AT_ONCE = 2  # answer tokens whose logits stay in a processor's cache while they are read knot by knot
_NOTHING = 1e-37  # instead of a sum that fp32 holds as 0


class AnswerCurve(NamedTuple):
    """One answer at every alpha of a range."""

    loss: Curve  # nats per answer token, end-of-text included
    memorized: Steps | None  # as `AnswerReading.memorized`; None for an empty answer
    kept: int  # lines kept, over all answer tokens; where they are `MANY`, all are read
    doubt: float  # nats per answer token: the part of the error from the lines left out


class _Lines(NamedTuple):
    """The kept lines of an answer, one after the other, and the sum of the others at the knots. All fp32.

    n lines in all, A answer tokens, M knots; `top` and `tail` are logarithms, in the units of the logits.
    """

    base: Tensor  # [n]
    offset: Tensor  # [n]
    row: Tensor  # [n], the answer token that a line belongs to
    label_base: Tensor  # [A]
    label_offset: Tensor  # [A]
    knots: Tensor  # [M]
    top: Tensor  # [A, M], the highest line
    tail: Tensor  # [A, M], logsumexp of the lines left out
    tail_slope: Tensor  # [A, M]
    depth: float


@torch.inference_mode()
def answer_curve(logits: AnswerLogits, labels: Tensor, span: tuple[float, float]) -> AnswerCurve | None:
    """Loss and exact memorization of one answer for alpha from `span[0]` to `span[1]`, 0 among them.

    The logits are [A, V], the labels [A], the end-of-text token last. None where the logits are not all finite.
    """
    low, high = span
    knots = torch.tensor(np.union1d(_even(low, 0.0), _even(0.0, high)), dtype=torch.float32)
    ends = knots.double().numpy()
    for depth in DEPTHS:
        lines = _keep_lines(logits, labels, knots, depth)
        spans = _memorized_spans(lines, low, high)
        many = len(lines.base) > MANY * logits.base.numel()
        doubt = 0.0 if many else _losses(lines, (ends[1:] + ends[:-1]) / 2).doubt.max()
        if spans is not None and doubt <= DOUBT:
            break
    assert spans is not None, "all lines are kept at the last depth"
    read = partial(_whole_losses, logits, labels) if many else partial(_losses, lines)
    loss = fit_curve(read, low, high, fixed=(0.0,))
    if not math.isfinite(loss.error):
        return None
    return AnswerCurve(loss, _memorized_steps(spans[:-1], low, high), len(lines.base), float(doubt))


def _even(low: float, high: float) -> Floats:
    """Knots from `low` to `high`, both included: no two are closer than an end of the span to 0."""
    return np.linspace(low, high, math.ceil((high - low) / KNOT_STEP) + 1)


def _keep_lines(logits: AnswerLogits, labels: Tensor, knots: Tensor, depth: float) -> _Lines:
    base, zero = logits.base, torch.zeros((), device=logits.base.device)
    parts = []
    for start in range(0, len(labels), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        offset = combine_logits(zero, logits.trained[rows], logits.reference[rows], 1.0)
        kept, top, tail, slope = _sift(base[rows], offset, zero, knots.tolist(), depth)
        row, token = kept.nonzero(as_tuple=True)
        mark = labels[rows, None]
        parts.append(
            (
                base[rows][row, token],
                offset[row, token],
                row + start,
                base[rows].gather(-1, mark)[:, 0],
                offset.gather(-1, mark)[:, 0],
                top,
                tail,
                slope,
            )
        )
    lines, offsets, row, label_base, label_offset, top, tail, slope = (
        torch.cat(part).cpu() for part in zip(*parts, strict=True)
    )
    return _Lines(lines, offsets, row, label_base, label_offset, knots, top, tail, slope, depth)


def _sift(base: Tensor, offset: Tensor, zero: Tensor, knots: Sequence[float], depth: float) -> tuple[Tensor, ...]:
    """Which lines to keep, [R, V]; and at each knot, [R, M]: the highest line, the log of the others' sum, its
    slope.
    """
    kept = torch.zeros_like(base, dtype=torch.bool)
    tops, shares = [], []
    for alpha in knots:
        heights = combine_logits(base, offset, zero, alpha)
        tops.append(heights.amax(dim=-1, keepdim=True))
        shares.append(heights.sub(tops[-1]).exp_())  # of the highest line
        kept |= shares[-1] >= math.exp(-depth)
    tails, slopes = [], []
    for top, share in zip(tops, shares, strict=True):
        share.masked_fill_(kept, 0.0)
        total = share.sum(dim=-1).clamp_(min=_NOTHING)
        tails.append(top[:, 0] + total.log())
        slopes.append(torch.linalg.vecdot(share, offset) / total)
    return kept, torch.cat(tops, dim=-1), torch.stack(tails, dim=-1), torch.stack(slopes, dim=-1)


def _losses(lines: _Lines, alphas: Floats) -> Sample:
    """Mean loss over the answer tokens at `alphas`, its slope, and how far the lines left out may move it; each [M]."""
    strengths = torch.from_numpy(alphas).float()
    zero = torch.zeros(())
    lift = _on_knots(lines.knots, lines.top, strengths)  # [A, M]: not below the highest line, which is convex
    heights = combine_logits(lines.base[:, None], lines.offset[:, None], zero, strengths[None, :])
    weights = heights.sub_(lift[lines.row]).exp_()  # [n, M]
    empty = torch.zeros_like(lift)
    kept = empty.index_add(0, lines.row, weights)
    slope = empty.index_add(0, lines.row, weights * lines.offset[:, None])
    tail, tail_slope, fence = _tail(lines, strengths)
    others = (tail - lift).exp()
    whole = kept + others
    label = combine_logits(lines.label_base[:, None], lines.label_offset[:, None], zero, strengths[None, :])
    values = lift + whole.log() - label
    slopes = (slope + others * tail_slope) / whole - lines.label_offset[:, None]
    # A tenth more: between two evaluated alphas the others' share may rise a little above both.
    doubt = 1.1 * torch.log1p(others / whole * torch.expm1(fence.clamp(max=80)))
    means = [part.double().mean(dim=0).numpy() for part in (values, slopes, doubt)]
    return Sample(means[0], means[1], means[2] + ROUNDING)


def _whole_losses(logits: AnswerLogits, labels: Tensor, alphas: Floats) -> Sample:
    """What `_losses` gives, from every line of every answer token: nothing is left out."""
    zero = torch.zeros((), device=logits.base.device)
    values, slopes = (torch.zeros(len(alphas), dtype=torch.double) for _ in range(2))
    for start in range(0, len(labels), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        base, offset = logits.base[rows], combine_logits(zero, logits.trained[rows], logits.reference[rows], 1.0)
        mark = labels[rows, None]
        for place, alpha in enumerate(alphas.tolist()):
            heights = combine_logits(base, offset, zero, alpha)
            top, own = heights.amax(dim=-1, keepdim=True), heights.gather(-1, mark)
            share = heights.sub(top).exp_()  # at alpha 0 the heights are the base itself
            whole = share.sum(dim=-1)
            values[place] += (top[:, 0] + whole.log() - own[:, 0]).double().sum().item()
            slopes[place] += (torch.linalg.vecdot(share, offset) / whole).double().sum().item()
        slopes -= offset.gather(-1, mark).double().sum().item()
    size = max(1, len(labels))
    return Sample((values / size).numpy(), (slopes / size).numpy(), np.full(len(alphas), ROUNDING))


def _on_knots(knots: Tensor, values: Tensor, alphas: Tensor) -> Tensor:
    """`values` at the knots, [A, M], interpolated linearly to the alphas."""
    piece = _piece(knots, alphas)
    share = (alphas - knots[piece]) / (knots[piece + 1] - knots[piece])
    return values[:, piece] + share * (values[:, piece + 1] - values[:, piece])


def _piece(knots: Tensor, alphas: Tensor) -> Tensor:
    return (torch.searchsorted(knots, alphas, right=True) - 1).clamp(0, len(knots) - 2)


def _tail(lines: _Lines, alphas: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The logarithm of the left-out lines' sum, its slope, and its possible error; each [A, M].

    Two parabolas that meet where the tangents of the interval's ends would, with the chord's slope there: the convex
    quadratic spline of Schumaker (1983). Like the true function it lies between chord and tangents.
    """
    piece = _piece(lines.knots, alphas)
    width = (lines.knots[piece + 1] - lines.knots[piece])[None, :]
    at = (alphas - lines.knots[piece])[None, :]
    first, last = lines.tail[:, piece], lines.tail[:, piece + 1]
    chord = (last - first) / width
    start, end = torch.minimum(lines.tail_slope[:, piece], chord), torch.maximum(lines.tail_slope[:, piece + 1], chord)
    before, after = chord - start, end - chord
    both = (before + after).clamp(min=1e-12)
    meet = (width * after / both).clamp(1e-6, None).minimum(width * (1 - 1e-6))
    back = width - at
    left = at <= meet
    values = torch.where(
        left, first + at * (start + at * before / (2 * meet)), last - back * (end - back * after / (2 * (width - meet)))
    )
    slopes = torch.where(left, start + at * before / meet, end - back * after / (width - meet))
    return values, slopes, width * before * after / both


def _memorized_spans(lines: _Lines, low: float, high: float) -> list[tuple[float, float] | None] | None:
    """For each answer token the alphas at which no line is above its own: at most one span, as lines cross once.

    Returns None where a line left out might be above it there: then more lines must be kept.
    """
    rise = lines.base - lines.label_base[lines.row]  # of each line over the label's, at alpha 0
    slope = lines.offset - lines.label_offset[lines.row]
    at = -rise.double() / slope.double()
    never = (slope == 0) & (rise > 0)
    size = len(lines.label_base)
    first = torch.full((size,), low, dtype=torch.double)
    last = torch.full((size,), high, dtype=torch.double)
    first.scatter_reduce_(0, lines.row, torch.where(slope < 0, at, low), "amax")
    last.scatter_reduce_(0, lines.row, torch.where(slope > 0, at, torch.where(never, -torch.inf, high)), "amin")
    spans: list[tuple[float, float] | None] = []
    for row, (begin, end) in enumerate(zip(first.tolist(), last.tolist(), strict=True)):
        if begin > end:
            spans.append(None)
            continue
        inner = lines.knots[(lines.knots > begin) & (lines.knots < end)]
        alphas = torch.cat([torch.tensor([begin]), inner, torch.tensor([end])])
        own = combine_logits(lines.label_base[row], lines.label_offset[row], torch.zeros(()), alphas)
        # Straight between these alphas, like the bound on the lines left out: where it holds at each, it holds
        # throughout.
        if bool((own < _on_knots(lines.knots, lines.top[row : row + 1], alphas)[0] - lines.depth).any()):
            return None
        spans.append((begin, end))
    return spans


def _memorized_steps(spans: Sequence[tuple[float, float] | None], low: float, high: float) -> Steps | None:
    """Share of the answer tokens whose line is the highest, as a function of alpha."""
    if not spans:
        return None
    share = 1 / len(spans)
    known = [span for span in spans if span is not None]
    start = share * sum(begin <= low for begin, _ in known)
    changes = [(begin, share) for begin, _ in known if begin > low] + [(end, -share) for _, end in known if end < high]
    return step_function(changes, start, low, high)
