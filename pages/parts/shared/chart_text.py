"""The text of charts: dark enough to be read, and at the ends of lines instead of in a legend beside them."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from engine.inks import QUIET, Ink
from pages.parts.shared.looks import shade

_SIZE = 12  # px of a label
_ROOM = 6.6  # px that a letter of it takes, roughly


class LineEnd(NamedTuple):
    """What is written where a line ends, and at which height that is."""

    text: str
    value: float
    ink: Ink


def legible(chart: go.Figure) -> go.Figure:
    """The same chart with axes and legend in an ink that can be read; Streamlit's own grey is too light for that."""
    text = {"color": shade(QUIET)}
    axis = {"tickfont": text, "title": {"font": text}}
    chart.update_layout(font=text, legend={"font": text}, xaxis=axis, yaxis=axis)
    if "yaxis2" in chart.layout:
        chart.update_layout(yaxis2=axis)
    return chart


def label_ends(
    chart: go.Figure, across: tuple[float, float], ends: Sequence[LineEnd], low: float, high: float, gap: float
) -> None:
    """Write the names of lines that go `across` x at their right ends, in their own colours, never over one another.

    `low` and `high` are the ends of the y axis; `gap` is the share of it that one label is high.
    """
    for end, place in zip(ends, keep_apart([end.value for end in ends], low, high, gap * (high - low)), strict=True):
        chart.add_annotation(
            x=across[1],
            y=place,
            text=end.text,
            xanchor="left",
            yanchor="middle",
            xshift=6,
            showarrow=False,
            align="left",
            font={"color": shade(end.ink), "size": _SIZE},
        )
    room = max((len(end.text) for end in ends), default=0) * _ROOM + 10
    # Else the axis would make room for the labels a second time.
    chart.update_layout(margin={"r": round(room)}, xaxis={"range": across})


def keep_apart(values: Sequence[float], low: float, high: float, gap: float) -> list[float]:
    """Where labels of these values go between `low` and `high`, each as near to its own as `gap` lets it."""
    order = sorted(range(len(values)), key=values.__getitem__)
    places = [min(max(value, low), high) for value in values]
    for before, after in zip(order, order[1:], strict=False):
        places[after] = max(places[after], places[before] + gap)
    if order and places[order[-1]] > high:
        places[order[-1]] = high
        for after, before in zip(order[::-1], order[-2::-1], strict=False):
            places[before] = min(places[before], places[after] - gap)
    return places
