"""TOFU from a folder on this machine: choose a file, see it as it was understood, store it as a set."""

import os
from pathlib import Path

import streamlit as st

from engine.data.examples import Example
from engine.data.tofu import FOLDER_NAMES, NAMES, load_tofu
from engine.errors import DataError
from engine.evaluation.leak_rule import derive_key_terms
from engine.settings import local_path
from engine.store import questions, sets
from engine.wording import count
from pages.parts.runs.own_questions import show_questions
from pages.parts.shared import access, frame
from pages.parts.shared.wording import plain


@st.fragment
@frame.fenced
def tofu_form() -> None:
    access.require("operator", "Importing questions")  # it reads folders of this machine
    st.markdown("Or take a part of **TOFU** from a folder with its files (forget01.json, retain99.json, …).")
    done = st.session_state.pop("tofu-done", None)
    if done is not None:
        st.success(
            plain(f"Stored set {done}. It can now be chosen in the sidebar of Compare and in the forms of Runs.")
        )
    st.session_state.setdefault("tofu-folder", os.environ.get("OUBLIETTE_TOFU", ""))
    typed = st.text_input("TOFU folder", key="tofu-folder", placeholder="a path on this machine").strip()
    if not typed:
        return
    folder = local_path(typed)
    names = _names_in(folder)
    name = str(st.selectbox("Part of TOFU", names, key="tofu-name"))
    examples, terms = _read(name, str(folder), (folder / f"{name}.json").stat().st_mtime)
    words = f"{count(len(examples), 'question')} read from {name}.json."
    st.text(words)
    show_questions(examples, terms, words)
    st.button(f"Store as set tofu-{name}", key="tofu-import", type="primary", on_click=_want_store)
    if st.session_state.pop("tofu-wanted", False):
        st.session_state["tofu-done"] = _store(name, examples)
        st.rerun()


def _want_store() -> None:
    """Only notes the click, so that what is stored is what was drawn with it."""
    st.session_state["tofu-wanted"] = True


def _names_in(folder: Path) -> list[str]:
    """The parts of TOFU that a folder holds, in TOFU's order."""
    if not folder.is_dir():
        raise DataError(f"the TOFU folder {folder} is not there; a folder on this machine is expected")
    names = [name for name in NAMES + FOLDER_NAMES if (folder / f"{name}.json").is_file()]
    if not names:
        raise DataError(f"the folder {folder} holds no file of TOFU, such as {NAMES[1]}.json")
    return names


@st.cache_data(show_spinner="Reading …", max_entries=4)
def _read(name: str, folder: str, changed: float) -> tuple[list[Example], list[tuple[str, ...]]]:
    """Questions and key terms; the time of change is part of the key, so that an edited file is read anew."""
    examples = load_tofu(name, folder)
    return examples, derive_key_terms(examples)


def _store(name: str, examples: list[Example]) -> str:
    """Store under a name of its own; a set of that name which came from elsewhere is left alone."""
    access.require("operator", "Importing questions")
    set_name, source = f"tofu-{name}", f"TOFU {name}"
    if any(item.name == set_name and item.source != source for item in sets.list_sets()):
        raise DataError(f"set {set_name!r} is already stored and came from elsewhere, so it is not replaced")
    questions.register_set(set_name, examples, source)
    return set_name
