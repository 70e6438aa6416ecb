"""The standing of a pair on a screen: its picture, and the three next steps as links."""

from collections.abc import Sequence

import streamlit as st

from engine.analysis.standing import FEW_PERSONS, RULE, Standing, WayRow
from engine.report.html_page import outcomes_html, standing_css, standing_html
from engine.wording import count
from pages.parts.shared import frame
from pages.parts.shared.wording import plain


def show_pair_standing(found: Standing, whole: bool = False) -> None:
    """The block; `whole`: every way of asking, also those that found nothing more."""
    show_picture(found, whole)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        _worst_link(found)
        if found.answers_run is not None:
            run = str(found.answers_run)
            label = f"Read all {count(found.answers, 'answer')}"
            st.page_link(
                frame.REVIEW,
                label=label,
                icon=":material/table_rows:",
                query_params={"review": run, "questions": "forget"},
            )
            st.page_link(
                frame.REPORT, label="Make the report", icon=":material/description:", query_params={"report": run}
            )
        st.caption(sample_words(found), help=plain(RULE))


def show_picture(found: Standing, whole: bool = False) -> None:
    """The block without its links."""
    st.html(f"<style>{standing_css()}</style>{standing_html(found, whole)}")


def show_outcomes(rows: Sequence[WayRow]) -> None:
    """Ways of asking as bars with their baselines, in the order given."""
    st.html(f"<style>{standing_css()}</style>{outcomes_html(rows)}")


def sample_words(found: Standing) -> str:
    """How many persons the figures are about, and whether these are few."""
    people = count(found.persons, "person", "people")
    return f"{people}: small sample" if found.persons < FEW_PERSONS else people


def _worst_link(found: Standing) -> None:
    """To what is to be looked at first; where something was not measured, to what measures it."""
    worst = found.worst
    if worst is not None and worst.finding is not None and worst.state in ("fail", "note"):
        finding = worst.finding
        where = {"run": str(finding.run_id), "probe": finding.probe} if finding.probe else {}
        page, query = (frame.RUNS, where) if where else (frame.REVIEW, {"review": str(finding.run_id)})
        st.page_link(page, label=f"Look at the {finding.found}", icon=":material/search:", query_params=query)
    elif worst is None:
        st.page_link(frame.RUNS, label="Evaluate it", icon=":material/play_arrow:", query_params={"view": "evaluate"})
    if not found.audited:
        st.page_link(frame.RUNS, label="Audit it", icon=":material/policy:", query_params={"view": "audit"})
