"""Logits kept on disk: equal to those computed, nameless, and done without where the disk is short."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

from engine.data.prompts import AnswerBatch, Encoded
from engine.models.offset import answer_logits
from engine.unlearning.frozen_logits import FrozenLogits, bytes_needed
from tests.tiny import make_model, make_tokenizer

TOKENIZER = make_tokenizer()
ITEMS = [Encoded([5, 6, i + 7], [8 + i, 9, 1][: 1 + i % 3]) for i in range(11)]


@pytest.fixture(scope="module")
def model() -> torch.nn.Module:
    made: torch.nn.Module = make_model(TOKENIZER, 1)
    return made


def frozen(model: torch.nn.Module, scratch: Path, calls: list[int]) -> FrozenLogits:
    def compute(batch: AnswerBatch) -> Tensor:
        calls.append(len(batch.ids))
        return answer_logits(model, batch, len(TOKENIZER))

    return FrozenLogits(compute, ITEMS, len(TOKENIZER), 0, scratch)


def test_stored_logits_equal_computed_ones_and_the_model_runs_once(model: torch.nn.Module, tmp_path: Path) -> None:
    calls: list[int] = []
    stored = frozen(model, tmp_path, calls)
    assert sum(calls) == len(ITEMS)
    for questions in ([3], [10, 0, 4], list(range(11))):
        found = stored.read(questions)
        torch.testing.assert_close(found, stored._computed(questions), atol=1e-5, rtol=1e-5)
        assert found.shape == (sum(len(ITEMS[i].answer) for i in questions), len(TOKENIZER))
    assert not list(tmp_path.iterdir())  # nameless: nothing to remove, nothing left by a crash


def test_size_is_told_beforehand(model: torch.nn.Module, tmp_path: Path) -> None:
    stored = frozen(model, tmp_path, [])
    assert stored.stored is not None
    assert stored.stored.nbytes == bytes_needed(ITEMS, len(TOKENIZER))


def test_a_short_disk_means_batch_by_batch(
    model: torch.nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int, offset: int, size: int) -> None:
        raise OSError(28, "No space left on device")

    expected = frozen(model, tmp_path, []).read([1, 2])
    monkeypatch.setattr(os, "posix_fallocate", full)
    calls: list[int] = []
    short = frozen(model, tmp_path, calls)
    assert short.stored is None
    assert calls == []
    torch.testing.assert_close(short.read([1, 2]), expected, atol=1e-5, rtol=1e-5)
    assert not list(tmp_path.iterdir())


def test_a_killed_process_leaves_no_file(tmp_path: Path) -> None:
    program = (
        "import sys, time, pathlib, torch\nfrom engine.data.prompts import Encoded\nfrom"
        " engine.unlearning.frozen_logits import FrozenLogits\nkept = FrozenLogits(lambda b: torch.zeros(len(b.labels),"
        " 50), [Encoded([1], [2, 3])] * 2000, 50, 0, pathlib.Path(sys.argv[1]))\nprint('stored', kept.stored.nbytes,"
        " flush=True)\ntime.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.readline() == "stored 800000\n"
        os.kill(process.pid, signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    assert not list(tmp_path.iterdir())
