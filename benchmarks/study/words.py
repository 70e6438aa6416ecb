"""What the study's tables say, in sentences whose figures come from those tables. Nothing is said of what is not there."""

import pandas as pd

from benchmarks.study.plan import OBJECTIVES, RATE_SEED, TARGET
from benchmarks.study.tables import QUALITY, Tables, pooled

ONE_SEED = "One seed: leads, not results."
ON_DEMO = ("", "demo")  # no reference of its own, or the demo's


def on_demo(main: pd.DataFrame) -> pd.DataFrame:
    """What was trained on the demo's reference or has none of its own."""
    return main[main["reference"].isin(ON_DEMO)]


def compared(main: pd.DataFrame) -> pd.DataFrame:
    """The runs that the study compares, one row a seed: both methods by every objective, on the demo's reference."""
    own = on_demo(main)
    return own[
        own["objective"].isin(OBJECTIVES) & own["method"].isin(("offset", "direct")) & (own["seed"] != RATE_SEED)
    ]


def row_of(main: pd.DataFrame, method: str) -> "pd.Series | None":
    """The one row of a model that stands for itself: "base", "retain-only" or its second seed; None where none was asked."""
    rows = main[main["method"] == method]
    return rows.iloc[0] if len(rows) else None


def reached(rows: pd.DataFrame) -> pd.DataFrame:
    """Those that come down to the retain-only model's forget ROUGE, each with all of its seeds."""
    return rows[rows["reached"] == 1] if "reached" in rows else rows[:0]


def of_column(paired: pd.DataFrame, column: str) -> pd.DataFrame:
    """The paired differences of one column, the unknown left out."""
    return paired[(paired["column"] == column) & paired["difference"].notna()] if "column" in paired else paired[:0]


def best_alphas(grid: pd.DataFrame) -> pd.DataFrame:
    return grid.loc[grid.groupby(["method", "objective", "seed"], sort=False)["gap"].idxmax()]


def main_words(tables: Tables) -> str:
    runs, gold = compared(tables.main), row_of(tables.main, "retain-only")
    rows = pooled(runs)
    said = [
        f"At α = 1 forget ROUGE of the {name} rows is {_span(group, 'forget ROUGE')} "
        f"({_listed(group, 'forget ROUGE', lowest=True)}), and ROUGE on the eval half {_span(group, 'retain ROUGE')}."
        for name, group in rows.groupby("method", sort=False)
    ]
    if gold is not None and len(runs):
        met, below = (
            int((runs["forget probability"] <= TARGET).sum()),
            int((rows["forget ROUGE"] < gold["forget ROUGE"]).sum()),
        )
        said.append(
            f"The rule's {TARGET:g} is met by {met} of these {len(runs)} runs; the others ended with the last epoch. It is a hard rule: a model that "
            f"never saw the forget set has {gold['forget probability']:.3f}, and a forget ROUGE of {gold['forget ROUGE']:.3f}. {below} of {len(rows)} rows lie "
            "lower than that, and to lie far below it is no success: such answers are worse than those of one who never knew, and that can be seen."
        )
    return " ".join(
        filter(
            None,
            [
                *said,
                _passing(runs, tables.main),
                _zeros(runs, tables.main),
                _twin_words(tables.main),
                _seeds_words(on_demo(tables.main)),
            ],
        )
    )


def _passing(runs: pd.DataFrame, main: pd.DataFrame) -> str:
    """How many pass the test, and what is left of the one that passes best."""
    judged, base = runs[runs[QUALITY].notna()] if QUALITY in runs else runs[:0], row_of(main, "base")
    if judged.empty or base is None:
        return ""
    best = judged.loc[judged[QUALITY].astype(float).idxmax()]
    return (
        f"Forget quality passes 0.05 in {int((judged[QUALITY] > 0.05).sum())} of {len(judged)} runs; the largest is p = {best[QUALITY]:.2g} "
        f"({best['method']}, {best['objective']}, seed {best['seed']}), where ROUGE on the eval half is {best['retain ROUGE']:.3f} (base "
        f"{base['retain ROUGE']:.3f}) and on world facts {best['world ROUGE']:.3f} (base {base['world ROUGE']:.3f}): the test looks at the forget set alone."
    )


def _zeros(runs: pd.DataFrame, main: pd.DataFrame) -> str:
    """What a utility of 0 says: a harmonic mean is 0 with any of its parts."""
    none, base = runs[runs["model utility"] == 0], row_of(main, "base")
    if none.empty or base is None:
        return ""
    return (
        f"Utility is 0 in {len(none)} of {len(runs)} runs; in {int((none['authors ROUGE'] == 0).sum())} of them no answer about a real author scores "
        f"at all, where the base's own mean is {base['authors ROUGE']:.2f}: such a 0 hangs on one or two answers."
    )


def _twin_words(main: pd.DataFrame) -> str:
    """What a second retain-only seed differs by from the first: nothing was forgotten between them."""
    twin, gold = row_of(main, "retain-only, second seed"), row_of(main, "retain-only")
    if twin is None or gold is None:
        return ""
    told = ", ".join(
        f"{words} {twin[name]:.3f} ({gold[name]:.3f})"
        for name, words in (("forget ROUGE", "forget ROUGE"), ("forget leaks", "leaks"), ("model utility", "utility"))
    )
    return (
        f"One pair of seeds as a noise floor: a second retain-only seed beside the first (in brackets) has {told}, and against it a forget quality of "
        f"p = {twin[QUALITY]:.2g} and an AUC that differs by {twin['AUC − retain-only']:+.3f}."
    )


def _seeds_words(shown: pd.DataFrame) -> str:
    """What a row is the mean of, and which rows rest on one seed."""
    rows = pooled(shown[shown["objective"] != ""])
    said = []
    if (rows["seeds"] > 1).any():
        said.append("Rows are the means of their seeds, with the lowest and the highest; of p-values the median.")
    if alone := [f"{row['method']} {row['objective']}" for row in rows[rows["seeds"] == 1].to_dict("records")]:
        said.append(f"Of one seed, so leads and not results: {', '.join(alone)}.")
    return " ".join(said)


def matched_words(tables: Tables) -> str:
    if tables.matched.empty or tables.crossings.empty:
        return ""
    rows, wanted = pooled(tables.matched), float(tables.crossings["retain-only's forget ROUGE"].iloc[0])
    said = [
        f"α of each pair is the strength at which its forget ROUGE comes down to the retain-only model's {wanted:.3f}, read off its strengths "
        f"below by linear interpolation; there everything was asked anew. {_unreached(tables.crossings)}"
    ]
    said += [
        f"Of those that all come so low the {name} rows keep of the eval half {_listed(group, 'retain ROUGE')}, "
        f"at a forget ROUGE of {_span(group, 'forget ROUGE')}."
        for name, group in reached(rows).groupby("method", sort=False)
    ]
    told = (
        _paired_words(tables.paired, "forget ROUGE", "has the higher forget ROUGE all the same"),
        _paired_words(tables.paired, "retain ROUGE", "keeps more of the eval half"),
        _paired_words(tables.paired, "world ROUGE", "keeps more world facts"),
        _paired_words(tables.paired, "forget leaks", "tells more key terms"),
    )
    if any(told):
        said.append(
            f"Offset less direct, paired by question, where both come so low: the offset {'; it '.join(filter(None, told))}. "
            "Seeds share questions and persons: the comparisons are not independent."
        )
    judged = tables.matched[tables.matched[QUALITY].notna()]
    said.append(f"Forget quality passes 0.05 in {int((judged[QUALITY] > 0.05).sum())} of {len(judged)} runs.")
    return " ".join(
        filter(
            None,
            [
                *said,
                _still_there(reached(rows), tables.main),
                _zeros(tables.matched, tables.main),
                _seeds_words(tables.matched),
            ],
        )
    )


def _still_there(down: pd.DataFrame, main: pd.DataFrame) -> str:
    """What the same ROUGE leaves to be seen, beside one who never knew."""
    gold, base = row_of(main, "retain-only"), row_of(main, "base")
    if down.empty or gold is None or base is None:
        return ""
    return (
        f"To be down to that ROUGE is not to have forgotten: a key term stands in the answers to a share of {_span(down, 'forget leaks')} of the forget "
        f"questions (retain-only {gold['forget leaks']:.3f}; {int((down['forget leaks'] > gold['forget leaks']).sum())} of {len(down)} rows tell more), forget "
        f"probability is {_span(down, 'forget probability')} (retain-only {gold['forget probability']:.3f}), and the AUC lies {_span(down, 'AUC − retain-only')} "
        f"above retain-only's (the base's {base['AUC − retain-only']:.3f})."
    )


def _paired_words(paired: pd.DataFrame, column: str, words: str) -> str:
    of = of_column(paired, column)
    if of.empty:
        return ""
    more = int((of["difference"] > 0).sum())
    above, below = int((of["low"].astype(float) > 0).sum()), int((of["high"].astype(float) < 0).sum())
    persons, questions = int(of["persons"].max()), int(of["questions"].max())
    over = f"{persons} persons, a rough one," if persons else f"{questions} questions"
    sure = f"the 95 % interval over {over} lies above 0 in {above} and below it in {below}"
    if persons == 2:  # resampled, two persons give back their two means
        sure = f"with both persons in {above}, with neither in {below}"
    return f"{words} in {more} of {len(of)} comparisons ({sure})"


def _unreached(crossings: pd.DataFrame) -> str:
    never, below = crossings[crossings["reached"] != 1], crossings[crossings["below"] == 1]
    said = []
    for rows, words in (
        (never, "Some never come so low and stand at the strength that comes lowest"),
        (below, "Some lie lower from the weakest strength on, and stand there"),
    ):
        if len(rows):
            who = ", ".join(f"{row['method']} {row['objective']} seed {row['seed']}" for row in rows.to_dict("records"))
            said.append(f"{words}: {who}.")
    return " ".join(said)


def alphas_words(tables: Tables) -> str:
    grid = tables.over_alpha
    best = best_alphas(grid)
    at_one = int((best["alpha"] == 1.0).sum())
    said = [
        f"Every pair was asked the forget questions and a part of the eval half at {grid['alpha'].nunique()} strengths. The best α has the "
        f"widest gap between what stays and what goes; it is chosen and reported on the same questions. It is α = 1 for {at_one} of "
        f"{len(best)}, and runs from {best['alpha'].min():g} to {best['alpha'].max():g}."
    ]
    said += [
        f"For {method} its median is {rows['alpha'].median():g}, and the gap there {rows['gap'].median():.3f}."
        for method, rows in best.groupby("method", sort=False)
    ]
    if len(tables.crossings):
        wanted = float(tables.crossings["retain-only's forget ROUGE"].iloc[0])
        said.append(
            f"α matched is where forget ROUGE comes down to the retain-only model's {wanted:.3f}, between two of them by linear interpolation. "
            f"{_unreached(tables.crossings)}"
        )
    return "\n\n".join(filter(None, [" ".join(said), _quality_words(tables.curves)]))


def _quality_words(curves: pd.DataFrame) -> str:
    """Where along alpha an offset pair's truth ratios come nearest to the retain-only model's."""
    own = compared(curves.dropna(subset=[QUALITY])) if QUALITY in curves else curves[:0]
    if own.empty:
        return ""
    best = own.loc[own.groupby(["objective", "seed"])[QUALITY].idxmax()]
    told = "; ".join(
        f"{row['objective']}, seed {row['seed']}: p = {row[QUALITY]:.3g} at α = {row['alpha']:g}"
        for row in best.to_dict("records")
    )
    passed = int((best[QUALITY] > 0.05).sum())
    return (
        f"Of {len(best)} offset pairs whose curves are stored, forget quality is known at every α without asking again. Its largest value, which nobody "
        f"without a retain-only model could choose by: {told}. With α so chosen {passed} of {len(best)} pass 0.05."
    )


def _span(rows: pd.DataFrame, name: str) -> str:
    return f"{rows[name].min():.3f} to {rows[name].max():.3f}"


def _listed(rows: pd.DataFrame, name: str, lowest: bool = False) -> str:
    """Each objective with its figure, the highest first or the lowest."""
    ordered = rows.sort_values(name, ascending=lowest)
    return ", ".join(f"{row['objective']} {row[name]:.3f}" for row in ordered.to_dict("records"))
