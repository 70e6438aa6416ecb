"""The verdict keys on Compare: for the answer on screen, where a run holds it."""

import streamlit as st

from engine.review import queue
from engine.review.places import OnScreen, stored_answer
from engine.review.verdicts import verdict_word
from pages.parts.components.verdict_keys import JudgedView, show_bar, was_named
from pages.parts.review.reviewer import known_reviewer

KEY = "compare-keys"


def judge_here(shown: OnScreen) -> None:
    """The bar with the verdict keys; an answer that no run holds cannot be judged, which is said."""
    if was_named(KEY):
        st.rerun()
    place = stored_answer(shown)
    if place is None:
        st.caption("No finished run of this pair holds this answer, so no verdict can be given on it.")
        return
    run_id, alpha, question_id, split = place
    who = known_reviewer()
    rows = queue.verdicts_of(run_id, alpha, question_id) if who else []
    own = [row.verdict for row in rows if (row.reviewer, row.self_declared) == who and not row.stale]
    show_bar(KEY, JudgedView(run_id, alpha, "question"), question_id, split, verdict_word(own[0], split) if own else "")
