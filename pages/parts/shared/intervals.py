"""Means with their intervals for the screens, worked out once for a run and an α, and the words beside them."""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from engine.analysis import figures
from engine.analysis.figures import BOUNDED, Figure, run_figures
from engine.settings import database_url
from engine.store import history
from engine.store.history import RunSummary

MEANING = (
    "In brackets the 95 % interval of a mean: persons are drawn again and again, each with all of their questions, so"
    " it says how far the mean depends on who was asked. n counts questions; one that names nobody stands for itself."
)


def figures_of(run: RunSummary, alpha: float) -> list[Figure]:
    """Every mean of a finished run at an α that it evaluated."""
    return _figures(database_url(), run.id, run.finished, alpha)


@st.cache_data(show_spinner="resampling persons", max_entries=128)
def _figures(where: str, run_id: int, ended: datetime | None, alpha: float) -> list[Figure]:
    """A finished run does not change; its database and its end say which one it is."""
    return run_figures(run_id, alpha)


def remembered_intervals(means: pd.DataFrame) -> pd.DataFrame:
    """`figures.with_intervals`, from what was worked out before."""
    summaries = {run.id: run for run in history.list_runs()}
    return figures.with_intervals(means, lambda run_id, alpha: figures_of(summaries[run_id], alpha))


def bounded_words(texts: Sequence[str]) -> str:
    """What the asterisk of some of the texts means; empty where none has one."""
    return BOUNDED if any("]*" in text for text in texts) else ""


def table_of(found: Sequence[Figure], parts: Sequence[str], measures: Sequence[str]) -> pd.DataFrame:
    """One row per figure; its part and measure in words are handed in."""
    rows = [
        (
            part,
            measure,
            figure.mean,
            figure.interval if figure.mean is not None else "n/a",
            figure.questions,
            figure.people if figure.mean is not None else "–",
            figure.reason or "–",
        )
        for figure, part, measure in zip(found, parts, measures, strict=True)
    ]
    columns = ["part", "measure", "mean", "95 % interval", "n", "people", "why n/a"]
    table = pd.DataFrame(rows, columns=columns)
    return table if table["why n/a"].ne("–").any() else table.drop(columns="why n/a")
