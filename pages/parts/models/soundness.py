"""Do the models of a pair work together? The paper's first experiments, run when asked, with what was seen."""

import streamlit as st

from engine.analysis.pair_cards import sound_of_pair
from engine.models.checks import ANSWER, QUESTION, kept_checks
from engine.models.identity import map_key
from engine.models.manifest import PairManifest
from engine.report.parts import ReportCheck
from pages.parts.shared import frame, loading
from pages.parts.shared.check_list import checks_html
from pages.parts.shared.wording import plain

WHAT = (
    "Three experiments on the pair's own models: identical logits before training, a logit for every token, and a push"
    " on the trained model that moves the answer by α times as much. They say nothing of whether the pair forgets."
)


@st.fragment
@frame.fenced
def check_soundness(pairs: list[PairManifest]) -> None:
    """A choice of pair and a button; loads the pair's models, which takes a few seconds once. What was found is kept,
    so the page is drawn again with it.
    """
    names = [pair.name for pair in pairs]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Do its models work together?", names, key="sound-pair", width=300, help=WHAT)
        st.button("Check it", key="check-pair", on_click=_want_check, icon=":material/science:")
    pair = pairs[names.index(name)]
    if st.session_state.pop("check-wanted", False):
        if not loading.soundness(pair, QUESTION, ANSWER):
            st.info(plain(f"Pair {name}: {sound_of_pair(pair).said}."))
            return
        st.session_state["just-checked"] = name
        st.rerun()  # the whole page: its card says so too
    found = kept_checks(map_key(pair))
    if found:
        checks = [ReportCheck("pass" if one.passed else "fail", f"{one.name}: {one.detail}.") for one in found]
        with st.expander("What the experiments saw", expanded=st.session_state.get("just-checked") == name):
            st.html(checks_html(checks))


def _want_check() -> None:
    st.session_state["check-wanted"] = True
