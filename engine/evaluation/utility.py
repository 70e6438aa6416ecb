"""Many questions to one figure: means with intervals, and TOFU's model utility."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from engine.errors import SettingError

RESAMPLES = 2000


class Interval(NamedTuple):
    """A mean with its 95 % interval; `low` and `high` are None where there is nothing to resample."""

    mean: float | None
    low: float | None
    high: float | None
    questions: int  # with a score
    clusters: int  # persons among them


class UtilityParts(NamedTuple):
    """The three means of one split; for real authors and world facts `probability` is the normalised one."""

    probability: float
    rouge: float
    truth_ratio: float  # mean of max(0, 1 − R)


def mean_interval(
    values: Sequence[float | None], clusters: Sequence[str], generator: np.random.Generator, resamples: int = RESAMPLES
) -> Interval:
    """Mean of the scored `values` with a percentile bootstrap that resamples clusters (persons), not questions.

    Questions about one person rise and fall together, so resampling questions would promise too narrow an interval.
    A question whose cluster is "" stands for itself. Unscored questions (None) are left out and not counted.
    """
    if len(values) != len(clusters):
        raise SettingError(f"every value needs its cluster, got {len(values)} values and {len(clusters)} clusters")
    groups: dict[object, list[float]] = {}
    for index, (value, cluster) in enumerate(zip(values, clusters, strict=True)):
        if value is not None:
            groups.setdefault(cluster or index, []).append(value)
    sums = np.array([sum(group) for group in groups.values()])  # [clusters]
    counts = np.array([len(group) for group in groups.values()])
    if not groups:
        return Interval(None, None, None, 0, 0)
    mean, count = float(sums.sum() / counts.sum()), int(counts.sum())
    if len(groups) == 1:
        return Interval(mean, None, None, count, 1)
    drawn = generator.integers(0, len(groups), size=(resamples, len(groups)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)  # [resamples]
    low, high = np.percentile(means, [2.5, 97.5])
    return Interval(mean, float(low), float(high), count, len(groups))


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
