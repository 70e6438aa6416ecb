"""Two runs, question by question: what changes from one to the other, with intervals, under what was not alike."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from engine.analysis import chosen_alpha
from engine.analysis.figures import interval_words, number_words, people_words
from engine.analysis.paired import Comparison, Difference, compare_runs
from engine.errors import RunError
from engine.evaluation.metrics import METRICS
from engine.store import history
from engine.store.history import RunDetail, RunSummary
from engine.wording import run_label, split_word
from pages.parts.shared import address
from pages.parts.shared.meanings import show_meanings
from pages.parts.shared.run_choice import shown_alpha
from pages.parts.shared.wording import INTERVAL, MISSING, NATS, plain

FIRST_SHOWN = ("rouge", "leak", "probability")  # the others are behind a click
CHANCE = "Where the interval holds 0, other persons could have shown no difference, or the opposite one."


def show_paired(left: RunDetail, right: RunDetail) -> None:
    """Choose an α of either run and see what changes; a sentence where nothing can be paired."""
    one, two = left.summary, right.summary
    st.subheader(plain(f"What changes from {one.name} to {two.name}, question by question"), anchor=False)
    lacking = [run for run in (one, two) if run.status != "finished" or not history.alphas_of(run.id)]
    if lacking:
        names = " and ".join(run_label(run) for run in lacking)
        st.caption(plain(f"n/a: no scores of a finished run to compare in {names}."))
        return
    first, second = st.columns(2)
    with first:
        from_alpha = _choose_alpha("from", one)
    with second:
        to_alpha = _choose_alpha("to", two)
    try:
        found = compare_runs(one.id, two.id, from_alpha, to_alpha)
    except RunError as error:
        st.info(plain(f"{error}."), icon=":material/info:")
        return
    show_flags(found)
    columns = [f"run {run.id}" for run in (one, two)]  # short, so that n and people are seen without scrolling
    words = (
        f"Means over the questions that both runs were asked: run {one.id} is {one.name} at α = {from_alpha:g}, run"
        f" {two.id} is {two.name} at α = {to_alpha:g}, and the difference is what the second has more."
        f" {found.left_out_words}. {CHANCE}"
    )
    _show([item for item in found.differences if item.metric in FIRST_SHOWN], columns, words)
    st.caption(plain(words))
    with st.expander("All measures, paired"):
        _show(found.differences, columns, words)
    shown = [(item.metric, item.split) for item in found.differences]
    show_meanings(shown, (INTERVAL, NATS), "meanings")


def _choose_alpha(key: str, run: RunSummary) -> float:
    alphas, default = history.alphas_of(run.id), chosen_alpha.report_alpha(run.id)
    label = plain(f"α of {run_label(run)}")
    return address.select(label, alphas, key, default, names=shown_alpha, format_func=shown_alpha)


def show_flags(found: Comparison) -> None:
    """What was not alike, before the figures that it bears upon."""
    if not found.unlike:
        return
    lines = "\n".join(f"- {plain(item.words)}" for item in found.unlike)
    st.warning(f"These two runs were not made alike, so compare them with care:\n{lines}", icon=":material/warning:")


def _show(found: Sequence[Difference], columns: Sequence[str], words: str) -> None:
    table = paired_table(found, columns)
    if table.empty:
        st.caption("None of the measures that stand first here was taken by these runs; see all of them below.")
        return
    st.dataframe(table, hide_index=True, placeholder=MISSING, alt=words)


def paired_table(found: Sequence[Difference], columns: Sequence[str]) -> pd.DataFrame:
    """Part, measure, the two means, their paired difference, its interval, n and people: what is n/a says why."""
    several = len({item.set for item in found}) > 1
    rows = [
        (
            (f"{item.set}: " if several else "")
            + split_word(item.split)
            + (f", {item.half} half" if item.half else ""),
            _measure(item),
            _number(item.first),
            _number(item.second),
            "n/a" if item.mean is None else number_words(item.mean, "+"),
            _interval(item),
            item.questions,
            people_words(item.persons, item.unnamed) if item.questions else "–",
        )
        for item in found
    ]
    names = ["part", "measure", *columns, "difference", "95 % interval", "n", "people"]
    return pd.DataFrame(rows, columns=names)


def _measure(item: Difference) -> str:
    metric = METRICS.get(item.metric)
    return item.metric if metric is None else f"{metric.label_on(item.split)} ({metric.direction(item.split)})"


def _number(value: float | None) -> str:
    return "n/a" if value is None else number_words(value)


def _interval(item: Difference) -> str:
    if item.low is None or item.high is None:
        return f"n/a: {item.reason}"
    return interval_words(item.low, item.high) + (f" ({item.reason})" if item.reason else "")
