"""Memorization by an assistant: it learns the forget set, and is subtracted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.unlearning.objective import Objective

if TYPE_CHECKING:
    from torch import Tensor

    from engine.unlearning.losses import AnswerTokens


def loss(answers: AnswerTokens) -> Tensor:
    """NLL of the assistant alone, mean over the batch's answer tokens."""
    from engine.unlearning.losses import assistant_nll

    return assistant_nll(answers)


OBJECTIVE = Objective(
    name="memorisation",
    place=8,
    label="Memorization by an assistant",
    formula="NLL_a(forget) + CE(uniform, p_a) on retain",
    source="ULD, arXiv 2406.08607",
    loss=loss,
    retain_term="uniform",
)
