"""What can be said of two answers: where they part, ROUGE, and what the leak rule finds in each."""

from typing import TYPE_CHECKING

import streamlit as st

from engine.evaluation.leak_rule import find_leak
from engine.evaluation.metrics import METRICS
from engine.evaluation.rouge import variant_of
from engine.evaluation.token_readings import first_difference
from engine.store.maps import MappedAnswer
from engine.wording import cut_words, figure
from pages.parts.compare.question_picker import PickedQuestion
from pages.parts.shared import answer_cards, loading
from pages.parts.shared.wording import is_kept

if TYPE_CHECKING:
    from engine.decoding.answers import Answer

    Shown = Answer | MappedAnswer


def say_finding(asked: PickedQuestion, base: "Shown", unlearned: "Shown") -> None:
    """What keeps the answers from saying anything about forgetting, on the first screen."""
    if not asked.has_answer:
        st.caption("Without its true answer no answer to this question is judged.")
        return
    if not asked.terms:
        st.caption("This question has no key terms, so its answers are judged by ROUGE alone.")
    leaks = [find_leak(asked.example, answer.text, asked.terms).leaks for answer in (base, unlearned)]
    if not is_kept(asked.example.split) and not leaks[0]:
        _base_is_silent(leaks[1])


def show_findings(asked: PickedQuestion, alpha: float, base: "Shown", unlearned: "Shown", sound: bool = True) -> None:
    """First difference, ROUGE and the leak rule's finding, under Details. Not `sound`: of a ruined pair."""
    place = first_difference(base.tokens, unlearned.tokens)
    difference = "none, the answers are the same" if place is None else f"token {place + 1}"
    at = f"<p style='margin:0 0 .4rem'>At <b>α = {alpha:g}</b></p>"
    if not asked.has_answer:
        st.html(f"{at}<p style='margin:0'>First difference: <b>{difference}</b></p>")
        return
    found = [find_leak(asked.example, answer.text, asked.terms) for answer in (base, unlearned)]
    kept = is_kept(asked.example.split)
    figures, terms = st.columns([3, 4])
    direction = (
        METRICS["rouge"].direction(asked.example.split)
        if asked.example.split
        else "1 = every word of the true answer in order"
    )
    with figures:
        st.html(
            f"{at}<p style='margin:0 0 .4rem'>First difference: <b>{difference}</b></p>"
            f"<p style='margin:0 0 .4rem'>ROUGE-L recall of the true answer: <b>{figure(found[0].rouge)} →"
            f" {figure(found[1].rouge)}</b> ({direction})</p><p style='margin:0'>Leak rule: base"
            f" {answer_cards.leak_verdict(found[0].leaks, kept)}, unlearned"
            f" {answer_cards.leak_verdict(found[1].leaks, kept, sound)}</p>"
        )
    if asked.terms:
        terms.html(answer_cards.terms_table(asked.terms, found[0].found, found[1].found, kept, sound))
    st.caption(cut_words(loading.ANSWER_TOKENS, variant_of([asked.example.answer])))


def _base_is_silent(leaks: bool) -> None:
    """What follows where the base itself does not leak: a leak then is the pair's own doing."""
    if leaks:
        st.warning(
            "The base does not give this away, and the unlearned answer does: at this α the pair itself brings it out.",
            icon=":material/warning:",
        )
        return
    st.info(
        "The base does not give this away either, so this answer says nothing about forgetting.",
        icon=":material/info:",
    )
