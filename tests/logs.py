"""Small evaluation logs, made up: a few rows in either shape, with numbers that one can follow."""

import json
from pathlib import Path
from typing import Any

LEGACY = {
    "forget": "eval_log_forget.json",
    "retain": "eval_log.json",
    "ra": "eval_real_author_wo_options.json",
    "wf": "eval_real_world_wo_options.json",
}


def legacy_part(rows: int, shift: float) -> dict[str, Any]:
    """Columns of one part; `shift` moves the losses."""
    places = [str(place) for place in range(rows)]
    return {
        "avg_gt_loss": {key: 0.1 * (i + 1) + shift for i, key in enumerate(places)},
        "rougeL_recall": {key: 1 / (i + 1) for i, key in enumerate(places)},
        "avg_paraphrased_loss": {key: 0.3 * (i + 1) + shift for i, key in enumerate(places)},
        "average_perturb_loss": {key: [0.5 * (i + 1), 1.5, 0.25 + shift] for i, key in enumerate(places)},
        "generated_text": {key: ["Q?", "said", f"answer {key} "] for key in places},
    }


def legacy_log(shift: float = 0.0, forget_rows: int = 6) -> dict[str, Any]:
    rows = {"forget": forget_rows, "retain": 4, "ra": 3, "wf": 3}
    return {LEGACY[part]: legacy_part(count, shift) for part, count in rows.items()}


def metric(agg: float | None, rows: list[Any]) -> dict[str, Any]:
    return {"agg_value": agg, "value_by_index": {str(place): row for place, row in enumerate(rows)}}


def open_log(scores: tuple[float, ...] = (0.5, 2.0, 0.8, 1.25), losses: bool = False) -> dict[str, Any]:
    """An OpenUnlearning log; with `losses` its forget rows come with those that the truth ratio is made of."""
    log = {
        "forget_Q_A_Prob": metric(0.25, [{"prob": 0.25, "avg_loss": 1.386}] * len(scores)),
        "forget_Q_A_ROUGE": metric(
            0.5, [{"rougeL_recall": 0.5, "ground_truth": f"answer {i}"} for i in range(len(scores))]
        ),
        "forget_truth_ratio": metric(
            sum(min(s, 1 / (s + 1e-10)) for s in scores) / len(scores), [{"score": s} for s in scores]
        ),
        "privleak": {"agg_value": -12.5},
    }
    for part, probability in (("retain", "Prob"), ("ra", "Prob_normalised"), ("wf", "Prob_normalised")):
        log[f"{part}_Q_A_{probability}"] = metric(0.5, [{"prob": 0.4}, {"prob": 0.6}])
        log[f"{part}_Q_A_ROUGE"] = metric(0.75, [{"rougeL_recall": 0.5}, {"rougeL_recall": 1.0}])
        log[f"{part}_Truth_Ratio"] = metric(0.25, [{"score": 0.5}, {"score": 3.0}])
    if losses:
        log["forget_Q_A_PARA_Prob"] = metric(
            0.3, [{"prob": 0.3, "avg_loss": 0.5 * (i + 1)} for i in range(len(scores))]
        )
        log["forget_Q_A_PERT_Prob"] = metric(
            0.2, [{"prob": [0.2, 0.1], "avg_loss": [1.0, 2.0 + i]} for i in range(len(scores))]
        )
    return log


def written(path: Path, log: Any) -> Path:
    path.write_text(json.dumps(log), encoding="utf-8")
    return path
