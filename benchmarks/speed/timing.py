"""Ratios of durations, taken fairly: the contenders take turns in one process, round by round.

A shared machine speeds up and slows down over minutes, so a ratio is formed within each round and the median
of the rounds is quoted, with the smallest and the largest.
"""

import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

Work = Callable[[int], object]  # gets the number of the round


class Spread(NamedTuple):
    """Over the rounds."""

    median: float
    min: float
    max: float


def take_turns(contenders: Mapping[str, Work], rounds: int) -> dict[str, list[float]]:
    """Seconds of each contender in each round; every other round in opposite order. The first round is not counted."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        names = list(contenders) if number % 2 else list(contenders)[::-1]
        for name in names:
            began = time.perf_counter()
            contenders[name](number)
            if number:
                seconds[name].append(time.perf_counter() - began)
    return seconds


def spread(values: list[float]) -> Spread:
    return Spread(statistics.median(values), min(values), max(values))


def ratio(of: list[float], to: list[float], factor: float = 1.0) -> Spread:
    """`of` ÷ (`factor` x `to`), round by round."""
    return spread([one / (factor * other) for one, other in zip(of, to, strict=True)])
