"""A stored run at one alpha in the shape of OpenUnlearning's `TOFU_EVAL.json`. Reads no weights; writes nothing itself.

A row's index is its place among the questions of its part, in the order of their sets: a run and a run of the retain
model on the same questions have the same rows. OpenUnlearning's names carry its own values where they differ from ours:
its truth ratio adds 1e-10 to the divisor, its extraction strength never goes below 1/T. A row without a value is left
out, because its code reads a field of every row.
"""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from engine.analysis.retain_only import quality_figure
from engine.analysis.tofu_and_privacy import MEMBERSHIP, REAL_AUTHORS, run_privacy
from engine.data.examples import SECRETS
from engine.errors import DataError, RunError
from engine.evaluation.aggregates import FORGET_QUALITY, MODEL_UTILITY, PRIVLEAK
from engine.evaluation.logs.names import NORMALISED, ORIGIN, PARTS, PROMPT, STRENGTH
from engine.evaluation.logs.reading import truth_mean
from engine.evaluation.membership import open_extraction_strength
from engine.evaluation.metrics import EPSILON
from engine.evaluation.privacy import ScoredQuestion, membership_auc
from engine.evaluation.utility import UtilityParts, model_utility
from engine.report.log_origin import ExportedRun, how_asked, loops_of, origin_of, unlike_tofu
from engine.store import history

OF_FORGET = ("exact_memorization", STRENGTH)  # called the same in OpenUnlearning

LogMetric = dict[str, Any]
LogRow = dict[str, Any]


class ExportedLog(NamedTuple):
    """A log as bytes, with `rows` questions in it; `notes` say what is left out."""

    data: bytes
    alpha: float
    rows: int
    notes: tuple[str, ...]


def open_log(run_id: int, alpha: float) -> ExportedLog:
    """`RunError` where the run is not finished or has no scores at `alpha`, `DataError` where no metric has a name."""
    detail = history.run_detail(run_id)
    summary = detail.summary
    if summary.status != "finished":
        raise RunError(f"run {summary.name!r} is {summary.status}: only a finished run can be exported")
    texts = history.report_rows(run_id, alpha).set_index("question_id", drop=False)
    scores = history.question_scores(run_id, alpha).pivot(index="question_id", columns="metric", values="value")
    asking, unknown = how_asked(detail, alpha, texts)
    run = ExportedRun(run_id, alpha, detail, texts, scores, asking)
    metrics: dict[str, LogMetric] = {}
    notes, rows, used = list[str](), 0, {"truth_ratio_score"}
    parts = _parts_of(texts, notes)
    loops = loops_of(run, [int(key) for chosen in parts.values() for key in chosen["question_id"]])
    notes = [*unlike_tofu(run, loops), *unknown, *notes]
    for part, chosen in parts.items():
        found, names = _part_metrics(part, chosen, run)
        notes += _rows_left_out(found, len(chosen))
        metrics |= found
        used |= names
        rows += len(chosen) if found else 0
    if not metrics:
        raise DataError(f"run {summary.name!r} has nothing at alpha {alpha:g} that OpenUnlearning has a name for")
    metrics |= {**_aggregates(run, metrics, notes), **_membership(run, notes)}
    notes += _left_out(metrics, run, used)
    data = json.dumps(
        {**dict(sorted(metrics.items())), ORIGIN: origin_of(run, loops)}, ensure_ascii=False, indent=1, allow_nan=False
    )
    return ExportedLog(data.encode(errors="replace"), alpha, rows, tuple(notes))


def _parts_of(texts: pd.DataFrame, notes: list[str]) -> dict[str, pd.DataFrame]:
    """The questions of each part of TOFU; of retain ones only those the pair was not trained on, if there are any."""
    world, real = texts["split"] == "world", texts["group"] == REAL_AUTHORS
    retain = texts[texts["split"] == "retain"]
    if (retain["half"] == "train").any() and (retain["half"] != "train").any():
        retain = retain[retain["half"] != "train"]
        notes.append("retain: the half that was used in training is left out")
    parts = {
        "forget": texts[texts["split"] == "forget"],
        "retain": retain,
        "ra": texts[world & real],
        "wf": texts[world & ~real],
    }
    return {part: chosen for part, chosen in parts.items() if len(chosen)}


def _part_metrics(part: str, texts: pd.DataFrame, run: ExportedRun) -> tuple[dict[str, LogMetric], set[str]]:
    """The metrics of a part by OpenUnlearning's names, and which of our measures are in them."""
    names = PARTS[part]

    def plain(metric: str, field: str) -> Callable[[int], LogRow | None]:
        return lambda key: None if (value := run.known(key, metric)) is None else {field: value}

    makers: dict[str, tuple[str, str, Callable[[int], LogRow | None]]] = {
        names.rouge: ("rouge", "rougeL_recall", lambda key: _answered(run, key)),
        names.truth_ratio: ("truth_ratio", "score", plain("truth_ratio", "score")),
    }
    certain = ("probability", "prob", lambda key: _with_loss(run, key))
    if part in NORMALISED:
        makers[names.probability] = ("probability_normalised", "prob", plain("probability_normalised", "prob"))
        makers[names.right] = certain
    else:
        makers[names.probability] = certain
    if part == "forget":
        makers["exact_memorization"] = ("exact_memorization", "score", plain("exact_memorization", "score"))
        makers[STRENGTH] = (STRENGTH, "score", lambda key: _strength(run, key))
    found, used = {}, set()
    for name, (metric, field, row_of) in makers.items():
        rows = {str(place): row for place, key in enumerate(texts["question_id"]) if (row := row_of(int(key)))}
        if not rows or (metric == STRENGTH and not _strengths_known(run, texts)):
            continue
        values = [row[field] for row in rows.values()]
        mean = truth_mean(part, values, EPSILON) if name == names.truth_ratio else float(np.mean(values))
        found[name] = {"agg_value": mean, "value_by_index": rows}
        used.add(metric)
    return found, used


def _answered(run: ExportedRun, key: int) -> LogRow | None:
    rouge = run.known(key, "rouge")
    if rouge is None:
        return None
    texts = run.texts.loc[key]
    prompt = texts["question"] if run.asking is None else run.asking.prompts[key]
    said = {PROMPT: prompt, "ground_truth": texts["true answer"], "generation": texts["unlearned answer"]}
    return {"rougeL_recall": rouge, **{name: text for name, text in said.items() if isinstance(text, str)}}


def _with_loss(run: ExportedRun, key: int) -> LogRow | None:
    """With the measured loss if any; else a probability too small for a float has none."""
    value, loss = run.known(key, "probability"), run.known(key, "mia_loss")
    if value is None or (loss is None and value <= 0):
        return None
    return {"prob": value, "avg_loss": -math.log(value) if loss is None else loss}


def _strength(run: ExportedRun, key: int) -> LogRow | None:
    value = run.known(key, STRENGTH)
    if run.asking is None:
        return {"score": value} if value else None
    tokens = run.asking.tokens[key]
    if value is None and tokens:
        return None
    return {"score": open_extraction_strength(value, tokens)}


def _strengths_known(run: ExportedRun, texts: pd.DataFrame) -> bool:
    """Without the tokens of the answers our 0 cannot become their 1/T, and a mean without those rows would mislead."""
    measured = STRENGTH in run.scores.columns
    return measured and (run.asking is not None or all(run.known(int(key), STRENGTH) for key in texts["question_id"]))


def _rows_left_out(found: Mapping[str, LogMetric], rows: int) -> list[str]:
    short = {name: rows - len(metric["value_by_index"]) for name, metric in found.items()}
    return [
        f"{name}: {count} of {rows} rows have no value here and are left out" for name, count in short.items() if count
    ]


def _membership(run: ExportedRun, notes: list[str]) -> dict[str, LogMetric]:
    """Each attack with the scores of both sides and its AUC, and PrivLeak of min-k, as OpenUnlearning has them."""
    found: dict[str, LogMetric] = {}
    measured = {item.metric: item for item in run_privacy(run.id, run.alpha)}
    for name in measured:
        sides = {}
        for side in SECRETS:
            keys = run.texts.loc[run.texts["split"] == side, "question_id"]
            values = {str(place): run.known(int(key), name) for place, key in enumerate(keys)}
            sides[side] = {place: value for place, value in values.items() if value is not None}
        forget, holdout = (
            [ScoredQuestion(place, "", value) for place, value in rows.items()] for rows in sides.values()
        )
        auc = membership_auc(forget, holdout, np.random.default_rng(0), resamples=1)
        if auc.value is None:
            notes.append(f"{name}: its scores are here, but its AUC compares two sides, and {auc.reason}")
            continue
        whole: dict[str, Any] = {
            side: {
                "agg_value": float(np.mean(list(rows.values()))),
                "value_by_index": {place: {"score": value} for place, value in rows.items()},
            }
            for side, rows in sides.items()
        }
        found[name] = {**whole, "auc": auc.value, "agg_value": auc.value}
    item = measured.get("mia_min_k")
    if item is not None and item.privleak.value is not None:
        assert item.auc.value is not None
        assert item.difference.value is not None, "PrivLeak is of two areas"
        share = 1 - (item.auc.value - item.difference.value)
        found[PRIVLEAK] = {"agg_value": (1 - item.auc.value - share) / (share + EPSILON) * 100}
    elif "mia_min_k" in found and item is not None:
        notes.append(f"{PRIVLEAK}: {item.privleak.reason}")
    return found


def _aggregates(run: ExportedRun, metrics: dict[str, LogMetric], notes: list[str]) -> dict[str, LogMetric]:
    """Model utility of exactly nine means, forget quality against one run of the retain model on the same questions."""
    found: dict[str, LogMetric] = {}
    nine = [[names.probability, names.rouge, names.truth_ratio] for part, names in PARTS.items() if part != "forget"]
    if all(name in metrics for part in nine for name in part):
        parts = [UtilityParts(*(metrics[name]["agg_value"] for name in part)) for part in nine]
        found[MODEL_UTILITY] = {"agg_value": model_utility(*parts)}
    quality = quality_figure(run.id, run.alpha)
    if quality.p_value is not None:
        found[FORGET_QUALITY] = {"agg_value": quality.p_value}
    elif PARTS["forget"].truth_ratio in metrics:
        notes.append(f"{FORGET_QUALITY}: {quality.reason}")
    return found


def _left_out(metrics: dict[str, LogMetric], run: ExportedRun, used: set[str]) -> list[str]:
    """Notes on what OpenUnlearning names and the run does not have, and on what we have that it has no name for."""
    wanted = [name for names in PARTS.values() for name in names[1:]]
    wanted += [*OF_FORGET, MODEL_UTILITY, *(name for name in MEMBERSHIP if name not in run.scores.columns)]
    missing = [name for name in dict.fromkeys(wanted) if name not in metrics]
    notes = []
    if STRENGTH in missing and STRENGTH in run.scores.columns and run.asking is None:
        missing.remove(STRENGTH)
        used = used | {STRENGTH}
        notes.append(f"{STRENGTH}: where ours is 0 theirs is 1/T, and the tokens of the answers are not known here")
    if missing:
        notes.append(f"not in the file, because the run does not have it: {', '.join(missing)}")
    ours = [str(name) for name in run.scores.columns if name not in used and name not in MEMBERSHIP]
    return notes + ([f"not in the file, because OpenUnlearning has no name for it: {', '.join(ours)}"] if ours else [])
