"""Tables of the study (benchmarks/study.py) from what its runs stored; `python -m engine export --study` writes them.

A run belongs to the study by its name, and is described by what its pair's manifest says. One row a pair and seed;
`pooled` turns the seeds of a pair into one row. Reads only; imports no model library.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from db import reads
from engine import forced_curves, history
from engine.audit_runs import probe_rows
from engine.figures import Figure, run_figures
from engine.history import RunDetail, RunSummary
from engine.retain_reference import quality_figure
from engine.run_measures import run_privacy, run_tofu
from engine.storage import reading
from engine.task_figures import task_figures

PREFIX, GRID, RATE, DOMAINS = "study-", "-grid", "study-rate-", "study-domains-"
KEY = ["method", "objective", "reference"]
QUALITY = "forget quality"  # a p-value
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
    """Every table of the study; each says of its rows what they are (`KEY`, seed), also one that has none."""

    main: pd.DataFrame
    matched: pd.DataFrame
    over_alpha: pd.DataFrame
    tasks: pd.DataFrame
    costs: pd.DataFrame
    rates: pd.DataFrame
    domains: pd.DataFrame
    leaks: pd.DataFrame
    curves: pd.DataFrame


def study_runs() -> list[RunSummary]:
    """The finished runs of the study, oldest first; of those of one name the newest."""
    ours = [run for run in history.list_runs() if run.name.startswith(PREFIX) and run.status == "finished"]
    latest = {run.name: run for run in reversed(ours)}
    return sorted(latest.values(), key=lambda run: run.id)


def study_tables() -> Tables:
    details = [history.run_detail(run.id) for run in study_runs()]
    main, over_alpha = _frame(_main(details)), _frame(_over_alpha(details))
    rest = (_tasks, _costs, _rates, _domains, _leaks, _curves)
    return Tables(main, _frame(_matched(main, over_alpha)), over_alpha, *(_frame(rows(details)) for rows in rest))


def _frame(rows: Iterator[dict[str, Any]]) -> pd.DataFrame:
    found = list(rows)
    return pd.DataFrame(found) if found else pd.DataFrame(columns=[*KEY, "seed"])


def pooled(table: pd.DataFrame) -> pd.DataFrame:
    """Seeds of one method, objective and reference as one row: the mean of each figure, and how many seeds it is of.

    Of p-values the median: their mean would pass a test that most of them fail.
    """
    numbers = [name for name in table if name not in (*KEY, "seed", "base_hash")]
    grouped = table.astype(dict.fromkeys(numbers, float)).groupby(KEY, sort=False, dropna=False)
    how = {name: "median" if name == QUALITY else "mean" for name in numbers}
    return grouped.agg(how).assign(seeds=grouped["seed"].nunique()).reset_index() if numbers else table.assign(seeds=0)


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
        if kind in ("train", "teach", "evaluate") and not name.startswith((RATE, DOMAINS)) and not name.endswith(GRID):
            yield detail, _strength(detail)


def _strength(detail: RunDetail) -> float:
    return 1.0 if detail.manifest.get("reference") else 0.0


def _main(details: list[RunDetail]) -> Iterator[dict[str, Any]]:
    for detail, alpha in _judged(details):
        run_id = detail.summary.id
        found = {(item.set, item.split, item.half, item.metric): item for item in run_figures(run_id, alpha)}
        row = {**_describe(detail), "base_hash": detail.base_hash, "alpha": alpha}
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
    gold = main[main["method"] == "retain-only"]
    if gold.empty:
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
        own_base = detail.summary.name.startswith(DOMAINS)
        if detail.summary.kind != "train" or not detail.manifest or own_base:
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


def _domains(details: list[RunDetail]) -> Iterator[dict[str, Any]]:
    """By domain: who is to be forgotten, and of those to be kept the neighbours (of a forgotten person's group) and the others."""
    for detail in details:
        if not detail.summary.name.startswith(DOMAINS):
            continue
        scores = history.question_scores(detail.summary.id, _strength(detail))
        near = set(scores[scores["split"] == "forget"]["group"]) - {""}
        side = scores["split"].where(
            scores["split"] == "forget", scores["group"].isin(near).map({True: "neighbours", False: "others"})
        )
        for (domain, which), rows in scores.assign(side=side).groupby(["domain", "side"], sort=False):
            means = rows.groupby("metric")["value"].mean()
            yield {
                **_describe(detail), "domain": domain, "side": which, "questions": rows["question_id"].nunique(),
                "persons": rows["subject"].nunique(), "ROUGE": float(means["rouge"]), "leaks": float(means["leak"]),
            }  # fmt: skip


def _leaks(details: list[RunDetail]) -> Iterator[dict[str, Any]]:
    """What the probes of each audit found, beside their floors."""
    for detail in details:
        if detail.summary.kind == "audit":
            for row in probe_rows(detail.summary.id):
                yield {
                    **_describe(detail), "probe": row.label, "found": row.share, "low": row.low, "high": row.high,
                    "questions": row.n, "floor": row.floor_share, "value": row.value, "note": row.note,
                }  # fmt: skip


def _curves(details: list[RunDetail]) -> Iterator[dict[str, Any]]:
    """Of the runs that stored curves: probabilities and forget quality over alpha, from 0 to 2."""
    known = {run.id for run in forced_curves.runs_with_curves()}
    for detail, _ in _judged(details):
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
                **_describe(detail), "alpha": alpha, "forget probability": value.get(("forget", "", alpha)),
                "retain probability": value.get(("retain", "eval", alpha)), QUALITY: p_values.get(alpha),
            }  # fmt: skip
