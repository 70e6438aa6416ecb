"""What a training that diverges goes back to: the last weights whose loss was a number.

A loss is found to be NaN one update after the weights went wrong, so they are kept before every update. That costs one
more copy of the tuned weights, beside the optimizer's two.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from engine.errors import DivergedError


class LastGood:
    """A copy of the tuned parameters `tuned` during a training of `total` steps. It is empty before the
    first `keep`.
    """

    def __init__(self, tuned: Sequence[Tensor], total: int) -> None:
        self.tuned, self.total = tuned, total
        self.copies: list[Tensor] = []
        self.steps = 0

    @torch.no_grad()
    def keep(self, steps: int) -> None:
        """Note that the present weights, after `steps` steps, gave a finite loss."""
        if not self.copies:
            self.copies = [torch.empty_like(parameter) for parameter in self.tuned]
        for copy, parameter in zip(self.copies, self.tuned, strict=True):
            copy.copy_(parameter)
        self.steps = steps

    def check(self, what: str, value: float, step: int) -> None:
        """Unless `value` is finite, put the kept weights back and raise `DivergedError`."""
        if math.isfinite(value):
            return
        if self.copies:
            with torch.no_grad():
                for copy, parameter in zip(self.copies, self.tuned, strict=True):
                    parameter.copy_(copy)
        raise DivergedError(
            f"training diverged: the {what} is {value} at step {step} of {self.total}; lower the learning rate",
            step,
            self.steps,
        )
