"""The study in short: a sentence for each of its questions, from its tables."""

import pandas as pd

from benchmarks.study.tables import QUALITY, Tables, pooled
from benchmarks.study.words import best_alphas, compared, of_column, reached, row_of
from benchmarks.study.words_leaks import named, probes_told
from benchmarks.study.words_side import OF_TRAINING, cost_ratios, highest_rates


def in_short(tables: Tables) -> list[str]:
    """A sentence for each question of the study that has an answer."""
    parts = (_kept, _still_told, _lost, _alphas, _quality, _given_away, _cost)
    return [said for part in parts if (said := part(tables))]


def _kept(tables: Tables) -> str:
    moved, rows = of_column(tables.paired, "retain ROUGE"), reached(pooled(tables.matched))
    if moved.empty or rows.empty:
        return ""
    means = moved.groupby("objective", sort=False)["difference"].mean()
    top = rows.loc[rows["retain ROUGE"].idxmax()]
    never = int((tables.crossings["reached"] != 1).sum())
    return (
        "**Offset against direct.** Asked anew at the strength where forget ROUGE is down to the retain-only model's, the offset keeps more of the eval "
        f"half in {int((moved['difference'] > 0).sum())} of {len(moved)} pairs of runs; the median difference is {moved['difference'].median():+.2f} ROUGE-L recall, "
        f"and by objective the mean is {', '.join(f'{name} {value:+.2f}' for name, value in means.items())}. Most is kept by {top['method']} {top['objective']}, "
        f"{top['retain ROUGE']:.2f}; {never} of {len(tables.crossings)} runs never come so low. {highest_rates(tables.rates)}"
    ).rstrip()


def _still_told(tables: Tables) -> str:
    down, gold = _reached_by_both(tables.matched), row_of(tables.main, "retain-only")
    if down.empty or gold is None:
        return ""
    told = "; ".join(
        f"{words} {_by_method(down, name)} (retain-only {gold[name]:.2f})"
        for name, words in (
            ("forget leaks", "the share of forget questions whose answer holds a key term is"),
            ("forget probability", "forget probability is"),
            ("forget ROUGE", "forget ROUGE itself is"),
        )
    )
    return f"**What still leaks there.** {told[0].upper()}{told[1:]}: medians of {len(down) // 2} pairs of runs."


def _lost(tables: Tables) -> str:
    moved, base, gold = (
        of_column(tables.paired, "world ROUGE"),
        row_of(tables.main, "base"),
        row_of(tables.main, "retain-only"),
    )
    if moved.empty or base is None or gold is None:
        return ""
    return (
        f"**What else goes.** There the offset keeps more world facts in {int((moved['difference'] > 0).sum())} of {len(moved)} pairs of runs; the median "
        f"difference is {moved['difference'].median():+.2f} (base {base['world ROUGE']:.2f}, retain-only {gold['world ROUGE']:.2f})."
    )


def _alphas(tables: Tables) -> str:
    if tables.over_alpha.empty:
        return ""
    best = best_alphas(tables.over_alpha)
    return (
        f"**α.** The widest gap between what stays and what goes lies at α = 1 in {int((best['alpha'] == 1.0).sum())} of {len(best)} runs; the median "
        f"best α: {_by_method(best, 'alpha')}."
    )


def _quality(tables: Tables) -> str:
    runs, base = compared(tables.main), row_of(tables.main, "base")
    judged = runs[runs[QUALITY].notna()] if QUALITY in runs else runs[:0]
    if judged.empty or base is None:
        return ""
    passing = judged[judged[QUALITY] > 0.05]
    useful = int((passing["retain ROUGE"] > base["retain ROUGE"] / 2).sum())
    return (
        f"**Forgotten as if never known?** Forget quality passes 0.05 at α = 1 in {len(passing)} of {len(judged)} runs; {useful} of them keep more than half "
        "of the base's ROUGE on the eval half."
    )


def _given_away(tables: Tables) -> str:
    leaks = named(tables.leaks)
    told = probes_told(leaks[leaks["objective"] == "npo"])
    return f"**What a pair gives away**, by npo. {' '.join(told)}" if told else ""


def _cost(tables: Tables) -> str:
    ratios = cost_ratios(tables.costs)
    if ratios.empty:
        return ""
    told = ", ".join(f"{name} {value:.2f}" for name, value in ratios.items())
    return f"**Cost, offset ÷ direct.** {told}. {OF_TRAINING}"


def _reached_by_both(rows: pd.DataFrame) -> pd.DataFrame:
    """Of an objective and seed both methods or neither."""
    down = reached(rows)
    return down[down.groupby(["objective", "seed"])["method"].transform("nunique") == 2] if len(down) else down


def _by_method(rows: pd.DataFrame, name: str) -> str:
    medians = rows.groupby("method", sort=False)[name].median()
    return ", ".join(f"{method} {value:.2f}" for method, value in medians.items())
