"""The α that is recommended for a pair: decided here, and asked for by every page, command and report.

It is the pair's own, with which it was made, unless the stored advice from its maps says that this one misses the
demand while another α meets it. An advice on a demand that an auditor sets on Trade-off is an answer to that demand
alone.
"""

from collections.abc import Sequence

from engine.analysis.advice.advise import Advice
from engine.analysis.advice.stored import Advised, advice_for, advice_of
from engine.errors import RunError
from engine.models.manifest import PairManifest
from engine.models.pairs import list_pairs
from engine.store import history
from engine.store.history import RunDetail
from engine.store.maps import maps_key


def recommended_alpha(pair: PairManifest) -> float:
    return _chosen(pair.recommended_alpha, advice_of(pair))


def recommended_of_run(detail: RunDetail) -> float | None:
    """That of the pair that a run read; None where it read none."""
    own = detail.recommended_alpha
    if own is None:
        return None
    try:
        return _chosen(own, advice_for(detail.pair_hash, lambda: maps_key(detail)))
    except RunError:  # its manifest is of another version of the program, which has no maps here
        return own


def judged_at() -> dict[str, float]:
    """By hash of a pair on this machine the α at which its leaks count, where that is not the pair's own: its
    recommended one, once a finished run was evaluated there. Until then its own counts, so that no leak is hidden.
    """
    found: dict[str, float] = {}
    for pair in list_pairs():
        alpha = recommended_alpha(pair)
        if alpha != pair.recommended_alpha and _is_evaluated(pair.hash, alpha):
            found[pair.hash] = alpha
    return found


def alpha_of_standing(pairs: Sequence[PairManifest]) -> list[float]:
    """For each pair the α at which its leaks count, see `judged_at`."""
    moved = judged_at()
    return [moved.get(pair.hash, pair.recommended_alpha) for pair in pairs]


def _chosen(own: float, found: Advised | None) -> float:
    advice: Advice | None = None if found is None or found.outdated else found.advice
    if advice is None or not advice.met or advice.recommended_met is not False or advice.alpha == 0:
        return own
    return advice.alpha


def _is_evaluated(pair_hash: str, alpha: float) -> bool:
    return any(
        run.status == "finished"
        and run.facts.finds == "answers"
        and history.run_detail(run.id).pair_hash == pair_hash
        and alpha in history.alphas_of(run.id)
        for run in history.list_runs()
    )
