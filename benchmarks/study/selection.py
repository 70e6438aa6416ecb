"""The rows of the study's tables used by a table of the page or a plot, and what is computed from them."""

import pandas as pd

from benchmarks.study.plan import FIRST, OBJECTIVES, RATE_SEED
from benchmarks.study.tables import pooled

ON_DEMO = ("", "demo")  # without a reference, or with the demo's
# As shown: the name of a layer cut says how it was healed, or that it was not.
NAMED = {"4-layers": "healed-4-layers", "15-layers": "healed-15-layers", "30-layers": "whole-30-layers"}
# As shown; the CSV and the names of the runs say retain-only.
METHODS = {"retain-only": "retain model", "retain-only, second seed": "retain model, second seed"}
COSTS = ("steps", "trained parameters", "seconds of training", "seconds of the run", "peak memory, GiB", "stored, MB")


def on_demo(main: pd.DataFrame) -> pd.DataFrame:
    """Rows trained on the demo's reference or without one."""
    return main[main["reference"].isin(ON_DEMO)]


def compared(main: pd.DataFrame) -> pd.DataFrame:
    """The runs that the study compares, one row a seed: both methods by every objective, on the demo's reference."""
    own = on_demo(main)
    both = own["method"].isin(("offset", "direct"))
    return own[own["objective"].isin(OBJECTIVES) & both & (own["seed"] != RATE_SEED)]


def reached(rows: pd.DataFrame) -> pd.DataFrame:
    """Those that fall to the retain model's forget ROUGE; unknown ones are left out."""
    return rows[rows["reached"] == 1] if "reached" in rows else rows[:0]


def by_reference(main: pd.DataFrame) -> pd.DataFrame:
    """Offset pairs of the first seed, which every reference has: one row a pair."""
    own = main[(main["method"] == "offset") & (main["seed"] == FIRST) & main["objective"].isin(("npo", "relabelling"))]
    return pooled(named(own)).drop(columns="seeds")


def named(rows: pd.DataFrame) -> pd.DataFrame:
    """With each reference named by what was done to it."""
    return rows.assign(reference=rows["reference"].replace(NAMED))


def cost_medians(costs: pd.DataFrame) -> pd.DataFrame:
    """Medians by method over the objectives and seeds that both methods have: [method, cost]."""
    own = compared(costs)
    both = own.groupby(["objective", "seed"])["method"].transform("nunique") == 2
    return own[both].groupby("method", sort=False)[[name for name in COSTS if name in own]].median()


def cost_ratios(costs: pd.DataFrame) -> "pd.Series[float]":
    """Offset over direct, a ratio of medians for each cost; empty where either was not trained."""
    medians = cost_medians(costs).T
    if not {"offset", "direct"} <= set(medians):
        return pd.Series(dtype=float)
    return medians["offset"] / medians["direct"]
