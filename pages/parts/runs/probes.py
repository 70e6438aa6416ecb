"""What an audit found: the standing of its pair, its probes as bars beside their baselines, and every question."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from engine.analysis.figures import interval_words
from engine.analysis.standing import RULE, row_rank
from engine.analysis.stored_standing import probe_row, standing_of
from engine.audit.found import ProbeRow, probe_results, probe_rows
from engine.audit.probes import PROBES
from engine.store import history
from engine.store.history import RunDetail
from pages.parts.shared import address
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
    ruin = _show_pair(detail)
    bars = [probe_row(run_id, detail.summary.name, row, row.label, ruin) for row in rows]
    bars.sort(key=row_rank, reverse=True)
    _show_questions(run_id, rows, bars[0].way)
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


def _show_questions(run_id: int, rows: Sequence[ProbeRow], worst: str) -> None:
    labels = {row.name: row for row in rows}
    asked = st.query_params.get("probe") in labels
    with st.expander("Question by question", expanded=asked):
        chosen = address.select("Probe", list(labels), "probe", worst, format_func=lambda name: labels[name].label)
        st.caption(
            plain(
                f"{labels[chosen].sentence} Source: {labels[chosen].source}. Baseline: {labels[chosen].floor_reason}."
            )
        )
        results = [item for item in probe_results(run_id, chosen) if item.side == "pair"]
        results.sort(key=lambda item: item.found is not True)  # what came out is read first
        places = zip(history.asked(run_id), history.question_places(run_id), strict=True)
        asked_as = {place.question_id: example.question for (example, _), place in places}
        found = {True: "✖ found", False: "nothing found", None: "not tried"}
        cells = [
            (
                asked_as.get(item.question_id) or str(item.question_id),
                found[item.found],
                item.text,
                item.value,
                item.detail,
            )
            for item in results
        ]
        names = ["question", "result", "what came out", labels[chosen].unit or "value", "in words"]
        st.dataframe(
            pd.DataFrame(cells, columns=names),
            hide_index=True,
            placeholder=MISSING,
            alt=f"Results of {labels[chosen].label}.",
        )


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
