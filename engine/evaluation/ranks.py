"""The rank of an answer's tokens at every alpha: a step function whose steps are the crossings of lines.

Under teacher forcing each token's logit is a line in alpha. Another token passes the answer's where their two lines
cross, at most once; so the rank, 1 + the number of tokens with a higher logit, is known exactly.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from engine.evaluation.curves import Floats
from engine.models.offset import AnswerLogits, combine_logits


class BestRank(NamedTuple):
    """The best rank at any alpha of the range, and the first stretch of alphas with it."""

    rank: int
    low: float
    high: float


class RankCurve(NamedTuple):
    """The rank of one token from alpha `low` to `high`; alphas ascending, one entry per other token."""

    start: int  # the rank at `low`
    rises: Floats  # where another token rises above it
    falls: Floats  # where one above it falls below
    low: float
    high: float

    def at(self, alpha: float) -> int:
        """1 is the likeliest token; raises `ValueError` outside the range."""
        if not self.low <= alpha <= self.high:
            raise ValueError(f"alpha {alpha:g} lies outside the curve, {self.low:g} to {self.high:g}")
        above = np.searchsorted(self.rises, alpha, side="left") - np.searchsorted(self.falls, alpha, side="right")
        return int(self.start + above)

    def best(self) -> BestRank:
        alphas = np.concatenate([self.falls, self.rises])  # of two crossings at one alpha the fall comes first
        changes = np.concatenate([-np.ones(len(self.falls)), np.ones(len(self.rises))])
        order = np.argsort(alphas, kind="stable")
        borders = np.concatenate([[self.low], alphas[order], [self.high]])
        ranks = self.start + np.concatenate([[0.0], np.cumsum(changes[order])])
        place = int(ranks.argmin())
        return BestRank(int(ranks[place]), float(borders[place]), float(borders[place + 1]))


@torch.inference_mode()
def rank_curves(logits: AnswerLogits, labels: Tensor, low: float, high: float) -> list[RankCurve]:
    """One curve per answer token; the logits are [A, V], the labels [A]."""
    return [
        _rank_curve(AnswerLogits(*(part[row] for part in logits)), label, low, high) for row, label in enumerate(labels)
    ]


def _rank_curve(logits: AnswerLogits, label: Tensor, low: float, high: float) -> RankCurve:
    zero = torch.zeros((), device=logits.base.device)
    offset = combine_logits(zero, logits.trained, logits.reference, 1.0)
    lead, slope = logits.base - logits.base[label], offset - offset[label]  # [V], over the answer's token
    first, last = (combine_logits(lead, slope, zero, alpha) > 0 for alpha in (low, high))
    crosses = first != last
    at = (-lead[crosses].double() / slope[crosses].double()).clamp(low, high)
    rises = last[crosses]
    sides = [np.sort(at[side].cpu().numpy()) for side in (rises, ~rises)]
    return RankCurve(1 + int(first.sum()), sides[0], sides[1], low, high)
