"""Every chart of the program is drawn here: with an `alt`, a camera button and its figures as a CSV of our own."""

import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine.inks import FORGET_INK, RETAIN_INK
from engine.report.csv_table import csv_bytes
from engine.store.handing_out import note_handed_out
from engine.wording import count, figure
from pages.parts.shared.chart_text import LineEnd, label_ends, legible
from pages.parts.shared.looks import shade
from pages.parts.shared.wording import plain

_NAME = "oubliette-{}"
FEW_STEPS = 20


class OfRun(NamedTuple):
    """Whose questions a table names: such a file is noted before it is handed out, as every export is."""

    run_id: int
    alpha: float


def draw_chart(
    chart: go.Figure,
    table: pd.DataFrame,
    key: str,
    words: str,
    *,
    title: str = "",
    meaning: str = "",
    of_run: OfRun | None = None,
    clickable: bool = False,
) -> list[dict[str, Any]]:
    """Draw a chart under its `title`; the points that were just clicked, where it is `clickable`.

    `table` holds its figures, for the CSV; `words` is what it shows, for those who cannot see it; `meaning` explains
    it behind an (i). The files are named after `key`.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if title:
            st.markdown(f"**{plain(title)}**", help=plain(meaning) or None, width="stretch")
        csv_button(table, key, of_run)
    legible(chart)
    shown: dict[str, Any] = {"key": key, "config": _bar(key), "alt": words}
    if not clickable:
        st.plotly_chart(chart, **shown)
        return []
    event: Any = st.plotly_chart(chart, on_select="rerun", selection_mode="points", **shown)
    return list(event["selection"]["points"])


def csv_button(table: pd.DataFrame, key: str, of_run: OfRun | None = None) -> None:
    """A button for the table as a CSV that no spreadsheet runs; it is made when the button is pressed."""
    name = f"{_NAME.format(_slug(key))}.csv"

    def made() -> bytes:
        data = csv_bytes(table)
        if of_run is not None:
            note_handed_out(of_run.run_id, of_run.alpha, name, len(table), sha256(data).hexdigest()).write()
        return data

    st.download_button(
        "CSV",
        data=made,
        file_name=name,
        mime="text/csv",
        key=f"{key}-csv",
        type="tertiary",
        icon=":material/download:",
        on_click="ignore",
        help="These figures as a table",
    )


def _bar(key: str) -> dict[str, Any]:
    """A camera and the way back from a zoom, and nothing else."""
    return {
        "displayModeBar": True,
        "displaylogo": False,
        "modeBarButtons": [["toImage", "resetScale2d"]],
        "toImageButtonOptions": {"filename": _NAME.format(_slug(key)), "scale": 2},
    }


def _slug(key: str) -> str:
    return re.sub(r"[^\w-]+", "-", key).strip("-").lower()


def add_level(chart: go.Figure, low: float, high: float, value: float, name: str, ink: str) -> None:
    """A level across a chart over α; its name is written at its end, as that of a line is."""
    chart.add_scatter(
        x=[low, high],
        y=[value, value],
        name=name,
        mode="lines",
        showlegend=False,
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


def losses(steps: pd.DataFrame) -> None:
    """Loss on forget and retain batches over the training steps, and below it the forget probability at epoch ends."""
    chart = go.Figure()
    across = 0.0, max(float(steps["step"].max()), 1.0)
    lines = {
        "forget_loss": ("forget loss", FORGET_INK, "solid"),
        "retain_loss": ("retain loss", RETAIN_INK, "dash"),
        "forget_probability": ("forget probability", FORGET_INK, "dot"),
    }
    ends = dict[str, LineEnd]()
    for column, (name, ink, dash) in lines.items():
        known = steps.dropna(subset=[column])
        if known.empty:
            continue
        below = column == "forget_probability"
        chart.add_scatter(
            x=known["step"],
            y=known[column],
            mode="lines" if len(known) > FEW_STEPS else "lines+markers",
            name=name,
            showlegend=False,  # its name stands at its end
            yaxis="y2" if below else "y",
            cliponaxis=False,
            marker={"symbol": "diamond" if below else "circle"},
            line={"color": shade(ink), "dash": dash, "width": 2},
        )
        ends[column] = LineEnd(name, float(known[column].iloc[-1]), ink)
    low, high = _reach(steps[["forget_loss", "retain_loss"]])
    likely = ends.pop("forget_probability", None)
    chart.update_layout(
        height=400 if likely else 300,
        xaxis={"title": "training step", "anchor": "y2" if likely else "y"},
        yaxis={"title": "loss, nats", "range": [low, high], "domain": [0.36, 1] if likely else [0, 1]},
    )
    if likely:
        chart.update_layout(yaxis2={"title": "probability", "range": [-0.04, 1.04], "domain": [0, 0.26], "dtick": 0.5})
        label_ends(chart, across, [likely], 0.0, 1.0, 0.3, "y2")
    label_ends(chart, across, list(ends.values()), low, high, 0.09)
    table = steps.dropna(axis="columns", how="all")
    draw_chart(chart, table, "losses", losses_words(steps), title="Losses", meaning=losses_words(steps))


def _reach(values: pd.DataFrame) -> tuple[float, float]:
    """From the least to the largest of them, with some air."""
    low, high = float(np.nanmin(values, initial=0.0)), float(np.nanmax(values, initial=0.0))
    air = 0.05 * (high - low or 1.0)
    return low - air, high + air


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
