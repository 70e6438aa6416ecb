"""The tables of `docs/results.md` as shown, from the study's database; the prose is written by hand."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.browser import why_missing
from benchmarks.marked import rewrite
from benchmarks.plots import cell, draw, markdown
from benchmarks.study import plan as study_plan
from benchmarks.study import stored
from benchmarks.study.plots import plots_of
from benchmarks.study.runs import KEY
from benchmarks.study.selection import METHODS, by_reference, compared, cost_medians, named, on_demo
from benchmarks.study.tables import QUALITY, Tables, extremes, pooled, study_tables
from engine.errors import RunError

SHOWN = {
    "forget ROUGE": "forget ROUGE ↓",
    "paraphrased": "paraphrased ↓",
    "forget leaks": "leaks ↓",
    "forget probability": "forget probability ↓",
    "retain ROUGE": "retain ROUGE ↑",
    "world ROUGE": "world ROUGE ↑",
    "authors ROUGE": "authors ROUGE ↑",
    QUALITY: "forget quality p",
    "model utility": "utility ↑",
    "AUC − retain-only": "AUC minus the retain model's",
}
OWN = ["method", "objective"]
Row = dict[Any, Any]  # of a table, by column


def write_page(path: Path) -> str:
    """Rewrite the tables of the page and draw the plots beside it; why the plots could not be drawn, or "".

    Raises `RunError` where a table would be empty, and `MarkError` where the page does not have these tables.
    """
    tables = study_tables()
    if empty := [name for name, rows in tables._asdict().items() if rows.empty]:
        raise RunError(f"the page needs every part of the study, and no run has finished for {', '.join(empty)}")
    rewrite(path, {name: markdown(rows) for name, rows in shown(tables).items()})
    if missing := why_missing():
        return missing
    for name, figure in plots_of(tables).items():
        draw(figure, path.parent / f"study-{name}.png")
    return ""


def shown(tables: Tables) -> dict[str, pd.DataFrame]:
    """Every table of the page by the name of its marks, in the page's order."""
    plain = on_demo(tables.main).sort_values("objective", key=lambda of: of != "", kind="stable")
    other = by_reference(tables.main)
    return {
        "runs": _runs(),
        "main": _seeded(plain, SHOWN),
        "matched": _matched(tables),
        "paired": _paired_rows(tables.paired),
        "tasks": _task_rows(tables.tasks),
        "references": other[["objective", "reference", *(name for name in SHOWN if name in other)]].rename(
            columns=SHOWN
        ),
        "probes": _probe_rows(named(tables.leaks)),
        "costs": cost_medians(tables.costs).reset_index(),
        "alphas": _best(tables),
        "quality": _best_quality(tables.curves),
        "domains": _domain_rows(tables.domains),
        "rates": tables.rates[["method", "rate", "forget", "retain", "gain"]],
        "versions": pd.DataFrame(stored.versions().items(), columns=["package", "version"]),
    }


def _runs() -> pd.DataFrame:
    """The progress of the study, by part of the plan."""
    plan, finished = study_plan.plan(), stored.finished()
    planned = Counter(item.part for item in plan)
    done = Counter(item.part for item in plan if item.name in finished)
    rows = [(part, number, done[part]) for part, number in planned.items()]
    rows.append(("all", planned.total(), done.total()))
    return pd.DataFrame(rows, columns=["part of the plan", "planned", "finished"])


def _seeded(frame: pd.DataFrame, shown: dict[str, str]) -> pd.DataFrame:
    """A row for all seeds of a method and objective: each mean, and the lowest and highest seed where they differ."""
    names = [name for name in shown if name in frame]
    rows, (lows, highs) = pooled(frame), extremes(frame)
    cells = {
        shown[name] + _over(frame, name): [_range(*of) for of in zip(rows[name], lows[name], highs[name], strict=True)]
        for name in names
    }
    return pd.DataFrame({**rows.replace({"method": METHODS})[[*OWN, "seeds"]], **cells})


def _matched(tables: Tables) -> pd.DataFrame:
    """The pairs at their matched strengths, below the models to compare them with."""
    marks = tables.main[tables.main["method"].isin(("base", "retain-only"))].drop(columns="alpha")
    shown = {"alpha": "α", "reached": "share of seeds so low", **SHOWN}
    return _seeded(pd.concat([marks, tables.matched]), shown)


def _over(frame: pd.DataFrame, name: str) -> str:
    """Number of questions in a column, and of persons where they are named."""
    known = [frame[f"{name} {what}"].max() for what in ("n", "persons")] if f"{name} n" in frame else []
    said = [f"{what} {int(count)}" for what, count in zip(("n", "persons"), known, strict=False) if count > 0]
    return f" ({', '.join(said)})" if said else ""


def _range(mean: float, low: float, high: float) -> str:
    middle, lowest, highest = cell(mean), cell(low), cell(high)
    return middle if lowest == highest else f"{middle} ({lowest} to {highest})"


def _best(tables: Tables) -> pd.DataFrame:
    """By pair: where it is matched to the retain model, and where the gap between kept and forgotten is widest."""
    grid = tables.over_alpha
    widest = grid.loc[grid.groupby([*KEY, "seed"], sort=False)["gap"].idxmax()]
    both = widest.merge(tables.crossings, "left", [*KEY, "seed"], suffixes=("", " there"))
    shown = {
        "alpha there": "α matched",
        "forget ROUGE there": "forget there",
        "retain ROUGE there": "retain there",
        "alpha": "best α",
        "forget ROUGE": "forget at best",
        "retain ROUGE": "retain at best",
    }
    return _seeded(both, shown)


def _paired_rows(paired: pd.DataFrame) -> pd.DataFrame:
    """Offset minus direct by objective and seed: each column's difference with its interval."""

    def told(row: Row) -> str:
        if pd.isna(row["difference"]):
            return "n/a"
        interval = "" if pd.isna(row["low"]) else f" [{row['low']:+.2f}, {row['high']:+.2f}]"
        return f"{row['difference']:+.2f}{interval}"

    def label(row: Row) -> str:
        persons = f", persons {row['persons']}" if row["persons"] else ""
        return f"{row['column']} (n {row['questions']}{persons})"

    return _wide(paired, ["objective", "seed"], label, told)


def _wide(
    frame: pd.DataFrame, keys: list[str], label: Callable[[Row], str], told: Callable[[Row], str]
) -> pd.DataFrame:
    """One row for each of `keys`, one column for each label, in order of appearance."""
    rows: dict[tuple[str, ...], dict[str, str]] = {}
    for row in frame.replace({"method": METHODS}).to_dict("records"):
        rows.setdefault(tuple(row[key] for key in keys), {})[label(row)] = told(row)
    return pd.DataFrame([{**dict(zip(keys, place, strict=True)), **cells} for place, cells in rows.items()])


def _task_rows(tasks: pd.DataFrame) -> pd.DataFrame:
    """Accuracy with its standard error (acc_norm where the task has it)."""

    def told(row: Row) -> str:
        kind: str = "accuracy" if pd.isna(row["normalised"]) else "normalised"
        return f"{row[kind]:.3f} ± {row[f'{kind}_error']:.3f}"

    label = "{task} (chance {chance:.2f}, n {items})"
    return _wide(tasks, OWN, lambda row: label.format(**row), told)


def _probe_rows(leaks: pd.DataFrame) -> pd.DataFrame:
    """The share that each probe found, beside its baseline's, and an AUC where it gives one."""

    def told(row: Row) -> str:
        if pd.isna(row["found"]):
            return "n/a"
        baseline = "" if pd.isna(row["floor"]) else f" (baseline {row['floor']:.2f})"
        return f"{row['found']:.2f}{baseline}" + ("" if pd.isna(row["value"]) else f", AUC {row['value']:.2f}")

    return _wide(leaks, ["objective", "reference"], lambda row: row["probe"], told)


def _domain_rows(domains: pd.DataFrame) -> pd.DataFrame:
    """ROUGE by domain and side, and the leak share of the forget questions."""

    def told(row: Row) -> str:
        return f"{row['ROUGE']:.3f}" + (f", leaks {row['leaks']:.2f}" if row["side"] == "forget" else "")

    label = "{domain}, {side} (n {questions}, persons {persons})"
    return _wide(domains, OWN, lambda row: label.format(**row), told)


def _best_quality(curves: pd.DataFrame) -> pd.DataFrame:
    """For the offset pairs with stored curves: the largest forget quality at any alpha, and where it is."""
    own = compared(curves.dropna(subset=[QUALITY]))
    best = own.loc[own.groupby(["objective", "seed"])[QUALITY].idxmax()]
    columns = {"objective": "objective", "seed": "seed", "alpha": "α", QUALITY: "forget quality p"}
    return best[list(columns)].rename(columns=columns)
