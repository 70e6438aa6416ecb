"""Review's table of answers: which answers stand beside each other, in which order, and the verdict keys under them."""

import streamlit as st

from engine.errors import RunError
from engine.review import item as review_item
from engine.review.answers import FILTERS, Part, TableOfAnswers, answer_table
from engine.review.item import Item
from engine.store import history
from engine.store.history import RunDetail
from engine.wording import split_word
from pages.parts.components import answer_table as component
from pages.parts.components.answer_table import FirstChoice
from pages.parts.components.verdict_keys import JudgedView, was_named
from pages.parts.review.filters import SORT_WORDS, chosen_sort
from pages.parts.review.own_check import ReviewPlace, own_check
from pages.parts.review.reviewer import known_reviewer
from pages.parts.shared import address, frame
from pages.parts.shared.run_choice import shown_alpha

BESIDE = 2  # further α at most
KEY = "review-table"


def review_table(place: ReviewPlace) -> None:
    """The table with its controls; a check of one's own stands below it, for it is rarely wanted."""
    first, second, third, last = frame.controls("table").columns(4, vertical_alignment="bottom")
    with first:
        split = _choose_split(place)
    with second:
        subject = _choose_person(place)
    with third:
        beside = _choose_beside(place)
    with last:
        sort = chosen_sort(list(SORT_WORDS))
    spot = st.container()
    among = own_check(place, False, _nothing, _drop)
    with spot:
        _draw(place, beside, sort, Part(split, subject, among))


@st.fragment
@frame.fenced
def _draw(place: ReviewPlace, beside: tuple[float, ...], sort: str, part: Part) -> None:
    key = f"{KEY}-{place.run_id}"
    if was_named(key):
        st.rerun()  # the sidebar shows the name too
    reviewer = known_reviewer()
    alphas = (place.alpha, *beside)
    table = answer_table(place.run_id, alphas, place.phrasing, sort=sort, part=part, reviewer=reviewer)
    linked = address.is_new("question")
    address.seed("question", address.whole_number("question", 1, 10**9), None)
    address.seed("filter", _read_filters, [])
    wanted = st.session_state["question"]
    if linked and wanted is not None and wanted not in [row.question_id for row in table.rows]:
        st.warning(f"This run asks no question {wanted}. The first one is chosen.")
    chosen = FirstChoice(_known(table, wanted), st.session_state["filter"])
    now = component.moved(key, chosen)
    at = _known(table, now.question)
    component.draw_answers(
        table, alphas, key, chosen, _item(place, at), JudgedView(place.run_id, place.alpha, place.phrasing)
    )
    address.keep("question", at, "" if at is None else str(at))
    st.session_state["filter"] = now.filters  # where another run is chosen, it begins with them
    address.keep("filter", now.filters, ",".join(now.filters))


def run_answers(detail: RunDetail, alpha: float) -> None:
    """The answers of a finished run at one α, to look at; verdicts are given on Review."""
    run = detail.summary
    table, key = answer_table(run.id, (alpha,)), f"run-answers-{run.id}"
    if all(not row.base.pieces and not row.unlearned[0].pieces for row in table.rows):
        return  # figures alone are stored
    at = _known(table, component.moved(key, FirstChoice()).question)
    item = _item(ReviewPlace(run.id, run.finished, alpha, "question"), at)
    component.draw_answers(table, (alpha,), key, FirstChoice(), item, None)


def _known(table: TableOfAnswers, question: int | None) -> int | None:
    """A chosen question that the table has, else its first."""
    ids = [row.question_id for row in table.rows]
    return question if question in ids else ids[0] if ids else None


def _item(place: ReviewPlace, question: int | None) -> Item | None:
    if question is None:
        return None
    try:
        return review_item.item(place.run_id, place.alpha, question, place.phrasing)
    except RunError:
        return None  # a run of another database had it


def _choose_beside(place: ReviewPlace) -> tuple[float, ...]:
    """Further α whose answers stand beside the judged ones, at most `BESIDE`."""
    options = [alpha for alpha in history.alphas_of(place.run_id) if alpha not in (0.0, place.alpha)]
    read = address.one_of("besides", options, shown_alpha)
    address.seed("besides", lambda text: [read(part) for part in text[:100].split(",")], [])
    st.session_state["besides"] = [alpha for alpha in st.session_state["besides"] if alpha in options][:BESIDE]
    chosen: list[float] = st.multiselect(
        "Beside it", options, key="besides", max_selections=BESIDE, format_func=lambda alpha: f"α = {alpha:g}"
    )
    address.keep("besides", chosen, ",".join(map(shown_alpha, chosen)))
    return tuple(chosen)


def _choose_split(place: ReviewPlace) -> str | None:
    options = ["all", *dict.fromkeys(one.split for one in history.question_places(place.run_id))]
    names = {"all": "all", **{name: split_word(name) for name in options[1:]}}
    chosen = address.select(
        "Questions", options, "questions", "all", format_func=names.__getitem__, text=address.unless("all")
    )
    return None if chosen == "all" else chosen


def _choose_person(place: ReviewPlace) -> str | None:
    asked = [example.subject for example, _ in history.asked(place.run_id)]
    options = ["", *dict.fromkeys(filter(None, asked))]
    return address.select("Person", options, "person", "", format_func=lambda name: name or "everybody") or None


def _read_filters(text: str) -> list[str]:
    """`loss`, of older links, is `lost`."""
    read = address.one_of("filter", list(FILTERS))
    return [read("lost" if name == "loss" else name) for name in dict.fromkeys(filter(None, text[:200].split(",")))]


def _drop(key: str) -> None:
    st.session_state[key] = ""


def _nothing() -> None:
    """Another check: the table stays where it is."""
