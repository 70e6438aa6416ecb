"""The offset along a true answer: how much of the secret the pair shows by itself, without the base."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from engine.audit.asking import Tell
from engine.audit.probe import Target
from engine.data.prompts import collate, encode, pad_token
from engine.models.loading import LoadedPair
from engine.models.offset import combine_logits
from engine.models.readers import forced_logits

LISTED = 10  # tokens with the most negative offset


class TokenOffset(NamedTuple):
    """One token of an answer: its rank when the vocabulary is ordered by ascending offset, 1 the most negative."""

    rank: int
    lowest: tuple[int, ...]  # the tokens with the most negative offset, the lowest first


class OffsetReading(NamedTuple):
    """`norm`: mean over the answer's tokens of the length of the offset, minus its mean over the vocabulary, which is
    arbitrary. `against`: mean of log p of reference − log p of trained at the true token, in nats. No
    end-of-text token.
    """

    labels: tuple[int, ...]
    tokens: tuple[TokenOffset, ...]
    norm: float
    against: float


def read_offset(pair: LoadedPair, target: Target) -> OffsetReading | None:
    """The true answer to a question in one teacher-forced pass; None for an empty answer."""
    example = target.example
    batch = collate(
        [encode(pair.tokenizer, pair.template, example.question, example.answer)], pad_token(pair.tokenizer)
    )
    with torch.inference_mode():
        logits = forced_logits(pair.model, batch)
        labels = batch.labels.to(logits.base.device)[:-1]  # [A]
        if not len(labels):
            return None
        trained, reference = logits.trained[:-1], logits.reference[:-1]  # [A, V]
        offset = combine_logits(torch.zeros_like(trained), trained, reference, 1.0)
        own = offset.gather(-1, labels[:, None])  # [A, 1]
        # Ties share the mean of their ranks: a pair without an offset points to nothing.
        ranks = 1 + (offset < own).sum(-1) + ((offset == own).sum(-1) - 1) // 2
        lowest = offset.topk(min(LISTED, offset.shape[-1]), largest=False).indices
        norms = (offset - offset.mean(-1, keepdim=True)).norm(dim=-1)
        against = _label_logp(reference, labels) - _label_logp(trained, labels)
    tokens = [TokenOffset(rank, tuple(row)) for rank, row in zip(ranks.tolist(), lowest.tolist(), strict=True)]
    return OffsetReading(tuple(labels.tolist()), tuple(tokens), float(norms.mean()), float(against.mean()))


def _label_logp(logits: Tensor, labels: Tensor) -> Tensor:
    """[A, V], [A] -> [A]"""
    return logits.log_softmax(-1).gather(-1, labels[:, None])[:, 0]


def read_offsets(pair: LoadedPair, targets: Sequence[Target], tell: Tell) -> list[OffsetReading | None]:
    """One reading per target, in order."""
    found = []
    for place, target in enumerate(targets):
        found.append(read_offset(pair, target))
        tell(place + 1, len(targets))
    return found
