"""Tables of the study from its stored runs; `python -m benchmarks.study --csv FOLDER` writes them.

A run belongs to the study by its name, and is described by its pair's manifest. One row a pair and seed;
`pooled` turns the seeds of a pair into one row. Reads only; imports no model library.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from benchmarks.study.crossings import GOLD_FORGET, crossings, over_alpha
from benchmarks.study.runs import DOMAINS, KEY, RATE, at_gold, describe, frame, judged, strength, study_runs
from db.reads import runs as reads
from engine.analysis import forced_curves
from engine.analysis.figures import Figure, run_figures
from engine.analysis.paired import compare_runs
from engine.analysis.retain_only import quality_figure
from engine.analysis.task_figures import task_figures
from engine.analysis.tofu_and_privacy import run_privacy, run_tofu
from engine.audit.found import probe_rows
from engine.kinds import TrainSpec
from engine.store import history
from engine.store.history import RunDetail, RunSummary
from engine.store.session import reading

QUALITY = "forget quality"  # a p-value
# Of the main table: column, set, split, half, metric.
MEASURES = (
    ("forget ROUGE", *GOLD_FORGET),
    ("paraphrased", "study-tofu", "forget", "", "rouge_paraphrase"),
    ("forget leaks", "study-tofu", "forget", "", "leak"),
    ("forget probability", "study-tofu", "forget", "", "probability"),
    ("retain ROUGE", "study-tofu", "retain", "eval", "rouge"),
    ("world ROUGE", "study-world", "world", "eval", "rouge"),
    ("authors ROUGE", "study-authors", "world", "", "rouge"),
)


class Tables(NamedTuple):
    """Every table of the study; each has columns that name its rows (`KEY`, seed), even an empty one."""

    main: pd.DataFrame
    matched: pd.DataFrame
    paired: pd.DataFrame
    over_alpha: pd.DataFrame
    crossings: pd.DataFrame
    tasks: pd.DataFrame
    costs: pd.DataFrame
    rates: pd.DataFrame
    domains: pd.DataFrame
    leaks: pd.DataFrame
    curves: pd.DataFrame


def study_tables() -> Tables:
    details = [history.run_detail(run.id) for run in study_runs()]
    main, grid = frame(_main(judged(details))), frame(over_alpha(details))
    crossed = frame(crossings(main, grid))
    matched = _with_reached(frame(_main(at_gold(details))), crossed)
    paired = frame(_paired(details, crossed))
    rest = (_tasks, _costs, _rates, _domains, _leaks, _curves)
    return Tables(main, matched, paired, grid, crossed, *(frame(rows(details)) for rows in rest))


def pooled(table: pd.DataFrame) -> pd.DataFrame:
    """Seeds of one method, objective and reference as one row: the mean of each figure, and its number of seeds.

    For p-values the median: their mean would pass a test that most of them fail.
    """
    numbers, grouped = _by_seed(table)
    how = {name: "median" if name == QUALITY else "mean" for name in numbers}
    return grouped.agg(how).assign(seeds=grouped["seed"].nunique()).reset_index() if numbers else table.assign(seeds=0)


def extremes(table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The lowest and the highest of the seeds, in the rows of `pooled`."""
    numbers, grouped = _by_seed(table)
    return grouped[numbers].min().reset_index(), grouped[numbers].max().reset_index()


def _by_seed(table: pd.DataFrame) -> tuple[list[str], Any]:
    numbers = [str(name) for name in table if name not in (*KEY, "seed", "base_hash")]
    return numbers, table.astype(dict.fromkeys(numbers, float)).groupby(KEY, sort=False, dropna=False)


def _main(asked: Iterator[tuple[RunDetail, float]]) -> Iterator[dict[str, Any]]:
    for detail, alpha in asked:
        run_id = detail.summary.id
        found = {(item.set, item.split, item.half, item.metric): item for item in run_figures(run_id, alpha)}
        row = {**describe(detail), "base_hash": detail.base_hash, "alpha": alpha}
        for label, name, split, half, metric in MEASURES:
            row |= _cells(label, found.get((name, split, half, metric)))
        row[QUALITY] = quality_figure(run_id, alpha).p_value
        row["model utility"] = run_tofu(run_id, alpha)["model_utility"].value
        for item in run_privacy(run_id, alpha):
            if item.metric == "mia_min_k":
                row |= {"AUC": item.auc.value, "AUC − retain-only": item.difference.value}
        yield row


def _cells(label: str, figure: Figure | None) -> dict[str, float | None]:
    if figure is None:
        return {label: None, f"{label} low": None, f"{label} high": None, f"{label} n": None, f"{label} persons": None}
    ends = {f"{label} low": figure.low, f"{label} high": figure.high}
    return {label: figure.mean, **ends, f"{label} n": figure.questions, f"{label} persons": figure.persons}


def _with_reached(matched: pd.DataFrame, crossings: pd.DataFrame) -> pd.DataFrame:
    """Also says whether each row's pair falls that far."""
    if matched.empty or crossings.empty:
        return matched
    return matched.merge(crossings[[*KEY, "seed", "reached"]], "left", [*KEY, "seed"])


def _paired(details: list[RunDetail], crossings: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Offset minus direct, question by question, each at its own matched strength: [.., column, difference, low, high].

    Only for pairs where both fall to the retain model's forget ROUGE.
    """
    rows = crossings.to_dict("records")
    reached = {(row["method"], row["objective"], row["seed"]) for row in rows if row["reached"]}
    runs: dict[tuple[str, int], dict[str, tuple[int, float]]] = {}
    for detail, alpha in at_gold(details):
        said = describe(detail)
        if (said["method"], said["objective"], said["seed"]) not in reached:
            continue
        runs.setdefault((said["objective"], said["seed"]), {})[said["method"]] = detail.summary.id, alpha
    for (objective, seed), both in runs.items():
        if not {"direct", "offset"} <= set(both):
            continue
        (direct, weak), (offset, strong) = both["direct"], both["offset"]
        found = {tuple(item[:4]): item for item in compare_runs(direct, offset, weak, strong).differences}
        for label, *place in MEASURES:
            if item := found.get(tuple(place)):
                yield {
                    "method": "offset less direct",
                    "objective": objective,
                    "reference": "",
                    "seed": seed,
                    "column": label,
                    "difference": item.mean,
                    "low": item.low,
                    "high": item.high,
                    "questions": item.questions,
                    "persons": item.persons,
                }


def _tasks(details: list[RunDetail]) -> Iterator[dict[str, Any]]:
    for detail in details:
        if detail.summary.kind == "tasks":
            for item in task_figures(detail.summary.id):
                yield {**describe(detail), **item._asdict()}


def _costs(details: list[RunDetail]) -> Iterator[dict[str, Any]]:
    with reading() as session:
        known = {detail.summary.id: reads.run_figures(session, detail.summary.id) for detail in details}
    for detail in details:
        own_base = detail.summary.name.startswith(DOMAINS)
        if detail.summary.kind != "train" or not detail.manifest or own_base:
            continue
        steps, figures = history.steps(detail.summary.id), detail.manifest.get("figures", {})
        yield {
            **describe(detail),
            "steps": len(steps),
            "trained parameters": figures.get("trained_parameters"),
            "seconds of training": float(steps["seconds"].sum()) if len(steps) else 0.0,
            "seconds of the run": _seconds(detail.summary),
            **known[detail.summary.id],
        }


def _seconds(run: RunSummary) -> float | None:
    return (run.finished - run.started).total_seconds() if run.started and run.finished else None


def _rates(details: list[RunDetail]) -> Iterator[dict[str, Any]]:
    """The basis for choosing the learning rate: probabilities of the training answers at alpha 1."""
    for detail in details:
        if detail.summary.name.startswith(RATE) and isinstance(detail.spec, TrainSpec):
            means = history.trade_off([detail.summary.id])
            chosen = means[(means["metric"] == "probability") & (means["alpha"] == 1.0)]
            known = dict(zip(chosen["split"], chosen["mean"], strict=True))
            forget, retain = known["forget"], known["retain"]
            rate = detail.spec.training.learning_rate
            yield {**describe(detail), "rate": rate, "forget": forget, "retain": retain, "gain": retain - forget}


def _domains(details: list[RunDetail]) -> Iterator[dict[str, Any]]:
    """By domain: the people to forget, and of those to keep the neighbors (in their groups) and the others."""
    for detail in details:
        if not detail.summary.name.startswith(DOMAINS):
            continue
        scores = history.question_scores(detail.summary.id, strength(detail))
        near = set(scores[scores["split"] == "forget"]["group"]) - {""}
        side = scores["split"].where(
            scores["split"] == "forget", scores["group"].isin(near).map({True: "neighbours", False: "others"})
        )
        for (domain, which), rows in scores.assign(side=side).groupby(["domain", "side"], sort=False):
            means = rows.groupby("metric")["value"].mean()
            yield {
                **describe(detail),
                "domain": domain,
                "side": which,
                "questions": rows["question_id"].nunique(),
                "persons": rows["subject"].nunique(),
                "ROUGE": float(means["rouge"]),
                "leaks": float(means["leak"]),
            }


def _leaks(details: list[RunDetail]) -> Iterator[dict[str, Any]]:
    """What the probes of each audit found, beside their baselines."""
    for detail in details:
        if detail.summary.kind == "audit":
            for row in probe_rows(detail.summary.id):
                yield {
                    **describe(detail),
                    "probe": row.label,
                    "found": row.share,
                    "low": row.low,
                    "high": row.high,
                    "questions": row.n,
                    "floor": row.floor_share,
                    "value": row.value,
                    "note": row.note,
                }


def _curves(details: list[RunDetail]) -> Iterator[dict[str, Any]]:
    """For the runs with stored curves: probabilities and forget quality over alpha, from 0 to 2."""
    known = {run.id for run in forced_curves.runs_with_curves()}
    for detail, _ in judged(details):
        if detail.summary.id not in known:
            continue
        asked = forced_curves.questions_of(detail.summary.id)
        low, high = forced_curves.reach(asked)
        alphas = [step / 20 for step in range(41) if low <= step / 20 <= high]
        means = forced_curves.means(asked, ["probability"], alphas)
        value = {(row["split"], row["half"], row["alpha"]): row["value"] for row in means.to_dict("records")}
        quality = forced_curves.quality(detail.summary.id, asked, alphas)
        p_values = {point.alpha: point.quality.p_value for point in quality.points} if quality else {}
        for alpha in alphas:
            yield {
                **describe(detail),
                "alpha": alpha,
                "forget probability": value.get(("forget", "", alpha)),
                "retain probability": value.get(("retain", "eval", alpha)),
                QUALITY: p_values.get(alpha),
            }
