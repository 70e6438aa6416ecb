"""The output layer: hidden states in, fp32 logits out.

Where base, reference and trained have one output layer W, the ensemble's logits are W (h_M + alpha (h_M'o - h_Mo)): the
same formula, taken on hidden states, and W is read once instead of three times.
"""

from typing import Any

import torch
from torch import Tensor, nn

from engine.models.kernels import Product, may_be_copied, product
from engine.models.offset import OffsetModel, combine_logits, cut_vocabulary, head_of

DRAFT_VOCABULARY = 8192


class Output:
    """Hidden states in, fp32 logits out, cut to the vocabulary."""

    def __init__(self, model: OffsetModel) -> None:
        self.vocabulary, self.device = model.vocabulary, model.device
        models = [part for part in (model.base, model.trained, model.reference) if part is not None]
        heads = [head_of(part) for part in models]
        one = len({head.weight.data_ptr() for head in heads}) == 1
        self.shared = one and all(head.bias is None for head in heads)
        made = [_product(head) for head in heads[: 1 if self.shared else None]]
        self.products = made if len(made) == 3 else made[:1] * 3  # base, trained, reference
        self.drafting = _product(heads[min(1, len(heads) - 1)], DRAFT_VOCABULARY)

    def each(self, base: Tensor, trained: Tensor, reference: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logits of the three models, from their hidden states."""
        return self._logits(0, base), self._logits(1, trained), self._logits(2, reference)

    def base(self, hidden: Tensor) -> Tensor:
        return self._logits(0, hidden)

    def ensemble(self, base: Tensor, trained: Tensor, reference: Tensor, alpha: float | Tensor) -> Tensor:
        """Logits of the ensemble, from the hidden states of its three models: [..., H] each -> [..., V]."""
        if self.shared:
            return self._logits(0, combine_logits(base, trained, reference, alpha))
        of_base, of_trained, of_reference = self.each(base, trained, reference)
        return combine_logits(of_base, of_trained, of_reference, alpha)

    def mixed(self, base: Tensor, rows: Tensor, trained: Tensor, reference: Tensor, alphas: Tensor) -> Tensor:
        """Logits of a batch of which only `rows` [B'] are read with the pair: [B, H] and twice [B', H] -> [B, V]."""
        if self.shared:
            mixed = base.clone()
            mixed[rows] = combine_logits(base[rows], trained, reference, alphas)
            return self._logits(0, mixed)
        logits = self._logits(0, base)
        logits[rows] = combine_logits(logits[rows], self._logits(1, trained), self._logits(2, reference), alphas)
        return logits

    def draft(self, trained: Tensor) -> Tensor:
        """Logits of M'o over the first `DRAFT_VOCABULARY` tokens: [..., H] -> [..., V'].

        The tokens of a byte-pair vocabulary are numbered in the order of their merges, the frequent ones first. What
        a draft cannot say costs a rejected draft, never a wrong text.
        """
        return self.drafting(trained)[..., : self.vocabulary].float()

    def offset(self, trained: Tensor, reference: Tensor) -> Tensor:
        """Logits of M'o minus those of Mo: [..., H] each -> [..., V]."""
        zero = torch.zeros((), device=trained.device)
        if self.shared:
            return self._logits(0, combine_logits(zero, trained, reference, 1.0))
        return combine_logits(zero, self._logits(1, trained), self._logits(2, reference), 1.0)

    def _logits(self, number: int, hidden: Tensor) -> Tensor:
        return cut_vocabulary(self.products[number](hidden), self.vocabulary).float()


def _product(layer: Any, first: int | None = None) -> Product:
    """The output layer, for its first tokens only where `first` is given."""
    if type(layer) is not nn.Linear or layer.bias is not None or not may_be_copied([layer.weight]):
        return lambda hidden: layer(hidden)[..., :first]  # type: ignore[no-any-return]
    return product(layer.weight[:first])
