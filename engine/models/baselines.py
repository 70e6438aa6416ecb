"""Comparison methods read through the same code as a pair: what alpha means for each, and the models behind it.

direct: M itself was tuned; alpha scales how far its weights move, W + alpha (W' - W), which for a LoRA is its scale.
guardrail: nothing was tuned; a text before the question asks the base to refuse. alpha is 0 (without) or 1 (with).
uld: an assistant that memorized the forget set is subtracted, logits_M - alpha logits_assistant (arXiv 2406.08607),
which is the formula of offset.py with a trained model whose logits are 0.
"""

from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from engine.errors import ModelError
from engine.models.offset import head_of, unwrapped
from engine.models.tuning import copy_sharing_embeddings


class Scaled:
    """A base and the same model tuned, at any strength between and beyond. Not for two threads at once."""

    def __init__(self, base: Any, tuned: Any) -> None:
        self.base, self.tuned = base, tuned
        self._moved: Any = None
        self._alpha = 1.0

    def at(self, alpha: float) -> Any:
        """The model at `alpha`: the base itself at 0, the tuned one at 1, else one moved to that strength."""
        if alpha in (0.0, 1.0):
            return self.base if alpha == 0.0 else self.tuned
        if self._moved is None:
            self._moved = copy_sharing_embeddings(self.tuned)
        if alpha != self._alpha:
            self._move(alpha)
            self._alpha = alpha
        return self._moved

    @torch.no_grad()
    def _move(self, alpha: float) -> None:
        start, end = dict(self.base.named_parameters()), dict(self.tuned.named_parameters())
        for name, weight in self._moved.named_parameters():
            if name in start and weight is not end[name]:
                weight.copy_(torch.lerp(start[name].float(), end[name].float(), alpha))


class Silent(nn.Module):
    """A causal LM whose logits are all 0: in place of the trained model it leaves -alpha times the reference.

    Hidden states of 0 under an output layer without a bias; it reads nothing, so it has no weights.
    """

    def __init__(self, reference: Any) -> None:
        super().__init__()
        if head_of(reference).bias is not None:
            raise ModelError("the assistant's output layer has a bias, which is not supported")
        self.config = unwrapped(reference).config
        self.base_model = _Nothing(self.config.hidden_size)
        self.head = head_of(reference)

    def get_output_embeddings(self) -> Any:
        return self.head


class _Nothing(nn.Module):
    """Hidden states of 0: [B, T] -> [B, T, H]."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.width = width

    def forward(self, input_ids: Tensor, **_: Any) -> Any:
        return SimpleNamespace(last_hidden_state=torch.zeros((*input_ids.shape, self.width), device=input_ids.device))
