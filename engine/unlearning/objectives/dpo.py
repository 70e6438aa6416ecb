"""Direct preference optimization, in which the refusal wins; the base is DPO's reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from engine.unlearning.objective import Objective, sharpness

if TYPE_CHECKING:
    from torch import Tensor

    from engine.unlearning.losses import AnswerTokens


def loss(refusals: AnswerTokens, answers: AnswerTokens, *, beta: float) -> Tensor:
    """-(2/beta) log sigmoid(beta ((logp_e - logp_b)(refusal) - (logp_e - logp_b)(answer))), summed.

    Row i of both holds the same question.
    """
    from engine.unlearning.losses import log_sigmoid_loss, sum_log_ratio

    return log_sigmoid_loss(sum_log_ratio(refusals) - sum_log_ratio(answers), beta)


OBJECTIVE = Objective(
    name="dpo",
    place=7,
    label="Direct preference optimization, the refusal wins",
    formula="−(2/β) log σ(β ((log p_e − log p_b)(refusal) − (log p_e − log p_b)(answer))) + retain term",
    source="arXiv 2305.18290; arXiv 2401.06121",
    loss=loss,
    retain_term="nll",
    reads=("refusal", "answer"),
    numbers=(sharpness(0.1),),
)
