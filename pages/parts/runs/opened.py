"""A link to what one probe got out ("Look at the 11") opens it above the list of runs, until another run is chosen."""

import streamlit as st

from pages.parts.shared import address

PROBE, OPENED = "probe", "probe-opened"


def note_opened() -> bool:
    """Whether the page came by such a link; asked before the probes are drawn, which write the address themselves."""
    st.session_state[OPENED] = address.is_new(PROBE) or (is_opened() and PROBE in st.query_params)
    return is_opened()


def is_opened() -> bool:
    return bool(st.session_state.get(OPENED))


def close_opened() -> None:
    st.session_state[OPENED] = False
