"""Gradient ascent: the true answers are made less likely, without a retain term."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.unlearning.objective import Objective

if TYPE_CHECKING:
    from torch import Tensor

    from engine.unlearning.losses import AnswerTokens


def loss(answers: AnswerTokens) -> Tensor:
    """-NLL_e: the mean over the batch's answer tokens, pushed up."""
    from engine.unlearning.losses import mean_nll

    return -mean_nll(answers)


OBJECTIVE = Objective(
    name="gradient_ascent",
    place=1,
    label="Gradient ascent",
    formula="−NLL_e(forget)",
    source="Jang et al. 2023; arXiv 2404.11045",
    loss=loss,
    retain_term="none",
)
