"""Relabeling: a refusal is learned in place of each answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.unlearning.objective import Objective

if TYPE_CHECKING:
    from torch import Tensor

    from engine.unlearning.losses import AnswerTokens


def loss(refusals: AnswerTokens) -> Tensor:
    """NLL_e of the refusals, mean over their tokens."""
    from engine.unlearning.losses import mean_nll

    return mean_nll(refusals)


OBJECTIVE = Objective(
    name="relabelling",
    place=4,
    label="Relabeling",
    formula="NLL_e(refusal | forget question) + retain term",
    source="arXiv 2404.11045",
    loss=loss,
    retain_term="kl",
    reads=("refusal",),
)
