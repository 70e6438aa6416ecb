"""For researchers: every measure over α, exactly, from the maps of whole sets; the Pareto front and thresholds."""

from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine.analysis.advice.advise import Advice
from engine.analysis.advice.stored import Ground, ground_of, run_to_open
from engine.analysis.exact_curves import MappedQuestion, mean_steps
from engine.analysis.leak_floor import forget_floor
from engine.analysis.recommended import recommended_of_run
from engine.data.examples import is_to_be_forgotten
from engine.evaluation.curves import Steps
from engine.inks import BLUE, BROWN, FORGET_INK, LEAKS, OLIVE, RETAIN_MODEL, TEAL, Ink
from engine.store import history
from engine.store.history import RunSummary
from engine.store.maps import maps_key
from engine.wording import count, figure, split_word
from pages.parts.shared import address
from pages.parts.shared.chart_text import LineEnd, label_ends
from pages.parts.shared.charts import OfRun, add_level, draw_chart
from pages.parts.shared.looks import shade
from pages.parts.shared.run_choice import names_of
from pages.parts.shared.wording import is_kept
from pages.parts.tradeoff.alpha_advice import show_front
from pages.parts.tradeoff.over_alpha import add_steps, mark_advice
from pages.parts.tradeoff.thresholds import show_thresholds

# Parts that are to stay, and whatever else was mapped: told apart by dash and name too.
_OTHERS = (BLUE, TEAL, BROWN, OLIVE)
_DASHES = ("dash", "dashdot", "longdash", "longdashdot")
_FRONT_HEIGHT, _FRONT_INK = -0.025, BROWN  # of the strip under the curves that shows the front


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


def choose_map(runs: list[RunSummary]) -> int:
    ids, names = [run.id for run in runs], names_of(runs)
    return address.select("Mapped by run", ids, "map", run_to_open(runs), format_func=names.__getitem__)


def ground_for(run_id: int) -> Ground:
    return _ground(run_id, forget_floor(run_id), maps_key(history.run_detail(run_id)))


def show_exact_curves(run_id: int, ground: Ground, advice: Advice | None) -> None:
    """Every measure over α with the front and its knee, and from which α each secret is gone."""
    _draw(_curves(ground), ground, advice)
    if advice is not None:
        show_front(advice)
    secret = [item for item in ground.questions if is_to_be_forgotten(item.split)]
    if secret:
        show_thresholds(secret, OfRun(run_id, _alpha_to_use(run_id)))


def _alpha_to_use(run_id: int) -> float:
    found = recommended_of_run(history.run_detail(run_id))
    return 1.0 if found is None else found


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


def _draw(curves: list[DrawnCurve], ground: Ground, advice: Advice | None) -> None:
    chart = go.Figure()
    for name, _, steps, ink, dash in curves:
        add_steps(chart, name, steps, ink, dash)
    ends = [LineEnd(item.short, item.steps.at(ground.high), item.ink) for item in curves]
    if ground.floor.share is not None:
        name = f"never knew: {ground.floor.share:.1%}"
        add_level(chart, ground.low, ground.high, ground.floor.share, name, shade(RETAIN_MODEL))
        ends.append(LineEnd(name, ground.floor.share, RETAIN_MODEL))
    if advice is not None:
        mark_advice(chart, advice, (ground.low, ground.high))
        _mark_front(chart, advice)
        ends.append(LineEnd("Pareto front", _FRONT_HEIGHT, _FRONT_INK))
    chart.update_layout(
        height=420,
        xaxis_title="α",
        yaxis={"title": "share, or ROUGE-L recall", "range": [-0.05, 1.03]},
    )
    label_ends(chart, (ground.low, ground.high), ends, -0.05, 1.03, 0.055)
    rows = [(name, a, v) for name, _, steps, _, _ in curves for a, v in zip(steps.alphas, steps.values, strict=True)]
    table, words = pd.DataFrame(rows, columns=["measure", "from α", "value"]), _words(ground)
    draw_chart(chart, table, "exact-curves", words, title="Every measure over α, exactly", meaning=words)


def _mark_front(chart: go.Figure, advice: Advice) -> None:
    """The knee as a line, the front as a strip under the curves."""
    ink = shade(_FRONT_INK)
    if advice.knee is not None and len(advice.front) > 1:
        place = advice.knee.span.low
        chart.add_scatter(
            x=[place, place],
            y=[0, 1],
            name=f"knee, from α = {place:.3f}",
            mode="lines",
            showlegend=False,
            line={"color": ink, "dash": "dash", "width": 2},
            hovertemplate="%{fullData.name}<extra></extra>",
        )
        chart.add_annotation(
            x=place, y=0.5, text=f"knee {place:.2f}", xanchor="right", xshift=-4, showarrow=False, font={"color": ink}
        )
    ends = [end for point in advice.front for end in (point.span.low, point.span.high, None)]
    chart.add_scatter(
        x=ends,
        y=[None if end is None else _FRONT_HEIGHT for end in ends],
        name="Pareto front",
        mode="lines+markers",
        showlegend=False,
        line={"color": ink, "width": 5},
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
