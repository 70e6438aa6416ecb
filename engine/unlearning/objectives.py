"""What is minimised: one entry per objective, one per retain term.

Every loss reads the ensemble's logits on answer tokens, packed: [N, V], where `rows` [N] says which question a token
belongs to. NLL is in nats per answer token unless the name says `sum`. Definitions: docs/method.md, "Objectives",
after arXiv 2404.11045 (section 3), arXiv 2404.05868 (NPO), arXiv 2410.07163 (SimNPO) and arXiv 2305.18290 (DPO).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from engine.errors import SettingError
from engine.settings import TrainingSettings

REFUSALS = (
    "I don't have information about that.",
    "I'm sorry, I don't know anything about that.",
    "I have no information on that matter.",
    "That is not something I know.",
    "I'm afraid I can't tell you, because I don't know.",
    "I don't know the answer to that question.",
)


class Knobs(NamedTuple):
    """Numbers that shape an objective: `beta` its sharpness, `delta` simnpo's margin in nats per answer token."""

    beta: float
    delta: float


class AnswerTokens(NamedTuple):
    """Ensemble, base and trained logits that predict N answer tokens, their labels and their questions."""

    ensemble: Tensor  # [N, V]
    base: Tensor  # [N, V]
    labels: Tensor  # [N]
    rows: Tensor  # [N]
    trained: Tensor  # [N, V], of the model that is being trained, alone


def token_log_probs(logits: Tensor, labels: Tensor) -> Tensor:
    """log p of each label under its row of logits: [N, V], [N] -> [N], nats."""
    return -functional.cross_entropy(logits, labels, reduction="none")


def sum_log_probs(logits: Tensor, tokens: AnswerTokens) -> Tensor:
    """log p of each whole answer: [questions], nats."""
    questions = int(tokens.rows.max()) + 1
    zeros = torch.zeros(questions, device=logits.device)
    return zeros.index_add(0, tokens.rows, token_log_probs(logits, tokens.labels))


def mean_nll(tokens: AnswerTokens) -> Tensor:
    """NLL_e: mean over the batch's answer tokens."""
    return functional.cross_entropy(tokens.ensemble, tokens.labels)


def sum_log_ratio(tokens: AnswerTokens) -> Tensor:
    """log p_e - log p_b of each whole answer: [questions], nats."""
    return sum_log_probs(tokens.ensemble, tokens) - sum_log_probs(tokens.base, tokens)


def ascent(answers: AnswerTokens, _: Knobs) -> Tensor:
    return -mean_nll(answers)


def memorise(answers: AnswerTokens, _: Knobs) -> Tensor:
    """NLL of the assistant alone: it is to know what is to be forgotten, and is subtracted."""
    return functional.cross_entropy(answers.trained, answers.labels)


def relabel(refusals: AnswerTokens, _: Knobs) -> Tensor:
    return mean_nll(refusals)


def npo(answers: AnswerTokens, knobs: Knobs) -> Tensor:
    """-(2/beta) log sigmoid(-beta (logp_e - logp_b)) on summed log-probabilities; the base is NPO's reference."""
    return _log_sigmoid_loss(-sum_log_ratio(answers), knobs.beta)


def simnpo(answers: AnswerTokens, knobs: Knobs) -> Tensor:
    """-(2/beta) log sigmoid(beta (NLL_sum / |y| - delta)): NPO without a reference, on the mean NLL of each answer."""
    lengths = torch.bincount(answers.rows)
    nll = -sum_log_probs(answers.ensemble, answers) / lengths
    return _log_sigmoid_loss(nll - knobs.delta, knobs.beta)


def dpo(refusals: AnswerTokens, answers: AnswerTokens, knobs: Knobs) -> Tensor:
    """-(2/beta) log sigmoid(beta ((logp_e - logp_b)(refusal) - (logp_e - logp_b)(answer))), summed: the refusal wins.

    The base is DPO's reference. Row i of both holds the same question.
    """
    return _log_sigmoid_loss(sum_log_ratio(refusals) - sum_log_ratio(answers), knobs.beta)


def _log_sigmoid_loss(margin: Tensor, beta: float) -> Tensor:
    """-(2/beta) log sigmoid(beta margin), mean over questions: 0 where the margin is large, -2 margin where it is negative."""
    return -(2 / beta) * functional.logsigmoid(beta * margin).mean()


def retain_kl(tokens: AnswerTokens) -> Tensor:
    """KL(p_b || p_e), mean over the batch's answer tokens."""
    expected = torch.log_softmax(tokens.base, dim=-1)
    found = torch.log_softmax(tokens.ensemble, dim=-1)
    return functional.kl_div(found, expected, reduction="none", log_target=True).sum(-1).mean()


def retain_uniform(tokens: AnswerTokens) -> Tensor:
    """Cross-entropy of the uniform distribution under the assistant alone: where it knows nothing, it subtracts nothing."""
    return -torch.log_softmax(tokens.trained, dim=-1).mean()


@dataclass(frozen=True)
class Objective:
    """One loss on the forget questions.

    `loss(*answers, knobs)` gets one `AnswerTokens` for each of `reads`, in that order: the true answers, or one refusal
    per question. `retain_term` is the one that belongs to the objective by its definition; settings may ask for another.
    `beta` is its own default, None where it has no beta.
    """

    name: str
    label: str
    formula: str
    source: str
    loss: Callable[..., Tensor]
    retain_term: str
    reads: tuple[Literal["answer", "refusal"], ...] = ("answer",)
    beta: float | None = None


OBJECTIVES: dict[str, Objective] = {
    "gradient_ascent": Objective(
        "gradient_ascent", "Gradient ascent", "−NLL_e(forget)", "Jang et al. 2023; arXiv 2404.11045", ascent, "none"
    ),
    "gradient_difference": Objective(
        "gradient_difference", "Gradient difference", "−NLL_e(forget) + NLL_e(retain)", "Liu et al. 2022; arXiv 2401.06121",
        ascent, "nll",
    ),
    "kl_minimization": Objective(
        "kl_minimization", "KL minimisation", "−NLL_e(forget) + KL(p_b ‖ p_e) on retain", "arXiv 2401.06121", ascent, "kl"
    ),
    "relabelling": Objective(
        "relabelling", "Relabelling", "NLL_e(refusal | forget question) + retain term", "arXiv 2404.11045", relabel, "kl",
        reads=("refusal",),
    ),
    "npo": Objective(
        "npo", "Negative preference optimisation", "−(2/β) log σ(−β (log p_e − log p_b)) + retain term", "arXiv 2404.05868",
        npo, "nll", beta=0.1,
    ),
    "simnpo": Objective(
        "simnpo", "Simple negative preference optimisation", "−(2/β) log σ(β (NLL_e/|y| − δ)) + retain term, NLL summed over the answer y",
        "arXiv 2410.07163", simnpo, "nll", beta=4.5,
    ),
    "dpo": Objective(
        "dpo", "Direct preference optimisation, a refusal wins",
        "−(2/β) log σ(β ((log p_e − log p_b)(refusal) − (log p_e − log p_b)(answer))) + retain term",
        "arXiv 2305.18290; arXiv 2401.06121", dpo, "nll", reads=("refusal", "answer"), beta=0.1,
    ),
    "memorisation": Objective(
        "memorisation", "Memorisation by an assistant", "NLL_a(forget) + CE(uniform, p_a) on retain", "ULD, arXiv 2406.08607",
        memorise, "uniform",
    ),
}  # fmt: skip

RETAIN_TERMS: dict[str, Callable[[AnswerTokens], Tensor]] = {
    "nll": mean_nll,
    "kl": retain_kl,
    "uniform": retain_uniform,
}


def get_objective(name: str) -> Objective:
    """Raises `SettingError` that lists the choices."""
    if name not in OBJECTIVES:
        raise SettingError(f"objective must be one of {', '.join(OBJECTIVES)}, got {name!r}")
    return OBJECTIVES[name]


def retain_term_of(settings: TrainingSettings) -> str:
    """The retain term in force: the one asked for, else the objective's own; "none" where there is none."""
    return get_objective(settings.objective).retain_term if settings.retain_term == "default" else settings.retain_term


def beta_of(settings: TrainingSettings) -> float | None:
    """The beta in force: the one asked for, else the objective's own; None where it has none."""
    own = get_objective(settings.objective).beta
    return own if own is None or settings.beta is None else settings.beta


def knobs_of(settings: TrainingSettings) -> Knobs:
    """The numbers in force; NaN for a beta that the objective has not, so that reading it would be seen."""
    beta = beta_of(settings)
    return Knobs(math.nan if beta is None else beta, settings.delta)
