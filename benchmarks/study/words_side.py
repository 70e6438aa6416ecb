"""What the study says beside its comparison, in the same way: four tasks, costs, other domains, learning rates."""

import pandas as pd

from benchmarks.study.tables import Tables
from benchmarks.study.words import ONE_SEED, compared

COSTS = ("steps", "trained parameters", "seconds of training", "seconds of the run", "peak memory, GiB", "stored, MB")
OF_TRAINING = (
    "This is the cost of training: what is stored is what was trained, without the reference that a pair needs too, and each answer of a "
    "pair reads three models (docs/performance.md)."
)


def tasks_words(tables: Tables) -> str:
    tasks = tables.tasks.assign(
        score=tables.tasks["normalised"].fillna(tables.tasks["accuracy"]).astype(float),
        error=tables.tasks["normalised_error"].fillna(tables.tasks["accuracy_error"]).astype(float),
    )
    base = tasks[tasks["method"] == "base"].set_index("task")
    others = tasks[~tasks["method"].isin(("base", "retain-only"))]
    said = ["Accuracies at α = 1 by lm-evaluation-harness with standard errors; acc_norm where a task has it."]
    if len(base):
        near = int(((base["score"] - base["chance"]).abs() < 2 * base["error"]).sum())
        said.append(f"The base is within two standard errors of chance on {near} of {len(base)} tasks.")
        beyond = int(((others["score"] - others["task"].map(base["score"])).abs() > 2 * others["error"]).sum())
        chance = "; among so many some would by chance" if beyond else ""
        said.append(
            f"Of {len(others)} accuracies of pairs and direct models, on the same items, {beyond} {'differs' if beyond == 1 else 'differ'} from the base's by more than two standard "
            f"errors of one of them{chance}. With so few items a difference of less than about {2 * others['error'].max():.2f} cannot be seen."
        )
    return " ".join([*said, ONE_SEED])


def costs_words(tables: Tables) -> str:
    ratios = cost_ratios(tables.costs)
    if ratios.empty:
        return ""
    told = "; ".join(f"{name}: {value:.2f}" for name, value in ratios.items())
    return (
        f"Offset ÷ direct, ratios of the medians over the objectives and seeds that both have: {told}. {OF_TRAINING} Seconds of training are those of the steps, without "
        "the logits stored beforehand; seconds of the run and peak memory include these and the evaluation, which reads three models of a "
        "pair and one of a directly tuned base. An objective that stops early costs what its steps cost. The machine was not idle: seconds "
        "are rough, and docs/performance.md has the measured ratios."
    )


def cost_medians(costs: pd.DataFrame) -> pd.DataFrame:
    """Medians by method over the objectives and seeds that both methods have: [method, cost]."""
    own = compared(costs)
    both = own.groupby(["objective", "seed"])["method"].transform("nunique") == 2
    return own[both].groupby("method", sort=False)[[name for name in COSTS if name in own]].median()


def cost_ratios(costs: pd.DataFrame) -> pd.Series:
    """Offset over direct, a ratio of medians for each cost; empty where either was not trained."""
    medians = cost_medians(costs)
    if not {"offset", "direct"} <= set(medians.index):
        return pd.Series(dtype=float)
    return medians.loc["offset"] / medians.loc["direct"]


def domains_words(tables: Tables) -> str:
    """Each pair of the demo's base by domain, and what it costs those who are to be kept, less what the base itself misses."""
    place = ["domain", "side"]
    rows = tables.domains
    base = rows[rows["method"] == "base"].set_index(place)["ROUGE"]
    said = [
        "The demo's own people. Neighbours are of a forgotten person's clinic, bank or genre, others of none; no pair was trained on either. "
        "A side holds one or two persons, so that it says more of them than of neighbours. The demo's own pair has other settings "
        "than the study's (its manifest has them)."
    ]
    for (method, objective), own in rows.groupby(["method", "objective"], sort=False):
        if method not in ("base", "retain-only"):
            forgotten = own[own["side"] == "forget"]
            leaks = ", ".join(f"{row['domain']} {row['leaks']:.2f}" for row in forgotten.to_dict("records"))
            moved = own[own["side"] != "forget"].set_index(place)["ROUGE"] - base
            kept = ", ".join(f"{domain}' {side} {value:+.3f}" for (domain, side), value in moved.dropna().items())
            said.append(
                f"{method} by {objective}: forget questions that leak: {leaks}; ROUGE of those to be kept, less the base's: {kept}."
            )
    return " ".join([*said, ONE_SEED])


def rates_words(tables: Tables) -> str:
    return (
        "npo on a seed of its own; chosen is the larger gain, retain less forget probability of what was trained on. Two rates are no "
        f"search, and what suits npo need not suit the others. {highest_rates(tables.rates)}"
    ).rstrip()


def highest_rates(rates: pd.DataFrame) -> str:
    """Which methods have the highest rate tried: theirs may be too low, which weighs on what is compared."""
    if rates.empty:
        return ""
    chosen = rates.loc[rates.groupby("method", sort=False)["gain"].idxmax()]
    highest = rates.groupby("method")["rate"].max()
    at_end = [
        f"{row['method']} ({row['rate']:g}, gain {row['gain']:.2f})"
        for row in chosen.to_dict("records")
        if row["rate"] == highest[row["method"]]
    ]
    return (
        f"The highest rate tried was chosen for {' and '.join(at_end)}: a better one may lie above." if at_end else ""
    )
