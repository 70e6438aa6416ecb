"""A person's own set: uploaded, shown as it was understood, then stored."""

from collections.abc import Sequence
from pathlib import PurePath

import pandas as pd
import streamlit as st

from engine.data.blank import FILENAME, template_csv
from engine.data.examples import Example
from engine.data.files import SUFFIXES, ImportedSet, parse_set
from engine.data.hub import HubFile
from engine.errors import FileError
from engine.evaluation.leak_rule import derive_key_terms
from engine.names import LONGEST_NAME, is_legal_letter
from engine.settings import FORMATS
from engine.store import questions
from engine.wording import count
from pages.parts.runs.own_columns import choose_layout, fetch_form, show_mistakes
from pages.parts.shared import access, frame
from pages.parts.shared.wording import MISSING, plain

ROWS_SHOWN = 20
LARGEST = 20  # MB that are sent; the reader refuses more too
SPLITS = {
    "forget": "to be forgotten (forget)",
    "retain": "to be kept (retain)",
    "world": "general knowledge (world)",
    "holdout": "never taught (holdout)",
    "": "none of these",
}
COLUMNS = (
    "Columns: **question** and **answer** are required. Optional: paraphrased_question, paraphrased_answer,"
    " perturbed_answer, key_terms (several values separated by | in tables), subject, domain, group, split (forget,"
    " retain, world, holdout), half (train, eval). Columns as TOFU, MUSE, RWKU, WMDP, MMLU, Alpaca and chats have them"
    " are read too; others can be named once the file is here."
)
DONE = "import-done"


@st.fragment
@frame.fenced
def import_form() -> None:
    access.require("operator", "Importing questions")
    st.markdown(
        f"Bring your own questions as **{FORMATS}**, up to 20 MB. Nothing is stored before you have seen it.",
        help=COLUMNS,
    )
    _tell_done()
    file = _chosen_file()
    if file is None:
        return
    layout = choose_layout(file)
    try:
        found = parse_set(file.data, file.filename, layout)
    except FileError as error:
        show_mistakes(error)
        return
    words = _show_how(found, file.filename)
    split = _choose_split(found.examples)
    shown = found.in_split(split).examples
    bare = questions.without_terms(shown)
    if bare:
        st.warning(plain(f"{bare}."))
    show_questions(shown, derive_key_terms(shown), words)
    name = st.text_input("Name of the set", _name_of(file.filename), key="own-set-name", max_chars=60)
    if st.button("Import", key="import", type="primary"):
        access.require("operator", "Importing questions")
        done = questions.import_set(file.data, name.strip(), file.filename, split, layout)
        st.session_state[DONE] = done.name, done.questions
        st.rerun()


def _tell_done() -> None:
    """What was stored, and the way on; until another file is chosen."""
    done: tuple[str, int] | None = st.session_state.get(DONE)
    if done is not None:
        name, number = done
        st.success(
            plain(
                f"Stored set {name} with {count(number, 'question')}. It can now be chosen in the sidebar of Compare."
            )
        )
        st.button(
            "Evaluate it now",
            key="import-evaluate",
            icon=":material/play_arrow:",
            on_click=_to_evaluation,
            args=(name,),
        )
    if st.session_state.pop("import-leaves", False):
        st.rerun()  # the whole page: another view of it


def _to_evaluation(name: str) -> None:
    """Turn to the form that starts an evaluation, filled in with this set."""
    _forget_done()
    st.session_state["view"], st.session_state["eval-on"] = "evaluate", [name]
    st.session_state["eval-name"], st.session_state["import-leaves"] = f"evaluate-{name}"[:LONGEST_NAME], True


def _forget_done() -> None:
    st.session_state.pop(DONE, None)


def _chosen_file() -> HubFile | None:
    """The file that was uploaded, else the one that was fetched from the hub."""
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    with left:
        upload = st.file_uploader(
            "Question file",
            type=[suffix[1:] for suffix in SUFFIXES],
            key="own-set",
            on_change=_forget_done,
            max_upload_size=LARGEST,
        )
    with right:
        st.download_button(
            "Template",
            template_csv(),
            FILENAME,
            "text/csv",
            key="own-set-template",
            icon=":material/download:",
            on_click="ignore",
            help="A CSV with every column and two rows to write over.",
        )
    with st.expander("From the Hugging Face hub", icon=":material/cloud_download:"):
        fetched = fetch_form()
    return fetched if upload is None else HubFile(upload.getvalue(), upload.name)


def _show_how(found: ImportedSet, filename: str) -> str:
    """How a file was read; the first sentence is returned."""
    merged = f" {count(found.merged, 'identical row')} merged." if found.merged else ""
    words = f"{count(len(found.examples), 'question')} read from {filename}.{merged}"
    st.text(words)
    for mapped in found.mapping:
        st.info(plain(f"How it was read: {mapped}."))
    for note in found.notes:
        st.warning(plain(note))
    return words


def _choose_split(examples: Sequence[Example]) -> str:
    """What the questions that name no split are: only then can a chart say what was forgotten and what was kept."""
    without = sum(not example.split for example in examples)
    if not without:
        return ""
    chosen: str = st.selectbox(
        f"{count(without, 'question')} without a split: what are they?",
        list(SPLITS),
        format_func=SPLITS.__getitem__,
        key="own-set-split",
    )
    return chosen


def show_questions(examples: Sequence[Example], terms: Sequence[tuple[str, ...]], words: str) -> None:
    """The first questions of a set as they were understood; `words` say what they are."""
    rows = [
        (item.question, item.answer, ", ".join(found), item.subject, item.split, item.half)
        for item, found in list(zip(examples, terms, strict=True))[:ROWS_SHOWN]
    ]
    columns = ["question", "answer", "key terms (leak rule)", "subject", "split", "half"]
    st.dataframe(pd.DataFrame(rows, columns=columns), hide_index=True, placeholder=MISSING, alt=words)
    if len(examples) > ROWS_SHOWN:
        st.caption(f"The first {ROWS_SHOWN} of {len(examples)}.")


def _name_of(filename: str) -> str:
    """A legal name made of the file's."""
    letters = "".join(letter if is_legal_letter(letter) else "-" for letter in PurePath(filename).stem)
    return letters.strip("-.")[:LONGEST_NAME] or "own"
