"""Who reviews: a name that a person gives, kept in the session alone and in no link."""

import streamlit as st

from engine.errors import SettingError
from engine.verdicts import NAME_LIMIT, Reviewer, reviewer_name
from pages.parts.wording import plain


def ask_reviewer() -> Reviewer | None:
    """Draw the field in the sidebar; None while there is no name that can be used."""
    with st.sidebar:
        text = st.text_input(
            "Reviewer", key="reviewer", max_chars=NAME_LIMIT, placeholder="Your name", persist_state="session",
            help="Stands beside every verdict you give. It is in no link, and gone when this tab is reloaded.",
        )  # fmt: skip
        st.caption("self-declared: nobody checks who you are")
        if not text or not text.strip():
            return None
        try:
            return Reviewer(reviewer_name(text), self_declared=True)
        except SettingError as error:
            st.error(plain(str(error)))
            return None
