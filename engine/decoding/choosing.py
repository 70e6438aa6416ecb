"""From logits to the next token, and when an answer is over: what all ways of decoding share.

Sampling draws Gumbel noise keyed by (seed, position), so a text does not depend on how it is decoded, nor on what else
is in the batch.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from engine.models.finite import best_of

LOOP_REPEATS, LOOP_PERIOD = 8, 4


class Decoded(NamedTuple):
    """Tokens of one answer without the end token. `ended`: an end token came before the limit."""

    tokens: tuple[int, ...]
    ended: bool
    degenerate: bool


class Settings(NamedTuple):
    """`ends`: the tokens that end an answer. `temperature` 0 is greedy. `forced`: neither an end token nor a loop ends
    one; for timings.
    """

    ends: Collection[int]
    pad: int
    max_new_tokens: int = 64
    temperature: float = 0.0
    seed: int = 0
    forced: bool = False


class Growing:
    """An answer while it is decoded."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.tokens: list[int] = []
        self.ended = self.degenerate = False

    @property
    def over(self) -> bool:
        return self.ended or self.degenerate or len(self.tokens) >= self.settings.max_new_tokens

    def add(self, token: int) -> bool:
        """Add a token; True where the answer continues."""
        if token in self.settings.ends and not self.settings.forced:
            self.ended = True
            return False
        self.tokens.append(token)
        self.degenerate = not self.settings.forced and is_loop(self.tokens)
        return not self.over

    def decoded(self) -> Decoded:
        return Decoded(tuple(self.tokens), self.ended, self.degenerate)


def is_loop(tokens: Sequence[int]) -> bool:
    """True when the text ends in eight repeats of a period of at most four tokens."""
    for period in range(1, LOOP_PERIOD + 1):
        tail = tokens[-period * LOOP_REPEATS :]
        if len(tail) == period * LOOP_REPEATS and all(tail[i] == tail[i % period] for i in range(len(tail))):
            return True
    return False


def choose_tokens(logits: Tensor, settings: Settings, position: int) -> Tensor:
    """The next token of every row, the `position`-th of its answer: [B, V] -> [B]. `ModelError` where a row holds
    NaN.
    """
    return best_of(rated(logits, settings, position), "the models asked")


def rated(logits: Tensor, settings: Settings, position: int) -> Tensor:
    """The values of which the largest is chosen: [B, V] -> [B, V].

    In a vocabulary cut to its first tokens each is rated as in the whole one.
    """
    if settings.temperature == 0:
        return logits
    generator = torch.Generator().manual_seed(settings.seed * 1_000_003 + position)
    uniform = torch.rand(logits.shape[-1], generator=generator).clamp(1e-20, 1 - 1e-7)
    noise = -torch.log(-torch.log(uniform)).to(logits.device)  # [V], the same for every row
    return logits / settings.temperature + noise
