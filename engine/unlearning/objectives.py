"""What is minimised: one entry per objective, one per retain term.

Every loss reads the ensemble's logits on answer tokens, packed: [N, V], where `rows` [N] says which question a token
belongs to. NLL is in nats per answer token unless the name says `sum`. Definitions: MEASURES, after arXiv 2404.11045
(section 3) and arXiv 2404.05868 (NPO).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

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


def ascent(tokens: AnswerTokens, beta: float) -> Tensor:
    return -mean_nll(tokens)


def relabel(tokens: AnswerTokens, beta: float) -> Tensor:
    return mean_nll(tokens)


def memorise(tokens: AnswerTokens, beta: float) -> Tensor:
    """NLL of the assistant alone: it is to know what is to be forgotten, and is subtracted."""
    return functional.cross_entropy(tokens.trained, tokens.labels)


def npo(tokens: AnswerTokens, beta: float) -> Tensor:
    """-(2/beta) log sigmoid(-beta (logp_e - logp_b)) on summed log-probabilities; the base is NPO's reference."""
    ratio = sum_log_probs(tokens.ensemble, tokens) - sum_log_probs(tokens.base, tokens)
    return -(2 / beta) * functional.logsigmoid(-beta * ratio).mean()


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
    """`retain_term` is the one that belongs to the objective by its definition; settings may ask for another."""

    name: str
    label: str
    formula: str
    source: str
    loss: Callable[[AnswerTokens, float], Tensor]
    retain_term: str
    needs_refusal: bool = False


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
        needs_refusal=True,
    ),
    "npo": Objective(
        "npo", "Negative preference optimisation", "−(2/β) log σ(−β (log p_e − log p_b)) + retain term", "arXiv 2404.05868",
        npo, "nll",
    ),
    "memorisation": Objective(
        "memorisation", "Memorisation by an assistant", "NLL_a(forget) + CE(uniform, p_a) on retain", "ULD, arXiv 2406.08045",
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
