"""Trade-off's one chart over α: the secrets told, the knowledge kept, and the band that meets the demand."""

import pandas as pd
import plotly.graph_objects as go

from engine.analysis.advice.advise import Advice
from engine.analysis.advice.over_alpha import ToldAndKept
from engine.evaluation.curves import Steps
from engine.inks import BLUE, LEAKS, PASS, Ink
from pages.parts.shared.chart_text import LineEnd, label_ends
from pages.parts.shared.charts import draw_chart
from pages.parts.shared.looks import shade

HEIGHT = 295  # px
_TOLD, _KEPT = "secrets told", "knowledge kept"
_TITLE = "Told (as asked or in other words) and kept, over α"
_MEANING = (
    "Told: the share of forget questions that leak in the likeliest answer, as asked or in other words. Kept: ROUGE-L"
    " recall of the weakest part that is to be kept, as a share of the base's. In the green band both meet the demand."
    " From stored maps, exact at every α."
)


def show_over_alpha(found: ToldAndKept, advice: Advice) -> None:
    """Both over the mapped range, in per cent."""
    chart = go.Figure()
    lines = ((_TOLD, found.told, LEAKS, "solid"), (_KEPT, found.kept, BLUE, "dash"))
    for name, steps, ink, dash in lines:
        add_steps(chart, name, steps, ink, dash)
    across = found.told.alphas[0], found.told.high
    mark_advice(chart, advice, across)
    chart.update_layout(
        height=HEIGHT, xaxis_title="α", yaxis={"title": "share", "range": [-0.03, 1.03], "tickformat": ".0%"}
    )
    ends = [LineEnd(name.replace(" ", "<br>"), steps.values[-1], ink) for name, steps, ink, _ in lines]
    label_ends(chart, across, ends, 0.0, 1.0, 0.13)
    table = pd.DataFrame({"from α": found.told.alphas, _TOLD: found.told.values, _KEPT: found.kept.values})
    draw_chart(chart, table, "told-and-kept", told_and_kept_words(found), title=_TITLE, meaning=_MEANING)


def told_and_kept_words(found: ToldAndKept) -> str:
    """What the chart shows, as text."""
    low, high = found.told.alphas[0], found.told.high
    places = sorted({low, high, *(alpha for alpha in (0.0, 1.0) if low <= alpha <= high)})
    said = [f"{found.told.at(a):.1%} told and {found.kept.at(a):.1%} kept at α = {a:g}" for a in places]
    return f"Secrets told and knowledge kept over α: {'; '.join(said)}."


def add_steps(chart: go.Figure, name: str, steps: Steps, ink: Ink, dash: str) -> None:
    chart.add_scatter(
        x=[*steps.alphas, steps.high],
        y=[*steps.values, steps.values[-1]],
        name=name,
        mode="lines",
        showlegend=False,  # its name stands at its end
        line={"shape": "hv", "color": shade(ink), "width": 2, "dash": dash},
        hovertemplate="from α %{x:.4f}: %{y:.3f}<extra>" + name + "</extra>",
    )


def mark_advice(chart: go.Figure, advice: Advice, across: tuple[float, float]) -> None:
    """What meets the demand as a band, and the α to use as a line; both named above."""
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
    ink = shade(PASS) if advice.met else shade(LEAKS)
    band = "<br>band: demand met" if advice.spans else ""
    chart.add_vline(x=advice.alpha, line_width=2, line_color=ink)
    chart.add_annotation(
        x=advice.alpha,
        y=1,
        yref="y domain",
        text=f"{'use' if advice.met else 'nearest'} α = {advice.alpha:g}{band}",
        xanchor="right" if advice.alpha > sum(across) / 2 else "left",
        yanchor="bottom",
        align="right" if advice.alpha > sum(across) / 2 else "left",
        showarrow=False,
        font={"color": ink, "size": 12},
    )
    chart.update_layout(margin={"t": 44})
