"""Weights and logits that are NaN or infinite are refused: a broken model says nothing, and that would look
like forgetting.
"""

import math
from itertools import chain

import torch
from torch import Tensor, nn

from engine.errors import ModelError

SMALLEST = 2  # sizes in bytes of the number types whose minimum and maximum torch finds


@torch.no_grad()
def check_weights(model: nn.Module, name: str) -> None:
    """`ModelError` names the first weight or buffer of `model` that holds NaN or an infinity."""
    for weight, values in chain(model.named_parameters(), model.named_buffers()):
        if not values.is_floating_point() or not values.numel():
            continue
        ends = torch.aminmax(values if values.element_size() >= SMALLEST else values.float())
        if not all(math.isfinite(end) for end in ends):
            raise ModelError(
                f"{name} holds NaN or an infinity in its weight {weight}: it says nothing, and that is not forgetting; "
                "load it from a sound copy, or train it again"
            )


def best_of(logits: Tensor, name: str) -> Tensor:
    """The token with the highest logit: [.., V] -> [..]. `ModelError` where that is not finite; in a row with a NaN
    that is the NaN.
    """
    best = logits.argmax(dim=-1)
    if not logits.gather(-1, best[..., None]).isfinite().all():
        raise ModelError(
            f"the logits of {name} are NaN or infinite: a model that says nothing has not forgotten, so nothing of"
            " it was measured"
        )
    return best
