"""The scatter of pairs: the path of each over α, with base, retain model and imported figures as fixed marks."""

import math
from collections.abc import Mapping
from html import escape
from textwrap import wrap
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go

from engine.analysis.ruined import MARK, marked
from engine.analysis.trade_off import LEAST, Measure, ModelMark, Published, Table
from engine.inks import BASE, IMPORTED, QUIET, RETAIN_MODEL, Ink
from engine.names import RETAIN_ONLY
from pages.parts.shared.charts import draw_chart, error_bar
from pages.parts.shared.looks import Look, pair_looks, shade
from pages.parts.shared.ruined import ruins
from pages.parts.tradeoff.point_labels import BESIDE, LabelPlace, Spot, place_labels

HEIGHT = 295  # px
_WIDTH = 240  # px that the points have in the narrowest window
_TOP, _LEFT, _RIGHT, _BELOW, _ROW = 30, 44, 14, 30, 18  # px around them, without the lines of a title
_LONGEST = 14  # letters of a name in the chart; the whole of it is a hover away
_LINE = 36  # letters of an axis title in one line
_BEST = 0.1  # share of the axis that is left for the words in the corner
_HOVER = "utility %{customdata[2]}<br>forget %{customdata[3]}<extra>%{fullData.name}</extra>"
_CORNERS = {"lower is better": ("best: bottom right", 0.0), "higher is better": ("best: top right", 1.0)}


class _Label(NamedTuple):
    x: float
    y: float
    text: str
    ink: str


class Axis(NamedTuple):
    """From where to where an axis goes; in powers of ten where it is logarithmic."""

    low: float
    high: float
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """How far along the axis a value is: 0 at its beginning, 1 at its end."""
        place = math.log10(value) if self.logarithmic else value
        return (place - self.low) / (self.high - self.low)


def pairs_chart(table: Table, forget: Measure, utility: Measure, key: str, title: str, meaning: str) -> int | None:
    """Draw it; the run whose point was clicked."""
    chart = go.Figure()
    looks, known = pair_looks(table.frame["pair"].unique()), ruins()
    paths = list[_Label]()
    for _, path in table.frame.groupby("run_id", sort=False):
        paths += _add_path(chart, path, looks[str(path["pair"].iloc[0])], known)
    fixed = [_add_mark(chart, mark) for mark in table.marks]
    labels = [*fixed, *(_add_published(chart, item, forget) for item in table.published), *paths]
    best = _best(forget, utility)
    across, up = _axis(utility, [item.x for item in labels]), _axis(forget, [item.y for item in labels])
    if best is not None:  # it needs a place of its own
        room = _BEST * (up.high - up.low)
        up = up._replace(high=up.high + room) if best[1] else up._replace(low=up.low - room)
    beside, below = _title(forget), _title(utility)
    around = {"l": _LEFT + _ROW * len(beside), "r": _RIGHT, "t": _TOP, "b": _BELOW + _ROW * len(below)}
    chart.update_layout(
        height=HEIGHT,
        hovermode="closest",
        margin=around,
        xaxis={"title": _small(below), "range": across[:2], "automargin": False},
        yaxis={
            "title": _small(beside),
            "range": up[:2],
            "type": "log" if forget.logarithmic else "linear",
            "automargin": False,
        },
        showlegend=False,  # every path and mark has its name beside it
        clickmode="event+select",
    )
    _write(chart, labels, (across, up), best, HEIGHT - around["t"] - around["b"])
    points = draw_chart(
        chart,
        points_table(table),
        key,
        table.words(forget, utility),
        title=title,
        meaning=meaning,
        clickable=True,
    )
    return int(points[0]["customdata"][0]) if points and points[0].get("customdata") else None


def points_table(table: Table) -> pd.DataFrame:
    """Everything in the chart, a row for each point."""
    columns = ["run", "pair", "alpha", "forget", "forget_low", "forget_high", "utility", "utility_low", "utility_high"]
    paths = table.frame[[*columns, "questions"]].to_dict("records")
    marks = [
        {
            "run": mark.name,
            "forget": mark.forget,
            "forget_low": mark.forget_bar.low,
            "forget_high": mark.forget_bar.high,
            "utility": mark.utility,
            "utility_low": mark.utility_bar.low,
            "utility_high": mark.utility_bar.high,
        }
        for mark in table.marks
    ]
    published = [{"run": item.label, "forget": item.forget, "utility": item.utility} for item in table.published]
    return pd.DataFrame([*paths, *marks, *published], columns=[*columns, "questions"])


def _best(forget: Measure, utility: Measure) -> tuple[str, float] | None:
    """What is written in which corner; None where the measures have no best end."""
    return _CORNERS.get(forget.direction) if utility.direction == "higher is better" else None


def _title(measure: Measure) -> list[str]:
    """In lines that fit beside a small chart."""
    return [*wrap(measure.label, _LINE), f"({measure.direction})"]


def _small(lines: list[str]) -> dict[str, object]:
    return {"text": "<br>".join(lines), "font": {"size": 12}}


def _axis(measure: Measure, values: list[float]) -> Axis:
    """The measure's own reach, else that of the values with some air."""
    if measure.axis is not None and not measure.logarithmic:
        return Axis(*measure.axis)
    places = [math.log10(value) if measure.logarithmic else value for value in values]
    low, high = min(places), max(places)
    air = 0.08 * (high - low) or 0.5
    return Axis(low - air, high + air, measure.logarithmic)


def _write(
    chart: go.Figure, labels: list[_Label], axes: tuple[Axis, Axis], best: tuple[str, float] | None, height: float
) -> None:
    """Each label where none lies on another, with a line to its point; the points have `height` px."""
    (across, up), taken = axes, []
    if best is not None:
        text, corner = best
        at_top = corner == 1.0
        chart.add_annotation(
            x=1,
            y=corner,
            xref="x domain",
            yref="y domain",
            text=f"<b>{text}</b>",
            xanchor="right",
            yanchor="top" if at_top else "bottom",
            showarrow=False,
            font={"color": shade(QUIET)},
        )
        taken.append((Spot(1.0, corner, text + "   "), LabelPlace(-10.0 if at_top else 10.0, "right")))
    spots = [Spot(across.share(item.x), up.share(item.y), item.text) for item in labels]
    for item, place in zip(labels, place_labels(spots, _WIDTH, height, taken), strict=True):
        if place is None:
            continue  # no room is left: it is a hover, and a row of the table, away
        chart.add_annotation(
            x=item.x,
            y=math.log10(item.y) if up.logarithmic else item.y,
            text=escape(item.text),
            ax=-BESIDE if place.anchor == "right" else BESIDE,
            ay=-place.up,
            xanchor=place.anchor,
            yanchor="middle",
            arrowhead=0,
            arrowwidth=1,
            arrowcolor=item.ink,
            standoff=6,
            showarrow=True,
            font={"color": item.ink, "size": 11},
            borderpad=0,
        )


def _add_path(chart: go.Figure, path: pd.DataFrame, look: Look, known_ruins: Mapping[str, str]) -> list[_Label]:
    """The line of one run; its labels, with its name at its end. Where α is 0 the mark of the base stands."""
    pair, run = str(path["pair"].iloc[0]), str(path["run"].iloc[0])
    end = f"{_cut(run)} {MARK}" if pair in known_ruins else _cut(run)
    ink = shade(look.ink)
    chart.add_scatter(
        x=path["utility"],
        y=path["forget"],
        mode="lines+markers",
        name=f"{escape(run)} (pair {escape(marked(pair, known_ruins))})",
        cliponaxis=False,
        customdata=path[["run_id", "alpha", "utility_text", "forget_text"]].values.tolist(),
        marker={"symbol": look.marker, "size": 10, "color": ink},
        line={"color": ink, "width": 2},
        error_x=error_bar(path["utility"], path["utility_low"], path["utility_high"], ink),
        error_y=error_bar(path["forget"], path["forget_low"], path["forget_high"], ink),
        hovertemplate=f"α %{{customdata[1]:g}}<br>{_HOVER}",
    )
    named = path["alpha"].max()
    rows = path.sort_values("alpha", ascending=False)[["alpha", "utility", "forget"]]
    return [
        _Label(utility, forget, f"{end}, α {alpha:g}" if alpha == named else f"α {alpha:g}", ink)
        for alpha, utility, forget in rows.itertuples(index=False, name=None)
        if alpha != 0 or alpha == named
    ]


def _add_mark(chart: go.Figure, mark: ModelMark) -> _Label:
    ink = shade(_mark_ink(mark))
    chart.add_scatter(
        x=[mark.utility],
        y=[mark.forget],
        mode="markers",
        name=escape(mark.name),
        cliponaxis=False,
        customdata=[[mark.run_id, 0.0, mark.utility_bar.text, mark.forget_bar.text]],
        marker={"symbol": "x" if mark.kind == "base" else "star", "size": 14, "color": ink},
        error_x=error_bar([mark.utility], [mark.utility_bar.low], [mark.utility_bar.high], ink),
        error_y=error_bar([mark.forget], [mark.forget_bar.low], [mark.forget_bar.high], ink),
        hovertemplate=_HOVER,
    )
    name = mark.name.replace(RETAIN_ONLY, "never knew") if mark.kind == RETAIN_ONLY else f"{mark.name}, α 0"
    return _Label(mark.utility, mark.forget, name, ink)


def _mark_ink(mark: ModelMark) -> Ink:
    return BASE if mark.kind == "base" else RETAIN_MODEL


def _add_published(chart: go.Figure, item: Published, forget: Measure) -> _Label:
    """An open marker that no run of ours has, and the word imported wherever it is named."""
    said = "<br>".join(escape(words) for words in (item.source, *(f"unlike ours: {words}" for words in item.unlike)))
    height, ink = max(item.forget, LEAST) if forget.logarithmic else item.forget, shade(IMPORTED)
    chart.add_scatter(
        x=[item.utility],
        y=[height],
        mode="markers",
        name=escape(item.label),
        cliponaxis=False,
        customdata=[[item.run_id, 0.0]],
        marker={"symbol": "hexagram-open", "size": 15, "color": ink, "line": {"width": 2}},
        hovertemplate=(
            "utility %{x:.3f}<br>forget"
            f" {forget.shown(item.forget)}<br>{_bare(said)}<extra>%{{fullData.name}}</extra>"
        ),
    )
    return _Label(item.utility, height, f"imported: {_cut(item.method)}", ink)


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"


def _bare(text: str) -> str:
    """Without what plotly would take for a placeholder."""
    return text.replace("%{", "% {")
