"""TOFU's forget quality: can the unlearned model be told from one that never saw the forget set?"""

from collections.abc import Sequence
from typing import NamedTuple


class ForgetQuality(NamedTuple):
    """A two-sample test; the p-value depends on the number of rows, so both are always shown with it."""

    p_value: float  # near 1: the two cannot be told apart
    statistic: float
    rows: int
    reference_rows: int


def forget_quality(ratios: Sequence[float | None], reference: Sequence[float | None] | None) -> ForgetQuality | None:
    """Two-sided two-sample Kolmogorov–Smirnov test between truth ratios R (variant A) on the forget set.

    `ratios` are the model's, `reference` those of a retain-only model; unscored questions (None) are left out.
    Returns None, never to be shown as 0, where either side has no rows.
    """
    ours = [ratio for ratio in ratios if ratio is not None]
    theirs = [ratio for ratio in reference or () if ratio is not None]
    if not ours or not theirs:
        return None
    from scipy.stats import ks_2samp

    result = ks_2samp(ours, theirs)
    return ForgetQuality(float(result.pvalue), float(result.statistic), len(ours), len(theirs))
