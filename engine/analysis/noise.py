"""How much of what a pair answers is noise, by what is stored: the evidence for `kept.ruin_of`."""

from collections.abc import Iterable, Sequence

from db.reads.told import ToldRow, pair_figures, told
from db.session import Session
from engine.evaluation.ruined import FEWEST, is_noise, noise_beyond, ruined_in_training

Part = tuple[str, str]  # split and half


def noise_of(session: Session, run_ids: Iterable[int], alpha: float) -> float:
    """The largest share of noise among the answers to a part of any of these runs, beyond the base's; at least 0.

    A part of few answers does not count.
    """
    if alpha == 0:
        return 0.0
    return max((_noise(told(session, run_id, alpha), told(session, run_id, 0.0)) for run_id in run_ids), default=0.0)


def broken_in_training(session: Session, pair_hash: str) -> str:
    """Why the training of the pair with this hash broke it; "" where it did not, or that is not known."""
    return ruined_in_training(pair_figures(session, pair_hash))


def _noise(now: Sequence[ToldRow], before: Sequence[ToldRow]) -> float:
    own, base = _noisy(now), _noisy(before)
    parts: dict[Part, list[int]] = {}
    for row in now:
        if row.question_id in base:
            parts.setdefault((row.split, row.half), []).append(row.question_id)
    counted = [ids for ids in parts.values() if len(ids) >= FEWEST]
    return max([0.0, *(noise_beyond([own[key] for key in ids], [base[key] for key in ids]) for ids in counted)])


def _noisy(rows: Sequence[ToldRow]) -> dict[int, bool]:
    return {row.question_id: is_noise(row.text, row.looped, row.likely) for row in rows}
