"""Simple negative preference optimization: NPO without a reference, on the mean NLL of each answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.bounds import Setting
from engine.unlearning.objective import Objective, sharpness

if TYPE_CHECKING:
    from torch import Tensor

    from engine.unlearning.losses import AnswerTokens


def loss(answers: AnswerTokens, *, beta: float, delta: float) -> Tensor:
    """-(2/beta) log sigmoid(beta (NLL_sum / |y| - delta)), `delta` a margin in nats per answer token."""
    from engine.unlearning.losses import answer_lengths, log_sigmoid_loss, sum_log_probs

    nll = -sum_log_probs(answers.ensemble, answers) / answer_lengths(answers)
    return log_sigmoid_loss(nll - delta, beta)


MARGIN = Setting(
    name="delta",
    default=0.0,
    label="δ (SimNPO)",
    help="margin",
    low=-100,
    high=100,
    unit="nats per answer token",
    note="Margin on the mean NLL of an answer, in nats per token.",
)


OBJECTIVE = Objective(
    name="simnpo",
    place=6,
    label="Simple negative preference optimization",
    formula="−(2/β) log σ(β (NLL_e/|y| − δ)) + retain term, NLL summed over the answer y",
    source="arXiv 2410.07163",
    loss=loss,
    retain_term="nll",
    numbers=(sharpness(4.5), MARGIN),
)
