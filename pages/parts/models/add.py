"""The form that adds a pair that was not made here: of models from elsewhere, or a whole pair of this program."""

from pathlib import Path

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from engine.errors import ModelError
from engine.models import added_pairs
from engine.models.connected import base_choices
from engine.models.manifest import PairManifest
from engine.models.packed import Upload
from engine.models.sources import place_of_model
from engine.names import ModelRef
from engine.settings import ALPHA_MAX, ALPHA_MIN, local_path
from pages.parts.models.work import by_loader
from pages.parts.shared import access, frame
from pages.parts.shared.wording import plain

KINDS = {"models": "Models made elsewhere", "pair": "A pair of this program"}
LARGEST = 256  # MB of a zip that is sent; .streamlit/config.toml lets no more pass
CHECKED = (
    "Safetensors only: a zip with a pickle, a link or a path that leads out of it is refused whole. The models are"
    " loaded once and must fit each other. A name on the hub is fetched once you press the button."
)


@st.fragment
@frame.fenced
def add_form() -> None:
    access.require("operator", "Adding a pair")
    _tell_done()
    kind = st.segmented_control(
        "What you have", list(KINDS), key="add-kind", default="models", required=True, format_func=KINDS.__getitem__
    )
    if kind == "pair":
        _pair_form()
    else:
        _models_form()


def _models_form() -> None:
    left, right = st.columns(2)
    with left:
        name = st.text_input("Name of the pair here", key="add-name", placeholder="for instance theirs", max_chars=60)
        base = st.selectbox(
            "Base",
            base_choices(),
            key="add-base",
            accept_new_options=True,
            help="The model that the offset is added to: one that is connected, a folder, a GGUF file or a hub name.",
        )
        reference = st.text_input(
            "Reference",
            key="add-reference",
            placeholder="a folder or owner/name",
            help="The small model that the trained one started from: a folder, a GGUF file or a hub name.",
        )
    with right:
        trained = st.text_input(
            "Trained",
            key="add-trained",
            placeholder="a folder, a zip or owner/name",
            help="What it became: a peft adapter on the reference, or a whole model.",
        )
        sent = st.file_uploader("or a zip of it", type=["zip"], key="add-trained-zip", max_upload_size=LARGEST)
        alpha = st.number_input(
            "Recommended α", ALPHA_MIN, ALPHA_MAX, 1.0, step=0.05, key="add-alpha", help="1 is as it was trained."
        )
    whole = bool(name.strip() and str(base or "").strip() and reference.strip() and (trained.strip() or sent))
    _button(whole)
    if st.session_state.pop("add-wanted", False) and whole:
        access.require("operator", "Adding a pair")
        given = _upload(sent) or trained.strip()
        made = by_loader(
            f"Checking pair {name.strip()}",
            lambda: added_pairs.add_pair(name.strip(), str(base).strip(), reference.strip(), given, float(alpha)),
        )
        _finish(made)


def _pair_form() -> None:
    left, right = st.columns(2)
    with left:
        path = st.text_input(
            "Folder or zip on this machine", key="add-path", placeholder="/data/their-pair", max_chars=1000
        ).strip()
        sent = st.file_uploader("or a zip", type=["zip"], key="add-pair-zip", max_upload_size=LARGEST)
    source = _upload(sent) or (local_path(path) if path else None)
    with right:
        name = st.text_input(
            "Name of the pair here", key="add-pair-name", placeholder="as it names itself", max_chars=60
        ).strip()
        readable = source is not None and _show_manifest(source)
    _button(readable)
    if st.session_state.pop("add-wanted", False) and readable and source is not None:
        access.require("operator", "Adding a pair")
        _finish(by_loader("Checking the pair", lambda: added_pairs.add_pair_files(source, name)))


def _show_manifest(source: Path | Upload) -> bool:
    """What the folder or zip says of itself, before anything of it is loaded; whether it can be read."""
    try:
        told = added_pairs.manifest_in(source)
    except ModelError as error:
        frame.show(error)
        return False
    away = [name for name in (told.base, told.reference) if name and place_of_model(name) is None]
    st.text(
        f"It says: pair {told.name}, {told.objective}, base {ModelRef.parse(told.base).shown}, reference"
        f" {ModelRef.parse(told.reference).shown}."
    )
    if away:
        st.warning(plain(f"Not on this machine, so the hub is asked for it: {', '.join(away)}."))
    return True


def _button(whole: bool) -> None:
    st.button(
        "Check and add",
        key="add",
        type="primary",
        icon=":material/add:",
        disabled=not whole,
        on_click=_want,
        help=CHECKED,
    )


def _want() -> None:
    """Only notes the click: a callback's arguments are those of the drawing before."""
    st.session_state["add-wanted"] = True


def _upload(sent: UploadedFile | None) -> Upload | None:
    return None if sent is None else Upload(sent, sent.name)


def _finish(made: PairManifest) -> None:
    st.session_state["add-done"] = made.name
    st.rerun()


def _tell_done() -> None:
    name = st.session_state.pop("add-done", None)
    if name is None:
        return
    st.session_state["add-name"] = st.session_state["add-pair-name"] = ""  # it is taken now
    st.success(plain(f"Pair {name} is added. Its models were loaded and fit each other."), icon=":material/check:")
    with st.container(horizontal=True):
        st.page_link(frame.COMPARE, label="Ask it", icon=":material/compare_arrows:", query_params={"pair": name})
        st.page_link(frame.RUNS, label="Evaluate it", icon=":material/play_arrow:", query_params={"view": "evaluate"})
