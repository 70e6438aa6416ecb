"""Trade-off's exact part: how forgetting and keeping go over every α, from the maps of whole sets."""

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine import history
from engine.audit.leaks import LEAK_RULE
from engine.evaluation.curves import Steps
from engine.history import RunSummary
from engine.map_curves import MappedQuestion, mapped_questions, mean_steps, threshold_table
from engine.remaining_leaks import retain_only_leaks
from pages.parts import address
from pages.parts.charts import PLAIN_BAR
from pages.parts.looks import RETAIN_ONLY, Ink
from pages.parts.wording import count, figure, is_kept, plain

_FORGET, _KEPT, _LEAKS = Ink("#A8327A", "#F58CC6"), Ink("#2C5FB3", "#8DB8FF"), Ink("#B3261E", "#F2B8B5")


def show_exact_curves() -> None:
    """Choose a finished map run and see its curves, thresholds and what they mean; a sentence where there is none."""
    st.subheader("Over α, exactly", anchor=False)
    runs = [run for run in history.list_runs() if run.status == "finished" and run.kind == "map"]
    if not runs:
        st.caption(
            "No set was mapped yet. A map finds every answer that any α from 0 to 2 gives; Runs starts one for whole sets."
        )
        return
    run_id = _choose(runs)
    questions = _questions(run_id)
    if not questions:
        st.info("The maps of this run are not stored any more.")
        return
    curves = _curves(questions)
    floor = retain_only_leaks(run_id)
    words = _words(questions, curves, floor)
    _draw(curves, floor, words)
    st.caption(plain(words))
    st.caption(plain(LEAK_RULE))
    secret = [item for item in questions if not is_kept(item.split)]
    if secret:
        st.dataframe(
            threshold_table(secret).drop(columns="error"),
            hide_index=True,
            alt="Thresholds by question, the largest first.",
        )
        st.caption(
            "The smallest α from which the answer no longer leaks, the largest first; empty where every α leaks."
        )


def _choose(runs: list[RunSummary]) -> int:
    ids, names = [run.id for run in runs], {run.id: f"{run.name} (run {run.id}, pair {run.pair})" for run in runs}
    address.seed("map", address.one_of("map", ids), ids[0])
    address.settle("map", ids, ids[0])
    chosen: int = st.selectbox("Mapped by run", ids, key="map", format_func=names.__getitem__)
    address.keep("map", chosen)
    return chosen


@st.cache_data(show_spinner="reading the maps", max_entries=4)
def _questions(run_id: int) -> list[MappedQuestion]:
    return mapped_questions(run_id)


def _curves(questions: list[MappedQuestion]) -> dict[str, tuple[Steps, Ink]]:
    """The mean of each measure that some of the questions have, by its name."""
    secret = [item for item in questions if not is_kept(item.split)]
    kept = [item for item in questions if is_kept(item.split)]
    found: dict[str, tuple[Steps, Ink]] = {}
    if secret:
        found["share still leaking"] = mean_steps(secret, lambda item: [float(flag) for flag in item.leaks]), _LEAKS
        found["ROUGE-L recall, to be forgotten"] = mean_steps(secret, lambda item: item.rouge), _FORGET
    if kept:
        found["ROUGE-L recall, to be kept"] = mean_steps(kept, lambda item: item.rouge), _KEPT
    return found


def _draw(curves: dict[str, tuple[Steps, Ink]], floor: dict[int, float], words: str) -> None:
    chart = go.Figure()
    for name, (steps, ink) in curves.items():
        chart.add_scatter(
            x=[*steps.alphas, steps.high], y=[*steps.values, steps.values[-1]], name=name, mode="lines",
            line={"shape": "hv", "color": ink.shown, "width": 2}, hovertemplate="from α %{x:.4f}: %{y:.3f}<extra>" + name + "</extra>",
        )  # fmt: skip
    if floor:
        level = sum(floor.values()) / len(floor)
        chart.add_hline(y=level, line_dash="dot", line_color=RETAIN_ONLY.shown, annotation_text="retain-only leaks")
    chart.update_layout(
        height=360, margin={"l": 10, "r": 10, "t": 10, "b": 10}, xaxis_title="α", yaxis={"range": [-0.03, 1.03]},
        legend={"orientation": "h", "y": -0.25},
    )  # fmt: skip
    st.plotly_chart(chart, key="exact-curves", config=PLAIN_BAR, alt=words)
    with st.expander("The steps as a table"):
        rows = [
            (name, a, v) for name, (steps, _) in curves.items() for a, v in zip(steps.alphas, steps.values, strict=True)
        ]
        st.dataframe(pd.DataFrame(rows, columns=["measure", "from α", "value"]), hide_index=True, alt=words)


def _words(questions: list[MappedQuestion], curves: dict[str, tuple[Steps, Ink]], floor: dict[int, float]) -> str:
    parts = [
        f"{name} {figure(steps.at(0.0))} at α = 0, {figure(steps.at(1.0))} at 1, {figure(steps.at(2.0))} at 2 ({count(len(steps.alphas), 'step')})"
        for name, (steps, _) in curves.items()
    ]
    known = (
        f"A retain-only model leaks on {sum(floor.values()):.0f} of {len(floor)} of them."
        if floor
        else "No retain-only model gives a floor for the leaks."
    )
    partial = sum(not item.map.complete for item in questions)
    rest = (
        f" {count(partial, 'map is', 'maps are')} not complete; what was not followed counts as a leak."
        if partial
        else ""
    )
    return f"{count(len(questions), 'question')} mapped: {'; '.join(parts)}. {known}{rest}"
