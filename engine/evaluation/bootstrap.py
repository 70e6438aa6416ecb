"""Many measures of the same questions, each with its interval, from one draw of persons.

A percentile bootstrap that resamples persons, not questions: questions about one person are correlated, so
resampling questions would give too narrow an interval.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from engine.errors import SettingError
from engine.evaluation.utility import RESAMPLES, MeanInterval

Floats = npt.NDArray[np.float64]
CHUNK_VALUES = 2_000_000  # resamples times persons held at once
LEVEL = (2.5, 97.5)


def mean_intervals(
    values: Floats, clusters: Sequence[str], seed: int, resamples: int = RESAMPLES
) -> list[MeanInterval]:
    """One interval per column of `values` [questions, measures]; NaN where a question has no score.

    A question whose cluster is "" is its own cluster. Measures that are scored on the same questions share
    their draws. Raises `SettingError` unless every row has its cluster.
    """
    if len(values) != len(clusters):
        raise SettingError(f"every value needs its cluster, got {len(values)} rows and {len(clusters)} clusters")
    scored = ~np.isnan(values)
    alike: dict[bytes, list[int]] = {}
    for column in range(values.shape[1]):
        alike.setdefault(scored[:, column].tobytes(), []).append(column)
    found = [MeanInterval(None, None, None, 0, 0)] * values.shape[1]
    for columns in alike.values():
        rows = np.flatnonzero(scored[:, columns[0]]).tolist()
        if rows:
            codes = _codes([clusters[row] for row in rows])
            for column, interval in zip(
                columns, _resampled(values[rows][:, columns], codes, seed, resamples), strict=True
            ):
                found[column] = interval
    return found


def resampled_means(values: Floats, clusters: Sequence[str], seed: int, resamples: int = RESAMPLES) -> Floats | None:
    """Means of the columns of `values` [questions, measures] under draws of persons, [resamples, measures]; NaN is
    no score.

    None with one person at most, where resampling has no effect.
    """
    codes = _codes(clusters)
    if not len(codes) or codes.max() == 0:
        return None
    sums, counts = (np.zeros((codes.max() + 1, values.shape[1])) for _ in range(2))  # [clusters, measures]
    np.add.at(sums, codes, np.nan_to_num(values))
    np.add.at(counts, codes, ~np.isnan(values))
    with np.errstate(invalid="ignore"):  # a draw of persons without a score has no mean
        return np.vstack([(weights @ sums) / (weights @ counts) for weights in _draws(len(sums), seed, resamples)])


def ends(drawn: Floats) -> Floats:
    """Both ends of the 95 % interval of resampled figures: [resamples, ...] -> [2, ...]."""
    found: Floats = np.percentile(drawn, LEVEL, axis=0)
    return found


def none_of(clusters: int) -> float:
    """The largest share that 0 of so many does not exclude: the upper end of Clopper and Pearson's two-sided 95 %
    interval.

    1 − .025^(1/n) (Biometrika 26, 1934). Two-sided like the intervals beside it; .05^(1/n) would be narrower than
    those.
    """
    return float(1 - 0.025 ** (1 / clusters))


def _codes(clusters: Sequence[str]) -> npt.NDArray[np.intp]:
    """The number of each row's cluster, in the order in which they appear; an unnamed one is its own."""
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(name or row, len(numbers)) for row, name in enumerate(clusters)], dtype=np.intp)


def _resampled(values: Floats, codes: npt.NDArray[np.intp], seed: int, resamples: int) -> list[MeanInterval]:
    """`values` [questions, measures] without gaps, `codes` [questions]."""
    counts = np.bincount(codes).astype(float)  # [clusters]
    sums = np.zeros((len(counts), values.shape[1]))  # [clusters, measures]
    np.add.at(sums, codes, values)
    means = sums.sum(axis=0) / counts.sum()
    if len(counts) == 1:
        return [MeanInterval(float(mean), None, None, len(values), 1) for mean in means]
    drawn = np.vstack(
        [weights @ sums / (weights @ counts)[:, None] for weights in _draws(len(counts), seed, resamples)]
    )  # [resamples, measures]
    lows, highs = ends(drawn)
    return [
        MeanInterval(float(mean), float(low), float(high), len(values), len(counts))
        for mean, low, high in zip(means, lows, highs, strict=True)
    ]


def _draws(clusters: int, seed: int, resamples: int) -> Iterator[Floats]:
    """How often each cluster is drawn, in chunks of [resamples, clusters]; together the stream of a single draw."""
    generator = np.random.default_rng(seed)
    size = max(1, CHUNK_VALUES // clusters)
    for start in range(0, resamples, size):
        rows = min(size, resamples - start)
        drawn = generator.integers(0, clusters, size=(rows, clusters)) + clusters * np.arange(rows)[:, None]
        yield np.bincount(drawn.ravel(), minlength=rows * clusters).reshape(rows, clusters).astype(float)
