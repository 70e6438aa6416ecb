"""Forget quality and model utility as measures of Trade-off: worked out once for a run and an α, where they are
chosen.
"""

from collections.abc import Sequence
from datetime import datetime

import pandas as pd
import streamlit as st

from engine.analysis.figures import interval_words, number_words
from engine.analysis.retain_only import quality_figure, retain_runs_of
from engine.analysis.tofu_and_privacy import figure_words, run_tofu
from engine.analysis.trade_off import LEAST, Measure, PointBar
from engine.evaluation.aggregates import FORGET_QUALITY, MODEL_UTILITY
from engine.names import retain_only
from engine.settings import database_url
from engine.store import history

QUALITY, UTILITY = Measure(FORGET_QUALITY, "", "forget", ""), Measure(MODEL_UTILITY, "", "retain", "")
COLUMNS = ["run_id", "run", "pair", "objective", "alpha"]


def offered(means: pd.DataFrame, runs: Sequence[history.RunSummary]) -> tuple[list[Measure], list[Measure]]:
    """To forget by, and to keep by. It needs a retain-only run of a base that is shown, or all nine of TOFU's
    figures.
    """
    ratios = means[(means["metric"] == "truth_ratio") & means["mean"].notna()]
    asked = set(ratios.loc[ratios["split"] == "forget", "run_id"])
    golds = {run.pair for run in runs}
    has_gold = any(retain_only(run.base) in golds for run in runs if run.id in asked)
    places = ratios.groupby("run_id")["alpha"].min().items()
    ended = {run.id: run.finished for run in runs}
    whole = any(
        _value(MODEL_UTILITY, database_url(), int(str(run_id)), ended.get(int(str(run_id))), float(alpha), ())[0]
        is not None
        for run_id, alpha in places
    )
    return [QUALITY] if has_gold else [], [UTILITY] if whole else []


def with_aggregates(means: pd.DataFrame, chosen: Sequence[Measure]) -> pd.DataFrame:
    """The rows of `means` and, of the chosen measures that are made of many questions, one for each run and α."""
    wanted = [item for item in (QUALITY, UTILITY) if item in chosen]
    if not wanted:
        return means
    ended = {run.id: run.finished for run in history.list_runs()}
    golds = {run_id: tuple(retain_runs_of(run_id)) for run_id in set(means["run_id"])} if QUALITY in wanted else {}
    rows: list[dict[str, object]] = []
    for values in means[COLUMNS].drop_duplicates().itertuples(index=False, name=None):
        place = dict(zip(COLUMNS, values, strict=True))
        run_id, alpha = int(place["run_id"]), float(place["alpha"])
        for item in wanted:
            gold = golds[run_id] if item == QUALITY else ()
            value, over, bar = _value(item.metric, database_url(), run_id, ended[run_id], alpha, gold)
            rows.append({**place, **item._asdict(), "mean": value, "count": over, **bar._asdict()})
    return pd.concat([means, pd.DataFrame(rows)], ignore_index=True)


@st.cache_data(show_spinner="reading truth ratios", max_entries=1024)
def _value(
    metric: str,
    where: str,
    run_id: int,
    ended: datetime | None,
    alpha: float,
    gold: tuple[int, ...],
) -> tuple[float | None, int, PointBar]:
    """A finished run does not change, its retain-only runs may become more: value, rows, interval and all of it in
    words.
    """
    if metric == FORGET_QUALITY:
        quality = quality_figure(run_id, alpha)
        shown = "n/a" if quality.p_value is None else f"{quality.p_value:.2e}"
        p_value = None if quality.p_value is None else max(quality.p_value, LEAST)
        return p_value, quality.rows, PointBar(text=f"{shown}, n {quality.rows} against {quality.retain_rows}")
    utility = run_tofu(run_id, alpha)[MODEL_UTILITY]
    if utility.value is None:
        return None, utility.rows, PointBar(text=figure_words(utility))
    words = f"{number_words(utility.value)} {interval_words(utility.low, utility.high)}, n {utility.rows}"
    return utility.value, utility.rows, PointBar(utility.low, utility.high, words)
