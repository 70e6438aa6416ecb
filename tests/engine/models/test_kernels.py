"""Every kernel gives the product; which one is taken is measured, and follows the memory there is."""

import pytest
import torch

from engine.models import kernels


@pytest.mark.parametrize("rows", [1, 2, 5, 16, 100])
@pytest.mark.parametrize("kind", ["torch", "onednn", "packed"])
def test_every_kind_is_the_same_product(kind: str, rows: int) -> None:
    draw = torch.Generator().manual_seed(rows)
    weight, x = torch.randn(96, 64, generator=draw), torch.randn(2, rows, 64, generator=draw)
    found = kernels.product(weight, kind)(x)
    assert found.shape == (2, rows, 96)
    assert torch.allclose(found, x @ weight.T, atol=1e-4)


def test_a_part_of_a_weight_is_a_product_too() -> None:
    weight, x = torch.randn(96, 64), torch.randn(3, 64)
    for kind in ("torch", "onednn", "packed"):
        assert torch.allclose(kernels.product(weight[:40], kind)(x), x @ weight[:40].T, atol=1e-4)


def test_the_kind_is_one_there_is_and_off_the_cpu_it_is_torch() -> None:
    assert kernels.fastest_kind("cpu", torch.float32) in ("torch", "onednn", "packed")
    assert kernels.fastest_kind("cuda", torch.float32) == "torch"


def test_a_model_too_large_for_copies_is_read_where_it_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "fastest_kind", lambda device, dtype: "packed")  # noqa: ARG005
    cpu = torch.device("cpu")
    assert kernels.kind_for(kernels.PACKED_BYTES_AT_MOST, cpu, torch.float32) == "packed"
    assert kernels.kind_for(kernels.PACKED_BYTES_AT_MOST + 1, cpu, torch.float32) == "onednn"
