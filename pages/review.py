"""Review: all answers of a run in a table, and a verdict on each at the press of a key; or blind, one by one."""

import streamlit as st

from engine.review import item as review_item
from engine.review import queue
from engine.review.agreement import agreements
from engine.review.item import Item
from engine.review.queue import QueuedQuestion
from engine.review.verdicts import Reviewer
from engine.store import history
from engine.store.history import RunDetail
from engine.store.judged_by import rouge_note
from engine.wording import cut_words, split_word
from pages.parts.review.filters import Filters, choose_filters, show_all
from pages.parts.review.item import link_to_compare, rule_caption, show_answers, show_reviewed_question
from pages.parts.review.own_check import ReviewPlace
from pages.parts.review.reviewer import ask_reviewer
from pages.parts.review.table import review_table
from pages.parts.review.verdict_form import NO_NAME, ask_blind
from pages.parts.review.verdict_history import reveal, show_history, show_standing
from pages.parts.shared import address, frame
from pages.parts.shared.run_choice import choose_alpha, choose_run, runs_with_answers
from pages.parts.shared.wording import plain

PHRASING_WORDS = {"question": "as asked", "paraphrase": "in other words"}
NEIGHBOUR_WORDS = {"person": "About the same person", "group": "Of the same group"}

frame.begin(
    "Review",
    "All answers of a run, what matters most first. J and K move; keys 1 to 3 judge the chosen answer, Z takes the last"
    " verdict back.",
)


def choose_place() -> tuple[RunDetail, ReviewPlace, bool] | None:
    runs = runs_with_answers()
    if not runs:
        frame.nothing_yet(
            "No run has finished yet, so there is nothing to review. Overview sets up the demo with its recorded"
            " evaluation."
        )
        return None
    left, middle, right, last = frame.controls("place").columns([10, 4, 4, 3], vertical_alignment="bottom")
    with left:
        detail = history.run_detail(choose_run(runs, "review"))
    with middle:
        alpha = choose_alpha(detail)
    with right:
        phrasing = choose_phrasing(detail.summary.id)
    with last:
        blind = choose_blind()
    return detail, ReviewPlace(detail.summary.id, detail.summary.finished, alpha, phrasing), blind


def choose_phrasing(run_id: int) -> str:
    options = queue.phrasings_of(run_id) or ["question"]
    return address.select(
        "Phrasing",
        options,
        "phrasing",
        options[0],
        text=address.unless(options[0]),
        format_func=PHRASING_WORDS.__getitem__,
    )


def choose_question(place: ReviewPlace, filters: Filters) -> int | None:
    """The question in the address, even where the filters leave it out; else the first of the queue."""
    address.seed("question", address.whole_number("question", 1, 10**9), None)
    wanted = st.session_state["question"]
    rows = queue.queue(
        place.run_id,
        place.alpha,
        filters.names,
        filters.sort,
        phrasing=place.phrasing,
        among=filters.among,
        subject=filters.subject,
        keep=wanted,
    ).rows
    if not rows:
        st.info("No question meets all of these filters.", icon=":material/filter_alt:")
        st.button("Show all questions", key="show-all", on_click=show_all)
        address.keep("question", None, "")
        return None
    ids = [row.question_id for row in rows]
    if wanted is not None and wanted not in ids:
        st.warning(f"This run asks no question {wanted}. The first of the queue is shown.")
    address.settle("question", ids, ids[0])
    return _walk(rows, ids)


def _walk(rows: list[QueuedQuestion], ids: list[int]) -> int:
    at = ids.index(st.session_state["question"])
    by_id = {row.question_id: row for row in rows}
    total = sum(row.matches for row in rows)
    number = sum(row.matches for row in rows[: at + 1])
    label = f"{number} of {total}" if rows[at].matches else f"not among the {total} any more"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.button("◀", key="queue-previous", shortcut="P", disabled=at == 0, on_click=_go, args=(ids[max(at - 1, 0)],))
        st.button(
            "▶",
            key="queue-next",
            shortcut="N",
            disabled=at == len(ids) - 1,
            on_click=_go,
            args=(ids[min(at + 1, len(ids) - 1)],),
        )
        chosen: int = st.selectbox(label, ids, key="question", format_func=lambda key: _line(by_id[key]))
    address.keep("question", chosen)
    return chosen


def _line(row: QueuedQuestion) -> str:
    return " · ".join(filter(None, [split_word(row.split), row.subject, row.question]))


def _go(question_id: int) -> None:
    st.session_state["question"] = question_id


def choose_blind() -> bool:
    address.seed("blind", lambda text: address.one_of("blind", ["1", "0"])(text) == "1", False)
    blind: bool = st.toggle(
        "Blind",
        key="blind",
        help=(
            "One question at a time, the two answers as A and B. Which of them is the base's is told once both are"
            " judged. The order is random, for you and this question always the same."
        ),
    )
    address.keep("blind", blind, "1" if blind else "")
    return blind


def show_blind(detail: RunDetail, place: ReviewPlace, item: Item, reviewer: Reviewer | None) -> None:
    show_reviewed_question(item)
    if reviewer is None:
        st.info(f"{NO_NAME} In blind mode the order of the answers depends on it too.", icon=":material/badge:")
        return
    judgeable = item.base is not None and item.unlearned is not None
    if judgeable and item.own(reviewer.name) is None:
        ask_blind(place, item, reviewer)
        return
    show_standing(item)
    reveal(item, reviewer)
    show_answers(item, detail, place.alpha)
    show_history(item.events, item.question.split)
    link_to_compare(item, detail, place.alpha)


def show_neighbours(place: ReviewPlace, item: Item) -> None:
    found = review_item.neighbours(place.run_id, place.alpha, item.question.id, place.phrasing)
    if not found:
        return
    st.subheader("Neighbours", anchor=False)
    for column, (kind, rows) in zip(st.columns(len(found)), found.items(), strict=True):
        with column:
            st.caption(NEIGHBOUR_WORDS[kind])
            with st.container(gap=None):
                for row in rows:
                    st.button(
                        plain(row.question if kind == "person" else f"{row.subject}: {row.question}"),
                        key=f"near-{row.question_id}",
                        type="tertiary",
                        on_click=_go,
                        args=(row.question_id,),
                        wrap=True,
                    )
            if kind == "person":
                st.button(
                    "Only this person",
                    key="person-only",
                    on_click=_only,
                    args=(item.question.subject,),
                    icon=":material/filter_alt:",
                )


def _only(subject: str) -> None:
    st.session_state["person"] = subject


def review_blind(detail: RunDetail, place: ReviewPlace, reviewer: Reviewer | None) -> None:
    counts = queue.queue(place.run_id, place.alpha, phrasing=place.phrasing).counts
    filters = choose_filters(place, counts)
    question_id = choose_question(place, filters)
    if question_id is None:
        return
    item = review_item.item(place.run_id, place.alpha, question_id, place.phrasing)
    show_blind(detail, place, item, reviewer)
    show_neighbours(place, item)


def main() -> None:
    reviewer = ask_reviewer()
    chosen = choose_place()
    if chosen is None:
        return
    detail, place, blind = chosen
    if blind:
        review_blind(detail, place, reviewer)
    else:
        review_table(place)
    with st.expander("Details"):
        for found in agreements(queue.report_verdicts(place.run_id, place.alpha, place.phrasing)):
            st.markdown(plain(f"{found.words}."))
        st.caption(cut_words(detail.spec.max_new_tokens, rouge_note(detail)))
        rule_caption(detail, detail.versions.get(history.LEAK_RULE, ""))
        frame.say_limit()


main()
