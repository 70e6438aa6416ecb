"""The questions asked over a grid of strengths, and where along it forget ROUGE falls to the retain model's."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from benchmarks.study.runs import KEY, ON_GRID, describe, frame
from engine.analysis.figures import run_figures
from engine.store import history
from engine.store.history import RunDetail

# Set, split, half, metric.
GOLD_FORGET = ("study-tofu", "forget", "", "rouge")
FORGOTTEN, KEPT = ("study-plain", "forget", "", "rouge"), ("study-plain", "retain", "eval", "rouge")


def _grid(details: list[RunDetail]) -> Iterator[tuple[RunDetail, float, float, float]]:
    """(run, alpha, forget ROUGE, retain ROUGE) of every strength of a run over a grid."""
    for detail in details:
        if not detail.summary.name.endswith(ON_GRID):
            continue
        means = history.trade_off([detail.summary.id])
        places = zip(*(means[name] for name in ("set", "split", "half", "metric", "alpha")), strict=True)
        known = dict(zip(places, means["mean"], strict=True))
        for alpha in history.alphas_of(detail.summary.id):
            yield detail, alpha, known[*FORGOTTEN, alpha], known[*KEPT, alpha]


def over_alpha(details: list[RunDetail]) -> Iterator[dict[str, Any]]:
    for detail, alpha, forget, kept in _grid(details):
        yield {**describe(detail), "alpha": alpha, "forget ROUGE": forget, "retain ROUGE": kept, "gap": kept - forget}


class Crossing(NamedTuple):
    """Where along alpha forget ROUGE first falls to the retain model's; `reached` says whether it does.

    One that is `below` from the first strength on fell before it, at an unknown place.
    """

    alpha: float
    forget: float
    retain: float
    reached: bool
    below: bool = False


def crossing(rows: pd.DataFrame, wanted: float) -> Crossing:
    """Between two strengths of a grid by linear interpolation; where none falls that far, the lowest one."""
    grid = rows.sort_values("alpha")[["alpha", "forget ROUGE", "retain ROUGE"]].to_numpy(float)
    forget = grid[:, 1]
    below = forget <= wanted
    reached = bool(below.any())
    last = int(below.argmax() if reached else forget.argmin())
    place = grid[last]
    if reached and last > 0:
        before = grid[last - 1]
        place = before + (place - before) * (before[1] - wanted) / (before[1] - place[1])
    alpha, gone, kept = place.tolist()
    return Crossing(alpha, gone, kept, reached, reached and last == 0)


def matched_alpha(pair: str, gold: str) -> float:
    """The strength at which the grid of `pair` falls to the forget ROUGE of the run `gold`, to two digits."""
    grid = history.run_detail(history.find_run(f"{pair}{ON_GRID}").id)
    figures = run_figures(history.find_run(gold).id, 0.0)
    (wanted,) = (item.mean for item in figures if (item.set, item.split, item.half, item.metric) == GOLD_FORGET)
    return round(crossing(frame(over_alpha([grid])), float(wanted or 0.0)).alpha, 2)


def crossings(main: pd.DataFrame, grid: pd.DataFrame) -> Iterator[dict[str, Any]]:
    gold = main[main["method"] == "retain-only"]
    if gold.empty:
        return
    wanted = float(gold["forget ROUGE"].iloc[0])
    for key, rows in grid.groupby([*KEY, "seed"], sort=False):
        found = crossing(rows, wanted)
        yield {
            **dict(zip([*KEY, "seed"], key, strict=True)),
            "alpha": found.alpha,
            "forget ROUGE": found.forget,
            "retain ROUGE": found.retain,
            "reached": found.reached,
            "below": found.below,
            "retain-only's forget ROUGE": wanted,
        }
