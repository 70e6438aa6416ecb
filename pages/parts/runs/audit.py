"""The form that starts an audit: leak probes on a pair, each beside its floor."""

import streamlit as st

from engine.analysis.recommended import recommended_alpha
from engine.audit.probes import PROBES
from engine.audit.spec import audit_spec
from engine.models.pairs import list_pairs
from engine.settings import check_alpha
from pages.parts.runs.start_forms import SOURCE_HELP, estimate_and_start
from pages.parts.shared import access, frame
from pages.parts.shared.ruined import pair_labels
from pages.parts.shared.wording import plain


@st.fragment
@frame.fenced
def audit_form() -> None:
    access.require("operator", "Starting a run")
    pairs = {pair.name: pair for pair in list_pairs()}
    if not pairs:
        st.info("There is no pair to audit yet.")
        return
    left, right = st.columns(2)
    with left:
        pair = st.selectbox("Pair to audit", list(pairs), key="audit-pair", format_func=pair_labels())
        forget = st.text_input(
            "Questions it was to forget", key="audit-forget", placeholder="what its run was to forget", help=SOURCE_HELP
        )
        controls = st.text_input(
            "People nobody was taught, for floors",
            key="audit-controls",
            placeholder="of the demo: its own",
            help=SOURCE_HELP,
        )
    with right:
        name = st.text_input("Name of the run", key="audit-name", placeholder=f"audit-{pair}", max_chars=60)
        alpha = st.number_input(
            "α under audit",
            -4.0,
            8.0,
            recommended_alpha(pairs[pair]),
            step=0.05,
            key="audit-alpha",
            help="The strength at which the pair is to be used.",
        )
        quick = st.toggle(
            "Quick", True, key="audit-quick", help="12 questions and small budgets, some ten minutes on the demo."
        )
        names = st.multiselect(
            "Probes",
            list(PROBES),
            key="audit-probes",
            format_func=lambda key: PROBES[key].label,
            placeholder="all of them",
        )
    with st.expander("What each probe does"):
        for probe in PROBES.values():
            st.markdown(plain(f"{probe.label}: {probe.sentence}"))
    spec = audit_spec(
        pair,
        name.strip(),
        alpha=check_alpha(alpha),
        quick=quick,
        probes=tuple(names),
        forget=forget.strip(),
        controls=controls.strip(),
    )
    estimate_and_start(spec, "Start audit")
