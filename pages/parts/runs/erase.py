"""Erasing a person: whom, what that takes away, said before anything happens; and what no erasure reaches."""

import streamlit as st

from engine.evaluation.marked_terms import marked_pieces
from engine.runs import runner
from engine.store import erasure
from engine.store.erasure import REMAINING, SHOWN
from engine.store.erasure_words import done_lines, plan_lines
from engine.store.unfinished import unfinished
from engine.wording import count
from pages.parts.compare.question_picker import forget_questions
from pages.parts.shared import access, frame
from pages.parts.shared.loading import forget_texts
from pages.parts.shared.wording import plain

WORDS = (
    "The database itself holds what is to be forgotten, in clear. Erasing a person empties their questions, answers,"
    " maps and notes, removes the logs and files that hold them, and rewrites the database file. Scores, verdicts and"
    " other figures stay, under hashes and a number instead of the name, so no mean changes. It cannot be undone."
)


def erase_form() -> None:
    access.require("operator", "Erasing a person")
    st.markdown(WORDS)
    done = st.session_state.pop("erase-done", None)
    if done is not None:
        st.success(plain(done[0]), icon=":material/check:")
        st.text("\n".join(done[1:]))
    _unfinished()
    known = erasure.subjects()
    if not known:
        st.info("No stored question names a person.", icon=":material/info:")
        return
    chosen = st.selectbox(
        f"Whom ({count(len(known), 'person', 'people')} stored)",
        list(known),
        index=None,
        key="erase-subject",
        format_func=lambda name: f"{name[:SHOWN]} ({count(known[name], 'question')})",
        placeholder="Choose a person",
    )
    st.button(
        "Erase this person …",
        key="erase-open",
        disabled=chosen is None,
        icon=":material/delete_forever:",
        on_click=_ask,
        args=(chosen,),
    )
    with st.expander("What stays possible after an erasure"):
        st.markdown("\n".join(f"- {plain(item)}" for item in REMAINING))
    asked = st.session_state.get("erase-asked")
    if asked in known:
        erase_dialog(asked)


def _unfinished() -> None:
    """Erasures that were killed, and how each is ended."""
    found = unfinished()
    if not found:
        return
    words = "; ".join(item.words for item in found)
    st.warning(
        f"Not finished: {count(len(found), 'erasure')}, {words}. Rewriting the database file ends those whose rows are"
        " gone; for any other erase the same person again.",
        icon=":material/warning:",
    )
    st.button("Rewrite the database file", key="erase-finish", on_click=_finish)


@frame.fenced
def _finish() -> None:
    access.require("operator", "Erasing a person")
    runner.tend()
    left = erasure.finish()
    st.session_state["erase-done"] = [
        "The database file was rewritten."
        + (f" Still not finished: {count(left, 'erasure')}; erase the same person again." if left else "")
    ]


def _ask(subject: str | None) -> None:
    st.session_state["erase-asked"] = subject


def _close() -> None:
    st.session_state.pop("erase-asked", None)


@st.dialog("Erase a person", width="large", on_dismiss=_close)
@frame.fenced
def erase_dialog(subject: str) -> None:
    """Says what would go, and how much; nothing is touched before the button below it is pressed."""
    if st.session_state.pop("erase-agreed", None) == subject:
        _erase(subject)
    found = erasure.plan(subject)
    st.markdown(
        f"**{count(found.questions, 'question')}, {count(found.rows, 'row')} of the database and "
        f"{count(len(found.files), 'file')}** will be erased. Nothing was touched yet."
    )
    st.text("\n".join(plan_lines(found)))
    st.checkbox(
        "Also empty what merely names them: questions, notes, answers and probes of others, files",
        key="erase-everywhere",
        disabled=not (found.mentions or found.named_files),
    )
    if access.current_user().self_declared:
        st.text_input("Who erases (self-declared, kept with the record)", key="erase-by", max_chars=120)
    st.button(
        "Erase, for good",
        key="erase-now",
        type="primary",
        icon=":material/delete_forever:",
        on_click=_agree,
        args=(subject,),
    )


def _agree(subject: str) -> None:
    st.session_state["erase-agreed"] = subject


def _erase(subject: str) -> None:
    user = access.require("operator", "Erasing a person")
    with st.spinner("Erasing …"):
        runner.tend()  # a run whose worker died is not in the way
        operator = str(st.session_state.get("erase-by", "")).strip() if user.self_declared else user.email
        done = erasure.erase(subject, operator, everywhere=bool(st.session_state.get("erase-everywhere")))
    st.cache_data.clear()
    forget_questions()
    forget_texts()
    marked_pieces.cache_clear()
    _close()
    st.session_state["erase-done"] = done_lines(done)
    st.rerun()
