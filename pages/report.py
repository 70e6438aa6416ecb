"""Report: choose a run and an α, check what is compared, look at it, hand it in."""

import pandas as pd
import streamlit as st

from engine import experiment, history
from engine.audit.leaks import LEAK_RULE
from engine.history import RunDetail, RunSummary
from engine.models.pairs import list_pairs
from pages.parts import address, frame
from pages.parts.check_list import checks_html
from pages.parts.floor import Floor, floor_of
from pages.parts.intervals import MEANING, bounded_words
from pages.parts.meanings import show_meanings
from pages.parts.report_checks import checks, shares, shares_words
from pages.parts.wording import ACCESS_CONTROL, CLOPPER, INTERVAL, count, cut_words, plain

PREVIEW_ROWS = 50
PREVIEW_TEXTS = ["question", "base answer", "unlearned answer", "true answer"]
PREVIEW_COLUMNS = [*PREVIEW_TEXTS[:3], "leak base", "leak unlearned", PREVIEW_TEXTS[3], "split", "key terms"]

frame.begin("Report", "One row per question, base beside unlearned, as a CSV file to hand in.")


def choose_run(runs: list[RunSummary]) -> int:
    ids = [run.id for run in runs]
    names = {run.id: f"{run.name} (run {run.id}, pair {run.pair})" for run in runs}
    default = next((run.id for run in runs if run.pair == "demo"), ids[0])
    address.seed("report", address.one_of("report", ids), default)
    address.settle("report", ids, default)
    chosen: int = st.selectbox("Run", ids, key="report", format_func=names.__getitem__)
    address.keep("report", chosen)
    return chosen


def choose_alpha(detail: RunDetail) -> float:
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


def main() -> None:
    found = [run for run in history.list_runs() if run.status == "finished" and run.kind not in ("tasks", "audit")]
    runs = [run for run in found if history.alphas_of(run.id)]
    if not runs:
        frame.nothing_yet(
            "No run has finished yet, so there is nothing to report. Overview sets up the demo with its recorded evaluation."
        )
        return
    left, right = st.columns([3, 1])
    with left:
        run_id = choose_run(runs)
    detail = history.run_detail(run_id)
    with right:
        alpha = choose_alpha(detail)
    rows = history.report_rows(run_id, alpha)
    if rows.empty:
        st.info("This run stored no questions, so there is nothing to report.")
        return
    st.caption(f":material/key: {ACCESS_CONTROL}")
    floor = floor_of(detail)
    show_checks(detail, rows, alpha, floor)
    show_shares(detail, rows, floor)
    show_preview(rows)
    offer_file(detail, rows, alpha)


def show_checks(detail: RunDetail, rows: pd.DataFrame, alpha: float, floor: Floor | None) -> None:
    st.subheader("Checks first", anchor=False)
    st.html(checks_html(checks(detail, rows, alpha, list_pairs(), floor)))


def show_shares(detail: RunDetail, rows: pd.DataFrame, floor: Floor | None) -> None:
    st.subheader("In figures", anchor=False)
    table = shares(rows, floor)
    st.dataframe(table, hide_index=True, alt=shares_words(table))
    st.caption(plain(shares_words(table)))
    texts = [str(text) for name in table.columns if name.startswith("leaks") for text in table[name]]
    st.caption(plain(f"{MEANING} {bounded_words(texts)}"))
    st.caption(cut_words(detail.spec.max_new_tokens))
    st.caption(plain(LEAK_RULE))
    measures = [(name, split) for name in ("leak", "rouge", "probability") for split in rows["split"].unique()]
    show_meanings(measures, (INTERVAL, CLOPPER), "meanings")


def show_preview(rows: pd.DataFrame) -> None:
    st.subheader("Preview", anchor=False)
    shown = rows[PREVIEW_COLUMNS].head(PREVIEW_ROWS)
    words = f"The first {count(len(shown), 'row')} of {len(rows)}, eight of the columns; the file holds all rows and all columns of this run."
    wide = {name: st.column_config.Column(width=210) for name in PREVIEW_TEXTS}
    st.dataframe(shown, hide_index=True, alt=words, column_config=wide)
    st.caption(words)


def offer_file(detail: RunDetail, rows: pd.DataFrame, alpha: float) -> None:
    """The file is made when it is asked for; the call runs without a page, so it is handed plain values."""
    run_id, filename = detail.summary.id, f"oubliette-{detail.summary.name}-alpha-{alpha:g}.csv"
    st.download_button(
        f"Download CSV ({count(len(rows), 'row')})", data=lambda: experiment.report_csv(run_id, alpha, filename), file_name=filename,
        mime="text/csv", key="download", type="primary", icon=":material/download:", on_click="ignore",
    )  # fmt: skip
    st.caption("Every cell that a spreadsheet could run as a formula is made harmless with a leading apostrophe.")


main()
