"""What an audit found: one row a probe beside its floor, and question by question what came out."""

import pandas as pd
import streamlit as st

from engine.analysis.figures import interval_words
from engine.audit.found import ProbeRow, probe_results, probe_rows
from engine.audit.probes import PROBES
from pages.parts.shared.wording import MISSING, plain

FLOORS = (
    "A probe that finds no more than its floor has found nothing: the floor is the same probe on a model that never saw"
    " the secrets, or on people nobody was taught."
)


def show_probes(run_id: int) -> None:
    """Nothing while no probe has ended."""
    rows = probe_rows(run_id)
    if not rows:
        return
    table = pd.DataFrame([_cells(row) for row in rows])
    st.dataframe(
        table,
        hide_index=True,
        placeholder=MISSING,
        height="content",
        alt=f"What {len(rows)} leak probes found. {FLOORS}",
    )
    st.caption(FLOORS + " “Beyond greedy” counts what plain answers at this α do not show.")
    for row in rows:
        if row.note:
            st.caption(plain(f"{row.label}: {row.note}"))
    labels = {row.name: row for row in rows}
    with st.expander("Question by question"):
        chosen: str = st.selectbox("Probe", list(labels), key="probe", format_func=lambda name: labels[name].label)
        st.caption(
            plain(f"{labels[chosen].sentence} Source: {labels[chosen].source}. Floor: {labels[chosen].floor_reason}.")
        )
        results = [item for item in probe_results(run_id, chosen) if item.side == "pair"]
        found = {True: "found", False: "nothing found", None: "not tried"}
        cells = [(item.question_id, found[item.found], item.value, item.text, item.detail) for item in results]
        names = ["question", "result", labels[chosen].unit or "value", "what came out", "in words"]
        st.dataframe(
            pd.DataFrame(cells, columns=names),
            hide_index=True,
            placeholder=MISSING,
            alt=f"Results of {labels[chosen].label}.",
        )


def _cells(row: ProbeRow) -> dict[str, str]:
    of_kept = row.name in PROBES and PROBES[row.name].of_kept
    tried = f"{row.found} of {row.n}" if row.n else "not tried"
    floor = "n/a" if row.floor_found is None else f"{row.floor_found} of {row.floor_n}"
    return {
        "probe": row.label,
        "found": tried,
        "95 % interval": interval_words(row.low, row.high) if row.n else "",
        "floor": floor,
        "beyond greedy": str(row.beyond_greedy) if row.n and not of_kept else "",
        "figure": "" if row.value is None else f"{row.value:.3f} {interval_words(row.value_low, row.value_high)}",
    }
