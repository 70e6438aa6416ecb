"""The button that brings the demo: its model, its questions and its recorded evaluation."""

import streamlit as st

from engine.models.demo import demo_ready, fetch_demo
from engine.store import recorded_runs
from pages.parts.shared import access, frame
from pages.parts.shared.wording import plain


@frame.fenced
def set_up_button(label: str) -> None:
    if not access.may("operator"):
        st.caption("That needs the role operator.")
        return
    if not st.button(label, key="set-up", type="primary", icon=":material/download:"):
        return
    access.require("operator", "Setting up the demo")
    bar = st.progress(0.0, text="starting")

    def report(share: float, text: str) -> None:
        bar.progress(min(1.0, max(0.0, share)), text=plain(text))

    try:
        if not demo_ready():
            fetch_demo(report)
        bar.progress(1.0, text="storing the demo's questions and its recorded evaluation")
        recorded_runs.import_demo_run()
    finally:
        bar.empty()
    st.rerun()
