"""Shared by the benchmarks' pages: Markdown tables and the style of plots."""

from pathlib import Path

import pandas as pd
import plotly.graph_objects as go

from benchmarks.browser import screenshot

COLOURS = ("#4477AA", "#EE6677", "#228833", "#CCBB44", "#AA3377", "#66CCEE", "#BBBBBB")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star", "cross")


def markdown(frame: pd.DataFrame) -> str:
    """A Markdown table; floats of a share to three digits, small p-values by their exponent, a missing value as n/a."""
    lines = ["| " + " | ".join(map(str, frame.columns)) + " |", "|" + "---|" * len(frame.columns)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in frame.itertuples(index=False)]
    return "\n".join(lines)


def cell(value: object) -> str:
    """A table's cell, see `markdown`."""
    if value is None or value != value:  # NaN differs from itself
        return "n/a"
    if not isinstance(value, float):
        return str(value)
    if value and abs(value) < 5e-4:
        return f"{value:.0e}"
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.3f}".rstrip("0").rstrip(".")


def draw(figure: go.Figure, picture: Path, width: int = 900, height: int = 560) -> None:
    figure.update_layout(
        template="plotly_white", width=width, height=height, margin={"l": 60, "r": 20, "t": 30, "b": 60}
    )
    screenshot(figure.to_html(include_plotlyjs=True), picture, width, height)
