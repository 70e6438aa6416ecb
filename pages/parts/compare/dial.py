"""The dial of Compare: α, the two answers it gives, and what can be said of them.

The dial is a fragment: moving α runs nothing else of the page, and an answer seen before is not decoded again. On a
mapped question the answers are in the browser already and follow the thumb; Python hears of α when it is let go.
"""

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING

import streamlit as st

from engine.analysis.dial import DialAnswer, dial_answers
from engine.analysis.recommended import recommended_alpha
from engine.evaluation.answer_kinds import judged_kind, kinds_of
from engine.evaluation.marked_terms import mark_terms
from engine.evaluation.token_readings import TextPiece, mark_differences
from engine.inks import Ink
from engine.models.manifest import PairManifest
from engine.review.places import OnScreen
from engine.settings import ALPHA_MAX, ALPHA_MIN, check_alpha
from engine.store.maps import MappedAnswer, QuestionMap
from pages.parts.compare.begun import begin_answer
from pages.parts.compare.findings import say_finding, show_findings
from pages.parts.compare.question_map import map_words, offer_map, say_map, show_map
from pages.parts.compare.question_picker import PickedQuestion
from pages.parts.compare.reading import read_tokens
from pages.parts.components.dial import Scale, dial
from pages.parts.review.on_compare import judge_here
from pages.parts.shared import address, answer_cards, frame, loading
from pages.parts.shared.looks import pair_look
from pages.parts.shared.ruined import is_ruined

if TYPE_CHECKING:
    from engine.decoding.answers import Answer

    Shown = Answer | MappedAnswer

SLIDER_LOW, SLIDER_HIGH, SLIDER_STEP = 0.0, 2.0, 0.05
_NOW = "alpha_now"  # α outlives its slider, which Streamlit makes anew for another range


def compare_answers(asked: PickedQuestion, pair: PairManifest) -> None:
    """Take α from the address, then draw the dial and everything that follows from it."""
    recommended = recommended_alpha(pair)
    address.seed("alpha", check_alpha, recommended)
    if not SLIDER_LOW <= st.session_state["alpha"] <= SLIDER_HIGH:
        st.session_state["wide"] = True
    _dial(asked, pair, recommended, pair_look(pair.name).ink, not is_ruined(pair.name))


@st.fragment
@frame.fenced
def _dial(asked: PickedQuestion, pair: PairManifest, recommended: float, ink: Ink, sound: bool) -> None:
    found = loading.map_of(pair, asked.example.question)
    answers = [] if found is None else dial_answers(found, asked.example, asked.terms)
    alpha = _choose_alpha(asked, pair, recommended, ink, found, answers)
    address.keep("alpha", alpha, f"{alpha:g}")
    if found is None:
        offer_map(asked, pair)
    base, unlearned = _mapped(found, alpha) or _answers(asked, alpha, pair, ink)
    judge_here(
        OnScreen(pair.name, st.session_state.get("set") or "", asked.example.question, alpha, base.text, unlearned.text)
    )
    say_finding(asked, base, unlearned)
    if found is not None:
        say_map(asked, found, answers)
    with st.expander("Details"):
        show_findings(asked, alpha, base, unlearned, sound)
        if found is not None:
            show_map(asked, found, answers)
    begin_answer(asked, pair, ink, alpha)
    read_tokens(asked, pair, ink, alpha, base.text, unlearned.text)


def _mapped(found: QuestionMap | None, alpha: float) -> tuple[MappedAnswer, MappedAnswer] | None:
    """Both answers if the map holds each of them."""
    base, unlearned = (None, None) if found is None else (found.at(0.0), found.at(alpha))
    return None if base is None or unlearned is None else (base, unlearned)


def _choose_alpha(
    asked: PickedQuestion,
    pair: PairManifest,
    recommended: float,
    ink: Ink,
    found: QuestionMap | None,
    answers: Sequence[DialAnswer],
) -> float:
    wide = bool(st.session_state.get("wide"))
    low, high = (ALPHA_MIN, ALPHA_MAX) if wide else (SLIDER_LOW, SLIDER_HIGH)
    alpha: float = st.session_state.get("alpha", st.session_state.get(_NOW, recommended))
    st.session_state["alpha"] = alpha if low <= alpha <= high else recommended
    scale = Scale(low, high, SLIDER_STEP, _marks(recommended))
    alpha = _slider(scale) if found is None else _mapped_dial(asked, pair, ink, scale, found, answers)
    st.session_state[_NOW] = alpha
    return alpha


def _mapped_dial(
    asked: PickedQuestion,
    pair: PairManifest,
    ink: Ink,
    scale: Scale,
    found: QuestionMap,
    answers: Sequence[DialAnswer],
) -> float:
    """Slider, strip and both answers in one, from the stored map."""
    alpha: float = st.session_state["alpha"]
    dial(
        alpha,
        scale,
        answers,
        next((item for item in answers if item.answer is found.at(0.0)), None),
        kinds_of(asked.example.split) if asked.has_answer else (),
        pair=pair.name,
        ink=ink,
        words=map_words(asked, found, [item.leaks for item in answers]),
        note=lambda item: _note(item.answer),
        on_change=_turn_to,
    )
    _wide_toggle()
    return alpha


def _slider(scale: Scale) -> float:
    alpha: float = st.slider(
        "α, the strength of the offset", scale.low, scale.high, step=scale.step, key="alpha", format="%.2f"
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        for value, name in scale.marks.items():
            st.button(
                f"{value:g} · {name}",
                key=f"mark-{value:g}",
                on_click=_turn_to,
                args=(value,),
                type="primary" if value == alpha else "secondary",
            )
        _wide_toggle()
    return alpha


def _wide_toggle() -> None:
    st.toggle(
        "wide range",
        key="wide",
        help=f"The whole legal range of α, {ALPHA_MIN:g} to {ALPHA_MAX:g}; training is always at 1.",
    )


def _marks(recommended: float) -> dict[float, str]:
    """The named places on the dial, ascending; two names where they coincide."""
    marks = {0.0: "base", 1.0: "as trained"}
    marks[recommended] = f"{marks[recommended]}, recommended" if recommended in marks else "recommended"
    return dict(sorted(marks.items()))


def _turn_to(alpha: float) -> None:
    st.session_state["alpha"] = alpha


def _answers(asked: PickedQuestion, alpha: float, pair: PairManifest, ink: Ink) -> "tuple[Shown, Shown]":
    """Both answers where no map holds them, drawn as they grow; then with the key terms in them marked."""
    question = asked.example.question
    left, right = st.columns(2)
    base_place, unlearned_place = left.empty(), right.empty()
    whole = loading.stored_answers(pair, question, (0.0, alpha))
    if whole is None:
        with closing(loading.stream(pair, question, (0.0, alpha))) as growing:
            for whole in growing:
                base_place.html(answer_cards.base_card([TextPiece(whole[0].text + " ▌", False)]))
                unlearned_place.html(_unlearned_card(pair, ink, alpha, [TextPiece(whole[1].text + " ▌", False)]))
    assert whole is not None, "a stream yields at least one step"
    base, unlearned = whole
    base_pieces, unlearned_pieces = (
        (mark_terms(base.text, asked.terms), mark_terms(unlearned.text, asked.terms))
        if asked.terms
        else mark_differences(base.text, unlearned.text)
    )
    base_place.html(answer_cards.base_card(base_pieces, _judged(asked, base, base)))
    unlearned_place.html(_unlearned_card(pair, ink, alpha, unlearned_pieces, _judged(asked, unlearned, base)))
    return base, unlearned


def _unlearned_card(pair: PairManifest, ink: Ink, alpha: float, pieces: list[TextPiece], note: str = "") -> str:
    return answer_cards.card(f"Unlearned by pair {pair.name}, α = {alpha:g}", ink, pieces, note)


def _judged(asked: PickedQuestion, answer: "Shown", base: "Shown") -> str:
    """What the answer does, where the true one is known, and where it was cut."""
    if not asked.has_answer:
        return _note(answer)
    kind = judged_kind(asked.example, answer.text, base.text, asked.terms)
    return " · ".join(filter(None, (f"{kind.icon} {kind.word}", _note(answer))))


def _note(answer: "Shown") -> str:
    if answer.degenerate:
        return "Degenerate: it went round in a loop and was cut there."
    return "" if answer.ended else f"Cut at the limit of {loading.ANSWER_TOKENS} tokens."
