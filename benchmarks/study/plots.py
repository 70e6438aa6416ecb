"""The study's plots, one for each of its questions, from its tables."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from benchmarks.plots import COLOURS, SYMBOLS
from benchmarks.study import plan
from benchmarks.study.selection import METHODS, by_reference, compared, cost_ratios, named, on_demo, reached
from benchmarks.study.tables import QUALITY, Tables, extremes, pooled


def plots_of(tables: Tables) -> dict[str, go.Figure]:
    """By the name of the picture; only for parts that have run."""
    drawn = {
        "tradeoff": _tradeoff(tables.main),
        "matched": _matched(tables.matched),
        "references": _references(tables.main, tables.leaks),
        "costs": _costs(tables.costs),
        "alpha": _over_alpha(tables.over_alpha),
        "quality": _quality(tables.curves),
        "domains": _domains(tables.domains),
    }
    return {name: figure for name, figure in drawn.items() if figure.data}


def _tradeoff(main: pd.DataFrame) -> go.Figure:
    figure = go.Figure()
    own = on_demo(main)
    for number, (method, rows) in enumerate(own.groupby("method", sort=False)):
        means, extent = pooled(rows), extremes(rows)
        figure.add_scatter(
            x=means["forget ROUGE"],
            y=means["retain ROUGE"],
            error_x=_bars(means, extent, "forget ROUGE"),
            error_y=_bars(means, extent, "retain ROUGE"),
            text=means["objective"],
            textposition="bottom center" if method == "direct" else "top center",
            name=METHODS.get(str(method), str(method)),
            mode="markers+text",
            cliponaxis=False,
            marker={"symbol": SYMBOLS[number % 7], "size": 11, "color": COLOURS[number % 7]},
        )
    return figure.update_layout(
        xaxis_title="ROUGE-L recall on forget, α = 1 (lower is better)",
        yaxis_title="ROUGE-L recall on the retain eval half",
    )


def _bars(means: pd.DataFrame, extent: tuple[pd.DataFrame, pd.DataFrame], name: str) -> dict[str, object]:
    """From the lowest seed to the highest."""
    low, high = (of[name] for of in extent)
    return {"array": high - means[name], "arrayminus": means[name] - low, "thickness": 1, "width": 3}


def _matched(matched: pd.DataFrame) -> go.Figure:
    """What is kept where both methods fall to the retain model: a bar for each method and objective."""
    figure = go.Figure()
    down = reached(matched)
    for number, (method, rows) in enumerate(down.groupby("method", sort=False) if len(down) else ()):
        means = pooled(rows)
        bars = _bars(means, extremes(rows), "retain ROUGE")
        figure.add_bar(
            x=means["objective"], y=means["retain ROUGE"], error_y=bars, name=str(method), marker_color=COLOURS[number]
        )
    return figure.update_layout(
        barmode="group", yaxis_title="ROUGE-L recall on the retain eval half, seeds that fall that far"
    )


def _over_alpha(grid: pd.DataFrame) -> go.Figure:
    """Kept against forgotten as alpha grows, a line an objective: the offset pairs beside the direct models."""
    if grid.empty:
        return go.Figure()
    methods = list(dict.fromkeys(grid["method"]))
    figure = make_subplots(
        1, len(methods), shared_yaxes=True, subplot_titles=methods, x_title="ROUGE-L recall on forget"
    )
    for (method, objective), rows in grid.groupby(["method", "objective"], sort=False):
        means = rows.groupby("alpha")[["forget ROUGE", "retain ROUGE"]].mean().reset_index()
        number = plan.OBJECTIVES.index(objective)
        figure.add_scatter(
            x=means["forget ROUGE"],
            y=means["retain ROUGE"],
            text=[f"{alpha:g}" for alpha in means["alpha"]],
            name=objective,
            mode="lines+markers+text",
            textposition="bottom right",
            textfont_size=9,
            showlegend=method == methods[0],
            line_color=COLOURS[number],
            row=1,
            col=methods.index(method) + 1,
        )
    return figure.update_yaxes(title_text="ROUGE-L recall on the retain eval half; α beside each mark", col=1)


def _quality(curves: pd.DataFrame) -> go.Figure:
    """Forget quality of the offset pairs at every alpha: the median of their seeds, on a logarithmic axis."""
    figure = go.Figure()
    if QUALITY not in curves:
        return figure
    own = compared(curves.dropna(subset=[QUALITY]))
    for objective, rows in own.groupby("objective", sort=False):
        medians = rows.groupby("alpha")[QUALITY].median()
        colour = COLOURS[plan.OBJECTIVES.index(str(objective)) % 7]
        figure.add_scatter(x=medians.index, y=medians, name=f"offset, {objective}", line={"color": colour})
    figure.add_hline(y=0.05, line_dash="dot")
    return figure.update_layout(
        xaxis_title="α",
        yaxis_title="forget quality, p (log, from 1e-6)",
        yaxis_type="log",
        yaxis_range=[-6, 0.1],
        yaxis_dtick=1,
        yaxis_exponentformat="power",
    )


def _references(main: pd.DataFrame, leaks: pd.DataFrame) -> go.Figure:
    """Bars by reference, for the pairs by npo: what is forgotten, what is kept, and what the pair gives away."""
    figure = go.Figure()
    if leaks.empty:
        return figure
    own = by_reference(main)
    own = own[own["objective"] == "npo"].set_index("reference")
    for number, name in enumerate(("forget ROUGE", "retain ROUGE", "world ROUGE")):
        figure.add_bar(x=own.index, y=own[name], name=name, marker_color=COLOURS[number])
    of_npo = named(leaks[leaks["objective"] == "npo"])
    for number, (probe, rows) in enumerate(of_npo.groupby("probe", sort=False), start=3):
        figure.add_bar(
            x=rows["reference"],
            y=rows["found"],
            name=f"{probe}: found",
            marker_color=COLOURS[number % 7],
            marker_pattern_shape="/",
        )
    return figure.update_layout(
        barmode="group", xaxis_title="reference of the pair (npo, one seed)", yaxis_title="ROUGE-L recall; share found"
    )


def _costs(costs: pd.DataFrame) -> go.Figure:
    figure, ratios = go.Figure(), cost_ratios(costs)
    if ratios.empty:
        return figure
    figure.add_bar(x=ratios.index, y=ratios, text=[f"{value:.2f}" for value in ratios], marker_color=COLOURS[0])
    figure.add_hline(y=1.0, line_dash="dot")
    return figure.update_layout(yaxis_title="offset ÷ direct", xaxis_title="medians over the runs of the main table")


def _domains(domains: pd.DataFrame) -> go.Figure:
    figure = go.Figure()
    labels = (
        {
            (method, objective): f"{METHODS.get(method, method)} {objective}".strip()
            for method, objective in zip(domains["method"], domains["objective"], strict=True)
        }
        if len(domains)
        else {}
    )
    for number, (key, label) in enumerate(labels.items()):
        rows = domains[(domains["method"] == key[0]) & (domains["objective"] == key[1])]
        figure.add_bar(
            x=[f"{domain}: {side}" for domain, side in zip(rows["domain"], rows["side"], strict=True)],
            y=rows["ROUGE"],
            name=label,
            marker_color=COLOURS[number % 7],
        )
    return figure.update_layout(barmode="group", yaxis_title="ROUGE-L recall")
