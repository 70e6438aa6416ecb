"""Negative preference optimization; the base is NPO's reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.unlearning.objective import Objective, sharpness

if TYPE_CHECKING:
    from torch import Tensor

    from engine.unlearning.losses import AnswerTokens


def loss(answers: AnswerTokens, *, beta: float) -> Tensor:
    """-(2/beta) log sigmoid(-beta (logp_e - logp_b)) on summed log-probabilities."""
    from engine.unlearning.losses import log_sigmoid_loss, sum_log_ratio

    return log_sigmoid_loss(-sum_log_ratio(answers), beta)


OBJECTIVE = Objective(
    name="npo",
    place=5,
    label="Negative preference optimization",
    formula="−(2/β) log σ(−β (log p_e − log p_b)) + retain term",
    source="arXiv 2404.05868",
    loss=loss,
    retain_term="nll",
    numbers=(sharpness(0.1),),
)
