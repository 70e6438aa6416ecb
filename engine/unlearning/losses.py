"""What objectives are made of: the likelihoods that they read, their common form, and the retain terms.

Every function reads the ensemble's logits on answer tokens, packed: [N, V], where `rows` [N] says which question a
token belongs to. NLL is in nats per answer token unless the name says `sum`.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional


class AnswerTokens(NamedTuple):
    """Ensemble, base and trained logits that predict N answer tokens, their labels and their questions."""

    ensemble: Tensor  # [N, V]
    base: Tensor  # [N, V]
    labels: Tensor  # [N]
    rows: Tensor  # [N]
    trained: Tensor  # [N, V], of the trained model alone


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


def answer_lengths(tokens: AnswerTokens) -> Tensor:
    """Tokens of each answer: [questions]."""
    return torch.bincount(tokens.rows)


def assistant_nll(tokens: AnswerTokens) -> Tensor:
    """NLL_a: mean over the batch's answer tokens, of the trained model alone."""
    return functional.cross_entropy(tokens.trained, tokens.labels)


def log_sigmoid_loss(margin: Tensor, beta: float) -> Tensor:
    """-(2/beta) log sigmoid(beta margin), mean over questions: 0 where the margin is large, -2 margin where it is
    negative.
    """
    return -(2 / beta) * functional.logsigmoid(beta * margin).mean()


def retain_kl(tokens: AnswerTokens) -> Tensor:
    """KL(p_b || p_e), mean over the batch's answer tokens."""
    expected = torch.log_softmax(tokens.base, dim=-1)
    found = torch.log_softmax(tokens.ensemble, dim=-1)
    return functional.kl_div(found, expected, reduction="none", log_target=True).sum(-1).mean()


def retain_uniform(tokens: AnswerTokens) -> Tensor:
    """Cross-entropy of the uniform distribution under the assistant alone: an assistant that knows nothing
    subtracts nothing.
    """
    return -torch.log_softmax(tokens.trained, dim=-1).mean()


RETAIN_LOSSES: dict[str, Callable[[AnswerTokens], Tensor]] = {
    "nll": mean_nll,
    "kl": retain_kl,
    "uniform": retain_uniform,
}
