"""Report: choose a run and an α, check what is compared, look at it, hand it in."""

import streamlit as st

from engine.report import gather
from engine.report.checks import shares, shares_words
from engine.report.columns import READABLE
from engine.report.csv_table import readable
from engine.report.gather import Chosen
from engine.store import history
from engine.store.judged_by import rouge_note
from engine.wording import count, cut_words
from pages.parts.report.choice import choose_report_run, choose_second_run, choose_selection, take_other_names
from pages.parts.report.downloads import offer_files
from pages.parts.shared import frame
from pages.parts.shared.check_list import checks_html
from pages.parts.shared.intervals import MEANING, bounded_words
from pages.parts.shared.meanings import show_meanings
from pages.parts.shared.run_choice import choose_alpha, runs_with_answers
from pages.parts.shared.standing_block import show_picture
from pages.parts.shared.wording import CLOPPER, INTERVAL, MISSING, plain

PREVIEW_ROWS = 50
PREVIEW_TEXTS = ("question", "true answer", "base answer", "unlearned answer")
PREVIEW_WIDTH = 210

frame.begin("Report", "What was found, what was checked and where it comes from, as files to hand in.")


def main() -> None:
    runs = runs_with_answers()
    if not runs:
        frame.nothing_yet(
            "No run has finished yet, so there is nothing to report. Overview sets up the demo with its recorded"
            " evaluation."
        )
        return
    take_other_names()
    left, middle, right = frame.controls("run").columns([3, 2, 3])
    with left:
        run_id = choose_report_run(runs)
    detail = history.run_detail(run_id)
    with middle:
        alpha = choose_alpha(detail)
    with right:
        other = choose_second_run(runs, run_id)
    whole = gather.gather_whole(run_id, alpha)
    if whole.rows.empty:
        st.info("This run stored no questions, so there is nothing to report.")
        return
    chosen = gather.narrow(whole, choose_selection(list(dict.fromkeys(whole.rows["split"]))))
    if (standing := gather.standing_of_chosen(chosen)) is not None:
        show_picture(standing)
    frame.say_limit()
    if chosen.rows.empty:
        st.info(f"None of the {whole.asked} questions is of this kind, so there is nothing to report.")
        return
    show_checks(chosen)
    show_shares(chosen)
    show_preview(chosen)
    st.subheader("Files", anchor=False)
    offer_files(chosen, other)


def show_checks(chosen: Chosen) -> None:
    """What failed and what is to be known first; what passed is behind a click."""
    st.subheader("Checks", anchor=False)
    found = gather.checks_of(chosen)
    passed = [check for check in found if check.state == "pass"]
    st.html(checks_html([check for check in found if check.state != "pass"]))
    if passed:
        with st.expander(f"✔ {count(len(passed), 'check')} passed"):
            st.html(checks_html(passed))


def show_shares(chosen: Chosen) -> None:
    st.subheader("In figures", anchor=False)
    rows = chosen.rows
    table = shares(rows, chosen.floor)
    st.dataframe(table, hide_index=True, placeholder=MISSING, alt=shares_words(table))
    texts = [str(text) for name in ("base", "unlearned", "baseline") for text in table[name]]
    with st.expander("Details"):
        st.caption(plain(f"{MEANING} {bounded_words(texts)}"))
        st.caption(cut_words(chosen.detail.spec.max_new_tokens, rouge_note(chosen.detail)))
    measures = [(name, split) for name in ("leak", "rouge", "probability") for split in rows["split"].unique()]
    show_meanings(measures, (INTERVAL, CLOPPER), "meanings")


def show_preview(chosen: Chosen) -> None:
    shown = readable(chosen.rows.head(PREVIEW_ROWS))
    shown["what leaked"] = [" | ".join(cell) if isinstance(cell, tuple) else cell for cell in shown["what leaked"]]
    words = f"The first {count(len(shown), 'row')} of {len(chosen.rows)}; the readable columns of the CSV."
    st.subheader("Preview", anchor=False, help=words)
    config = {
        one.name: st.column_config.Column(
            width=PREVIEW_WIDTH if one.name in PREVIEW_TEXTS else None, help=plain(one.meaning)
        )
        for one in READABLE
    }
    st.dataframe(shown, hide_index=True, placeholder=MISSING, alt=words, column_config=config)


main()
