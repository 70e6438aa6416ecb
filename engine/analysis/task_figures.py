"""What a stored run of multiple-choice tasks found: accuracy with its standard error, beside chance. Reads only."""

import math
from typing import NamedTuple

from engine.store import history

FORMULAS = (
    "acc: share of items whose right choice has the largest Σ log p; acc_norm: the largest Σ log p ÷ characters; "
    "±: standard error √(p(1−p)/(n−1)); chance: mean of 1 ÷ choices. As lm-evaluation-harness measures and prints them"
)


class TaskFigure(NamedTuple):
    """One task at one alpha; shares. None where no item has that score; an error is also None where only one has."""

    task: str
    alpha: float
    accuracy: float | None
    accuracy_error: float | None
    normalised: float | None  # not measured for WinoGrande
    normalised_error: float | None
    chance: float  # over all items of the task that the run asked
    items: int  # with an accuracy


def task_figures(run_id: int) -> list[TaskFigure]:
    """The figures of a run in the order of its tasks, then by alpha; empty for a run without tasks."""
    means = history.trade_off([run_id])
    found = {
        (row["set"], row["alpha"], row["metric"]): (row["mean"] if row["count"] else None, row["count"])
        for row in means.to_dict("records")
    }  # pandas gives NaN for the mean of an empty column
    tasks = history.run_detail(run_id).spec.evaluate_on
    chances = _chances(run_id)
    figures = []
    for task in tasks:
        for alpha in sorted({place[1] for place in found if place[0] == task}):
            (accuracy, items), (normalised, scored) = (
                found.get((task, alpha, metric), (None, 0)) for metric in ("accuracy", "accuracy_normalised")
            )
            errors = standard_error(accuracy, items), standard_error(normalised, scored)
            figures.append(
                TaskFigure(
                    task=task,
                    alpha=alpha,
                    accuracy=accuracy,
                    accuracy_error=errors[0],
                    normalised=normalised,
                    normalised_error=errors[1],
                    chance=chances[task],
                    items=items,
                )
            )
    return figures


def standard_error(mean: float | None, items: int) -> float | None:
    """Standard error of the mean of `items` zeros and ones, as in the harness; None for fewer than two."""
    return None if mean is None or items < 2 else math.sqrt(mean * (1 - mean) / (items - 1))


def _chances(run_id: int) -> dict[str, float]:
    """By task: how often a blind guess is right, by the number of choices."""
    shares: dict[str, list[float]] = {}
    for place, (example, _) in zip(history.question_places(run_id), history.asked(run_id), strict=True):
        shares.setdefault(place.set, []).append(1 / (1 + len(example.perturbed_answer)))
    return {task: sum(found) / len(found) for task, found in shares.items()}
