"""How likely the chosen text is at every α, on Compare."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from engine.analysis.forced_curves import grid
from engine.evaluation.curves import Curve
from engine.inks import BASE, Ink
from engine.wording import figure
from pages.parts.shared.charts import draw_chart
from pages.parts.shared.looks import shade
from pages.parts.shared.wording import bound

DRAWN_POINTS = 241  # of a curve over α: finer than a screen shows


def logp_curve(curve: Curve, alpha: float, ink: Ink) -> None:
    """Mean log-probability of the chosen text over α from its loss, with the dial's place marked."""
    low, high = curve.alphas[0], curve.alphas[-1]
    drawn = np.linspace(low, high, DRAWN_POINTS)
    line = go.Scatter(
        x=drawn,
        y=-curve.at(drawn),
        mode="lines",
        line={"color": shade(ink), "width": 2},
        hovertemplate="α %{x:.2f}: %{y:.3f} nats a token<extra></extra>",
    )
    # In one piece: `add_vline` and `update_layout` take longer than the rest of a move of α.
    dial = {"x0": alpha, "x1": alpha, "xref": "x", "y0": 0, "y1": 1, "yref": "y domain", "type": "line"}
    place = {
        "x": alpha,
        "xref": "x",
        "y": 1,
        "yref": "y domain",
        "showarrow": False,
        "xanchor": "right" if alpha > (low + high) / 2 else "left",
        "yanchor": "bottom",
    }
    chart = go.Figure(
        line,
        {
            "height": 240,
            "xaxis": {"title": {"text": "α"}},
            "yaxis": {"title": {"text": "mean log p, nats a token"}},
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
    table = pd.DataFrame({"α": listed, "mean log p (nats a token)": logps.round(4)})
    draw_chart(chart, table, "log-probability", words, title="Its likelihood over α", meaning=words)
