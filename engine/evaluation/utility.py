"""Many questions to one figure: means with intervals, and TOFU's model utility."""

from collections.abc import Sequence
from typing import NamedTuple

from engine.errors import SettingError

RESAMPLES = 2000


class MeanInterval(NamedTuple):
    """A mean with its 95 % interval; `low` and `high` are None where resampling has no effect."""

    mean: float | None
    low: float | None
    high: float | None
    questions: int  # with a score
    clusters: int  # persons among them


class UtilityParts(NamedTuple):
    """The three means of one split; for real authors and world facts `probability` is the normalized one."""

    probability: float
    rouge: float
    truth_ratio: float  # mean of max(0, 1 − R)


def harmonic_mean(values: Sequence[float]) -> float:
    """Harmonic mean of values that are not negative; one zero makes it 0."""
    if not values or any(value < 0 for value in values):
        raise SettingError(f"a harmonic mean needs at least one value and none below 0, got {list(values)}")
    if any(value == 0 for value in values):
        return 0.0
    return len(values) / sum(1 / value for value in values)


def model_utility(retain: UtilityParts, real_authors: UtilityParts, world_facts: UtilityParts) -> float:
    """TOFU's model utility: the harmonic mean of exactly nine figures, truth ratio in variant A."""
    return harmonic_mean([*retain, *real_authors, *world_facts])
