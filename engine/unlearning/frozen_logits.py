"""Logits of frozen models: computed once, kept on disk, read back by question.

A base is the costly part of a training step and never changes, so its fp32 logits on every answer token are written to
a memory map before training: answer tokens x vocabulary x 4 bytes. The file has no name once it is open, so the
system frees it when the process ends, however it ends. Where the disk is too small they are computed batch by batch.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

import numpy as np
import torch
from torch import Tensor

from engine.data.prompts import AnswerBatch, Encoded, collate

Compute = Callable[[AnswerBatch], Tensor]
BATCH = 8


def bytes_needed(items: Sequence[Encoded], vocabulary: int) -> int:
    """Disk bytes that one model's logits on `items` take."""
    return sum(len(item.answer) for item in items) * vocabulary * 4


class FrozenLogits:
    """One model's logits on the answer tokens of `items`, asked for by question number."""

    def __init__(
        self,
        compute: Compute,
        items: Sequence[Encoded],
        vocabulary: int,
        pad: int,
        scratch: Path,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        self.compute, self.items, self.pad = compute, items, pad
        self.starts = np.cumsum([0, *(len(item.answer) for item in items)])
        self.stored: np.memmap | None = None
        if items and (file := reserve(scratch, bytes_needed(items, vocabulary))) is not None:
            self.stored = np.memmap(file, dtype=np.float32, mode="r+", shape=(int(self.starts[-1]), vocabulary))
            file.close()  # the map keeps the nameless file alive
            self._fill(progress or (lambda done, total: None))

    def _fill(self, progress: Callable[[int, int], None]) -> None:
        assert self.stored is not None
        for start in range(0, len(self.items), BATCH):
            stop = min(start + BATCH, len(self.items))
            rows = self._computed(range(start, stop))
            self.stored[self.starts[start] : self.starts[stop]] = rows.cpu().numpy()
            progress(stop, len(self.items))

    def _computed(self, questions: Sequence[int]) -> Tensor:
        with torch.no_grad():
            return self.compute(collate([self.items[question] for question in questions], self.pad))

    def read(self, questions: Sequence[int]) -> Tensor:
        """Logits of these questions' answer tokens, one after the other: [N, V], fp32."""
        if self.stored is None:
            return self._computed(questions)
        parts = [self.stored[self.starts[question] : self.starts[question + 1]] for question in questions]
        return torch.from_numpy(np.concatenate(parts))


def reserve(scratch: Path, size: int) -> IO[bytes] | None:
    """A nameless file of `size` bytes that are really allocated, or None where the disk is too full.

    A sparse file on a full disk would kill the process at the first write through the map.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(scratch).free < 1.1 * size:
        return None
    file = tempfile.TemporaryFile(dir=scratch)  # noqa: SIM115  the caller closes it once it is mapped
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.truncate(size)
    except OSError as reason:
        file.close()
        if reason.errno == errno.ENOSPC:
            return None
        raise
    return file
