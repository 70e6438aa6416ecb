"""The bar with the verdict keys: its parts for other components, what a session remembers, and itself for Compare.

A press says which answer it is about. The browser sends all that are not acknowledged as one state value, for a trigger
would keep the newest alone; each is stored once, by its number, before the page is drawn.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from engine.errors import UnlearningError
from engine.inks import in_css
from engine.review import keys
from engine.review.keys import Desk
from engine.review.verdicts import NAME_LIMIT, Reviewer, reviewer_name, verdict_word, verdicts_of_split
from pages.parts.review.reviewer import reviewer_here
from pages.parts.shared import access
from pages.parts.shared.wording import plain, sentence

HERE = Path(__file__).parent
KEYS_JS = (HERE / "verdict_keys.js").read_text(encoding="utf-8")
KEYS_CSS = in_css((HERE / "verdict_keys.css").read_text(encoding="utf-8"))
BAR_HTML = f"""
<div class="bar" role="group" aria-label="Verdict">
  <span class="who" hidden>
    <label>Your name, once <input type="text" maxlength="{NAME_LIMIT}" autocomplete="name"></label>
    <button type="button">OK</button></span>
  <span class="verdicts"></span>
  <label class="note">Note <textarea rows="1" placeholder="why, if it needs saying"></textarea></label>
  <button type="button" class="undo" aria-keyshortcuts="z">Z undo</button>
  <label class="next" title="N pressed right after a verdict passes over no row.">
    <input type="checkbox"> next row after a verdict</label>
  <span class="as"></span>
  <span class="said" role="status"></span>
</div>
"""
_bar = st.components.v2.component(
    "oubliette_verdict_bar",
    html=BAR_HTML,
    css=KEYS_CSS,
    js=KEYS_JS + (HERE / "verdict_bar.js").read_text(encoding="utf-8"),
)


class JudgedView(NamedTuple):
    """The answers that are judged: of a run, at an α, to a phrasing."""

    run_id: int
    alpha: float
    phrasing: str


def words_of(split: str) -> list[str]:
    """What keys 1 to 3 say of a question of this split."""
    return [verdict_word(verdict, split) for verdict in verdicts_of_split(split)]


def show_bar(key: str, view: JudgedView, question_id: int, split: str, own: str) -> None:
    """The bar alone, for one answer on screen; `own` is the reviewer's verdict on it, in words."""
    shown = {"question": question_id, "words": words_of(split), "own": own}
    _bar(
        key=key,
        data={"judging": judging(key, view), "shown": shown},
        on_presses_change=on_presses(key),
        on_name_change=on_name(key),
    )


def judging(key: str, view: JudgedView) -> dict[str, Any]:
    """What the bar of the component `key` is given; toasts say what came of the presses since."""
    reviewer, closed = _whose()
    for words, icon in st.session_state.pop(f"{key}-toasts", ()):
        st.toast(plain(words), icon=icon)
    said, refused = st.session_state.get(f"{key}-said", ("", ""))
    return {
        "acked": _desk(key).last,
        "undone": list(_desk(key).undone),
        "said": said,
        "refused": refused,
        "reviewer": reviewer.name if reviewer else "",
        "declared": access.current_user().self_declared,
        "closed": closed,
        "view": list(view),
    }


def on_presses(key: str) -> Callable[[], None]:
    """What the component `key` does with its presses."""
    return partial(_take, key)


def on_name(key: str) -> Callable[[], None]:
    """What it does with a name."""
    return partial(_name, key)


def _take(key: str) -> None:
    presses, reviewer, refusal = keys.read_presses(st.session_state[key].get("presses")), None, ""
    try:
        access.require("reviewer", "Giving a verdict")
        reviewer = reviewer_here()
    except UnlearningError as error:
        refusal = str(error)
    desk, done = keys.take(presses, _desk(key), reviewer, refusal)
    st.session_state[f"{key}-desk"] = desk
    if done:
        last = done[-1]
        st.session_state[f"{key}-said"] = (last.said, sentence(last.refused) if last.refused else "")
        toasts = [
            (sentence(one.refused), ":material/error:") if one.refused else (one.said, ":material/check:")
            for one in done
        ]
        st.session_state[f"{key}-toasts"] = [*st.session_state.get(f"{key}-toasts", ()), *toasts]


def _name(key: str) -> None:
    """The name that a reviewer wrote in the bar, or that the browser remembers."""
    name = str(st.session_state[key].get("name") or "")
    try:
        if name and access.current_user().self_declared:
            st.session_state[access.REVIEWER] = reviewer_name(name)
            st.session_state[f"{key}-named"] = True
    except UnlearningError as error:
        st.session_state[f"{key}-said"] = ("", sentence(str(error)))


def was_named(key: str) -> bool:
    """Whether a name came from the bar just now, which the field in the sidebar is still to show."""
    return bool(st.session_state.pop(f"{key}-named", False))


def _whose() -> tuple[Reviewer | None, str]:
    """Whose verdicts the keys give, and why they give none."""
    if not access.may("reviewer"):
        return None, "Giving a verdict needs the role reviewer."
    try:
        reviewer = reviewer_here()
    except UnlearningError as error:
        return None, sentence(str(error))
    return reviewer, "" if reviewer else "Give your name first."


def _desk(key: str) -> Desk:
    desk: Desk = st.session_state.get(f"{key}-desk", Desk())
    return desk
