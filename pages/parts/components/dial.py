"""The dial of Compare as a component of its own: slider, strip and both answers, which follow the thumb without a
round trip. Python hears of α when the thumb is let go.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from engine.analysis.dial import DialAnswer
from engine.evaluation.answer_kinds import AnswerKind
from engine.inks import BASE, Ink, in_css
from engine.settings import ALPHA_MAX, ALPHA_MIN

STATE = "dial"  # the component's key in the session
FINE = 0.01  # of the thumb under a pointer, and of the arrows with Shift
OUTSIDE = "No answer is stored for this α. Let go of the slider: it is then computed and stands below."

_HERE = Path(__file__).parent
_mount = st.components.v2.component(
    "oubliette_dial",
    html=(_HERE / "dial.html").read_text(encoding="utf-8"),
    css=in_css((_HERE / "dial.css").read_text(encoding="utf-8")),
    js=(_HERE / "dial.js").read_text(encoding="utf-8"),
)


class Scale(NamedTuple):
    """The slider's range and its named places."""

    low: float
    high: float
    step: float  # of the arrow keys
    marks: dict[float, str]

    @property
    def ticks(self) -> tuple[float, ...]:
        """Where the strip's scale is labelled."""
        gap = 0.5 if self.high - self.low <= 4 else 1.0
        return tuple(self.low + gap * place for place in range(round((self.high - self.low) / gap) + 1))


def dial(
    alpha: float,
    scale: Scale,
    answers: Sequence[DialAnswer],
    base: DialAnswer | None,
    kinds: Sequence[AnswerKind],
    *,
    pair: str,
    ink: Ink,
    words: str,
    note: Callable[[DialAnswer], str],
    on_change: Callable[[float], None],
) -> None:
    """Draw it at `alpha`. `words` say what the strip shows; `on_change` is called with each α that a person sets,
    before the page runs. Without `base` no answer is shown: the page shows them below.
    """

    def changed() -> None:
        chosen = turned_to(st.session_state[STATE])
        if chosen is not None:
            on_change(chosen)

    pieces = [_piece(answer, kinds, note) for answer in answers]
    data: dict[str, Any] = {
        "alpha": alpha,
        "low": scale.low,
        "high": scale.high,
        "step": scale.step,
        "fine": FINE,
        "label": "α, the strength of the offset",
        "ticks": list(scale.ticks),
        "marks": [{"alpha": value, "name": f"{value:g} · {name}"} for value, name in scale.marks.items()],
        "kinds": [{"name": kind.name, "icon": kind.icon, "word": kind.word, "ink": kind.ink.css} for kind in kinds],
        "pieces": pieces,
        "base": None if base is None else _piece(base, kinds, note),
        "base_title": "Base (α = 0)",
        "base_ink": BASE.css,
        "title": f"Unlearned by pair {pair}",
        "ink": ink.css,
        "words": words,
        "outside": OUTSIDE,
    }
    _mount(key=STATE, data=data, on_turn_change=changed)


def turned_to(state: Mapping[str, Any]) -> float | None:
    """The α in what the browser sent; None where that is not a number from one end of the legal range to the other."""
    turn = state.get("turn")
    alpha = turn.get("alpha") if isinstance(turn, dict) else None
    if isinstance(alpha, bool) or not isinstance(alpha, int | float) or not ALPHA_MIN <= alpha <= ALPHA_MAX:
        return None
    return float(alpha)


def _piece(item: DialAnswer, kinds: Sequence[AnswerKind], note: Callable[[DialAnswer], str]) -> dict[str, Any]:
    return {
        "low": item.answer.low,
        "high": item.answer.high,
        "whole": item.answer.followed,
        "kind": -1 if item.kind is None else list(kinds).index(item.kind),
        "parts": [[piece.text, piece.differs] for piece in item.pieces],
        "note": note(item),
    }
