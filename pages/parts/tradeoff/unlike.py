"""A warning where figures stand side by side that were not made alike."""

from collections.abc import Callable, Sequence

import streamlit as st

from engine.analysis.trade_off import Measure
from engine.names import ModelRef
from engine.store import history
from engine.store.history import RunDetail
from engine.store.judged_by import rule_of
from engine.versions import PACKAGES
from engine.wording import run_label
from pages.parts.shared.wording import plain


def warn_unlike(run_ids: Sequence[int], measures: Sequence[Measure]) -> None:
    """Say which of the runs in one chart differ in the questions that `measures` average over, or in what their
    figures depend on.

    Seed and machine are what runs may well differ in.
    """
    details = [history.run_detail(run_id) for run_id in run_ids]
    with_base = [
        item for item in details if not ModelRef.parse(item.summary.pair).is_retain_only
    ]  # another base by design
    leaks = any(item.metric.startswith("leak") for item in measures)
    rouge = any(item.metric.startswith("rouge") for item in measures)
    answered = any(item.of_answers for item in measures)
    for what, groups in (
        ("questions", _groups(details, lambda item: _questions(item.summary.id, measures))),
        ("base", _groups([item for item in with_base if item.base_hash], lambda item: item.base_hash)),
        ("template", _groups(details, lambda item: item.versions.get(history.TEMPLATE, ""))),
        (history.READING, _groups(_with_reading(details), lambda item: item.versions[history.READING])),
        ("versions", _groups(details, _packages)),
        ("leak rule", _groups(details if leaks else [], rule_of)),
        ("ROUGE words", _groups(details if rouge else [], lambda item: item.versions.get(history.ROUGE, ""))),
        ("longest answer", _groups(details if answered else [], lambda item: item.spec.max_new_tokens)),
    ):
        if len(groups) > 1:
            sides = " | ".join(", ".join(names) for names in groups)
            st.warning(
                f"These runs were not made with the same {what}, so compare them with care: {plain(sides)}",
                icon=":material/warning:",
            )


def warn_other_forget_set(run_ids: Sequence[int]) -> None:
    """Say which runs measure a pair on more, fewer or other questions than those it was made to forget."""
    unlike = [history.run_detail(run_id) for run_id in run_ids if history.asks_what_was_forgotten(run_id) is False]
    if unlike:
        names = ", ".join(f"{item.summary.pair} (run {item.summary.id})" for item in unlike)
        st.warning(
            f"Not measured on exactly the questions it was made to forget: {plain(names)}",
            icon=":material/warning:",
        )


def _groups(details: Sequence[RunDetail], made_with: Callable[[RunDetail], object]) -> list[list[str]]:
    """The names of the runs that were made alike, together."""
    groups: dict[object, list[str]] = {}
    for item in details:
        groups.setdefault(made_with(item), []).append(run_label(item.summary))
    return list(groups.values())


def _with_reading(details: Sequence[RunDetail]) -> list[RunDetail]:
    """Runs that recorded how text was read: earlier ones did not, which makes them no other."""
    return [item for item in details if history.READING in item.versions]


def _packages(item: RunDetail) -> frozenset[tuple[str, str]]:
    return frozenset((name, value) for name, value in item.versions.items() if name in ("oubliette", *PACKAGES))


def _questions(run_id: int, measures: Sequence[Measure]) -> frozenset[tuple[int, str]]:
    """Ids of the questions that have a score of one of the measures, with that measure."""
    scores = history.question_scores(run_id, history.alphas_of(run_id)[0])
    scores = scores[scores["value"].notna()]
    places = scores[["question_id", "metric", "set", "split", "half"]].itertuples(index=False, name=None)
    return frozenset(
        (int(question), item.name)
        for question, *place in places
        for item in measures
        if item.rests_on(*map(str, place))
    )
