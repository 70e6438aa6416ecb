"""Trade-off at the α that were evaluated: which runs and measures, the scatter of pairs, and its figures."""

from collections.abc import Sequence
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from engine.analysis.first_measures import first_measures, utility_beside
from engine.analysis.retain_only import second_seeds
from engine.analysis.trade_off import (
    BestPoint,
    Measure,
    Table,
    best_point,
    build,
    forget_measures,
    utility_measures,
)
from engine.data.examples import JUDGED
from engine.evaluation.aggregates import FORGET_QUALITY, MODEL_UTILITY
from engine.names import RETAIN_ONLY
from engine.store import history
from engine.store.history import RunSummary
from engine.wording import run_label
from pages.parts.shared import address, frame
from pages.parts.shared.charts import csv_button
from pages.parts.shared.intervals import MEANING, bounded_words, remembered_intervals
from pages.parts.shared.meanings import show_meanings
from pages.parts.shared.published import marks, warn_published
from pages.parts.shared.ruined import ruins, warn_if_ruined
from pages.parts.shared.wording import CLOPPER, FRONT, INTERVAL, KS_TEST, MISSING, NATS, plain
from pages.parts.tradeoff.aggregates import offered, with_aggregates
from pages.parts.tradeoff.forced_curves import METRICS
from pages.parts.tradeoff.pairs_chart import pairs_chart, points_table
from pages.parts.tradeoff.unlike import warn_other_forget_set, warn_unlike

_MEANING = (
    "Each path is one pair, with α growing along it; bars are 95 % intervals over persons. “Never knew” is a model that"
    " never saw the forget set: what it scores there is guessed, the height to aim at. Click a point to open its run."
)


class Pairs(NamedTuple):
    """What is drawn of the runs that are shown, by two measures."""

    table: Table
    forget: Measure
    utility: Measure

    @property
    def empty(self) -> bool:
        return self.table.frame.empty and not self.table.marks and not self.table.published

    @property
    def best(self) -> BestPoint:
        return best_point(self.table, self.forget, self.utility)


def choose_pairs(runs: list[RunSummary], imported: list[RunSummary], notes: DeltaGenerator) -> Pairs | None:
    """Runs and measures, behind a button; None, with the reason in `notes`, where no run can be drawn."""
    with st.popover("Runs and measures", icon=":material/checklist:"), address.warning_in(notes):
        shown = _choose_runs(runs, "shown", "Runs shown")
        published = _choose_runs(imported, "published", "Published by others, imported") if imported else []
        means = remembered_intervals(history.trade_off(shown or [run.id for run in runs]))
        qualities, tofu_utilities = offered(means, runs)
        forgets, utilities = [*forget_measures(means), *qualities], [*utility_measures(means), *tofu_utilities]
        if not forgets or not utilities:
            notes.info("A trade-off needs a run that evaluated both a forget split and a split that is to be kept.")
            return None
        first, _ = first_measures(means, forgets, utilities)
        forget = _choose_measure("forget", "Forgetting, measured by", forgets, first)
        first = utility_beside(means, forget, utilities)
        utility = _choose_measure("utility", "Utility, measured by", utilities, first)
    seconds = {run.id for base in {run.base for run in runs} for run in second_seeds(base)}
    table = build(with_aggregates(means, (forget, utility)), forget, utility, seconds)
    if published:
        table = table._replace(published=marks(history.imported_figures(published), table, forget, utility))
    return Pairs(table, forget, utility)


def _choose_runs(runs: list[RunSummary], key: str, label: str) -> list[int]:
    names = {run.id: run_label(run) for run in runs}
    return address.multiselect(label, list(names), key, format_func=names.__getitem__)


def _choose_measure(key: str, label: str, options: list[Measure], default: Measure) -> Measure:
    return address.select(
        label,
        options,
        key,
        default,
        names=lambda item: item.name,
        format_func=lambda item: _option(item, options),
    )


def _option(item: Measure, options: Sequence[Measure]) -> str:
    """The set is named only where there is more than one."""
    sets = {other.set for other in options if not other.made_of_many}
    of_set = f", set {item.set}" if len(sets) > 1 and not item.made_of_many else ""
    return f"{item.label}{of_set} ({item.direction})"


def show_scatter(pairs: Pairs) -> None:
    """The scatter; a click on a point opens its run."""
    if pairs.empty:
        st.info("None of the runs shown has both of these measures.")
        return
    clicked = pairs_chart(*pairs, "pairs", "Pairs", _MEANING)
    if clicked is not None:
        st.switch_page(frame.RUNS, query_params={"run": str(clicked)})


def warn_of(pairs: Pairs) -> None:
    """What in the scatter cannot be compared."""
    if pairs.empty:
        return
    known_ruins = ruins()
    for pair in pairs.table.frame["pair"].unique():
        warn_if_ruined(pair, known_ruins)
    warn_unlike(pairs.table.run_ids, (pairs.forget, pairs.utility))
    warn_other_forget_set(pairs.table.run_ids)
    warn_published(pairs.table.published)


def show_best(pairs: Pairs) -> None:
    """Of the α that were evaluated, the one that these two measures prefer; and the ways on from there."""
    if pairs.empty:
        return
    st.markdown(plain(pairs.best.words), help="By the two measures that are shown, over the evaluated α alone.")
    if pairs.best.run_id is not None:
        _links(pairs.best.run_id, pairs.best.alpha, pairs.forget)


def show_figures(pairs: Pairs) -> None:
    """The figures of the scatter, with the ways on from the row that is selected."""
    if pairs.empty:
        return
    table, forget, utility = pairs
    selected = _show_table(table, forget, utility)
    if selected is not None:
        _links(*selected, forget)
    if words := bounded_words([*table.frame["forget_text"], *table.frame["utility_text"]]):
        st.caption(plain(words))
    if forget.logarithmic:
        st.caption("Retain-only: n/a, it is what the others are held against; ★ is a second seed of it.")
    elif not any(mark.kind == RETAIN_ONLY for mark in table.marks):
        st.caption("Retain-only: n/a, no run of a model that never saw the forget set has these measures.")


def explain_measures(pairs: Pairs) -> None:
    """What the measures of this page mean."""
    shown = [(item.metric, item.split) for item in (pairs.forget, pairs.utility)]
    forced = [(name, split) for name in METRICS for split in JUDGED]
    aggregates = [(FORGET_QUALITY, "forget"), (MODEL_UTILITY, "retain")]
    show_meanings([*shown, *forced, *aggregates], (INTERVAL, CLOPPER, FRONT, KS_TEST, NATS), "meanings")


def _show_table(table: Table, forget: Measure, utility: Measure) -> tuple[int, float] | None:
    """Run and α of the row that is selected."""
    shown = table.frame[["run", "alpha", "forget_text", "utility_text", "loops"]]
    event = st.dataframe(
        shown,
        hide_index=True,
        placeholder=MISSING,
        key="trade-off-table",
        on_select="rerun",
        selection_mode="single-row",
        alt=table.words(forget, utility),
        column_config={
            "alpha": st.column_config.NumberColumn("α", format="%g", width=45),
            "forget_text": st.column_config.TextColumn("forget", help=f"{forget.label}, {forget.direction}. {MEANING}"),
            "utility_text": st.column_config.TextColumn("utility", help=f"{utility.label}, {utility.direction}."),
            "loops": st.column_config.NumberColumn(
                "loops",
                help="Share of the answers to them that fell into a loop: a low figure there is noise, not forgetting.",
                format="percent",
                width=60,
            ),
        },
    )
    csv_button(points_table(table), "evaluated")
    rows = event["selection"]["rows"]
    if not rows:
        return None
    row = table.frame.iloc[rows[0]]
    return int(row["run_id"]), float(row["alpha"])


def _links(run_id: int, alpha: float, forget: Measure) -> None:
    """The ways on from one row: its pair at its α, and its run."""
    run = history.run_detail(run_id).summary
    where = {**({"set": forget.set} if forget.set else {}), "split": "forget", "pair": run.pair, "alpha": f"{alpha:g}"}
    label = plain(f"Open in Compare: pair {run.pair} at α = {alpha:g}")
    with st.container(horizontal=True):
        st.page_link(frame.COMPARE, label=label, icon=":material/search:", query_params=where)
        st.page_link(
            frame.RUNS, label=plain(f"Open run {run.name}"), icon=":material/list:", query_params={"run": str(run_id)}
        )
