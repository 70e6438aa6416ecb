"""The study in short: a sentence for each of its questions, from its tables."""

import pandas as pd

from benchmarks.study_words import COSTS, best_alphas, compared, cost_medians, gold_leaks, sorted_rows
from engine.study import QUALITY, Tables


def in_short(tables: Tables) -> list[str]:
    """A sentence for each question of the study that has an answer."""
    runs, said = compared(tables.main), []
    if len(both := _reached_by_both(tables.crossings)):
        seeds = both["seed"].nunique()
        said.append(
            f"**Offset against direct.** Where forget ROUGE is down to the retain-only model's, interpolated between strengths, the ROUGE that stays on "
            f"the eval half is {_by_method(both, 'retain ROUGE')}: medians over the {len(both) // 2} pairs of runs, of {seeds} "
            f"{'seed' if seeds == 1 else 'seeds'}, in which both come so low (of {len(tables.crossings) // 2})."
        )
    asked, gold = _reached_by_both(tables.matched), gold_leaks(tables.main)
    if len(asked) and gold is not None:
        said.append(
            f"**The same ROUGE, the same silence?** Asked anew there, the share of forget questions whose answer holds a key term is "
            f"{_by_method(asked, 'forget leaks')} (medians of {len(asked) // 2} pairs of runs); the retain-only model's is {gold:.2f}."
        )
        base = tables.main[tables.main["method"] == "base"].iloc[0]
        said.append(
            f"**What else goes.** There ROUGE on world facts is {_by_method(asked, 'world ROUGE')} (base {base['world ROUGE']:.2f}), and model utility "
            f"{_by_method(asked, 'model utility')} (base {base['model utility']:.2f})."
        )
    if len(tables.over_alpha):
        best = best_alphas(tables.over_alpha)
        said.append(
            f"**α.** The widest gap lies at α = 1 in {int((best['alpha'] == 1.0).sum())} of {len(best)} runs; its median: {_by_method(best, 'alpha')}."
        )
    judged = runs[runs[QUALITY].notna()] if QUALITY in runs else runs[:0]
    if len(judged):
        passing = judged[judged[QUALITY] > 0.05]
        useful = int((passing["model utility"] > 0).sum())
        said.append(
            f"**Forgotten as if never known?** Forget quality passes 0.05 at α = 1 in {len(passing)} of {len(judged)} runs; {useful} of them have a "
            "model utility above 0."
        )
    alone = tables.leaks[tables.leaks["probe"] == "Reference alone"] if len(tables.leaks) else tables.leaks
    if len(alone):
        told = ", ".join(f"{row['reference']} {row['found']:.2f}" for row in _by_probe(alone))
        said.append(
            f"**What a pair gives away.** Its reference asked alone tells of the forget questions, by npo: {told}."
        )
    medians = cost_medians(tables.costs)
    if {"offset", "direct"} <= set(medians.index):
        ratio = medians.loc["offset"] / medians.loc["direct"]
        told = ", ".join(f"{name} {ratio[name]:.2f}" for name in COSTS if name in ratio)
        said.append(f"**Cost, offset ÷ direct.** {told}.")
    return said


def _reached_by_both(rows: pd.DataFrame) -> pd.DataFrame:
    """Of an objective and seed both methods or neither."""
    if rows.empty or "reached" not in rows:
        return rows[:0]
    down = rows[rows["reached"].astype(bool)]
    return down[down.groupby(["objective", "seed"])["method"].transform("nunique") == 2]


def _by_probe(leaks: pd.DataFrame) -> list[dict[str, object]]:
    """Of the pairs by npo, most found first."""
    return sorted_rows(leaks[(leaks["objective"] == "npo") & leaks["found"].notna()], "found")[::-1]


def _by_method(rows: pd.DataFrame, name: str) -> str:
    medians = rows.groupby("method", sort=False)[name].median()
    return ", ".join(f"{method} {value:.2f}" for method, value in medians.items())
