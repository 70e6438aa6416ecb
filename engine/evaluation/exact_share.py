"""The exact upper end of a share, from its counts alone."""

import math

STEPS = 60  # of the bisection: more than a float can tell apart


def upper_end(found: int, n: int) -> float:
    """The upper end of Clopper and Pearson's two-sided 95 % interval of `found` of `n` (Biometrika 26, 1934).

    The share p at which so few or fewer would be found with a chance of 2.5 %; 1 where all were found, or none tried.
    """
    if found >= n:
        return 1.0
    low, high = found / n, 1.0
    for _ in range(STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(found, n, middle) > 0.025 else (low, middle)
    return (low + high) / 2


def _at_most(found: int, n: int, share: float) -> float:
    """The chance of `found` or fewer of `n`; logarithms, as the coefficients outgrow a float."""
    if share >= 1.0:
        return 0.0
    one, other, whole = math.log(share), math.log1p(-share), math.lgamma(n + 1)
    return (
        sum(
            math.exp(whole - math.lgamma(k + 1) - math.lgamma(n - k + 1) + k * one + (n - k) * other)
            for k in range(found + 1)
        )
        if share > 0
        else 1.0
    )
