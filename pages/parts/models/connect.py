"""The form that connects a base: named, said what it is, checked whole, then remembered."""

import streamlit as st

from engine.models import connected
from engine.models.names import shown_model
from engine.models.sources import kind_of_source, size_of_model, whole_model
from pages.parts.models.work import by_loader
from pages.parts.shared import access, frame
from pages.parts.shared.wording import plain, size

HELP = (
    "A folder with safetensors, a GGUF file of this machine, or a name on the Hugging Face hub (owner/name), which is"
    " asked only once you press the button. The whole base is read and checked; nothing that comes with it is executed."
)


@st.fragment
@frame.fenced
def connect_form() -> None:
    access.require("operator", "Connecting a base")
    done = st.session_state.pop("connect-done", None)
    if done is not None:
        st.success(plain(done), icon=":material/check:")
    source = st.text_input(
        "Folder, GGUF file or name on the hub",
        key="connect-source",
        placeholder="/models/my-base, /models/my-base.gguf or owner/name",
        max_chars=1000,
        help=HELP,
    ).strip()
    if source:
        st.caption(plain(what_it_is(source)))
    st.button(
        "Check and connect", key="connect", type="primary", icon=":material/link:", on_click=_want, disabled=not source
    )
    if st.session_state.pop("connect-wanted", False):
        access.require("operator", "Connecting a base")
        made = by_loader(f"Reading {shown_model(source)}", lambda: connected.connect_base(source))
        st.session_state["connect-done"] = (
            f"{shown_model(made.source)} is connected: it is sound, and can be chosen wherever a base is chosen."
        )
        st.rerun()
    _disconnect_form()


def what_it_is(source: str) -> str:
    """What would be connected, found without asking any host."""
    kind = kind_of_source(source)
    here = size_of_model(whole_model(source))
    if kind == "hub" and here is None:
        return "A name on the hub, not on this machine: pressing the button downloads it."
    if kind == "hub":
        return (
            f"A name on the hub whose files are on this machine: {size(here)}. The hub is asked whether they are new."
        )
    return f"A {kind} on this machine: {size(here)}." if kind else "There is no folder and no GGUF file at this path."


def _disconnect_form() -> None:
    known = [base.source for base in connected.list_connected()]
    if not known:
        return
    with st.expander("Disconnect a base"):
        st.selectbox("Base", known, key="disconnect-source", help="Its files stay.")
        st.button("Disconnect", key="disconnect", icon=":material/link_off:", on_click=_disconnect)


@frame.fenced
def _disconnect() -> None:
    access.require("operator", "Disconnecting a base")
    source = st.session_state["disconnect-source"]
    connected.disconnect_base(source)
    st.session_state["connect-done"] = f"{shown_model(source)} is no longer connected. Its files stay."


def _want() -> None:
    """Only notes the click: a callback's arguments are those of the drawing before."""
    st.session_state["connect-wanted"] = True
