"""The dial of Compare: α, the two answers it gives, and what can be said of them.

The dial is a fragment: moving α runs nothing else of the page, and an answer seen before is not decoded again.
"""

from contextlib import closing
from typing import TYPE_CHECKING

import streamlit as st

from engine.evaluation.leak_rule import LEAK_RULE, find_leak
from engine.evaluation.metrics import METRICS
from engine.evaluation.rouge import variant_of
from engine.evaluation.token_readings import TextPiece, first_difference, mark_differences
from engine.inks import Ink
from engine.models.manifest import PairManifest
from engine.review.places import OnScreen
from engine.settings import ALPHA_MAX, ALPHA_MIN, check_alpha
from engine.store.maps import MappedAnswer, QuestionMap
from engine.wording import cut_words, figure
from pages.parts.compare.alpha_strip import show_map
from pages.parts.compare.question_picker import PickedQuestion
from pages.parts.compare.reading import read_tokens
from pages.parts.review.on_compare import judge_here
from pages.parts.shared import address, answer_cards, frame, loading
from pages.parts.shared.looks import pair_look
from pages.parts.shared.wording import is_kept, plain

if TYPE_CHECKING:
    from engine.decoding.answers import Answer

    Shown = Answer | MappedAnswer

SLIDER_LOW, SLIDER_HIGH, SLIDER_STEP = 0.0, 2.0, 0.05


def compare_answers(asked: PickedQuestion, pair: PairManifest) -> None:
    """Take α from the address, then draw the dial and everything that follows from it."""
    address.seed("alpha", check_alpha, pair.recommended_alpha)
    if not SLIDER_LOW <= st.session_state["alpha"] <= SLIDER_HIGH:
        st.session_state["wide"] = True
    _dial(asked, pair, pair_look(pair.name).ink)


@st.fragment
@frame.fenced
def _dial(asked: PickedQuestion, pair: PairManifest, ink: Ink) -> None:
    alpha = _choose_alpha(pair)
    address.keep("alpha", alpha, f"{alpha:g}")
    found = loading.map_of(pair, asked.example.question)
    show_map(asked, pair, alpha, found)
    base, unlearned = _answers(asked.example.question, alpha, pair, ink, found)
    judge_here(
        OnScreen(pair.name, st.session_state.get("set") or "", asked.example.question, alpha, base.text, unlearned.text)
    )
    _findings(asked, base, unlearned)
    read_tokens(asked, pair, ink, alpha, base.text, unlearned.text)


def _choose_alpha(pair: PairManifest) -> float:
    wide = bool(st.session_state.get("wide"))
    low, high = (ALPHA_MIN, ALPHA_MAX) if wide else (SLIDER_LOW, SLIDER_HIGH)
    if not low <= st.session_state["alpha"] <= high:
        st.session_state["alpha"] = pair.recommended_alpha
    alpha: float = st.slider("α, the strength of the offset", low, high, step=SLIDER_STEP, key="alpha", format="%.2f")
    with st.container(horizontal=True, vertical_alignment="center"):
        for value, name in _marks(pair.recommended_alpha).items():
            st.button(
                f"{value:g} · {name}",
                key=f"mark-{value:g}",
                on_click=_turn_to,
                args=(value,),
                type="primary" if value == alpha else "secondary",
            )
        st.toggle(
            f"wide range, {ALPHA_MIN:g} to {ALPHA_MAX:g}",
            key="wide",
            help="The whole legal range of α; training is always at 1.",
        )
    return alpha


def _marks(recommended: float) -> dict[float, str]:
    """The named places on the dial, ascending; two names where they coincide."""
    marks = {0.0: "base", 1.0: "as trained"}
    marks[recommended] = f"{marks[recommended]}, recommended" if recommended in marks else "recommended"
    return dict(sorted(marks.items()))


def _turn_to(alpha: float) -> None:
    st.session_state["alpha"] = alpha


def _answers(
    question: str, alpha: float, pair: PairManifest, ink: Ink, found: QuestionMap | None
) -> "tuple[Shown, Shown]":
    """Both answers, from the map where it holds them; else drawn as they grow. Then with what differs marked."""
    left, right = st.columns(2)
    base_place, unlearned_place = left.empty(), right.empty()
    whole = loading.mapped_answers(found, (0.0, alpha)) or loading.stored_answers(pair, question, (0.0, alpha))
    if whole is None:
        with closing(loading.stream(pair, question, (0.0, alpha))) as growing:
            for whole in growing:
                base_place.html(answer_cards.base_card([TextPiece(whole[0].text + " ▌", False)]))
                unlearned_place.html(_unlearned_card(pair, ink, alpha, [TextPiece(whole[1].text + " ▌", False)]))
    assert whole is not None, "a stream yields at least one step"
    base, unlearned = whole
    base_pieces, unlearned_pieces = mark_differences(base.text, unlearned.text)
    base_place.html(answer_cards.base_card(base_pieces, _note(base)))
    unlearned_place.html(_unlearned_card(pair, ink, alpha, unlearned_pieces, _note(unlearned)))
    return base, unlearned


def _unlearned_card(pair: PairManifest, ink: Ink, alpha: float, pieces: list[TextPiece], note: str = "") -> str:
    return answer_cards.card(f"Unlearned by pair {pair.name}, α = {alpha:g}", ink, pieces, note)


def _note(answer: "Shown") -> str:
    if answer.degenerate:
        return "Degenerate: it went round in a loop and was cut there."
    return "" if answer.ended else f"Cut at the limit of {loading.ANSWER_TOKENS} tokens."


def _findings(asked: PickedQuestion, base: "Shown", unlearned: "Shown") -> None:
    """First difference, ROUGE and the leak rule's finding, each with what it means."""
    place = first_difference(base.tokens, unlearned.tokens)
    difference = "none, the answers are the same" if place is None else f"token {place + 1}"
    if not asked.has_answer:
        st.text(f"First difference: {difference}.")
        st.caption("ROUGE and the leak rule need the true answer of the question; none is known for this one.")
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
            "<p style='margin:0 0 .4rem'>First difference: <b>"
            + difference
            + f"</b></p><p style='margin:0 0 .4rem'>ROUGE-L recall of the true answer: <b>{figure(found[0].rouge)} →"
            f" {figure(found[1].rouge)}</b> ({direction})</p><p style='margin:0'>Leak rule: base"
            f" {answer_cards.leak_verdict(found[0].leaks, kept)}, unlearned"
            f" {answer_cards.leak_verdict(found[1].leaks, kept)}</p>"
        )
    with terms:
        if asked.terms:
            st.html(answer_cards.terms_table(asked.terms, found[0].found, found[1].found, kept))
        else:
            st.caption("This question has no key terms, so its answers are judged by ROUGE alone.")
    if not kept and not found[0].leaks:
        _base_is_silent(found[1].leaks)
    st.caption(cut_words(loading.ANSWER_TOKENS, variant_of([asked.example.answer])))
    st.caption(plain(LEAK_RULE))


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
