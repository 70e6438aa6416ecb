"""The bootstrap written plainly, one measure at a time: what the program's many at once are held against."""

from collections.abc import Sequence

import numpy as np

from engine.errors import SettingError
from engine.evaluation.utility import RESAMPLES, MeanInterval


def mean_interval(
    values: Sequence[float | None], clusters: Sequence[str], generator: np.random.Generator, resamples: int = RESAMPLES
) -> MeanInterval:
    """Mean of the scored `values` with a percentile bootstrap that resamples clusters (persons), not questions.

    Questions about one person rise and fall together, so resampling questions would promise too narrow an interval.
    A question whose cluster is "" is its own cluster. Unscored questions (None) are left out and not counted.
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
        return MeanInterval(None, None, None, 0, 0)
    mean, count = float(sums.sum() / counts.sum()), int(counts.sum())
    if len(groups) == 1:
        return MeanInterval(mean, None, None, count, 1)
    drawn = generator.integers(0, len(groups), size=(resamples, len(groups)))
    means = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)  # [resamples]
    low, high = np.percentile(means, [2.5, 97.5])
    return MeanInterval(mean, float(low), float(high), count, len(groups))
