"""Trade-off's exact part: the α to use, and how forgetting and keeping go over every α, from the maps of whole sets."""

from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine.analysis.advice.advise import Advice
from engine.analysis.advice.stored import Ground, ground_of, run_to_open
from engine.analysis.exact_curves import MappedQuestion, mean_steps
from engine.analysis.leak_floor import forget_floor
from engine.data.examples import is_to_be_forgotten
from engine.evaluation.curves import Steps
from engine.evaluation.leak_rule import LEAK_RULE
from engine.inks import BLUE, BROWN, FORGET_INK, LEAKS, OLIVE, PASS, RETAIN_MODEL, TEAL, Ink
from engine.store import history
from engine.store.history import RunSummary
from engine.store.maps import maps_key
from engine.wording import count, figure, split_word
from pages.parts.shared import address
from pages.parts.shared.chart_text import LineEnd, label_ends, legible
from pages.parts.shared.charts import PLAIN_BAR, add_level
from pages.parts.shared.looks import shade
from pages.parts.shared.run_choice import names_of
from pages.parts.shared.wording import MISSING, is_kept, plain
from pages.parts.tradeoff.alpha_advice import show_advice, show_front
from pages.parts.tradeoff.thresholds import show_thresholds

# Parts that are to stay, and whatever else was mapped: told apart by dash and name too.
_OTHERS = (BLUE, TEAL, BROWN, OLIVE)
_DASHES = ("dash", "dashdot", "longdash", "longdashdot")
_FRONT_HEIGHT = -0.025  # of the strip under the curves that shows the front


class DrawnCurve(NamedTuple):
    """One measure of one part of the questions over α. `short` stands at the end of its line."""

    name: str
    short: str
    steps: Steps
    ink: Ink
    dash: str


def map_runs() -> list[RunSummary]:
    """Finished runs that mapped whole sets, newest first."""
    return [run for run in history.list_runs() if run.status == "finished" and run.facts.finds == "map"]


def show_exact_curves(runs: list[RunSummary]) -> None:
    """Choose a finished map run and see which α to use, its curves and thresholds; a sentence where there is none."""
    if not runs:
        st.subheader("The α to use", anchor=False)
        st.caption(
            "No set was mapped yet. A map finds every answer that any α from 0 to 2 gives; Runs starts one for whole"
            " sets."
        )
        return
    st.subheader("The α to use", anchor=False)
    run_id = _choose(runs)
    detail = history.run_detail(run_id)
    ground = _ground(run_id, forget_floor(run_id), maps_key(detail))
    advice = show_advice(detail, ground)
    st.subheader("Over α, exactly", anchor=False)
    curves, words = _curves(ground), _words(ground)
    _draw(curves, ground, words, advice)
    st.caption(plain(words))
    if advice is not None:
        show_front(advice)
    st.caption(plain(LEAK_RULE))
    secret = [item for item in ground.questions if is_to_be_forgotten(item.split)]
    if secret:
        show_thresholds(secret)


def _choose(runs: list[RunSummary]) -> int:
    ids, names = [run.id for run in runs], names_of(runs)
    return address.select("Mapped by run", ids, "map", run_to_open(runs), format_func=names.__getitem__)


@st.cache_data(show_spinner="reading the maps", max_entries=4)
def _ground(run_id: int, floor: tuple[float | None, int], maps: str) -> Ground:
    """Floor and key of the maps are part of the cache's: a retain model may be evaluated later, a tokenizer
    change.
    """
    return ground_of(run_id)


def _curves(ground: Ground) -> list[DrawnCurve]:
    """The mean of each measure over each part of the questions."""

    def rouge(items: list[MappedQuestion]) -> Steps:
        return mean_steps(items, lambda item: item.rouge, ground.low, ground.high)

    found = []
    secret = [item for item in ground.questions if is_to_be_forgotten(item.split)]
    if secret:
        leaks = mean_steps(secret, lambda item: [float(flag) for flag in item.leaks], ground.low, ground.high)
        found.append(DrawnCurve("share still leaking", "still leaking", leaks, LEAKS, "solid"))
        found.append(DrawnCurve("ROUGE-L recall, to be forgotten", "to be forgotten", rouge(secret), FORGET_INK, "dot"))
    parts: dict[str, list[MappedQuestion]] = {}
    for item in ground.questions:
        if not is_to_be_forgotten(item.split):
            parts.setdefault(_part_name(item), []).append(item)
    for place, (name, items) in enumerate(parts.items()):
        look = place % len(_OTHERS)
        found.append(
            DrawnCurve(f"ROUGE-L recall, {name}", name.partition(",")[0], rouge(items), _OTHERS[look], _DASHES[look])
        )
    return found


def _part_name(item: MappedQuestion) -> str:
    half = f", {item.half} half" if item.half else ""
    return f"{split_word(item.split)}{half}{' (to be kept)' if is_kept(item.split) else ''}"


def _draw(curves: list[DrawnCurve], ground: Ground, words: str, advice: Advice | None) -> None:
    chart = go.Figure()
    for name, _, steps, ink, dash in curves:
        chart.add_scatter(
            x=[*steps.alphas, steps.high],
            y=[*steps.values, steps.values[-1]],
            name=name,
            mode="lines",
            showlegend=False,  # its name stands at its end
            line={"shape": "hv", "color": shade(ink), "width": 2, "dash": dash},
            hovertemplate="from α %{x:.4f}: %{y:.3f}<extra>" + name + "</extra>",
        )
    if ground.floor.share is not None:
        add_level(
            chart,
            ground.low,
            ground.high,
            ground.floor.share,
            f"retain-only leaks: {ground.floor.share:.1%}",
            shade(RETAIN_MODEL),
        )
    if advice is not None:
        _mark(chart, advice)
    chart.update_layout(
        height=420,
        margin={"l": 10, "r": 10, "t": 30, "b": 10},
        xaxis_title="α",
        yaxis={"title": "share, or ROUGE-L recall", "range": [-0.05, 1.03]},
        legend={"orientation": "h", "y": -0.2},
    )
    ends = [LineEnd(item.short, item.steps.at(ground.high), item.ink) for item in curves]
    label_ends(chart, (ground.low, ground.high), ends, 0.0, 1.03, 0.06)
    st.plotly_chart(legible(chart), key="exact-curves", config=PLAIN_BAR, alt=words)
    with st.expander("The steps as a table"):
        rows = [
            (name, a, v) for name, _, steps, _, _ in curves for a, v in zip(steps.alphas, steps.values, strict=True)
        ]
        st.dataframe(
            pd.DataFrame(rows, columns=["measure", "from α", "value"]), hide_index=True, placeholder=MISSING, alt=words
        )


def _mark(chart: go.Figure, advice: Advice) -> None:
    """What meets the demand as a band, the α to use and the knee as lines, the front as a strip under the curves."""
    for span in advice.spans:
        chart.add_vrect(
            x0=span.low,
            x1=span.high,
            fillcolor=shade(PASS),
            opacity=0.13,
            line_width=1,
            line_dash="dot",
            line_color=shade(PASS),
        )
    label = (
        f"use α = {advice.alpha:g} (in the band the demand is met)" if advice.met else f"nearest, α = {advice.alpha:g}"
    )
    ink = shade(PASS) if advice.met else shade(LEAKS)
    chart.add_vline(
        x=advice.alpha,
        line_width=2,
        line_color=ink,
        annotation={"text": label, "y": 1, "yanchor": "bottom", "xanchor": "center"},
    )
    if advice.knee is not None and len(advice.front) > 1:
        place = advice.knee.span.low
        chart.add_scatter(
            x=[place, place],
            y=[0, 1],
            name=f"knee, from α = {place:.3f}",
            mode="lines",
            line={"color": shade(_OTHERS[2]), "dash": "dash", "width": 2},
            hovertemplate="%{fullData.name}<extra></extra>",
        )
    ends = [end for point in advice.front for end in (point.span.low, point.span.high, None)]
    chart.add_scatter(
        x=ends,
        y=[None if end is None else _FRONT_HEIGHT for end in ends],
        name="Pareto front",
        mode="lines+markers",
        line={"color": shade(_OTHERS[2]), "width": 5},
        marker={"symbol": "line-ns-open", "size": 10},
        hovertemplate="front: α %{x:.4f}<extra></extra>",
    )


def _words(ground: Ground) -> str:
    """What the chart shows, as text."""
    places = sorted({ground.low, ground.high, *(alpha for alpha in (0.0, 1.0) if ground.low <= alpha <= ground.high)})
    parts = [
        f"{name} {', '.join(f'{figure(steps.at(alpha))} at α = {alpha:g}' for alpha in places)}"
        f" ({count(len(steps.alphas), 'step')})"
        for name, _, steps, _, _ in _curves(ground)
    ]
    floor = ground.floor
    known = (
        "No retain model gives a floor for the leaks."
        if floor.share is None
        else f"A retain model leaks on {floor.share:.1%} of the {floor.questions} forget questions it was asked."
    )
    partial = sum(not item.map.complete for item in ground.questions)
    unnamed = sum(not item.split for item in ground.questions)
    rest = (
        f" {count(unnamed, 'question names', 'questions name')} no split: taken to be forgotten, to be safe."
        if unnamed
        else ""
    )
    rest += (
        f" {count(partial, 'map is', 'maps are')} not complete; what was not followed counts as a leak."
        if partial
        else ""
    )
    return f"{count(len(ground.questions), 'question')} mapped: {'; '.join(parts)}. {known}{rest}"
