"""The token strip of Compare: a shared text read under base and ensemble, and the true answer's probability over α."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine.analysis.begun_answer import SecretShare, secret_sentence, secret_share
from engine.inks import Ink
from engine.models.manifest import PairManifest
from engine.settings import ALPHA_MAX, ALPHA_MIN
from engine.store.retain_models import retain_model_for
from pages.parts.compare.logp_chart import logp_curve
from pages.parts.compare.question_picker import QUESTION_LIMIT, PickedQuestion
from pages.parts.compare.token_strip import strip_caption, strip_table, token_strip_html
from pages.parts.shared import address, loading
from pages.parts.shared.wording import MISSING, plain

SPAN = (0.0, 2.0)  # as the slider
_TEXTS = {
    "truth": "true answer",
    "base": "base's",
    "unlearned": "unlearned",
    "other": "your own",
}


def read_tokens(asked: PickedQuestion, pair: PairManifest, ink: Ink, alpha: float, base: str, unlearned: str) -> None:
    """Choose a text and show it token by token, then its log-probability over α."""
    if not pair.linear:
        st.caption(f"Not read token by token: the logits of this baseline ({pair.method}) are not linear in α.")
        return
    text = _choose_text(asked, base, unlearned)
    if not text.strip():
        st.caption("There is no text to read.")
        return
    span = SPAN if SPAN[0] <= alpha <= SPAN[1] else (ALPHA_MIN, ALPHA_MAX)
    place = st.empty()
    readings = loading.strip(pair, asked.example.question, text, alpha, span)
    share = _share(asked, pair, text, alpha, span)
    _say(place, share, None)
    with loading.unhurried():
        st.html(token_strip_html(readings, span))
        with st.expander("Token table"):
            st.caption(plain(strip_caption(readings)))
            st.dataframe(strip_table(readings, span), hide_index=True, placeholder=MISSING, alt=strip_caption(readings))
    _draw_curve(pair, asked.example.question, text, alpha, span, ink)
    if share is not None:
        _say(place, share, _never_knew(asked, pair, text))


def _draw_curve(
    pair: PairManifest, question: str, text: str, alpha: float, span: tuple[float, float], ink: Ink
) -> None:
    curve = loading.curve(pair, question, text, span)
    if curve is None:
        st.caption("Over α: n/a, the models' logits for this text are not all finite numbers.")
        return
    with loading.unhurried():
        logp_curve(curve, alpha, ink)


def _share(
    asked: PickedQuestion, pair: PairManifest, text: str, alpha: float, span: tuple[float, float]
) -> SecretShare | None:
    """How likely the secret is once the answer is begun, under base and pair; of the true answer alone."""
    if not asked.terms or text != asked.example.answer:
        return None
    return secret_share(loading.text_reading(pair, asked.example.question, text, span), asked.terms, (0.0, alpha))


def _never_knew(asked: PickedQuestion, pair: PairManifest, text: str) -> float | None:
    """The same under the retain model, which is loaded for it: so it comes last."""
    gold = retain_model_for(pair.base, asked.example)
    if gold is None:
        return None
    found = secret_share(loading.text_reading(gold, asked.example.question, text, None), asked.terms, (0.0,))
    return None if found is None else found.shares[0]


def _say(place: DeltaGenerator, share: SecretShare | None, never_knew: float | None) -> None:
    if share is not None:
        base, unlearned = share.shares
        sentence = secret_sentence(share.term, unlearned, base, never_knew)
        place.markdown(
            f"**{plain(sentence)}**",
            help="The probability of these words after the true words before them, at this α: a secret can stay likely"
            " here although the answer above never begins to tell it.",
        )


def _choose_text(asked: PickedQuestion, base: str, unlearned: str) -> str:
    options = [name for name in _TEXTS if name != "truth" or asked.has_answer]
    chosen = address.segments(
        "Token by token",
        options,
        "text",
        options[0],
        format_func=_TEXTS.__getitem__,
        help="The same text is put before base and pair, whatever they would say themselves. Each token is read after"
        " the words before it; its colour says how much less or more likely it is under the pair than under the base.",
    )
    if chosen != "other":
        address.keep("other", st.session_state.get("other", ""), "")
        return {"truth": asked.example.answer, "base": base, "unlearned": unlearned}[chosen]
    return address.text_input("Text to read as the answer", "other", QUESTION_LIMIT)
