"""A stored run at one alpha in the shape of OpenUnlearning's `TOFU_EVAL.json`. Loads no model; writes nothing itself.

A row's index is its place among the questions of its part, in the order of their sets: a run and the retain-only model's
on the same questions have the same rows.
"""

import json
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import pandas as pd

from engine import history
from engine.errors import DataError, RunError
from engine.evaluation.aggregates import FORGET_QUALITY, MODEL_UTILITY, PRIVLEAK
from engine.evaluation.log_names import NORMALISED, ORIGIN, PARTS
from engine.evaluation.logs import truth_mean
from engine.evaluation.tofu_figures import VARIANT
from engine.evaluation.utility import UtilityParts, model_utility
from engine.history import RunDetail
from engine.retain_reference import quality_figure
from engine.run_measures import MEMBERSHIP, run_privacy

REAL_AUTHORS = "real_authors"  # TOFU's file of them; every other question of the world is a world fact
TOFU_TOKENS = 200
OF_FORGET = ("exact_memorization", "extraction_strength")  # called the same in OpenUnlearning

Metric = dict[str, Any]


class ExportedLog(NamedTuple):
    """A log as bytes; `rows` questions are in it, `notes` say what is not."""

    data: bytes
    alpha: float
    rows: int
    notes: tuple[str, ...]


def open_log(run_id: int, alpha: float) -> ExportedLog:
    """`RunError` where the run is not finished or has no scores at `alpha`, `DataError` where nothing of it has a name there."""
    summary = history.run_detail(run_id).summary
    if summary.status != "finished":
        raise RunError(f"run {summary.name!r} is {summary.status}: only a finished run can be exported")
    texts = history.report_rows(run_id, alpha).set_index("question_id", drop=False)
    scores = history.question_scores(run_id, alpha).pivot(index="question_id", columns="metric", values="value")
    metrics: dict[str, Metric] = {}
    notes = _unlike_tofu(history.run_detail(run_id).spec.max_new_tokens, texts)
    rows, used = 0, set()
    for part, chosen in _parts_of(texts, notes).items():
        found, names = _part_metrics(part, chosen, scores)
        metrics |= found
        used |= names
        rows += len(chosen) if found else 0
    if not metrics:
        raise DataError(
            f"run {summary.name!r} has nothing at alpha {alpha:g} that an OpenUnlearning log has a name for"
        )
    membership = _membership(run_id, alpha)
    used |= set(membership) & set(MEMBERSHIP)
    metrics |= {**_aggregates(run_id, alpha, metrics), **membership}
    notes += _left_out(metrics, [str(name) for name in scores.columns if name not in used])
    origin = _origin(history.run_detail(run_id), alpha, texts)
    data = json.dumps({**dict(sorted(metrics.items())), ORIGIN: origin}, ensure_ascii=False, indent=1, allow_nan=False)
    return ExportedLog(data.encode(errors="replace"), alpha, rows, tuple(notes))


def _origin(detail: RunDetail, alpha: float, texts: pd.DataFrame) -> dict[str, str]:
    """What no name of OpenUnlearning's says of these figures; a log that has it is held to it when it is read."""
    return {
        "program": f"oubliette {detail.versions.get('oubliette', '')}".strip(),
        "run": f"{detail.summary.name}, pair {detail.summary.pair}, alpha {alpha:g}",
        "sets": ", ".join(map(str, dict.fromkeys(texts["set"]))),
        "answer_tokens": str(detail.spec.max_new_tokens),
        "template": detail.versions.get(history.TEMPLATE, ""),
        "reading": detail.versions.get(history.READING, ""),
        "variant": VARIANT,
    }


def _unlike_tofu(max_new_tokens: int, texts: pd.DataFrame) -> list[str]:
    """What sets these rows apart from those that others publish under the same names."""
    others = [str(name) for name in dict.fromkeys(texts["set"]) if name != "tofu"]
    notes = [f"these are questions of {', '.join(others)}, not TOFU's"] if others else []
    if max_new_tokens != TOFU_TOKENS:
        notes.append(f"ROUGE: answers were cut at {max_new_tokens} tokens, TOFU's published figures at {TOFU_TOKENS}")
    return notes


def _parts_of(texts: pd.DataFrame, notes: list[str]) -> dict[str, pd.DataFrame]:
    """The questions of each part of TOFU; of retain questions those that the pair was not trained on, where there are any."""
    world, real = texts["split"] == "world", texts["group"] == REAL_AUTHORS
    retain = texts[texts["split"] == "retain"]
    if (retain["half"] == "train").any() and (retain["half"] != "train").any():
        retain = retain[retain["half"] != "train"]
        notes.append("retain: the half that was trained on is left out")
    parts = {
        "forget": texts[texts["split"] == "forget"],
        "retain": retain,
        "ra": texts[world & real],
        "wf": texts[world & ~real],
    }
    return {part: chosen for part, chosen in parts.items() if len(chosen)}


def _part_metrics(part: str, texts: pd.DataFrame, scores: pd.DataFrame) -> tuple[dict[str, Metric], set[str]]:
    """The metrics of a part by OpenUnlearning's names, and which of our measures are in them."""
    names = PARTS[part]
    makers: dict[str, tuple[str, Callable[[float], dict[str, Any]]]] = {
        names.rouge: ("rouge", lambda value: {"rougeL_recall": value}),
        names.truth_ratio: ("truth_ratio", lambda value: {"score": value}),
    }
    if part in NORMALISED:
        makers[names.probability] = ("probability_normalised", lambda value: {"prob": value})
        makers[names.right] = ("probability", _with_loss)
    else:
        makers[names.probability] = ("probability", _with_loss)
    if part == "forget":
        makers |= {name: (name, lambda value: {"score": value}) for name in OF_FORGET}
    found = {}
    for name, (metric, row_of) in makers.items():
        values = [_known(scores, key, metric) for key in texts["question_id"]]
        known = [value for value in values if value is not None]
        if not known:
            continue
        rows = [None if value is None else row_of(value) for value in values]
        if name == names.rouge:
            rows = [row and {**row, **said} for row, said in zip(rows, _texts(texts), strict=True)]
        mean = truth_mean(part, known) if name == names.truth_ratio else sum(known) / len(known)
        found[name] = {"agg_value": mean, "value_by_index": {str(place): row for place, row in enumerate(rows)}}
    used = {metric for name, (metric, _) in makers.items() if name in found}
    return found, used | ({"truth_ratio_score"} if names.truth_ratio in found else set())


def _known(scores: pd.DataFrame, key: int, metric: str) -> float | None:
    value: Any = scores.at[key, metric] if metric in scores and key in scores.index else None
    return None if value is None or pd.isna(value) else float(value)


def _with_loss(probability: float) -> dict[str, Any]:
    return {"prob": probability, "avg_loss": -math.log(probability) if probability > 0 else None}


def _texts(rows: pd.DataFrame) -> list[dict[str, Any]]:
    columns = {"question": "input", "true_answer": "ground_truth", "unlearned_answer": "generation"}
    columns = {column.replace("_", " "): name for column, name in columns.items()}
    return [{columns[str(key)]: text for key, text in row.items()} for row in rows[list(columns)].to_dict("records")]


def _membership(run_id: int, alpha: float) -> dict[str, Metric]:
    """Each attack's AUC, and PrivLeak of min-k, as OpenUnlearning has it; its rows stay here, for the holdout has no place there."""
    found: dict[str, Metric] = {}
    for item in run_privacy(run_id, alpha):
        if item.auc.value is not None:
            found[item.metric] = {"agg_value": item.auc.value}
        if item.metric == "mia_min_k" and item.privleak.value is not None:
            found[PRIVLEAK] = {"agg_value": item.privleak.value}
    return found


def _aggregates(run_id: int, alpha: float, metrics: dict[str, Metric]) -> dict[str, Metric]:
    """Model utility of exactly nine means, forget quality against one retain-only run of the same questions."""
    found: dict[str, Metric] = {}
    nine = [[names.probability, names.rouge, names.truth_ratio] for part, names in PARTS.items() if part != "forget"]
    if all(name in metrics for part in nine for name in part):
        parts = [UtilityParts(*(metrics[name]["agg_value"] for name in part)) for part in nine]
        found[MODEL_UTILITY] = {"agg_value": model_utility(*parts)}
    quality = quality_figure(run_id, alpha)
    if quality.p_value is not None:
        found[FORGET_QUALITY] = {"agg_value": quality.p_value}
    return found


def _left_out(metrics: dict[str, Metric], ours: list[str]) -> list[str]:
    """What we cannot give, by OpenUnlearning's names, and what we have without a name there."""
    wanted = [name for names in PARTS.values() for name in names[1:]]
    wanted += [*OF_FORGET, FORGET_QUALITY, MODEL_UTILITY, *MEMBERSHIP, PRIVLEAK]
    missing = [name for name in wanted if name not in metrics]
    notes = [f"not in the file, for the run does not hold it: {', '.join(dict.fromkeys(missing))}"] if missing else []
    return notes + ([f"not in the file, for OpenUnlearning has no name for it: {', '.join(ours)}"] if ours else [])
