"""Weights as a quantized model would hold them, simulated: rounded to few bits, and read in fp32 as before.

Symmetric rounding to the nearest: in each row every 32 weights share a scale, the largest of them ÷ (2^(bits − 1) − 1).
Every linear layer is rounded but the output layer; embeddings stay, as they do in the usual four-bit formats.
"""

import copy
from typing import Any

import torch
from torch import Tensor, nn

from engine.errors import ModelError
from engine.models.offset import head_of

GROUP = 32


def rounded(weight: Tensor, bits: int, group: int = GROUP) -> Tensor:
    """`weight` [out, in] on its grid of 2^bits − 1 steps, as fp32. A group of zeros stays what it is."""
    out, width = weight.shape
    filled = nn.functional.pad(weight.detach().float(), (0, -width % group)).view(out, -1, group)
    scale = filled.abs().amax(-1, keepdim=True) / (2 ** (bits - 1) - 1)
    steps = torch.where(scale > 0, filled / scale, 0.0).round()
    found: Tensor = (steps * scale).view(out, -1)[:, :width]
    return found.contiguous()


def rounded_copy(model: Any, bits: int) -> Any:
    """A copy of a merged model with every linear layer but the output layer rounded; `model` is left as it was.

    The other weights are shared with it. `ModelError` for a family without plain linear layers.
    """
    shared = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    copied = copy.deepcopy(model, memo=dict(shared))
    layers = [layer for layer in copied.modules() if isinstance(layer, nn.Linear) and layer is not head_of(copied)]
    if not layers:
        raise ModelError(f"a {type(model).__name__} has no plain linear layers below its output layer to be rounded")
    for layer in layers:  # a new weight each: the old one belongs to the model
        layer.weight = nn.Parameter(rounded(layer.weight, bits), requires_grad=False)
    return copied.eval()
