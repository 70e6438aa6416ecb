"""Two answers side by side, and one answer token by token under the base and under the ensemble.

Nothing heavy is imported until a model is read: pages import this file at start.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, NamedTuple

from engine.errors import SettingError

if TYPE_CHECKING:
    from torch import Tensor

    from engine.evaluation.curves import Curve
    from engine.evaluation.ranks import BestRank
    from engine.models.loading import LoadedPair
    from engine.models.offset import AnswerLogits

TOP = 5
EDGES = (-5.0, -2.0, -0.5, 0.5, 2.0, 5.0)  # nats; the same on every page


class Bin(NamedTuple):
    """One step of the color scale, with a sign and words, so that color is never the only cue."""

    low: float
    high: float
    sign: str
    words: str


BINS: tuple[Bin, ...] = (
    Bin(-math.inf, -5.0, "−−−", "far less likely"),
    Bin(-5.0, -2.0, "−−", "much less likely"),
    Bin(-2.0, -0.5, "−", "less likely"),
    Bin(-0.5, 0.5, "·", "about as likely"),
    Bin(0.5, 2.0, "+", "more likely"),
    Bin(2.0, 5.0, "++", "much more likely"),
    Bin(5.0, math.inf, "+++", "far more likely"),
)


def bin_of(delta: float) -> int:
    """The position in `BINS` of a change in log-probability (nats); an edge belongs to the bin above it."""
    if math.isnan(delta):
        raise ValueError("a change in log-probability that is not a number has no bin")
    return bisect_right(EDGES, delta)


class TextPiece(NamedTuple):
    """A stretch of a text; the pieces of a text, joined, are the text."""

    text: str
    differs: bool


def mark_differences(left: str, right: str) -> tuple[list[TextPiece], list[TextPiece]]:
    """Split both texts into stretches of shared words, in order, and other words."""
    ours, theirs = re.findall(r"\s*\S+", left), re.findall(r"\s*\S+", right)
    matcher = SequenceMatcher(None, [word.strip() for word in ours], [word.strip() for word in theirs], autojunk=False)
    left_differs, right_differs = [True] * len(ours), [True] * len(theirs)
    for block in matcher.get_matching_blocks():
        left_differs[block.a : block.a + block.size] = [False] * block.size
        right_differs[block.b : block.b + block.size] = [False] * block.size
    return _pieces(left, ours, left_differs), _pieces(right, theirs, right_differs)


def _pieces(text: str, words: Sequence[str], differs: Sequence[bool]) -> list[TextPiece]:
    """Join neighbors that agree; the space before a marked stretch and at the end is left unmarked."""
    pieces: list[TextPiece] = []

    def add(piece: str, marked: bool) -> None:
        if piece and pieces and pieces[-1].differs == marked:
            pieces[-1] = TextPiece(pieces[-1].text + piece, marked)
        elif piece:
            pieces.append(TextPiece(piece, marked))

    before = False
    for word, marked in zip(words, differs, strict=True):
        bare = word.lstrip()
        add(word[: len(word) - len(bare)], marked and before)
        add(bare, marked)
        before = marked
    add(text[sum(map(len, words)) :], False)
    return pieces


def first_difference(left: Sequence[int], right: Sequence[int]) -> int | None:
    """Index of the first token in which two answers differ, None where they are the same.

    Where one is the beginning of the other, that is where the shorter one ends.
    """
    for index, (ours, theirs) in enumerate(zip(left, right, strict=False)):
        if ours != theirs:
            return index
    return None if len(left) == len(right) else min(len(left), len(right))


class TokenReading(NamedTuple):
    """One token of an answer. Log-probabilities in nats; rank 1 is the likeliest token of the vocabulary."""

    token: str
    logp_base: float
    logp_unlearned: float
    rank_base: int
    rank_unlearned: int
    offset: float  # log p of trained − log p of reference: the offset free of its arbitrary constant, in nats
    top_base: tuple[tuple[str, float], ...]  # the likeliest tokens with their probability
    top_unlearned: tuple[tuple[str, float], ...]
    best: "BestRank | None" = None  # over every alpha of a range, where one was asked for


class _Column(NamedTuple):
    """One model along the answer: one entry per answer token."""

    logp: list[float]
    rank: list[int]
    top: list[tuple[tuple[str, float], ...]]


class TextReading(NamedTuple):
    """The models' readings of a text, for all alphas: after this a strip at any alpha needs no model."""

    tokenizer: Any
    logits: "AnswerLogits"
    labels: "Tensor"
    best: "list[BestRank] | None"  # of every token over every alpha of a range, where one was asked for


def read_answer(pair: "LoadedPair", question: str, text: str, span: tuple[float, float] | None = None) -> TextReading:
    """Read the answer `text`, end-of-text token included, in one teacher-forced pass of each model.

    With `span` every token also has the best rank that any alpha of it gives, exactly. `SettingError` for a
    comparison method whose alpha does not multiply its logits.
    """
    import torch

    _check_linear(pair)
    from engine.data.prompts import collate, encode, pad_token
    from engine.evaluation.ranks import rank_curves
    from engine.models.readers import forced_logits

    batch = collate([encode(pair.tokenizer, pair.template, question, text)], pad_token(pair.tokenizer))
    with torch.inference_mode():
        logits = forced_logits(pair.model, batch)
        labels = batch.labels.to(logits.base.device)
        best = None if span is None else [curve.best() for curve in rank_curves(logits, labels, *span)]
    return TextReading(pair.tokenizer, logits, labels, best)


def _check_linear(pair: "LoadedPair") -> None:
    if pair.by_strength is not None:
        raise SettingError(
            f"{pair.name} is not read token by token: its method is {pair.manifest.method}, whose logits are not linear"
            " in alpha"
        )


def token_strip(reading: TextReading, alpha: float) -> list[TokenReading]:
    """The text token by token, under base and ensemble. Calls no model."""
    import torch

    from engine.models.offset import combine_logits

    decode, logits, labels = reading.tokenizer.decode, reading.logits, reading.labels
    with torch.inference_mode():
        combined = combine_logits(logits.base, logits.trained, logits.reference, alpha)
        base, unlearned = (_column(decode, part, labels) for part in (logits.base, combined))
        offset = (_label_logp(logits.trained, labels) - _label_logp(logits.reference, labels)).tolist()
    tokens = [decode([token]) for token in labels.tolist()]
    best: Sequence[BestRank | None] = reading.best or [None] * len(tokens)
    fields = (base.logp, unlearned.logp, base.rank, unlearned.rank, offset, base.top, unlearned.top, best)
    return [TokenReading(*entry) for entry in zip(tokens, *fields, strict=True)]


def _label_logp(logits: "Tensor", labels: "Tensor") -> "Tensor":
    """[A, V], [A] -> [A]"""
    return logits.gather(-1, labels[:, None])[:, 0] - logits.logsumexp(dim=-1)


def _column(decode: "Callable[[list[int]], str]", logits: "Tensor", labels: "Tensor") -> _Column:
    probabilities, tokens = logits.softmax(dim=-1).topk(min(TOP, logits.shape[-1]), dim=-1)  # [A, TOP]
    rank = 1 + (logits > logits.gather(-1, labels[:, None])).sum(dim=-1)
    top = [
        tuple((decode([token]), share) for token, share in zip(row, shares, strict=True))
        for row, shares in zip(tokens.tolist(), probabilities.tolist(), strict=True)
    ]
    return _Column(_label_logp(logits, labels).tolist(), rank.tolist(), top)


def loss_over_alpha(pair: "LoadedPair", question: str, text: str, span: tuple[float, float]) -> "Curve | None":
    """Mean loss of `text` (nats per answer token, end-of-text included) at every alpha of `span`, from one pass.

    None where the models' logits are not all finite.
    """
    from engine.evaluation.answer_readings import read_over_alpha

    _check_linear(pair)
    found = read_over_alpha(pair, [(question, text)], (), span)[0].curve
    return None if found is None else found.loss
