"""The charts. Each is drawn with an `alt` that states what it shows, and has its figures in a table beside it."""

from collections.abc import Iterable
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine.analysis.forced_curves import grid
from engine.analysis.trade_off import LEAST, Measure, ModelMark, Published, Table
from engine.evaluation.curves import Curve
from engine.inks import BASE, FORGET_INK, IMPORTED, QUIET, RETAIN_INK, RETAIN_MODEL, Ink
from engine.wording import count, figure
from pages.parts.shared.chart_text import legible
from pages.parts.shared.looks import Look, pair_looks, shade
from pages.parts.shared.wording import MISSING, bound

PLAIN_BAR = {"displayModeBar": False}
FEW_STEPS = 20
_HOVER = "utility %{customdata[2]}<br>forget %{customdata[3]}<extra>%{fullData.name}</extra>"
DRAWN_POINTS = 241  # of a curve over α: finer than a screen shows


def logp_curve(curve: Curve, alpha: float, ink: Ink) -> None:
    """Mean log-probability of the chosen text over α from its loss, with the dial's place marked, and its table."""
    low, high = curve.alphas[0], curve.alphas[-1]
    drawn = np.linspace(low, high, DRAWN_POINTS)
    line = go.Scatter(
        x=drawn,
        y=-curve.at(drawn),
        mode="lines",
        line={"color": shade(ink), "width": 2},
        hovertemplate="α %{x:.2f}: %{y:.3f} nats a token<extra></extra>",
    )
    text = {"color": shade(QUIET)}
    # In one piece: `add_vline` and `update_layout` take longer than the rest of a move of α.
    dial = {"x0": alpha, "x1": alpha, "xref": "x", "y0": 0, "y1": 1, "yref": "y domain", "type": "line"}
    place = {
        "x": alpha,
        "xref": "x",
        "y": 1,
        "yref": "y domain",
        "showarrow": False,
        "xanchor": "left",
        "yanchor": "top",
    }
    chart = go.Figure(
        line,
        {
            "height": 240,
            "margin": {"l": 10, "r": 10, "t": 24, "b": 10},
            "font": text,
            "xaxis": {"title": {"text": "α", "font": text}, "tickfont": text},
            "yaxis": {"title": {"text": "mean log p, nats a token", "font": text}, "tickfont": text},
            "shapes": [{**dial, "line": {"dash": "dot", "color": shade(BASE)}}],
            "annotations": [{**place, "text": f"α = {alpha:g}"}],
        },
    )
    listed = grid(low, high)
    logps = -curve.at(listed)
    words = (
        f"Mean log-probability of the chosen text over α: {figure(logps[0])} nats a token at α = {low:g},"
        f" {figure(-curve.at([alpha])[0])} at α = {alpha:g}, {figure(logps[-1])} at α = {high:g}. Lower means less"
        f" likely to be said. Known at every α to within {bound(curve.error)} nats a token, from one reading of the"
        " text."
    )
    st.plotly_chart(chart, key="logp-curve", config=PLAIN_BAR, alt=words)
    with st.expander("Curve table"):
        st.caption(words)
        frame = pd.DataFrame({"α": listed, "mean log p (nats a token)": logps.round(4)})
        st.dataframe(frame, hide_index=True, placeholder=MISSING, alt=words)


def losses(steps: pd.DataFrame) -> None:
    """Loss on forget and retain batches over the training steps, and the forget probability at epoch ends."""
    chart = go.Figure()
    for column, name, ink, dash in (
        ("forget_loss", "forget loss", FORGET_INK, "solid"),
        ("retain_loss", "retain loss", RETAIN_INK, "dash"),
    ):
        known = steps.dropna(subset=[column])
        if len(known):
            chart.add_scatter(
                x=known["step"],
                y=known[column],
                mode="lines" if len(known) > FEW_STEPS else "lines+markers",
                name=name,
                line={"color": shade(ink), "dash": dash, "width": 2},
            )
    ends = steps.dropna(subset=["forget_probability"])
    if len(ends):
        chart.add_scatter(
            x=ends["step"],
            y=ends["forget_probability"],
            mode="markers+lines",
            name="forget probability (right axis)",
            yaxis="y2",
            marker={"symbol": "diamond", "size": 9},
            line={"color": shade(BASE), "dash": "dot"},
        )
    chart.update_layout(
        height=320,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        xaxis_title="training step",
        yaxis_title="loss, nats",
        yaxis2={
            "overlaying": "y",
            "side": "right",
            "range": [-0.04, 1.04],
            "dtick": 0.25,
            "tickmode": "linear",
            "showgrid": False,
        },
        legend={"orientation": "h", "y": 1.12},
    )
    words = losses_words(steps)
    st.plotly_chart(legible(chart), key="losses", config=PLAIN_BAR, alt=words)
    st.caption(words)
    with st.expander("The steps as a table"):
        st.dataframe(steps, hide_index=True, placeholder=MISSING, alt=words)


def losses_words(steps: pd.DataFrame) -> str:
    last = steps.iloc[-1]
    words = (
        f"{count(len(steps), 'training step')}, epoch {int(last['epoch'])}: forget loss {figure(last['forget_loss'])}"
    )
    if pd.notna(last["retain_loss"]):
        words += f", retain loss {figure(last['retain_loss'])} (lower means better kept)"
    ends = steps["forget_probability"].dropna()
    if len(ends):
        words += f"; probability of the answers to be forgotten {ends.iloc[-1]:.3g} (lower is better)"
    return words + "."


def trade_off_chart(table: Table, forget: Measure, utility: Measure, key: str) -> int | None:
    """The path of each pair over α, with base and retain-only as fixed marks; the run whose point was clicked."""
    chart = go.Figure()
    looks = pair_looks(table.frame["pair"].unique())
    for place, (run_id, path) in enumerate(table.frame.groupby("run_id", sort=False)):
        _add_path(chart, place, int(str(run_id)), path, looks[str(path["pair"].iloc[0])])
    for mark in table.marks:
        _add_mark(chart, mark)
    for item in table.published:
        _add_published(chart, item, forget)
    chart.update_layout(
        height=480,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        hovermode="closest",
        xaxis={"title": f"{utility.label} ({utility.direction})", "range": utility.axis},
        yaxis={
            "title": f"{forget.label} ({forget.direction})",
            "range": forget.axis,
            "type": "log" if forget.logarithmic else "linear",
        },
        legend={"orientation": "h", "y": -0.22},
        clickmode="event+select",
    )
    event = st.plotly_chart(
        legible(chart),
        key=key,
        on_select="rerun",
        selection_mode="points",
        config=PLAIN_BAR,
        alt=table.words(forget, utility),
    )
    points = event["selection"]["points"]
    return int(points[0]["customdata"][0]) if points and points[0].get("customdata") else None


def _add_path(chart: go.Figure, place: int, run_id: int, path: pd.DataFrame, look: Look) -> None:
    pair, run = str(path["pair"].iloc[0]), str(path["run"].iloc[0])
    ink = shade(look.ink)
    # Two labels a path: where it was trained, and where it ends. The others are a hover or a row of the table away.
    labelled = {1.0, float(path["alpha"].max())} - {0.0}
    labels = [f"α {alpha:g}" if alpha in labelled else "" for alpha in path["alpha"]]
    chart.add_scatter(
        x=path["utility"],
        y=path["forget"],
        mode="lines+markers+text",
        name=f"{escape(run)} (pair {escape(pair)})",
        text=labels,
        textposition=("top left", "bottom left")[place % 2],
        cliponaxis=False,
        customdata=path[["run_id", "alpha", "utility_text", "forget_text"]].values.tolist(),
        marker={"symbol": look.marker, "size": 10, "color": ink},
        line={"color": ink, "width": 2},
        error_x=error_bar(path["utility"], path["utility_low"], path["utility_high"], ink),
        error_y=error_bar(path["forget"], path["forget_low"], path["forget_high"], ink),
        hovertemplate=f"α %{{customdata[1]:g}}<br>{_HOVER}",
    )


def add_level(chart: go.Figure, low: float, high: float, value: float, name: str, ink: str) -> None:
    """A level across a chart over α, named in the legend: a label beside it would lie on some curve."""
    chart.add_scatter(
        x=[low, high],
        y=[value, value],
        name=name,
        mode="lines",
        line={"color": ink, "dash": "longdash", "width": 2},
        hovertemplate="%{fullData.name}<extra></extra>",
    )


def error_bar(
    means: Iterable[float], lows: Iterable[float | None], highs: Iterable[float | None], ink: str
) -> dict[str, object]:
    """The intervals of points, for plotly: how far they reach above and below; none where there is none."""
    rows = list(zip(means, lows, highs, strict=True))
    above = [None if pd.isna(high) else high - mean for mean, _, high in rows]
    below = [None if pd.isna(low) else mean - low for mean, low, _ in rows]
    return {
        "type": "data",
        "symmetric": False,
        "array": above,
        "arrayminus": below,
        "color": ink,
        "thickness": 1,
        "width": 3,
    }


def _add_mark(chart: go.Figure, mark: ModelMark) -> None:
    ink = shade(BASE if mark.kind == "base" else RETAIN_MODEL)
    chart.add_scatter(
        x=[mark.utility],
        y=[mark.forget],
        mode="markers",
        name=escape(mark.name),
        cliponaxis=False,  # named in the legend
        customdata=[[mark.run_id, 0.0, mark.utility_bar.text, mark.forget_bar.text]],
        marker={"symbol": "x" if mark.kind == "base" else "star", "size": 14, "color": ink},
        error_x=error_bar([mark.utility], [mark.utility_bar.low], [mark.utility_bar.high], ink),
        error_y=error_bar([mark.forget], [mark.forget_bar.low], [mark.forget_bar.high], ink),
        hovertemplate=_HOVER,
    )


def _add_published(chart: go.Figure, item: Published, forget: Measure) -> None:
    """An open marker that no run of ours has, and the word imported wherever it is named."""
    said = "<br>".join(escape(words) for words in (item.source, *(f"unlike ours: {words}" for words in item.unlike)))
    chart.add_scatter(
        x=[item.utility],
        y=[max(item.forget, LEAST) if forget.logarithmic else item.forget],
        mode="markers",
        name=escape(item.label),
        cliponaxis=False,
        customdata=[[item.run_id, 0.0]],
        marker={"symbol": "hexagram-open", "size": 15, "color": shade(IMPORTED), "line": {"width": 2}},
        hovertemplate=(
            "utility %{x:.3f}<br>forget"
            f" {forget.shown(item.forget)}<br>{_bare(said)}<extra>%{{fullData.name}}</extra>"
        ),
    )


def _bare(text: str) -> str:
    """Without what plotly would take for a placeholder."""
    return text.replace("%{", "% {")
