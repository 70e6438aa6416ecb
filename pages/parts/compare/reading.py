"""The token strip of Compare: a shared text read under base and ensemble, and the true answer's probability over α."""

import streamlit as st

from engine.inks import Ink
from engine.models.manifest import PairManifest
from engine.settings import ALPHA_MAX, ALPHA_MIN
from pages.parts.compare.question_picker import QUESTION_LIMIT, PickedQuestion
from pages.parts.compare.token_strip import strip_caption, strip_table, token_strip_html
from pages.parts.shared import address, charts, loading
from pages.parts.shared.wording import MISSING, plain

SPAN = (0.0, 2.0)  # as the slider
_TEXTS = {
    "truth": "true answer",
    "base": "base's answer",
    "unlearned": "unlearned answer",
    "other": "a text of your own",
}


def read_tokens(asked: PickedQuestion, pair: PairManifest, ink: Ink, alpha: float, base: str, unlearned: str) -> None:
    """Choose a text and show it token by token, then its log-probability over α."""
    if not pair.linear:
        st.caption(f"Not read token by token: the logits of this baseline ({pair.method}) are not linear in α.")
        return
    st.subheader("Token by token", anchor=False)
    text = _choose_text(asked, base, unlearned)
    if not text.strip():
        st.caption("There is no text to read.")
        return
    question = asked.example.question
    span = SPAN if SPAN[0] <= alpha <= SPAN[1] else (ALPHA_MIN, ALPHA_MAX)
    readings = loading.strip(pair, question, text, alpha, span)
    with loading.unhurried():
        st.html(token_strip_html(readings, span))
        st.caption(
            "Each token is read after the true words before it, whatever the models would have said themselves: "
            "a secret can stay likely here although the answer above never begins to tell it."
            if text == asked.example.answer
            else "Each token is read after the words before it."
        )
        st.caption(plain(strip_caption(readings)))
        with st.expander("The same figures as a table"):
            st.dataframe(strip_table(readings, span), hide_index=True, placeholder=MISSING, alt=strip_caption(readings))
    curve = loading.curve(pair, question, text, span)
    if curve is None:
        st.caption("Over α: n/a, the models' logits for this text are not all finite numbers.")
        return
    with loading.unhurried():
        charts.logp_curve(curve, alpha, ink)


def _choose_text(asked: PickedQuestion, base: str, unlearned: str) -> str:
    options = [name for name in _TEXTS if name != "truth" or asked.has_answer]
    chosen = address.segments(
        "Text to read",
        options,
        "text",
        options[0],
        format_func=_TEXTS.__getitem__,
        help="The same text is put before base and ensemble, whatever they would say themselves.",
    )
    if chosen != "other":
        address.keep("other", st.session_state.get("other", ""), "")
        return {"truth": asked.example.answer, "base": base, "unlearned": unlearned}[chosen]
    return address.text_input("Text to read as the answer", "other", QUESTION_LIMIT)
