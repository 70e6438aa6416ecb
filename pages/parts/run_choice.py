"""Which finished run is looked at, and at which of the strengths that it evaluated."""

import streamlit as st

from engine import history
from engine.history import RunDetail, RunSummary
from pages.parts import address


def runs_with_answers() -> list[RunSummary]:
    """Finished runs that answered questions, newest first."""
    found = [
        run for run in history.list_runs() if run.status == "finished" and run.kind in ("train", "evaluate", "teach")
    ]
    return [run for run in found if history.alphas_of(run.id)]


def choose_run(runs: list[RunSummary], key: str) -> int:
    """`key` is the control's, and the address's; the demo's pair is chosen at first."""
    ids = [run.id for run in runs]
    names = {run.id: f"{run.name} (run {run.id}, pair {run.pair})" for run in runs}
    default = next((run.id for run in runs if run.pair == "demo"), ids[0])
    address.seed(key, address.one_of(key, ids), default)
    address.settle(key, ids, default)
    chosen: int = st.selectbox("Run", ids, key=key, format_func=names.__getitem__)
    address.keep(key, chosen)
    return chosen


def choose_alpha(detail: RunDetail) -> float:
    """The recommended one at first, where the run evaluated it."""
    alphas = history.alphas_of(detail.summary.id)
    default = detail.recommended_alpha if detail.recommended_alpha in alphas else alphas[-1]
    texts = {alpha: f"{alpha:g}" for alpha in alphas}
    address.seed("at", address.one_of("at", alphas, texts.__getitem__), default)
    address.settle("at", alphas, default)
    chosen: float = st.selectbox(
        "α", alphas, key="at", help="The strengths this run evaluated; the pair's recommended one is chosen at first.",
        format_func=lambda alpha: f"{alpha:g} (recommended)" if alpha == detail.recommended_alpha else f"{alpha:g}",
    )  # fmt: skip
    address.keep("at", chosen, f"{chosen:g}")
    return chosen
