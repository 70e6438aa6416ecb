"""A matrix times a few rows: the product that decoding consists of, by whichever kernel is fastest on this machine.

A new token needs every weight once, so it should cost what reading them from memory costs. On a CPU torch's `linear`
goes to MKL, which can be several times slower than that for one to sixteen rows; oneDNN, which torch carries as well,
mostly is not. Which is used is found by measuring once per process, not assumed.
"""

import time
from collections.abc import Callable
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

Product = Callable[[Tensor], Tensor]  # [..., in] -> [..., out]

ROWS = 4  # what packing is tuned for: a draft being verified, a few branches of a map
PACKED_BYTES_AT_MOST = 4 << 30  # packed weights are copies; a larger model's are read where they lie

_TRIAL_SHAPE, _TRIAL_MATRICES, _TRIAL_ROUNDS = (2048, 576), 16, 4  # 75 MB: more than a cache holds


def product(weight: Tensor, kind: str) -> Product:
    """`x -> x @ weight.T` for a `weight` [out, in] that does not change; `kind` as `fastest_kind` names it."""
    weight = weight.detach()
    if kind == "torch":
        return lambda x: F.linear(x, weight)
    if kind == "packed":
        weight = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), ROWS)
    run = torch.ops.mkldnn._linear_pointwise.default  # torch is pinned: no public name reaches this kernel
    return lambda x: run(x, weight, None, "none", [], "")


def kind_for(model_bytes: int, device: torch.device, dtype: torch.dtype) -> str:
    """The kernel for a model of this size: the fastest one, unless its copies would take too much memory."""
    kind = fastest_kind(device.type, dtype)
    return "onednn" if kind == "packed" and model_bytes > PACKED_BYTES_AT_MOST else kind


@lru_cache(maxsize=8)
def fastest_kind(device: str, dtype: torch.dtype) -> str:
    """`torch`, `onednn` (weights where they lie) or `packed` (copies in oneDNN's order): the fastest for few rows."""
    if device != "cpu" or not torch.backends.mkldnn.is_available():
        return "torch"
    weights = [torch.randn(_TRIAL_SHAPE, dtype=dtype) for _ in range(_TRIAL_MATRICES)]
    seconds = {}
    for kind in ("torch", "onednn", "packed"):
        try:
            products = [product(weight, kind) for weight in weights]
            seconds[kind] = sum(
                _seconds(products, torch.randn(rows, _TRIAL_SHAPE[1], dtype=dtype)) for rows in (1, ROWS)
            )
        except (AttributeError, RuntimeError):  # a build of torch without this kernel
            continue
    return min(seconds, key=lambda kind: seconds[kind])


@torch.inference_mode()
def _seconds(products: list[Product], rows: Tensor) -> float:
    """The fastest of a few rounds: whatever else the machine does can only add."""
    found = []
    for _ in range(_TRIAL_ROUNDS):
        began = time.perf_counter()
        for run in products:
            run(rows)
        found.append(time.perf_counter() - began)
    return min(found)
