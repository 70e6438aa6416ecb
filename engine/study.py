"""Tables of the study (benchmarks/study.py) from what its runs stored; `python -m engine export --study` writes them.

A run belongs to the study by its name, and is described by what its pair's manifest says. One row a pair and seed;
`pooled` turns the seeds of a pair into one row. Reads only; imports no model library.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from db import reads
from engine import history
from engine.figures import Figure, run_figures
from engine.history import RunDetail, RunSummary
from engine.retain_reference import quality_figure
from engine.run_measures import run_privacy, run_tofu
from engine.storage import reading
from engine.task_figures import task_figures

PREFIX, GRID, RATE = "study-", "-grid", "study-rate-"
KEY = ["method", "objective", "reference"]
# Of the main table: column, set, split, half, metric.
MEASURES = (
    ("forget ROUGE", "study-tofu", "forget", "", "rouge"),
    ("paraphrased", "study-tofu", "forget", "", "rouge_paraphrase"),
    ("forget leaks", "study-tofu", "forget", "", "leak"),
    ("forget probability", "study-tofu", "forget", "", "probability"),
    ("retain ROUGE", "study-tofu", "retain", "eval", "rouge"),
    ("world ROUGE", "study-world", "world", "eval", "rouge"),
    ("authors ROUGE", "study-authors", "world", "", "rouge"),
)
MATCHED = ("study-plain", "forget", "", "rouge")
KEPT = ("study-plain", "retain", "eval", "rouge")


class Tables(NamedTuple):
    """Every table of the study; one without rows has its columns all the same."""

    main: pd.DataFrame
    matched: pd.DataFrame
    over_alpha: pd.DataFrame
    tasks: pd.DataFrame
    costs: pd.DataFrame
    rates: pd.DataFrame


def study_tables() -> Tables:
    runs = [run for run in history.list_runs() if run.name.startswith(PREFIX) and run.status == "finished"][::-1]
    details = [history.run_detail(run.id) for run in runs]
    main, over_alpha = pd.DataFrame(_main(details)), pd.DataFrame(_over_alpha(details))
    return Tables(
        main,
        pd.DataFrame(_matched(main, over_alpha)),
        over_alpha,
        pd.DataFrame(_tasks(details)),
        pd.DataFrame(_costs(details)),
        pd.DataFrame(_rates(details)),
    )


def pooled(table: pd.DataFrame) -> pd.DataFrame:
    """Seeds of one method, objective and reference as one row: the mean of each figure, and how many seeds it is of."""
    if table.empty:
        return table
    numbers = [name for name in table.select_dtypes("number") if name != "seed"]
    grouped = table.groupby(KEY, sort=False, dropna=False)
    return grouped[numbers].mean().assign(seeds=grouped["seed"].nunique()).reset_index()


def _describe(detail: RunDetail) -> dict[str, Any]:
    """What a pair is; a model alone is described by its name."""
    manifest = detail.manifest
    if not manifest:
        kind = detail.summary.pair.partition(":")[0]
        twin = kind != "retain-only" and detail.spec.retain_only_of
        method = "retain-only, second seed" if twin else kind
        return {"method": method, "objective": "", "reference": "", "seed": detail.summary.seed}
    reference = manifest["reference"].rpartition("/")[2] if manifest.get("method", "offset") == "offset" else ""
    own = {"method": manifest.get("method", "offset"), "objective": manifest["objective"], "reference": reference}
    return {**own, "seed": manifest["seed"]}


def _judged(details: list[RunDetail]) -> Iterator[tuple[RunDetail, float]]:
    """Runs that were asked everything, each at the strength it is judged at. One that was stopped was evaluated on its own."""
    for detail in details:
        name, kind = detail.summary.name, detail.summary.kind
        if kind in ("train", "teach", "evaluate") and not name.startswith(RATE) and not name.endswith(GRID):
            yield detail, 1.0 if detail.manifest.get("reference") else 0.0


def _main(details: list[RunDetail]) -> Iterator[dict[str, Any]]:
    for detail, alpha in _judged(details):
        run_id = detail.summary.id
        found = {(item.set, item.split, item.half, item.metric): item for item in run_figures(run_id, alpha)}
        row = {**_describe(detail), "alpha": alpha}
        for label, name, split, half, metric in MEASURES:
            row |= _cells(label, found.get((name, split, half, metric)))
        row["forget quality"] = quality_figure(run_id, alpha).p_value
        row["model utility"] = run_tofu(run_id, alpha)["model_utility"].value
        for item in run_privacy(run_id, alpha):
            if item.metric == "mia_min_k":
                row |= {"AUC": item.auc.value, "AUC − retain-only": item.difference.value}
        yield row


def _cells(label: str, figure: Figure | None) -> dict[str, float | None]:
    if figure is None:
        return {label: None, f"{label} low": None, f"{label} high": None}
    return {label: figure.mean, f"{label} low": figure.low, f"{label} high": figure.high}


def _grid(details: list[RunDetail]) -> Iterator[tuple[RunDetail, float, float, float]]:
    """(run, alpha, forget ROUGE, retain ROUGE) of every strength of a run over a grid."""
    for detail in details:
        if not detail.summary.name.endswith(GRID):
            continue
        means = history.trade_off([detail.summary.id])
        places = zip(*(means[name] for name in ("set", "split", "half", "metric", "alpha")), strict=True)
        known = dict(zip(places, means["mean"], strict=True))
        for alpha in history.alphas_of(detail.summary.id):
            yield detail, alpha, known[*MATCHED, alpha], known[*KEPT, alpha]


def _over_alpha(details: list[RunDetail]) -> Iterator[dict[str, Any]]:
    for detail, alpha, forget, kept in _grid(details):
        yield {**_describe(detail), "alpha": alpha, "forget ROUGE": forget, "retain ROUGE": kept, "gap": kept - forget}


def _matched(main: pd.DataFrame, grid: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """The strength of each grid whose forget ROUGE lies nearest to the retain-only model's."""
    gold = main[main["method"] == "retain-only"] if not main.empty else main
    if gold.empty or grid.empty:
        return
    wanted: Any = gold["forget ROUGE"].iloc[0]
    for _, rows in grid.groupby([*KEY, "seed"], sort=False):
        nearest = rows.loc[(rows["forget ROUGE"] - wanted).abs().idxmin()]
        yield {**nearest.to_dict(), "retain-only's forget ROUGE": wanted}


def _tasks(details: list[RunDetail]) -> Iterator[dict[str, Any]]:
    for detail in details:
        if detail.summary.kind == "tasks":
            for item in task_figures(detail.summary.id):
                yield {**_describe(detail), **item._asdict()}


def _costs(details: list[RunDetail]) -> Iterator[dict[str, Any]]:
    with reading() as session:
        known = {detail.summary.id: reads.run_figures(session, detail.summary.id) for detail in details}
    for detail in details:
        if detail.summary.kind != "train" or not detail.manifest:
            continue
        steps, figures = history.steps(detail.summary.id), detail.manifest.get("figures", {})
        yield {
            **_describe(detail),
            "steps": len(steps),
            "trained parameters": figures.get("trained_parameters"),
            "seconds of training": float(steps["seconds"].sum()) if len(steps) else 0.0,
            "seconds of the run": _seconds(detail.summary),
            **known[detail.summary.id],
        }


def _seconds(run: RunSummary) -> float | None:
    return (run.finished - run.started).total_seconds() if run.started and run.finished else None


def _rates(details: list[RunDetail]) -> Iterator[dict[str, Any]]:
    """What the choice of the learning rate rests on: probabilities of what was trained on, at alpha 1."""
    for detail in details:
        if detail.summary.name.startswith(RATE):
            means = history.trade_off([detail.summary.id])
            chosen = means[(means["metric"] == "probability") & (means["alpha"] == 1.0)]
            known = dict(zip(chosen["split"], chosen["mean"], strict=True))
            forget, retain = known["forget"], known["retain"]
            rate = detail.spec.training.learning_rate
            yield {**_describe(detail), "rate": rate, "forget": forget, "retain": retain, "gain": retain - forget}
