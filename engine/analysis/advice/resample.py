"""How far the advice depends on which persons were asked: a percentile bootstrap over persons, part by part.

Questions about one person are correlated, so persons are drawn, each with all of its curves; see
`evaluation.bootstrap`. The baseline is taken as fixed.
"""

from dataclasses import dataclass

import numpy as np

from engine.analysis.advice.choice import advised, knee_place, meets, utility
from engine.analysis.advice.pieces import Floats, MeasuredPart, Pieces
from engine.evaluation.bootstrap import ends

RESAMPLES = 1000
PIECES_AT_ONCE = 4_000_000  # resamples times pieces held at once
FEWEST_PERSONS = 3  # below it an interval would claim more than is known


@dataclass(frozen=True)
class Bounds:
    """A 95 % interval."""

    low: float
    high: float


@dataclass(frozen=True)
class Resampled:
    """`alpha`, `knee`: over the resamples that have one. None where a part has fewer than three persons.

    `met`: share of resamples in which the advised α meets the demand; `unmet`: share in which no α does.
    """

    seed: int
    resamples: int
    alpha: Bounds | None
    knee: Bounds | None
    leaks: Bounds | None
    utility: Bounds | None
    met: float | None
    unmet: float | None


def enough(part: MeasuredPart) -> bool:
    return part.persons >= FEWEST_PERSONS


def resample(
    pieces: Pieces,
    alpha: float,
    own: float,
    limit: float,
    max_loss: float,
    seed: int,
    resamples: int = RESAMPLES,
) -> Resampled:
    """Everything in the advice, again for every resample; `alpha` is the advised one, `own` the pair's."""
    generator = np.random.default_rng(seed)
    there = pieces.place(alpha)
    drawn: list[tuple[float, float, bool, float, float]] = []
    size = max(1, PIECES_AT_ONCE // (len(pieces.borders) - 1))
    for start in range(0, resamples, size):
        rows = min(size, resamples - start)
        leaks = pieces.leaks.mean(_weights(pieces.leaks, rows, generator))
        kept = utility(pieces, [_weights(part, rows, generator) for part in pieces.kept])
        good = meets(leaks, kept, limit, max_loss)
        for row in range(rows):
            place, best = knee_place(leaks[row], kept[row], pieces), advised(good[row], pieces, own)
            knee = np.nan if place is None else float(pieces.borders[place])
            known = np.nan if best is None else best
            drawn.append((float(leaks[row, there]), float(kept[row, there]), bool(good[row, there]), known, knee))
    return _summed(np.array(drawn, dtype=float), pieces, seed)


def _weights(part: MeasuredPart, resamples: int, generator: np.random.Generator) -> Floats:
    """How often each person is drawn: [resamples, persons]."""
    persons = part.persons
    return generator.multinomial(persons, np.full(persons, 1 / persons), size=resamples).astype(float)


def _summed(drawn: Floats, pieces: Pieces, seed: int) -> Resampled:
    leaks, kept, met, alphas, knees = drawn.T
    secret, rest = enough(pieces.leaks), all(enough(part) for part in pieces.kept)
    both = secret and rest
    return Resampled(
        seed=seed,
        resamples=len(drawn),
        alpha=_bounds(alphas) if both else None,
        knee=_bounds(knees) if both else None,
        leaks=_bounds(leaks) if secret else None,
        utility=_bounds(kept) if rest else None,
        met=float(met.mean()) if both else None,
        unmet=float(np.isnan(alphas).mean()) if both else None,
    )


def _bounds(values: Floats) -> Bounds | None:
    known = values[~np.isnan(values)]
    return Bounds(*map(float, ends(known))) if len(known) else None
