"""A check of one's own: key terms or a regular expression, on both sides of a whole set, as a filter of the queue."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, cast

import streamlit as st

from engine.errors import SettingError
from engine.review.checks import PATTERN_LIMIT, SECONDS, CheckKind, PatternFound, run_check
from engine.settings import database_url
from engine.wording import count
from pages.parts.shared import address
from pages.parts.shared.wording import plain

KIND_WORDS = {"terms": "Key terms", "regex": "Regular expression"}
SIDES: dict[str, tuple[str, Callable[[PatternFound], bool]]] = {
    "unlearned": ("in the unlearned answer", lambda found: found.unlearned),
    "base": ("in the base's answer", lambda found: found.base),
    "only-unlearned": ("in the unlearned answer only", lambda found: found.unlearned and not found.base),
    "only-base": ("in the base's answer only", lambda found: found.base and not found.unlearned),
    "either": ("in either answer", lambda found: found.base or found.unlearned),
    "neither": ("in neither answer", lambda found: not (found.base or found.unlearned)),
}
EVEN_SIDES = ("either", "neither")  # they tell nothing of which answer is which


class ReviewPlace(NamedTuple):
    """What is reviewed. `ended` tells a run from another one of the same number in another database."""

    run_id: int
    ended: datetime | None
    alpha: float
    phrasing: str


def own_check(
    place: ReviewPlace, blind: bool, restart: Callable[[], None], drop: Callable[[str], None]
) -> frozenset[int] | None:
    """The questions that the check finds; None where there is none, or it cannot be used, which is said."""
    address.seed("check", lambda text: text[:PATTERN_LIMIT], "")
    with st.expander("A check of your own, on both sides", expanded=bool(st.session_state["check"])):
        kind, side = _choose_kind_and_side(blind, restart)
        pattern = st.text_input(
            "What to look for",
            key="check",
            max_chars=PATTERN_LIMIT,
            on_change=restart,
            placeholder="Rome, 1987" if kind == "terms" else r"\b\d{4}\b",
            help=(
                "Key terms: words or numbers, separated by commas, found as the leak rule finds them. A regular"
                " expression ignores case."
            ),
        )
        address.keep("check", pattern)
        if not pattern.strip():
            return None
        found, refusal = _found(database_url(), place, cast(CheckKind, kind), pattern)
        if refusal:
            st.error(plain(f"{refusal[:1].upper()}{refusal[1:]}. All questions are shown."), icon=":material/error:")
            return None
        met = frozenset(key for key, item in found.items() if SIDES[side][1](item))
        st.caption(f"{_sums(found, blind)} The filter keeps {count(len(met), 'question')}.")
        st.button("Remove the check", key="check-off", on_click=drop, args=("check",), icon=":material/close:")
        return met


def _choose_kind_and_side(blind: bool, restart: Callable[[], None]) -> tuple[str, str]:
    kinds, sides = list(KIND_WORDS), [name for name in SIDES if name in EVEN_SIDES or not blind]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = address.segments(
            "Find",
            kinds,
            "kind",
            kinds[0],
            format_func=KIND_WORDS.__getitem__,
            on_change=restart,
            label_visibility="collapsed",
        )
        side = address.select(
            "Where",
            sides,
            "side",
            sides[0],
            text=address.unless(sides[0]),
            format_func=lambda name: SIDES[name][0],
            on_change=restart,
            label_visibility="collapsed",
            width=260,
        )
    return kind, side


def _sums(found: dict[int, PatternFound], blind: bool) -> str:
    if blind:  # by sides it would tell
        return f"Found in {sum(item.base or item.unlearned for item in found.values())} of {len(found)} questions."
    base, unlearned = (sum(side) for side in zip(*found.values(), strict=True)) if found else (0, 0)
    return f"Found in {base} of the base's {len(found)} answers and in {unlearned} of the unlearned ones."


@st.cache_data(show_spinner=f"looking through the answers, {SECONDS:g} s at most", max_entries=64)
def _found(where: str, place: ReviewPlace, kind: CheckKind, pattern: str) -> tuple[dict[int, PatternFound], str]:
    """What a check finds by question, or why it finds nothing: a refusal is remembered, so that nobody waits for it
    twice.
    """
    try:
        return run_check(place.run_id, place.alpha, kind, pattern, place.phrasing), ""
    except SettingError as error:
        return {}, str(error)
