"""A file before it is understood: fetched, its first rows in view, its columns named, its mistakes listed."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from engine.data.files import first_rows
from engine.data.findings import FileRow
from engine.data.hub import HubFile, fetch_hub
from engine.data.shapes import Layout, find_shape
from engine.errors import FileError
from engine.wording import count
from pages.parts.shared import access
from pages.parts.shared.wording import MISSING, plain

NAMED = ("question", "answer", "subject", "key_terms", "paraphrased_question", "split")
LETTERS_SHOWN = 200
FETCHED = "hub-file"


def fetch_form() -> HubFile | None:
    """Asks the hub at the press of a button only; what was fetched stays until another is."""
    first, second, third = st.columns([2, 1, 1])
    name = first.text_input("Data set", key="hub-name", placeholder="cais/wmdp", max_chars=120)
    config = second.text_input("Configuration", key="hub-config", placeholder="wmdp-bio", max_chars=120)
    split = third.text_input("Split", key="hub-split", placeholder="test", max_chars=60)
    if st.button("Fetch", key="hub-fetch", disabled=not name.strip()):
        access.require("operator", "Importing questions")
        st.session_state.pop(FETCHED, None)
        with st.spinner("Fetching …"):
            st.session_state[FETCHED] = fetch_hub(name.strip(), config.strip(), split.strip())
    fetched: HubFile | None = st.session_state.get(FETCHED)
    return fetched


def choose_layout(file: HubFile) -> Layout:
    """The first rows of a file, and which of its columns is which; open where its names do not say so."""
    rows = first_rows(file.data, file.filename)
    names = list(dict.fromkeys(name for row in rows for name in row.cells if name))
    with st.expander("Columns: which is which", expanded=find_shape(names) is None, icon=":material/view_column:"):
        words = f"The first {count(len(rows), 'row')} of {file.filename}, as they stand."
        st.dataframe(_shown(rows, names), hide_index=True, placeholder=MISSING, alt=words)
        chosen = {}
        for place, (column, ours) in enumerate(zip([*st.columns(3), *st.columns(3)], NAMED, strict=True)):
            key = f"column-{ours}"
            if st.session_state.get(key, "") not in ("", *names):  # of the file before
                del st.session_state[key]
            chosen[ours] = column.selectbox(
                ours,
                ["", *names],
                key=key,
                format_func=lambda name: name or "as the file names it",
                help="Required: every row needs it." if place < 2 else None,
            )
    return Layout(tuple((ours, theirs) for ours, theirs in chosen.items() if theirs))


def _shown(rows: Sequence[FileRow], names: Sequence[str]) -> pd.DataFrame:
    table = [[_cell(row.cells.get(name)) for name in names] for row in rows]
    return pd.DataFrame(table, columns=list(names), dtype=object)


def _cell(value: object) -> str | None:
    return None if value is None else str(value)[:LETTERS_SHOWN]


def show_mistakes(error: FileError) -> None:
    """Every mistake of a file with its line; nothing of it is stored."""
    number = count(len(error.mistakes), "mistake")
    st.error(plain(f"{error.filename} has {number}, so nothing of it is stored."))
    told = [sentence.removeprefix(error.filename).lstrip(",: ") for sentence in error.mistakes]
    st.dataframe(
        pd.DataFrame({"what is wrong": told}),
        hide_index=True,
        placeholder=MISSING,
        alt=f"{number} of {error.filename}, in its order",
    )
