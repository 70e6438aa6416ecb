"""Key-value caches, wrapped: the one place that knows transformers' cache classes.

One cache per model. A cache shared by two models gives wrong text and raises nothing.
"""

from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from engine.models.offset import cut_vocabulary, decoder_of, head_of


class CachedModel:
    """One causal LM with the keys and values of what it has read so far, for a fixed batch of rows."""

    def __init__(self, model: Any, vocabulary: int) -> None:
        self.model, self.vocabulary = model, vocabulary
        self.cache: Any = DynamicCache(config=model.config)

    def next_logits(self, ids: Tensor, mask: Tensor, positions: Tensor) -> Tensor:
        """Read `ids` [B, T] after what is cached; return the logits that follow the last column: [B, V], fp32.

        `mask` [B, cached + T] marks real tokens, `positions` [B, T] counts them from 0 in each row.
        """
        read = decoder_of(self.model)(
            input_ids=ids, attention_mask=mask, position_ids=positions, past_key_values=self.cache, use_cache=True
        )
        self.cache = read.past_key_values
        return cut_vocabulary(head_of(self.model)(read.last_hidden_state[:, -1]), self.vocabulary).float()

    def keep_rows(self, rows: Tensor) -> None:
        """Drop the rows of the batch that are not in `rows` [B']."""
        self.cache.batch_select_indices(rows)


def position_ids(mask: Tensor) -> Tensor:
    """Positions of left-padded rows: real tokens count from 0, padding stays at 0. [B, T] -> [B, T]"""
    return torch.clamp(mask.cumsum(-1) - 1, min=0)
