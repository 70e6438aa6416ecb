"""What an audit found: the standing of its pair, its probes as bars beside their baselines, and every question."""

import pandas as pd
import streamlit as st

from engine.analysis.figures import interval_words
from engine.analysis.standing import RULE, row_rank
from engine.analysis.stored_standing import probe_row, standing_of
from engine.audit.found import ProbeRow, probe_rows
from engine.audit.probes import PROBES
from engine.store import history
from engine.store.history import RunDetail
from pages.parts.runs.opened import is_opened
from pages.parts.runs.outputs import show_outputs
from pages.parts.shared.standing_block import show_outcomes, show_pair_standing
from pages.parts.shared.wording import MISSING, plain

BASELINES = (
    "A probe that finds no more than its baseline has found nothing: the baseline is the same probe on a model that"
    " never saw the secrets, or on people nobody was taught."
)


def show_probes(run_id: int) -> None:
    """Nothing while no probe has ended."""
    rows, detail = probe_rows(run_id), history.run_detail(run_id)
    if not rows:
        return
    above = st.container() if is_opened() else None  # a link leads to what came out: that is on the first screen
    ruin = _show_pair(detail)
    bars = [probe_row(run_id, detail.summary.name, row, row.label, ruin) for row in rows]
    bars.sort(key=row_rank, reverse=True)
    with above or st.container():
        show_outputs(run_id, rows, bars[0].way)
    st.markdown("**The probes of this audit, the worst first**", help=plain(f"{BASELINES} {RULE}"))
    show_outcomes(bars)
    with st.expander("Intervals, figures and notes"):
        st.dataframe(
            pd.DataFrame([_cells(row) for row in rows]),
            hide_index=True,
            placeholder=MISSING,
            height="content",
            alt=f"What {len(rows)} leak probes found. {BASELINES}",
        )
        st.caption("“Beyond greedy” counts what plain answers at this α do not show.")
        for row in rows:
            if row.note:
                st.caption(plain(f"{row.label}: {row.note}"))


def _show_pair(detail: RunDetail) -> str:
    """How the pair stands by all that is stored of it, once this audit has ended; why it is ruined, "" where not."""
    if not detail.pair_hash:
        return ""
    found = standing_of(detail.summary.pair, detail.pair_hash, detail.spec.alphas[0])
    if detail.summary.status == "finished":
        show_pair_standing(found)
    return found.ruin


def _cells(row: ProbeRow) -> dict[str, str]:
    of_kept = row.name in PROBES and PROBES[row.name].of_kept
    tried = f"{row.found} of {row.n}" if row.n else "not tried"
    baseline = "n/a" if row.floor_found is None else f"{row.floor_found} of {row.floor_n}"
    return {
        "probe": row.label,
        "found": tried,
        "95 % interval": interval_words(row.low, row.high) if row.n else "",
        "baseline": baseline,
        "beyond greedy": str(row.beyond_greedy) if row.n and not of_kept else "",
        "figure": "" if row.value is None else f"{row.value:.3f} {interval_words(row.value_low, row.value_high)}",
    }
