"""The text of charts: dark enough to be read, and at the ends of lines instead of in a legend beside them."""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from engine.inks import PAGE, QUIET, Ink
from pages.parts.shared.looks import shade

_MARGIN = {"l": 10, "r": 12, "t": 30, "b": 10}  # px; the axes make their own room
_SIZE = 12  # px of a label
_ROOM = 6.6  # px that a letter of it takes, roughly


class LineEnd(NamedTuple):
    """What is written where a line ends, and at which height that is."""

    text: str
    value: float
    ink: Ink


def legible(chart: go.Figure) -> go.Figure:
    """The same chart with text in an ink that can be read, where Streamlit's own grey is too light, and a page behind
    it, for a picture of it. Above it the bar with the camera has its place.
    """
    text = {"color": shade(QUIET)}
    axis = {"tickfont": text, "title": {"font": text}}
    axes = {
        name: {**axis, "automargin": chart.layout[name].automargin is not False}
        for name in ("xaxis", "yaxis", "yaxis2")
        if name != "yaxis2" or name in chart.layout
    }
    margin = {**_MARGIN, **chart.layout.margin.to_plotly_json()}
    bar = {"bgcolor": "rgba(0,0,0,0)", "color": shade(QUIET), "activecolor": shade(QUIET)}
    chart.update_layout(font=text, legend={"font": text}, margin=margin, paper_bgcolor=shade(PAGE), modebar=bar, **axes)
    return chart


def label_ends(
    chart: go.Figure,
    across: tuple[float, float],
    ends: Sequence[LineEnd],
    low: float,
    high: float,
    gap: float,
    yref: str = "y",
) -> None:
    """Write the names of lines that go `across` x at their right ends, in their own colours, never over one another.

    `low` and `high` are the ends of the y axis `yref`; `gap` is the share of it that one label is high.
    """
    for end, place in zip(ends, keep_apart([end.value for end in ends], low, high, gap * (high - low)), strict=True):
        chart.add_annotation(
            x=across[1],
            y=place,
            yref=yref,
            text=end.text,
            xanchor="left",
            yanchor="middle",
            xshift=6,
            showarrow=False,
            align="left",
            font={"color": shade(end.ink), "size": _SIZE},
        )
    widest = max((len(line) for end in ends for line in end.text.split("<br>")), default=0)
    room = max(round(widest * _ROOM + 10), chart.layout.margin.r or 0)
    # Else the axis would make room for the labels a second time.
    chart.update_layout(margin={"r": room}, xaxis={"range": across})


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
