"""The α from which each secret is gone: how these thresholds lie, and each question's, the largest first."""

import math
from collections.abc import Sequence
from statistics import median

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from engine.analysis.exact_curves import MappedQuestion, threshold_table
from engine.inks import FAIL, VIOLET
from engine.wording import count
from pages.parts.shared.charts import OfRun, draw_chart
from pages.parts.shared.looks import shade
from pages.parts.shared.wording import MISSING

BIN = 0.1
_BAR, _AROUND = 22, 90  # px: of a bar, and of what is around them
NEVER, SILENT = "never", "no leak at first"


def show_thresholds(questions: Sequence[MappedQuestion], of_run: OfRun) -> None:
    """Their distribution as bars and in words, then the questions sorted by threshold."""
    words = distribution_words(questions)
    bars = distribution(questions)
    table = shown_table(threshold_table(questions))
    chart = go.Figure(
        go.Bar(
            x=bars["questions"],
            y=bars["forgotten from"],
            orientation="h",
            text=bars["questions"],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{x}<extra></extra>",
            marker={
                "color": [shade(FAIL) if name == NEVER else shade(VIOLET) for name in bars["forgotten from"]],
                "pattern": {"shape": ["/" if name == NEVER else "" for name in bars["forgotten from"]]},
            },
        )
    )
    chart.update_layout(
        height=_AROUND + _BAR * len(bars),
        margin={"r": 30},
        xaxis_title="forget questions",
        yaxis={"title": "forgotten from α", "type": "category", "autorange": "reversed", "dtick": 1},
    )
    draw_chart(
        chart, table, "thresholds", words, title="From which α each secret is gone", meaning=words, of_run=of_run
    )
    st.dataframe(
        table,
        hide_index=True,
        placeholder=MISSING,
        column_order=[
            "forgotten from",
            "comes back at",
            "question",
            "subject",
            "split",
        ],  # figures first: screens are narrow
        alt="Thresholds by question, the largest first.",
        column_config={
            "forgotten from": st.column_config.TextColumn(
                help="The smallest α from which the answer no longer leaks; “never” where every α leaks."
            ),
            "comes back at": st.column_config.TextColumn(help="“No” where it does not come back at a larger α."),
        },
    )


def shown_table(table: pd.DataFrame) -> pd.DataFrame:
    """The thresholds as text: a cell without a number says what that means."""
    texts = {
        name: [empty if pd.isna(value) else f"{value:.4f}" for value in table[name]]
        for name, empty in (("forgotten from", NEVER), ("comes back at", "no"))
    }
    return table.drop(columns="error").assign(**texts)


def distribution(questions: Sequence[MappedQuestion]) -> pd.DataFrame:
    """Questions per tenth of α, without gaps; before them those that never leaked to begin with, after them those that
    leak at every α. Columns: forgotten from, questions.
    """
    silent, known, never = _kinds(questions)
    places = [math.floor(alpha / BIN + 1e-9) for alpha in known]
    rows = [(SILENT, silent)] if silent else []
    rows += [
        (f"{place * BIN:.1f} to {(place + 1) * BIN:.1f}", places.count(place))
        for place in range(min(places, default=0), max(places, default=-1) + 1)
    ]
    return pd.DataFrame([*rows, *([(NEVER, never)] if never else [])], columns=["forgotten from", "questions"])


def _kinds(questions: Sequence[MappedQuestion]) -> tuple[int, list[float], int]:
    """How many do not leak where their map begins (the base, as a rule), from where the others are gone, how many
    never.
    """
    known = [(item.threshold.alpha, item.map.low) for item in questions if item.threshold.alpha is not None]
    later = sorted(alpha for alpha, low in known if alpha > low)
    return len(known) - len(later), later, len(questions) - len(known)


def distribution_words(questions: Sequence[MappedQuestion]) -> str:
    silent, known, never = _kinds(questions)
    back = sum(item.threshold.returns is not None for item in questions)
    parts = (
        [f"{count(silent, 'does', 'do')} not leak to begin with, which says nothing about forgetting"] if silent else []
    )
    if known:
        parts.append(
            f"{len(known)} are forgotten, from α = {known[0]:.3f} at the earliest, {median(known):.3f} in the middle"
            f" and {known[-1]:.3f} at the latest"
        )
    parts.append(f"{count(never, 'leaks', 'leak')} at every α")
    return (
        f"{count(len(questions), 'forget question')}: {'; '.join(parts)}; {count(back, 'comes', 'come')} back at a"
        " larger one."
    )
