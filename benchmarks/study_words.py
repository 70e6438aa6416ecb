"""What the study's tables say, in sentences whose figures come from those tables. Nothing is said of what is not there."""

import pandas as pd

from benchmarks.study_plan import FIRST, OBJECTIVES, RATE_SEED
from engine.study import QUALITY, Tables, pooled

ONE_SEED = "One seed: leads, not results."
COSTS = ("steps", "trained parameters", "seconds of training", "seconds of the run", "peak memory, GiB", "stored, MB")
ON_DEMO = ("", "demo")  # no reference of its own, or the demo's


def compared(main: pd.DataFrame) -> pd.DataFrame:
    """The runs that the study compares, one row a seed: both methods by every objective, on the demo's reference."""
    return main[
        main["objective"].isin(OBJECTIVES)
        & main["method"].isin(("offset", "direct"))
        & main["reference"].isin(ON_DEMO)
        & (main["seed"] != RATE_SEED)
    ]


def by_reference(main: pd.DataFrame) -> pd.DataFrame:
    """Offset pairs of the first seed, which every reference has: one row a pair."""
    own = main[(main["method"] == "offset") & (main["seed"] == FIRST) & main["objective"].isin(("npo", "relabelling"))]
    return pooled(own).drop(columns="seeds")


def cost_medians(costs: pd.DataFrame) -> pd.DataFrame:
    """Medians by method over the objectives and seeds that both methods have: [method, cost]."""
    own = compared(costs)
    both = own.groupby(["objective", "seed"])["method"].transform("nunique") == 2
    return own[both].groupby("method", sort=False)[[name for name in COSTS if name in own]].median()


def best_alphas(grid: pd.DataFrame) -> pd.DataFrame:
    return grid.loc[grid.groupby(["method", "objective", "seed"], sort=False)["gap"].idxmax()]


def main_words(tables: Tables) -> str:
    runs, gold = compared(tables.main), tables.main[tables.main["method"] == "retain-only"]
    rows, said = pooled(runs), []
    for name, group in rows.groupby("method", sort=False):
        told = ", ".join(f"{row['objective']} {row['forget ROUGE']:.3f}" for row in sorted_rows(group, "forget ROUGE"))
        said.append(
            f"At α = 1 forget ROUGE of the {name} rows is {_span(group, 'forget ROUGE')} ({told}), and ROUGE on the eval half "
            f"{_span(group, 'retain ROUGE')}."
        )
    if len(gold) and len(rows):
        floor = float(gold["forget ROUGE"].iloc[0])
        below = int((rows["forget ROUGE"] < floor).sum())
        said.append(
            f"A model that never saw the forget set has {floor:.3f} there; {below} of {len(rows)} rows lie lower. To lie far below it "
            "is no success: such answers are worse than those of one who never knew, and that can be seen."
        )
    judged = runs[runs[QUALITY].notna()] if QUALITY in runs else runs[:0]
    if len(judged):
        best = judged.loc[judged[QUALITY].astype(float).idxmax()]
        passed = int((judged[QUALITY] > 0.05).sum())
        said.append(
            f"Forget quality passes 0.05 in {passed} of {len(judged)} runs; the largest is p = {best[QUALITY]:.2g} "
            f"({best['method']}, {best['objective']}, seed {best['seed']}), with a model utility of {best['model utility']:.3f}: a model that "
            "answers nothing at all can pass."
        )
    return " ".join(filter(None, [*said, _twin_words(tables.main), _seeds_words(rows)]))


def _twin_words(main: pd.DataFrame) -> str:
    """What a second retain-only seed differs by from the first: nothing was forgotten between them."""
    twin, gold = main[main["method"] == "retain-only, second seed"], main[main["method"] == "retain-only"]
    if twin.empty or gold.empty:
        return ""
    names = ("forget ROUGE", "forget leaks", "model utility", "AUC − retain-only")
    rouge, leaks, utility, auc = (float(twin[name].iloc[0]) for name in names)
    return (
        f"The noise floor: a second retain-only seed, to which nothing was ever told either, has forget ROUGE {rouge:.3f}, leaks {leaks:.3f}, p = "
        f"{float(twin[QUALITY].iloc[0]):.2g}, utility {utility:.3f} (the first {float(gold['model utility'].iloc[0]):.3f}) and an AUC {auc:+.3f} beside the first's."
    )


def _seeds_words(rows: pd.DataFrame) -> str:
    if rows.empty:
        return ""
    said = []
    if rows["seeds"].max() > 1:
        said.append("Rows are the means of their seeds, with the lowest and the highest; of p-values the median.")
    if few := int((rows["seeds"] < 2).sum()):
        said.append(f"{few} of {len(rows)} rows rest on one seed: leads, not results.")
    return " ".join(said)


def matched_words(tables: Tables) -> str:
    rows, wanted = pooled(tables.matched), float(tables.crossings["retain-only's forget ROUGE"].iloc[0])
    said = [
        f"α of each pair is the strength at which its forget ROUGE comes down to the retain-only model's {wanted:.3f}, read off its strengths "
        f"below by linear interpolation; there everything was asked anew. {_unreached(tables.crossings)}"
    ]
    for name, group in rows[rows["reached"] == 1].groupby("method", sort=False):
        told = ", ".join(
            f"{row['objective']} {row['retain ROUGE']:.3f}" for row in sorted_rows(group, "retain ROUGE")[::-1]
        )
        said.append(
            f"Of those that all come so low the {name} rows keep of the eval half {told}, at a forget ROUGE of {_span(group, 'forget ROUGE')}."
        )
    down, gold = rows[rows["reached"] == 1], gold_leaks(tables.main)
    if len(down) and gold is not None:
        said.append(
            f"There the answers to {_span(down, 'forget leaks')} of the forget questions hold a key term, the retain-only model's to {gold:.3f}: "
            f"{int((down['forget leaks'] > gold).sum())} of {len(down)} rows tell more than a model that never knew."
        )
    if len(tables.paired):
        said.append(
            f"Offset less direct, paired by question, where both come so low: {_paired_words(tables.paired, 'retain ROUGE', 'keeps more of the eval half')}; "
            f"{_paired_words(tables.paired, 'world ROUGE', 'keeps more world facts')}; "
            f"{_paired_words(tables.paired, 'forget leaks', 'tells more key terms')}."
        )
    judged = tables.matched[tables.matched[QUALITY].notna()]
    said.append(f"Forget quality passes 0.05 in {int((judged[QUALITY] > 0.05).sum())} of {len(judged)} runs.")
    return " ".join([*said, _seeds_words(rows)])


def gold_leaks(main: pd.DataFrame) -> float | None:
    """The share of forget questions that the retain-only model's answers give away by chance; None where none was asked."""
    shares = main[main["method"] == "retain-only"]["forget leaks"]
    return float(shares.iloc[0]) if len(shares) else None


def _paired_words(paired: pd.DataFrame, column: str, words: str) -> str:
    of = paired[paired["column"] == column]
    more = int((of["difference"] > 0).sum())
    sure, less = int((of["low"].astype(float) > 0).sum()), int((of["high"].astype(float) < 0).sum())
    persons, questions = int(of["persons"].max()), int(of["questions"].max())
    over = f"{persons} persons, a rough one," if persons else f"{questions} questions"
    return f"it {words} in {more} of {len(of)} comparisons (the 95 % interval over {over} lies above 0 in {sure} and below it in {less})"


def _unreached(crossings: pd.DataFrame) -> str:
    never = crossings[~crossings["reached"].astype(bool)]
    below = crossings[crossings["below"].astype(bool)]
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
        f"{row['objective']}, seed {row['seed']}: p = {row[QUALITY]:.2g} at α = {row['alpha']:g}"
        for row in best.to_dict("records")
    )
    passed = int((best[QUALITY] > 0.05).sum())
    return (
        "Of offset pairs forget quality is known at every α without asking again. Its largest value, which nobody without a retain-only "
        f"model could choose by: {told}. With α so chosen {passed} of {len(best)} pass 0.05."
    )


def references_words(tables: Tables) -> str:
    rows = by_reference(tables.main)
    whole = "; *30 layers* is the public model whole" if "30-layers" in set(rows["reference"]) else ""
    told = "; ".join(
        f"{row['reference']}: forget {row['forget ROUGE']:.3f}, retain {row['retain ROUGE']:.3f}, world {row['world ROUGE']:.3f}"
        for row in rows[rows["objective"] == "npo"].to_dict("records")
    )
    return "\n\n".join(
        [
            "demo is the clean, healed cut of 8 layers; *taught* is the same, told all 200 questions; *unhealed* cuts, of 8 layers where no "
            f"other number stands, come straight from the public weights{whole}. By npo: {told}. {ONE_SEED} {_seed_noise(tables.main)}".rstrip(),
            *filter(None, [_leaks_words(tables.leaks)]),
        ]
    )


def _seed_noise(main: pd.DataFrame) -> str:
    """How far the seeds of one reference lie apart: what differences between references are to be held against."""
    own = compared(main)
    own = own[(own["method"] == "offset") & (own["objective"] == "npo")]
    if own["seed"].nunique() < 2:
        return ""
    return (
        f"Over {own['seed'].nunique()} seeds the demo reference's own pair by npo has a retain ROUGE of {_span(own, 'retain ROUGE')}, so that a "
        "difference between two references within that says nothing."
    )


def _leaks_words(leaks: pd.DataFrame) -> str:
    """What each probe finds by reference, the objectives side by side."""
    said = []
    tried = leaks[leaks["found"].notna()] if len(leaks) else leaks
    for probe, rows in tried.groupby("probe", sort=False) if len(tried) else ():
        told = ", ".join(
            f"{row['reference']} by {row['objective']} {row['found']:.2f}" for row in sorted_rows(rows, "found")[::-1]
        )
        floors = rows["floor"].dropna()
        floor = f"; the floor is {floors.min():.2f} to {floors.max():.2f}" if len(floors) else ""
        said.append(f"*{probe}* finds of the forget questions: {told}{floor}.")
    return " ".join(said)


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


def rates_words(_: Tables) -> str:
    return (
        "npo on a seed of its own; chosen is the larger gain, retain less forget probability of what was trained on. Two rates are no "
        "search: the better of them may not be the best, and what suits npo need not suit the others."
    )


def tasks_words(tables: Tables) -> str:
    tasks = tables.tasks.assign(
        score=tables.tasks["normalised"].fillna(tables.tasks["accuracy"]).astype(float),
        error=tables.tasks["normalised_error"].fillna(tables.tasks["accuracy_error"]).astype(float),
    )
    base = tasks[tasks["method"] == "base"].set_index("task")
    others = tasks[~tasks["method"].isin(("base", "retain-only"))]
    said = ["Accuracies by lm-evaluation-harness with standard errors; acc_norm where a task has it."]
    if len(base):
        near = int(((base["score"] - base["chance"]).abs() < 2 * base["error"]).sum())
        said.append(f"The base is within two standard errors of chance on {near} of {len(base)} tasks.")
        beyond = int(((others["score"] - others["task"].map(base["score"])).abs() > 2 * others["error"]).sum())
        said.append(
            f"Of {len(others)} accuracies of pairs and direct models, on the same items, {beyond} differ from the base's by more than two standard "
            "errors of one of them; among so many some would by chance."
        )
    return " ".join([*said, ONE_SEED])


def costs_words(tables: Tables) -> str:
    medians = cost_medians(tables.costs)
    if not {"offset", "direct"} <= set(medians.index):
        return ""
    ratio = medians.loc["offset"] / medians.loc["direct"]
    told = "; ".join(f"{name}: {value:.2f}" for name, value in ratio.items())
    return (
        f"Offset ÷ direct, medians over the objectives and seeds that both have: {told}. Seconds of training are those of the steps, without "
        "the logits stored beforehand; seconds of the run and peak memory include these and the evaluation, which reads three models of a "
        "pair and one of a directly tuned base. An objective that stops early costs what its steps cost. The machine was not idle: seconds "
        "are rough, and docs/performance.md has the measured ratios."
    )


def _span(rows: pd.DataFrame, name: str) -> str:
    return f"{rows[name].min():.3f} to {rows[name].max():.3f}"


def sorted_rows(rows: pd.DataFrame, name: str) -> list[dict[str, object]]:
    return rows.sort_values(name).to_dict("records")  # type: ignore[return-value]
