"""Blind review: both answers as A and B, each with its verdict keys."""

import streamlit as st

from engine.errors import UnlearningError
from engine.review import queue
from engine.review.item import Item
from engine.review.verdicts import Judgement, Reviewer, Side, verdicts_of_split
from pages.parts.review.item import show_sides
from pages.parts.review.own_check import ReviewPlace
from pages.parts.review.reviewer import check_reviewer
from pages.parts.review.words import VERDICT_MEANINGS, marked_verdict
from pages.parts.shared.wording import plain

NO_NAME = (
    "Write your name in the sidebar (» at the top left where it is closed): a verdict stands beside its reviewer's"
    " name."
)
_SAID, _REFUSED = "verdict-said", "verdict-refused"


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
    for column, letter, first in zip(st.columns(2), "AB", (1, 4), strict=True):
        with column:
            st.text_area(f"Note on {letter}", key=f"note-{letter}-{stem}", height=80, placeholder="Why?")
            with st.container(horizontal=True):
                for key, verdict in enumerate(verdicts_of_split(item.question.split), first):
                    chosen = st.session_state.get(f"blind-{letter}-{stem}") == verdict
                    st.button(
                        marked_verdict(verdict, item.question.split),
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
