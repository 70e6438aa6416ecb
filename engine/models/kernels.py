"""A matrix times a few rows: the product that decoding consists of, by whichever kernel is fastest on this machine.

A new token needs every weight once, so it should cost as much as reading them from memory. On a CPU torch's `linear`
goes to MKL, which can be several times slower than that for one to sixteen rows; oneDNN, which is part of torch too,
mostly is not. Which is used is found by measuring once per process, not assumed.
"""

import os
import time
from collections.abc import Callable, Iterable
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

Product = Callable[[Tensor], Tensor]  # [..., in] -> [..., out]

ROWS = 4  # what packing is tuned for: a draft being verified, a few branches of a map
COPIED_BYTES_AT_MOST = 4 << 30  # of one model; a thin reader copies it, so a larger one is left to transformers

GAIN = 0.9  # half the threads must take at most this share of the time, as measurements vary

_TRIAL_SHAPE, _TRIAL_MATRICES, _TRIAL_ROUNDS = (2048, 576), 16, 4  # 75 MB: more than a cache holds


def product(weight: Tensor) -> Product:
    """`x -> x @ weight.T` for a `weight` [out, in] that does not change."""
    return _product(weight.detach(), fastest_kind(weight.device.type, weight.dtype))


def _product(weight: Tensor, kind: str) -> Product:
    if kind == "torch":
        return lambda x: F.linear(x, weight)
    packed = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), ROWS)
    run = torch.ops.mkldnn._linear_pointwise.default  # torch is pinned: no public name reaches this kernel
    return lambda x: run(x, packed, None, "none", [], "")


def may_be_copied(weights: Iterable[Tensor]) -> bool:
    """Whether a second copy of these weights is small enough to hold."""
    return sum(weight.numel() * weight.element_size() for weight in weights) <= COPIED_BYTES_AT_MOST


@lru_cache(maxsize=8)
def fastest_kind(device: str, dtype: torch.dtype) -> str:
    """`torch`, or `packed` (copies in oneDNN's order): the faster for few rows."""
    if device != "cpu" or not torch.backends.mkldnn.is_available():
        return "torch"
    *weights, some = _drawn(*[_TRIAL_SHAPE] * _TRIAL_MATRICES, (ROWS, _TRIAL_SHAPE[1]), dtype=dtype)
    seconds = {}
    for kind in ("torch", "packed"):
        try:
            products = [_product(weight, kind) for weight in weights]
            if not torch.allclose(products[0](some), some @ weights[0].T, atol=1e-3, rtol=1e-3):
                continue
            seconds[kind] = _seconds(products, some[:1]) + _seconds(products, some)
        except (AttributeError, RuntimeError):  # a build of torch without this kernel
            continue
    return min(seconds, key=lambda kind: seconds[kind])


@lru_cache(maxsize=1)
def settle_threads() -> int:
    """Let torch use as many threads as multiply fastest here, all or half of them; measured once, and returned.

    Where two threads share a core, half of them may be faster. A user who sets `OMP_NUM_THREADS` has decided already.
    """
    usual = torch.get_num_threads()
    if usual < 2 or "OMP_NUM_THREADS" in os.environ:
        return usual
    *weights, some = _drawn(*[_TRIAL_SHAPE] * _TRIAL_MATRICES, (ROWS, _TRIAL_SHAPE[1]))
    products = [product(weight) for weight in weights]
    seconds = {}
    for threads in (usual // 2, usual):  # the usual number last: it stays if nothing is gained
        torch.set_num_threads(threads)
        seconds[threads] = _seconds(products, some)
    if seconds[usual // 2] < GAIN * seconds[usual]:
        torch.set_num_threads(usual // 2)
    return torch.get_num_threads()


def _drawn(*shapes: tuple[int, int], dtype: torch.dtype = torch.float32) -> list[Tensor]:
    """Random matrices that leave torch's own generator unchanged, for callers that seeded it."""
    draw = torch.Generator().manual_seed(0)
    return [torch.randn(shape, generator=draw).to(dtype) for shape in shapes]


@torch.inference_mode()
def _seconds(products: list[Product], rows: Tensor) -> float:
    """The fastest of a few rounds: other load on the machine can only add time."""
    found = []
    for _ in range(_TRIAL_ROUNDS):
        began = time.perf_counter()
        for run in products:
            run(rows)
        found.append(time.perf_counter() - began)
    return min(found)
