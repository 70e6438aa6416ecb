"""Weights and logits that are no numbers are refused: a ruined model says nothing, and that would pass for forgetting."""

import math

import torch
from torch import Tensor, nn

from engine.errors import ModelError


@torch.no_grad()
def check_weights(model: nn.Module, name: str) -> None:
    """`ModelError` names the first weight of `model` that holds NaN or an infinity."""
    for weight, values in model.named_parameters():
        if values.numel() and not all(math.isfinite(end) for end in torch.aminmax(values)):
            raise ModelError(
                f"{name} holds NaN or an infinity in its weight {weight}: it says nothing, and that is no forgetting; "
                "load it from a sound copy, or train it again"
            )


def check_logits(values: Tensor, name: str) -> None:
    """`ModelError` where any of `values`, logits or what is worked out of them, is NaN."""
    if values.isnan().any():
        raise ModelError(
            f"the logits of {name} are no numbers (NaN): who says nothing has not forgotten, so nothing of it was measured"
        )
