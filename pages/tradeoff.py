"""Trade-off: which α on evidence, in one screen; whatever a researcher wants beside it is below."""

from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine.analysis.advice.advise import Advice
from engine.analysis.advice.over_alpha import told_and_kept
from engine.analysis.advice.stored import Ground
from engine.store import history
from engine.store.history import RunDetail, RunSummary
from pages.parts.shared import address, frame
from pages.parts.shared.published import show_published
from pages.parts.tradeoff.alpha_advice import advice_on, ask_demand, show_advice, show_grounds, show_way
from pages.parts.tradeoff.evaluated import (
    Pairs,
    choose_pairs,
    explain_measures,
    show_best,
    show_figures,
    show_scatter,
    warn_of,
)
from pages.parts.tradeoff.exact_curves import choose_map, ground_for, map_runs, show_exact_curves
from pages.parts.tradeoff.forced_curves import show_forced_curves
from pages.parts.tradeoff.over_alpha import show_over_alpha

frame.begin("Trade-off", "Which α: how much is forgotten, and how much survives.")


class Mapped(NamedTuple):
    """The map run that is looked at and what it advises; without an advice the page has said why."""

    detail: RunDetail
    ground: Ground
    advice: Advice | None


def main() -> None:
    finished = [run for run in history.list_runs() if run.status == "finished"]
    runs = [run for run in finished if run.facts.finds == "answers"]
    imported = [run for run in finished if run.facts.finds == "published"]
    maps = map_runs()
    if not runs and not maps and not imported:
        frame.nothing_yet(
            "No run has finished yet. Overview sets up the demo with its recorded evaluation; Runs starts one of your"
            " own."
        )
        return
    first = st.container()  # the sentence; what it depends on is chosen below it
    with st.container(horizontal=True, vertical_alignment="center"):
        mapped = choose_mapped(maps, first) if maps else None
        pairs = choose_pairs(runs, imported, first) if runs else None
        if mapped is not None and mapped.advice is not None:
            show_way(mapped.detail, mapped.advice)
    with first:
        say_first(mapped, pairs)
    draw(mapped, pairs)
    if mapped is not None and mapped.advice is not None:
        show_grounds(mapped.detail, mapped.ground, mapped.advice)
    below = address.expander("For researchers", "researchers")
    if below.open:
        with below:
            for_researchers(mapped, pairs)
    if imported:
        show_published(history.imported_figures())


def choose_mapped(maps: list[RunSummary], notes: DeltaGenerator) -> Mapped:
    with st.popover("Demand", icon=":material/tune:"), address.warning_in(notes):
        run_id = choose_map(maps)
        demand = ask_demand()
    detail, ground = history.run_detail(run_id), ground_for(run_id)
    with notes:
        return Mapped(detail, ground, advice_on(detail, ground, demand))


def say_first(mapped: Mapped | None, pairs: Pairs | None) -> None:
    """The α to use, in one sentence; without maps the best of those that were evaluated."""
    if mapped is None:
        st.caption("No set was mapped yet. A map finds every answer that any α from 0 to 2 gives; Runs starts one.")
        if pairs is not None:
            show_best(pairs)
    elif mapped.advice is not None:
        show_advice(mapped.detail, mapped.ground, mapped.advice)


def draw(mapped: Mapped | None, pairs: Pairs | None) -> None:
    """What is told and kept over α, beside the scatter of pairs."""
    curves = None
    if mapped is not None and mapped.advice is not None:
        curves = told_and_kept(mapped.ground.questions, mapped.ground.low, mapped.ground.high), mapped.advice
    left, right = st.columns(2, gap="medium") if curves and pairs else [st.container()] * 2
    if curves:
        with left:
            show_over_alpha(*curves)
    if pairs is not None:
        with right:
            show_scatter(pairs)
        warn_of(pairs)


def for_researchers(mapped: Mapped | None, pairs: Pairs | None) -> None:
    if mapped is not None:
        show_exact_curves(mapped.detail.summary.id, mapped.ground, mapped.advice)
    if pairs is not None:
        st.subheader("At the α that were evaluated", anchor=False)
        if mapped is not None:  # else it is said above
            show_best(pairs)
        show_figures(pairs)
        show_forced_curves()
        explain_measures(pairs)


main()
