"""A person's own set: uploaded, shown as it was understood, then stored."""

from collections.abc import Sequence
from pathlib import PurePath

import pandas as pd
import streamlit as st

from engine.data.examples import Example
from engine.evaluation.leak_rule import derive_key_terms
from engine.names import LONGEST_NAME, is_legal_letter
from engine.settings import FORMATS
from engine.store import questions
from engine.wording import count
from pages.parts.shared import access, frame
from pages.parts.shared.wording import MISSING, plain

ROWS_SHOWN = 20
SPLITS = {
    "forget": "to be forgotten (forget)",
    "retain": "to be kept (retain)",
    "world": "general knowledge (world)",
    "holdout": "never taught (holdout)",
    "": "none of these",
}
COLUMNS = (
    "Columns: **question** and **answer** are required. Optional: paraphrased_question, paraphrased_answer,"
    " perturbed_answer, key_terms (several values separated by | in CSV), subject, domain, group, split (forget,"
    " retain, world, holdout), half (train, eval). Columns as MUSE, RWKU, WMDP, MMLU, Alpaca and chats have them are"
    " read too; how is shown."
)


@st.fragment
@frame.fenced
def import_form() -> None:
    access.require("operator", "Importing questions")
    st.markdown(
        f"Bring your own questions as **{FORMATS}**, in UTF-8, up to 20 MB. Nothing is stored before you have seen it."
    )
    st.caption(COLUMNS)
    done = st.session_state.pop("import-done", None)
    if done is not None:
        st.success(
            plain(
                f"Stored set {done.name} with {count(done.questions, 'question')}. It can now be chosen in the sidebar"
                " of Compare."
            )
        )
    from engine.data.files import SUFFIXES, parse_set

    upload = st.file_uploader("Question file", type=[suffix[1:] for suffix in SUFFIXES], key="own-set")
    if upload is None:
        return
    found = parse_set(upload.getvalue(), upload.name)
    merged = f" {count(found.merged, 'identical row')} merged." if found.merged else ""
    words = f"{count(len(found.examples), 'question')} read from {upload.name}.{merged}"
    st.text(words)
    for mapped in found.mapping:
        st.info(plain(f"How it was read: {mapped}."))
    for note in found.notes:
        st.warning(plain(note))
    split = _choose_split(found.examples)
    shown = found.in_split(split).examples
    show_questions(shown, derive_key_terms(shown), words)
    name = st.text_input("Name of the set", _name_of(upload.name), key="own-set-name", max_chars=60)
    if st.button("Import", key="import", type="primary"):
        access.require("operator", "Importing questions")
        st.session_state["import-done"] = questions.import_set(upload.getvalue(), name.strip(), upload.name, split)
        st.rerun()


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
