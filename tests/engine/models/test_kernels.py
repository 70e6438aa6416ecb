"""Every kernel gives the product; which one is taken is measured, and follows the memory there is."""

import pytest
import torch

from engine.models import kernels

KINDS = ["torch", *(["packed"] if torch.backends.mkldnn.is_available() else [])]


@pytest.mark.parametrize("rows", [1, 2, 5, 16, 100])
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_the_same_product(kind: str, rows: int) -> None:
    draw = torch.Generator().manual_seed(rows)
    weight, x = torch.randn(96, 64, generator=draw), torch.randn(2, rows, 64, generator=draw)
    found = kernels._product(weight, kind)(x)
    assert found.shape == (2, rows, 96)
    assert torch.allclose(found, x @ weight.T, atol=1e-4)


def test_a_part_of_a_weight_is_a_product_too() -> None:
    weight, x = torch.randn(96, 64), torch.randn(3, 64)
    for kind in KINDS:
        assert torch.allclose(kernels._product(weight[:40], kind)(x), x @ weight[:40].T, atol=1e-4)


def test_the_kind_is_one_there_is_and_off_the_cpu_it_is_torch() -> None:
    assert kernels.fastest_kind("cpu", torch.float32) in ("torch", "packed")
    assert kernels.fastest_kind("cuda", torch.float32) == "torch"


def test_a_torch_without_the_kernel_does_with_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(weight: torch.Tensor, kind: str) -> kernels.Product:
        if kind == "packed":
            raise AttributeError("'_OpNamespace' 'mkldnn' object has no attribute '_reorder_linear_weight'")
        return lambda x: x @ weight.T

    monkeypatch.setattr(kernels, "_product", missing)
    assert kernels.fastest_kind.__wrapped__("cpu", torch.float32) == "torch"


def test_a_kernel_that_multiplies_wrongly_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(weight: torch.Tensor, kind: str) -> kernels.Product:
        return (lambda x: 0 * x @ weight.T) if kind == "packed" else (lambda x: x @ weight.T)

    monkeypatch.setattr(kernels, "_product", wrong)
    assert kernels.fastest_kind.__wrapped__("cpu", torch.float32) == "torch"


def test_measuring_leaves_the_seeded_generator_alone() -> None:
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    kernels.fastest_kind.__wrapped__("cpu", torch.float32)
    assert torch.equal(torch.rand(3), expected)


def test_a_model_too_large_to_hold_twice_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = [torch.zeros(10, 10), torch.zeros(5, 10)]
    assert kernels.may_be_copied(weights)
    monkeypatch.setattr(kernels, "COPIED_BYTES_AT_MOST", 599)
    assert not kernels.may_be_copied(weights)


@pytest.mark.parametrize(("seconds_of_half", "chosen"), [(0.5, 2), (0.95, 4), (2.0, 4)])
def test_half_the_threads_are_taken_where_they_are_clearly_faster(
    monkeypatch: pytest.MonkeyPatch, seconds_of_half: float, chosen: int
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    threads = [4]
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads[0])
    monkeypatch.setattr(torch, "set_num_threads", lambda count: threads.__setitem__(0, count))
    monkeypatch.setattr(kernels, "_seconds", lambda products, rows: seconds_of_half if threads[0] == 2 else 1.0)
    assert kernels.settle_threads.__wrapped__() == chosen
    assert threads == [chosen]


def test_who_has_set_the_threads_has_decided(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    monkeypatch.setattr(torch, "set_num_threads", lambda count: pytest.fail(f"set to {count}"))
    assert kernels.settle_threads.__wrapped__() == 8
