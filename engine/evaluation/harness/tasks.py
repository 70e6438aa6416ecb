"""The harness' own definitions of our tasks, filled with the rows of a local folder where one is given.

Prompt, preprocessing and measures stay those of the installed lm-eval (lm_eval/tasks), so that a figure means the same
as in the literature; only the rows are replaced.
"""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import lm_eval
from datasets import Dataset
from lm_eval.tasks import TaskManager

from engine.data.tasks import FOLDER_VARIABLE, Row, get_task, read_task
from engine.errors import DataError

FOLDERS = {"arc_challenge": "arc", "hellaswag": "hellaswag", "winogrande": "winogrande", "openbookqa": "openbookqa"}
ROWS = "rows"  # the one split of a local data set


def build_tasks(names: Sequence[str], folder: str = "") -> dict[str, Any]:
    """The harness' tasks by name, over the files of `folder`; without one, over the hub's datasets.

    `SettingError` for an unknown task; `DataError` for a bad file or an unreachable hub.
    """
    for name in names:
        get_task(name)
    rows = {name: read_task(name, folder) for name in names} if folder else {}
    definitions = Path(lm_eval.__file__).parent / "tasks"
    manager = TaskManager(
        include_path=[definitions / FOLDERS[name] for name in names], include_defaults=False
    )  # all of the harness' definitions would be 14,000 files to parse
    members = [{"task": name, **(_local(rows[name]) if folder else {})} for name in names]
    log = logging.getLogger("lm_eval.api.task")
    level = log.level
    log.setLevel(logging.ERROR)  # it explains its command line when given rows
    try:
        tasks = manager.load({"group": "ours", "task": members})["tasks"]
    except Exception as error:  # the hub's clients raise errors from many libraries
        if folder:
            raise
        raise DataError(
            f"the hub datasets of {', '.join(names)} could not be read ({type(error).__name__}); "
            f"name a folder of task files, or set {FOLDER_VARIABLE}"
        ) from error
    finally:
        log.setLevel(level)
    return {name: tasks[name] for name in names}


def _local(rows: list[Row]) -> dict[str, Any]:
    """Replaces the hub's dataset in a definition."""
    return {"custom_dataset": _source(rows), "training_split": None, "validation_split": None, "test_split": ROWS}


def _source(rows: list[Row]) -> Callable[..., dict[str, Dataset]]:
    """A function that gives the rows as a dataset and ignores its arguments."""

    def give(**_: object) -> dict[str, Dataset]:
        return {ROWS: Dataset.from_list(rows)}

    return give
