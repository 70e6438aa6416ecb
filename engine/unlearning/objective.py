"""What an objective is. Imports no torch: the command line reads every objective's numbers before it does anything.

To add one: a file in objectives/ with an `OBJECTIVE` in it. Its loss imports torch when it is called.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from engine.bounds import Setting

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Objective:
    """One loss on the forget questions.

    `loss(*answers, **numbers)` gets one `AnswerTokens` for each of `reads`, in that order: the true answers, or one
    refusal per question; and each of `numbers` by its name. `retain_term` is part of the objective's
    definition; settings may ask for another. `place` is its position in lists.
    """

    name: str
    place: int
    label: str
    formula: str
    source: str
    loss: Callable[..., Tensor]
    retain_term: str
    reads: tuple[Literal["answer", "refusal"], ...] = ("answer",)
    numbers: tuple[Setting, ...] = ()


def sharpness(default: float) -> Setting:
    """`beta`, the sharpness of a loss of the form -(2/beta) log sigmoid(beta margin); each objective has its own
    default.
    """
    return Setting("beta", default, "β", "sharpness", 1e-3, 10)
