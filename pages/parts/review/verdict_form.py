"""Saying what an answer is: one key a verdict, a note where it must be explained, and both answers blind."""

import streamlit as st

from engine.errors import UnlearningError
from engine.review import queue
from engine.review.item import Item
from engine.review.verdicts import VERDICTS, Judgement, Reviewer, Side
from pages.parts.review.item import show_sides
from pages.parts.review.own_check import ReviewPlace
from pages.parts.review.reviewer import check_reviewer
from pages.parts.review.words import KEYS, VERDICT_MEANINGS, VERDICT_WORDS, verdict_word
from pages.parts.shared.wording import plain

NO_NAME = (
    "Write your name in the sidebar (» at the top left where it is closed): a verdict stands beside its reviewer's"
    " name."
)
_SAID, _REFUSED = "verdict-said", "verdict-refused"


def ask_verdict(place: ReviewPlace, item: Item, reviewer: Reviewer | None) -> None:
    """The note, and a button with its key for each verdict; the one in force is pressed, and pressed again it is
    cleared.
    """
    own = item.own(reviewer.name) if reviewer else None
    judged = item.base is not None and item.unlearned is not None
    note = f"note-{place.run_id}-{place.alpha:g}-{place.phrasing}-{item.question.id}"
    st.text_area(
        "Note",
        key=note,
        height=80,
        placeholder="Why? Needed for leaks and for utility harmed",
        help="Press Ctrl+Enter or click outside to take it; keys 1 to 4 work outside the field.",
    )
    with st.container(horizontal=True):
        for verdict in VERDICTS:
            pressed = own is not None and own.verdict == verdict
            st.button(
                verdict_word(verdict),
                key=f"say-{verdict}",
                shortcut=KEYS[verdict],
                on_click=_say,
                disabled=reviewer is None or not judged,
                args=(place, item.question.id, verdict, note, reviewer),
                type="primary" if pressed else "secondary",
                help=VERDICT_MEANINGS[verdict] + (" Yours; press again to clear." if pressed else ""),
            )
    if reviewer is None:
        st.info(NO_NAME, icon=":material/badge:")
    _answer()
    if own is not None:
        said = f"Your verdict: {verdict_word(own.verdict)}. Press it again to clear it."
        st.caption(plain(said))


def _say(place: ReviewPlace, question_id: int, verdict: str, note: str, reviewer: Reviewer) -> None:
    judgement = Judgement(verdict, st.session_state.get(note) or "")
    try:
        check_reviewer(reviewer)
        now = queue.record_verdict(place.run_id, place.alpha, question_id, judgement, reviewer, place.phrasing)
    except UnlearningError as error:
        st.session_state[_REFUSED] = str(error)
        return
    st.session_state[note] = ""
    st.session_state[_SAID] = f"Saved: {VERDICT_WORDS[now]}." if now else f"Cleared: {VERDICT_WORDS[verdict]}."


def _answer() -> None:
    """What came of the last click, once."""
    refused, said = st.session_state.pop(_REFUSED, ""), st.session_state.pop(_SAID, "")
    if refused:
        st.error(plain(refused[:1].upper() + refused[1:] + "."), icon=":material/error:")
    if said:
        st.toast(plain(said), icon=":material/check:")


def ask_blind(place: ReviewPlace, item: Item, reviewer: Reviewer) -> None:
    """Both answers as A and B, each to be judged; then all is revealed."""
    order = item.blind_order(reviewer.name)
    texts: dict[Side, str | None] = {"base": item.base, "unlearned": item.unlearned}
    show_sides(texts[order[0]], texts[order[1]])
    stem = f"{place.run_id}-{place.alpha:g}-{place.phrasing}-{item.question.id}"
    for column, letter, first in zip(st.columns(2), "AB", (1, 5), strict=True):
        with column:
            st.text_area(f"Note on {letter}", key=f"note-{letter}-{stem}", height=80, placeholder="Why?")
            with st.container(horizontal=True):
                for key, verdict in enumerate(VERDICTS, first):
                    chosen = st.session_state.get(f"blind-{letter}-{stem}") == verdict
                    st.button(
                        verdict_word(verdict),
                        key=f"say-{letter}-{verdict}",
                        shortcut=str(key),
                        on_click=_choose,
                        args=(f"blind-{letter}-{stem}", verdict),
                        type="primary" if chosen else "secondary",
                        help=VERDICT_MEANINGS[verdict],
                    )
    chosen_both = all(st.session_state.get(f"blind-{letter}-{stem}") for letter in "AB")
    st.button(
        "Save both and reveal",
        key="blind-save",
        shortcut="S",
        type="primary",
        on_click=_save_blind,
        args=(place, item.question.id, order, stem, reviewer),
        disabled=not chosen_both,
        help="One of the two is the base's answer. Which one is told once both are judged.",
    )
    _answer()


def _choose(key: str, verdict: str) -> None:
    st.session_state[key] = None if st.session_state.get(key) == verdict else verdict


def _save_blind(place: ReviewPlace, question_id: int, order: tuple[Side, Side], stem: str, reviewer: Reviewer) -> None:
    said: dict[Side, Judgement] = {
        side: Judgement(
            str(st.session_state.get(f"blind-{letter}-{stem}")), st.session_state.get(f"note-{letter}-{stem}") or ""
        )
        for letter, side in zip("AB", order, strict=True)
    }
    try:
        check_reviewer(reviewer)
        queue.record_blind(place.run_id, place.alpha, question_id, said, reviewer, place.phrasing)
    except UnlearningError as error:
        st.session_state[_REFUSED] = str(error)
        return
    for letter in "AB":
        st.session_state.pop(f"blind-{letter}-{stem}", None)
        st.session_state[f"note-{letter}-{stem}"] = ""
    st.session_state[_SAID] = "Saved: both verdicts."
