"""Who reviews: whoever is logged in, or a name that a person gives, kept in the session alone and in no link."""

import streamlit as st

from engine.errors import SettingError
from engine.review.verdicts import NAME_LIMIT, Reviewer, reviewer_name
from pages.parts.shared import access
from pages.parts.shared.wording import plain


def ask_reviewer() -> Reviewer | None:
    """Who is logged in, if they may review; without a log-in the field in the sidebar. None where nobody can give
    verdicts.
    """
    user = access.current_user()
    if not user.self_declared:
        return Reviewer(reviewer_name(user.email), self_declared=False) if access.may("reviewer") else None
    with st.sidebar:
        text = st.text_input(
            "Reviewer",
            key=access.REVIEWER,
            max_chars=NAME_LIMIT,
            placeholder="Your name",
            persist_state="session",
            help="Stands beside every verdict you give. It is in no link; this browser remembers it.",
        )
        st.caption("self-declared: nobody checks who you are")
        if not text or not text.strip():
            return None
        try:
            return Reviewer(reviewer_name(text), self_declared=True)
        except SettingError as error:
            st.error(plain(str(error)))
            return None


def reviewer_here() -> Reviewer | None:
    """Who is logged in, or the name in the sidebar's field; None without one. Draws nothing."""
    user = access.current_user()
    name = user.name if user.self_declared else user.email
    return Reviewer(reviewer_name(name), user.self_declared) if name else None


def known_reviewer() -> Reviewer | None:
    """Whose verdicts to show as one's own; None where there is no name, or one that cannot be."""
    try:
        return reviewer_here()
    except SettingError:
        return None


def check_reviewer(reviewer: Reviewer) -> None:
    """`AccessError` unless this visitor may give verdicts, and in that name: the form may have been drawn for
    another.
    """
    user = access.require("reviewer", "Giving a verdict")
    if not user.self_declared and user.email != reviewer.name:
        raise SettingError(f"the verdict is in the name of {reviewer.name}, and {user.email} is logged in")
