"""Weights and logits that are no numbers are refused: a ruined model says nothing, and that would pass for
forgetting.
"""

import math
from itertools import chain

import torch
from torch import Tensor, nn

from engine.errors import ModelError

SMALLEST = 2  # bytes of a number that torch finds the ends of


@torch.no_grad()
def check_weights(model: nn.Module, name: str) -> None:
    """`ModelError` names the first weight or buffer of `model` that holds NaN or an infinity."""
    for weight, values in chain(model.named_parameters(), model.named_buffers()):
        if not values.is_floating_point() or not values.numel():
            continue
        ends = torch.aminmax(values if values.element_size() >= SMALLEST else values.float())
        if not all(math.isfinite(end) for end in ends):
            raise ModelError(
                f"{name} holds NaN or an infinity in its weight {weight}: it says nothing, and that is no forgetting; "
                "load it from a sound copy, or train it again"
            )


def best_of(logits: Tensor, name: str) -> Tensor:
    """The token with the highest logit: [.., V] -> [..]. `ModelError` where that is not finite; of a row with a NaN
    it is that NaN.
    """
    best = logits.argmax(dim=-1)
    if not logits.gather(-1, best[..., None]).isfinite().all():
        raise ModelError(
            f"the logits of {name} are no numbers (NaN or infinite): who says nothing has not forgotten, so nothing of"
            " it was measured"
        )
    return best
