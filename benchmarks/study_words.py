"""What the study's tables say, in sentences whose figures come from those tables. Nothing is said of what is not there."""

from collections.abc import Sequence

import pandas as pd

from benchmarks.study_plan import OBJECTIVES, RATE_SEED
from engine.study import Tables, pooled

FEW = "One seed so far: leads, not results."


def main_words(tables: Tables) -> str:
    rows = pooled(tables.main)
    own = rows[(rows["reference"].isin(["", "demo"])) & rows["objective"].isin(OBJECTIVES)] if len(rows) else rows
    pairs, direct = own[own["method"] == "offset"], own[own["method"] == "direct"]
    gold = rows[rows["method"] == "retain-only"]
    said = []
    for name, group in (("offset pairs", pairs), ("direct models", direct)):
        if len(group):
            said.append(
                f"At α = 1 the {name} bring forget ROUGE to {_span(group, 'forget ROUGE')} and keep {_span(group, 'retain ROUGE')} "
                f"of the eval half ({_list(group, 'forget ROUGE')})."
            )
    if len(gold) and len(own):
        floor = float(gold["forget ROUGE"].iloc[0])
        below = int((own["forget ROUGE"] < floor).sum())
        said.append(
            f"A model that never saw the forget set has {floor:.3f} there: {below} of {len(own)} lie below it, that is, "
            "they answer worse than one who never knew, which is a trace of its own."
        )
    best = own.loc[own["forget quality"].idxmax()] if len(own) and own["forget quality"].notna().any() else None
    if best is not None:
        alike = int((own["forget quality"] > 0.05).sum())
        said.append(
            f"The largest forget quality is p = {best['forget quality']:.2g} ({best['method']}, {best['objective']}); "
            f"{alike} of {len(own)} pass 0.05."
        )
    if len(own) and own["seeds"].max() == 1:
        said.append(FEW)
    return " ".join(said)


def alphas_words(tables: Tables) -> str:
    grid = tables.over_alpha
    if grid.empty:
        return "Not run yet."
    best = grid.loc[grid.groupby(["method", "objective", "seed"])["gap"].idxmax()]
    at_one = int((best["alpha"] == 1.0).sum())
    said = (
        f"Every pair was asked the forget questions and a part of the eval half at {grid['alpha'].nunique()} strengths. The strength "
        f"with the widest gap between what stays and what goes is α = 1 for {at_one} of {len(best)}; it runs from "
        f"{best['alpha'].min():g} to {best['alpha'].max():g}."
    )
    for method, rows in best.groupby("method", sort=False):
        said += f" For {method} its median is {rows['alpha'].median():g}, and the gap there {rows['gap'].median():.3f}."
    return said


def references_words(tables: Tables) -> str:
    rows = pooled(tables.main)
    rows = rows[(rows["method"] == "offset") & (rows["objective"] == "npo")]
    if len(rows) < 2:
        return "Not run yet."
    told = "; ".join(
        f"{row['reference']}: forget {row['forget ROUGE']:.3f}, retain {row['retain ROUGE']:.3f}, world {row['world ROUGE']:.3f}, "
        f"AUC {row['AUC − retain-only']:+.2f}"
        for row in rows.to_dict("records")
    )
    return f"npo on one base, the references side by side (demo is the clean, healed cut of 8 layers): {told}. {FEW}"


def tasks_words(tables: Tables) -> str:
    tasks = tables.tasks
    if tasks.empty:
        return "Not run yet."
    base = tasks[tasks["method"] == "base"].set_index("task")["accuracy"]
    others = tasks[~tasks["method"].isin(["base", "retain-only"])]
    if base.empty or others.empty:
        return "Accuracies by lm-evaluation-harness, with standard errors."
    moved = others.assign(moved=others["accuracy"] - others["task"].map(base))
    beyond = moved[moved["moved"].abs() > 2 * moved["accuracy_error"]]
    return (
        f"Accuracies by lm-evaluation-harness, acc_norm where a task has it. Of {len(moved)} accuracies {len(beyond)} differ from the "
        f"base's by more than two standard errors; a model of 135 M parameters is near chance on most of these tasks."
    )


def costs_words(tables: Tables) -> str:
    costs = tables.costs
    costs = costs[costs["objective"].isin(OBJECTIVES) & (costs["seed"] != RATE_SEED)] if len(costs) else costs
    means = (
        costs[costs["objective"].isin(OBJECTIVES)]
        .groupby("method")[["seconds of training", "trained parameters"]]
        .mean()
    )
    if not {"offset", "direct"} <= set(means.index):
        return "Means over the runs of the main table. The machine was not idle: seconds are rough."
    ratio = means.loc["offset"] / means.loc["direct"]
    return (
        f"An offset pair takes {ratio['seconds of training']:.2f} of the training time of tuning the base itself, and "
        f"{ratio['trained parameters']:.2f} of its trained parameters, means over the runs of the main table, stored logits included in "
        "neither. The machine was not idle: seconds are rough, and docs/performance.md has the measured ratios."
    )


def _span(rows: pd.DataFrame, name: str) -> str:
    return f"{rows[name].min():.3f} to {rows[name].max():.3f}"


def _list(rows: pd.DataFrame, name: str) -> str:
    ordered: Sequence[dict[str, object]] = rows.sort_values(name).to_dict("records")  # type: ignore[assignment]
    return ", ".join(f"{row['objective']} {row[name]:.3f}" for row in ordered)
