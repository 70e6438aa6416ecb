"""Which pairs are ruined, for every screen and command that names one. `kept.ruin_of` says when one is."""

from collections.abc import Mapping, Sequence

from engine.analysis.standing import Standing
from engine.analysis.stored_standing import standing_of
from engine.store.history import RunDetail

MARK = "▲ RUINED"


def ruins_of(found: Sequence[Standing]) -> dict[str, str]:
    """Why, by the name of every ruined pair among these."""
    return {item.pair: item.ruin for item in found if item.ruin}


def ruin_of_run(detail: RunDetail, alpha: float) -> str:
    """Why the pair that a run read is ruined at `alpha`, in sentences; "" where it is not, or no pair was read."""
    return standing_of(detail.summary.pair, detail.pair_hash, alpha).ruin if detail.pair_hash else ""


def marked(pair: str, ruins: Mapping[str, str]) -> str:
    """The pair's name, with the mark where it is ruined."""
    return f"{pair} {MARK}" if pair in ruins else pair


def ruin_words(pair: str, why: str) -> str:
    """A warning; what a broken pair does not tell shows nothing."""
    return f"Pair {pair} is ruined: {why} What it does not tell is not thereby forgotten."
