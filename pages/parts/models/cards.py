"""Models and pairs as cards: what is wrong first, then where it comes from, what it knows, and what it is for."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from engine.analysis.model_cards import ModelCard, Sound
from pages.parts.shared.looks import style
from pages.parts.shared.wording import MISSING, size

_CSS = """
.models{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(19rem,100%),1fr));gap:.8rem;align-items:start}
.models article{border:1px solid $line;border-radius:4px;padding:.7rem .9rem;overflow-wrap:anywhere}
.models article{font-size:.9rem;line-height:1.4}
.models article.flawed{border-left:4px solid $fail}
.models h4{margin:0;padding:0;font-size:1.05rem;font-weight:600;letter-spacing:0}
.models .label{margin:0 0 .4rem;color:$quiet}
.models .flaw{margin:.1rem 0 .3rem;color:$fail;font-weight:700}
.models article dl{display:grid;grid-template-columns:4.4rem 1fr;gap:.15rem .6rem;margin:0;padding:0}
.models article dt{color:$quiet;margin:0;padding:0}.models article dd{margin:0;padding:0;min-width:0}
.models .pass{color:$pass}.models .fail{color:$fail;font-weight:600}.models .none{color:$quiet}
.models details{margin:.45rem 0 0}.models summary{cursor:pointer;color:$quiet}
.models article details dl{grid-template-columns:1fr;gap:0;margin-top:.3rem;font-size:.8rem}
.models article details dd{margin-bottom:.3rem;font-family:ui-monospace,"DejaVu Sans Mono",monospace}
"""


def show_cards(cards: Sequence[ModelCard]) -> None:
    st.html(style(_CSS) + cards_html(cards))


def cards_html(cards: Sequence[ModelCard]) -> str:
    """Everything in it is escaped."""
    return f'<div class="models">{"".join(map(_card, cards))}</div>'


def _marked(found: Sound) -> str:
    return f'<span class="{found.state}">{escape(found.words)}</span>'


def _card(card: ModelCard) -> str:
    flaw = f'<p class="flaw">✖ {escape(card.flaw)}</p>' if card.flaw else ""
    rows = [
        ("From", escape(card.origin)),
        ("Size", escape(size(card.size) if card.size is not None else MISSING)),
        ("Knows", escape(card.knows)),
        ("Sound", _marked(card.sound)),
        *([("Standing", _marked(card.standing))] if card.standing else []),
        ("For", escape(card.use).replace("α = ", "α&nbsp;=&nbsp;")),
    ]
    facts = "".join(f"<dt>{word}</dt><dd>{said}</dd>" for word, said in rows)
    told = "".join(f"<dt>{escape(word)}</dt><dd>{escape(said)}</dd>" for word, said in card.details)
    more = f"<details><summary>Details</summary><dl>{told}</dl></details>" if told else ""
    return (
        f"<article{' class=flawed' if card.flaw else ''}><h4>{escape(card.title)}</h4>{flaw}"
        f'<p class="label">{escape(card.label)}</p><dl>{facts}</dl>{more}</article>'
    )
