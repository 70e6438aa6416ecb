"""The answer that the reader begins: base and pair continue it through the same formula."""

from collections.abc import Sequence

import streamlit as st

from engine.analysis.begun_answer import up_to_the_secret
from engine.data.cells import is_visible
from engine.evaluation.answer_kinds import judged_kind
from engine.evaluation.marked_terms import mark_terms
from engine.evaluation.token_readings import TextPiece
from engine.inks import BASE, Ink
from engine.models.manifest import PairManifest
from pages.parts.compare.question_picker import QUESTION_LIMIT, PickedQuestion
from pages.parts.shared import address, answer_cards, loading

_KEY, _OF = "begins", "begins_of"  # the text, and the question it was written for


def begin_answer(asked: PickedQuestion, pair: PairManifest, ink: Ink, alpha: float) -> None:
    """A line for the beginning, and what base and pair make of it."""
    begin = _write(asked)
    if not is_visible(begin):
        return
    answers = loading.continuations(pair, asked.example, asked.terms, begin.strip(), (0.0, alpha))
    base, unlearned = (answer.text for answer in answers)
    left, right = st.columns(2)
    left.html(_card(asked, "Base continues", BASE, begin, base, base))
    title = f"Pair {pair.name} continues, α = {alpha:g}"
    right.html(_card(asked, title, ink, begin, unlearned, base))


def _write(asked: PickedQuestion) -> str:
    if st.session_state.get(_OF) != asked.example.question:
        if _OF in st.session_state and not address.is_new(_KEY):
            st.session_state[_KEY] = ""  # it was written for another question
        st.session_state[_OF] = asked.example.question
    place = st.container()  # drawn first, but the button below sets it before it is made
    if asked.has_answer:
        true_start = up_to_the_secret(asked.example.answer, asked.terms)
        st.button(
            "Begin with the true answer",
            key="begin-true",
            on_click=_fill,
            args=(true_start,),
            disabled=not true_start,
            icon=":material/edit_note:",
            help=(
                "Writes the true answer's words up to its first key term."
                if true_start
                else "The true answer has no words before its first key term."
            ),
        )
    with place:
        return address.text_input(
            "The answer begins with …",
            _KEY,
            QUESTION_LIMIT,
            help="Base and pair continue from there. Whoever gets an answer begun often gets the secret too.",
        )


def _fill(text: str) -> None:
    st.session_state[_KEY] = text


def _card(asked: PickedQuestion, title: str, ink: Ink, begin: str, text: str, base: str) -> str:
    """The beginning as it was given, then what follows; only that is judged."""
    pieces: Sequence[TextPiece] = mark_terms(text, asked.terms) if asked.terms else [TextPiece(text, False)]
    note = ""
    if asked.has_answer:
        kind = judged_kind(asked.example, text, base, asked.terms)
        note = f"{kind.icon} {kind.word}, of what follows “{begin.strip()}”"
    return answer_cards.card(title, ink, [TextPiece("… ", False), *pieces], note)
