"""Trade-off: which α on evidence; what is forgotten against what survives, one path per pair."""

import streamlit as st

from engine.analysis.first_measures import first_measures, utility_beside
from engine.analysis.retain_only import second_seeds
from engine.analysis.trade_off import Measure, Table, best_point, build, forget_measures, utility_measures
from engine.data.examples import JUDGED
from engine.evaluation.aggregates import FORGET_QUALITY, MODEL_UTILITY
from engine.evaluation.leak_rule import LEAK_RULE
from engine.names import RETAIN_ONLY
from engine.store import history
from engine.wording import run_label
from pages.parts.shared import address, charts, frame
from pages.parts.shared.intervals import MEANING, bounded_words, remembered_intervals
from pages.parts.shared.meanings import show_meanings
from pages.parts.shared.published import marks, show_published, warn_published
from pages.parts.shared.wording import CLOPPER, FRONT, INTERVAL, KS_TEST, MISSING, NATS, plain
from pages.parts.tradeoff.aggregates import offered, with_aggregates
from pages.parts.tradeoff.exact_curves import map_runs, show_exact_curves
from pages.parts.tradeoff.forced_curves import METRICS, show_forced_curves
from pages.parts.tradeoff.unlike import warn_other_forget_set, warn_unlike

frame.begin(
    "Trade-off",
    "What is forgotten against what survives. Each path is one pair, with α growing along it. Good lies where little is"
    " remembered and much survives.",
)


def choose_measure(key: str, label: str, options: list[Measure], default: Measure) -> Measure:
    return address.select(
        label,
        options,
        key,
        default,
        names=lambda item: item.name,
        format_func=lambda item: _option(item, options),
    )


def _option(item: Measure, options: list[Measure]) -> str:
    """The set is named only where there is more than one."""
    sets = {other.set for other in options if not other.made_of_many}
    of_set = f", set {item.set}" if len(sets) > 1 and not item.made_of_many else ""
    return f"{item.label}{of_set} ({item.direction})"


def choose_runs(runs: list[history.RunSummary], key: str, label: str) -> list[int]:
    ids = [run.id for run in runs]
    names = {run.id: run_label(run) for run in runs}

    def read(text: str) -> list[int]:
        one = address.one_of(key, ids)
        return [one(part) for part in text.split(",") if part]

    address.seed(key, read, ids)
    st.session_state[key] = [item for item in st.session_state[key] if item in ids]
    chosen: list[int] = st.multiselect(label, ids, key=key, format_func=names.__getitem__)
    address.keep(key, chosen, "" if chosen == ids else ",".join(map(str, chosen)))
    return chosen


def show_table(table: Table, forget: Measure, utility: Measure) -> tuple[int, float] | None:
    """The figures of the chart; run and α of the row that is selected."""
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
    rows = event["selection"]["rows"]
    if not rows:
        return None
    row = table.frame.iloc[rows[0]]
    return int(row["run_id"]), float(row["alpha"])


def links(run_id: int, alpha: float, forget: Measure) -> None:
    """The ways on from one row: its pair at its α, and its run."""
    run = history.run_detail(run_id).summary
    where = {**({"set": forget.set} if forget.set else {}), "split": "forget", "pair": run.pair, "alpha": f"{alpha:g}"}
    label = plain(f"Open in Compare: pair {run.pair} at α = {alpha:g}")
    with st.container(horizontal=True):
        st.page_link(frame.COMPARE, label=label, icon=":material/search:", query_params=where)
        st.page_link(
            frame.RUNS, label=plain(f"Open run {run.name}"), icon=":material/list:", query_params={"run": str(run_id)}
        )


def main() -> None:
    finished = [run for run in history.list_runs() if run.status == "finished"]
    runs = [run for run in finished if run.facts.finds == "answers"]
    imported = [run for run in finished if run.facts.finds == "published"]
    mapped = map_runs()
    if not runs and not mapped and not imported:
        frame.nothing_yet(
            "No run has finished yet. Overview sets up the demo with its recorded evaluation; Runs starts one of your"
            " own."
        )
        return
    if mapped:  # the exact answer comes first
        show_exact_curves(mapped)
    if runs and mapped:
        st.subheader("At the α that were evaluated", anchor=False)
    if runs:
        show_evaluated(runs, imported, bool(mapped))
    if imported:
        show_published(history.imported_figures())
    if not mapped:
        show_exact_curves(mapped)


def show_evaluated(runs: list[history.RunSummary], imported: list[history.RunSummary], mapped: bool) -> None:
    """One path per pair through the means of its evaluated α, what others published as marks beside them.

    `mapped`: an advice over every α stands above.
    """
    shown = choose_runs(runs, "shown", "Runs shown")
    published = choose_runs(imported, "published", "Published by others, imported") if imported else []
    means = remembered_intervals(history.trade_off(shown or [run.id for run in runs]))
    qualities, tofu_utilities = offered(means, runs)
    forgets, utilities = [*forget_measures(means), *qualities], [*utility_measures(means), *tofu_utilities]
    if not forgets or not utilities:
        st.info("A trade-off needs a run that evaluated both a forget split and a split that is to be kept.")
        return
    left, right = st.columns(2)
    with left:
        first, _ = first_measures(means, forgets, utilities)
        forget = choose_measure("forget", "Forgetting, measured by", forgets, first)
    with right:
        first = utility_beside(means, forget, utilities)
        utility = choose_measure("utility", "Utility, measured by", utilities, first)
    seconds = {run.id for base in {run.base for run in runs} for run in second_seeds(base)}
    table = build(with_aggregates(means, (forget, utility)), forget, utility, seconds)
    warn_unlike(table.run_ids, (forget, utility))
    warn_other_forget_set(table.run_ids)
    if published:
        table = table._replace(published=marks(history.imported_figures(published), table, forget, utility))
        warn_published(table.published)
    draw(table, forget, utility, mapped)
    show_forced_curves()
    shown_measures = [(item.metric, item.split) for item in (forget, utility)]
    forced = [(name, split) for name in METRICS for split in JUDGED]
    show_meanings(
        [*shown_measures, *forced, (FORGET_QUALITY, "forget"), (MODEL_UTILITY, "retain")],
        (INTERVAL, CLOPPER, FRONT, KS_TEST, NATS),
        "meanings",
    )


def draw(table: Table, forget: Measure, utility: Measure, mapped: bool) -> None:
    if table.frame.empty and not table.marks and not table.published:
        st.info("None of the runs shown has both of these measures.")
        return
    advised = best_point(table, forget, utility)
    st.markdown(plain(advised.words) if mapped else f"**{plain(advised.words)}**")
    if mapped:
        st.caption(
            "This looks at the evaluated α alone, and at these two measures. Which α to use, by every answer that any α"
            " gives, is said at the top of this page."
        )
    if advised.run_id is not None:
        links(advised.run_id, advised.alpha, forget)
    clicked = charts.trade_off_chart(table, forget, utility, key="trade-off-chart")
    st.caption(plain(table.words(forget, utility)))
    st.caption(
        f"The same figures (forget: {forget.direction}; utility: {utility.direction}). Click a point to open its run;"
        " select a row for its pair in Compare."
    )
    selected = show_table(table, forget, utility)
    if selected is not None:
        links(*selected, forget)
    st.caption(plain(f"{MEANING} {bounded_words([*table.frame['forget_text'], *table.frame['utility_text']])}"))
    if forget.logarithmic:
        st.caption(
            "Retain-only: n/a, it is what the others are held against. A second seed of it, where there is one, stands"
            " as ★."
        )
    elif not any(mark.kind == RETAIN_ONLY for mark in table.marks):
        st.caption("Retain-only: n/a, no run of a model that never saw the forget set has these measures.")
    else:
        st.caption("Retain-only (★) never saw the forget set: what it scores there is guessed, the height to aim at.")
    if forget.metric.startswith("leak"):
        st.caption(plain(LEAK_RULE) + " Read a share of leaks beside the retain-only mark: that is its floor.")
    if clicked is not None:
        st.switch_page(frame.RUNS, query_params={"run": str(clicked)})


main()
