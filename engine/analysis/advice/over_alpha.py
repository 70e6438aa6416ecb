"""What the advice weighs, at every α: the share of secrets that are told and the knowledge that is kept."""

from collections.abc import Sequence
from typing import NamedTuple

from engine.analysis.advice.choice import utility
from engine.analysis.advice.pieces import make_pieces
from engine.analysis.exact_curves import MappedQuestion
from engine.evaluation.curves import Steps


class ToldAndKept(NamedTuple):
    """Shares from 0 to 1. `kept` is that of the weakest part, of what the base has (`choice.utility`)."""

    told: Steps
    kept: Steps


def told_and_kept(questions: Sequence[MappedQuestion], low: float, high: float) -> ToldAndKept:
    """Over `low` to `high`, which every map covers and which holds 0, the base. `DataError` as `make_pieces`."""
    pieces = make_pieces(questions, low, high)
    starts = tuple(map(float, pieces.borders[:-1]))
    told, kept = (tuple(map(float, values)) for values in (pieces.leaks.mean(), utility(pieces)))
    return ToldAndKept(Steps(starts, told, high), Steps(starts, kept, high))
