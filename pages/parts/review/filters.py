"""The filters of blind review: chips with counts, a check of one's own, one person, and the order. All of it lives in
the address.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import streamlit as st

from pages.parts.review.own_check import ReviewPlace, own_check
from pages.parts.shared import address
from pages.parts.shared.wording import plain

FILTER_WORDS = {
    "different": "Different",
    "unreviewed": "Unreviewed",
    "disputed": "Disputed",
}
SORT_WORDS = {
    "leak": "largest remaining leak first",
    "loss": "largest utility loss first",
    "difference": "largest difference first",
    "set": "as the set has them",
}
# A filter or an order that knows the sides would tell which answer is which.
EVEN_SORTS = ("difference", "set")
PERSON_LIMIT = 200  # characters


class Filters(NamedTuple):
    names: tuple[str, ...]
    sort: str
    among: frozenset[int] | None  # question ids
    subject: str | None


def choose_filters(place: ReviewPlace, counts: dict[str, int]) -> Filters:
    """Draw the chips, the check and the order. Whatever changes starts the queue from its first question."""
    options = list(FILTER_WORDS)
    address.seed("filter", _filter_reader(options), [])
    st.session_state["filter"] = [name for name in st.session_state["filter"] if name in options]
    address.seed("person", lambda text: text[:PERSON_LIMIT], "")
    chosen = _chips(options, counts)
    left, right = st.columns([2, 1])
    with right:
        sort = chosen_sort(EVEN_SORTS, restart)
    with left:
        among = own_check(place, True, restart, _drop)
    return Filters(tuple(chosen), sort, among, st.session_state["person"] or None)


def _chips(options: list[str], counts: dict[str, int]) -> list[str]:
    """What is chosen of the options; a chip that is on is removed by a click."""
    person = str(st.session_state["person"])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        some = bool(st.session_state["filter"] or person or st.session_state.get("check"))
        st.button(
            f"All {counts['all']}",
            key="filter-none",
            on_click=show_all,
            type="secondary" if some else "primary",
            help="Remove every filter.",
        )
        names = st.pills(
            "Filters",
            options,
            selection_mode="multi",
            key="filter",
            on_change=restart,
            wrap=True,
            format_func=lambda name: f"{FILTER_WORDS[name]} {counts[name]}",
            label_visibility="collapsed",
        )
        if person:
            st.button(
                f"only {plain(person)} ✕",
                key="person-off",
                on_click=_drop,
                args=("person",),
                type="primary",
                help="Show other people's questions again.",
            )
    chosen = [name for name in options if name in names]
    address.keep("filter", chosen, ",".join(chosen))
    address.keep("person", person)
    return chosen


def _filter_reader(options: list[str]) -> Callable[[str], list[str]]:
    read = address.one_of("filter", options)
    return lambda text: [read(name) for name in dict.fromkeys(filter(None, text[:200].split(",")))]


def chosen_sort(sorts: Sequence[str], on_change: Callable[[], None] | None = None) -> str:
    """Draw the choice of an order."""
    return address.select(
        "Order",
        sorts,
        "sort",
        sorts[0],
        text=address.unless(sorts[0]),
        format_func=SORT_WORDS.__getitem__,
        on_change=on_change,
    )


def show_all() -> None:
    st.session_state["filter"] = []
    for key in ("person", "check"):
        st.session_state[key] = ""
    restart()


def _drop(key: str) -> None:
    st.session_state[key] = ""
    restart()


def restart() -> None:
    """The queue from its first question on."""
    st.session_state["question"] = None
