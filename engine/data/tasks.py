"""Multiple-choice tasks on this machine: JSON lines in, the columns of the hub datasets out. Knows no harness.

A folder has one folder per task (`arc_challenge/mcq_test.jsonl`). The result has the columns that the harness' own
task definitions read, so that these work on local rows unchanged.
"""

import os
import string
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.data.cells import is_visible
from engine.data.file_bytes import decode_text, numbered_lines, read_bytes
from engine.data.findings import Findings
from engine.data.strict_json import load_json
from engine.errors import DataError, SettingError
from engine.settings import local_path

Row = dict[str, Any]

FOLDER_VARIABLE = "OUBLIETTE_TASKS"
CHOICES = "question (text), choices (2 to 26 texts) and answer (place of the right one, from 0)"


@dataclass(frozen=True)
class TaskFile:
    """Where the rows of a task are, what each must hold, and how it becomes a row of the hub's dataset.

    `to_hub` gives None for a row of another shape.
    """

    file: str
    holds: str
    to_hub: Callable[[Row], Row | None]


def _lettered(question: str, row: Row) -> Row | None:
    if not _is_question(row) or not 2 <= len(row["choices"]) <= 26:
        return None
    labels = list(string.ascii_uppercase[: len(row["choices"])])
    choices = {"text": row["choices"], "label": labels}
    return {question: row["question"], "choices": choices, "answerKey": labels[row["answer"]]}


def _winogrande(row: Row) -> Row | None:
    if not _is_question(row) or len(row["choices"]) != 2 or "_" not in row["question"]:
        return None
    first, second = row["choices"]
    return {"sentence": row["question"], "option1": first, "option2": second, "answer": str(row["answer"] + 1)}


def _hellaswag(row: Row) -> Row | None:
    label = row.get("label")
    if isinstance(label, str) and len(label) < 4 and label.isdecimal():
        label = int(label)
    begin = ("activity_label", "ctx_a")
    if not all(_is_text(row.get(name)) for name in begin) or not _is_text(row.get("ctx_b"), empty=True):
        return None
    if not _are_choices(row.get("endings"), label):
        return None
    return {**{name: row[name] for name in (*begin, "ctx_b", "endings")}, "label": str(label)}


TASKS: dict[str, TaskFile] = {
    "arc_challenge": TaskFile("mcq_test.jsonl", CHOICES, lambda row: _lettered("question", row)),
    "hellaswag": TaskFile(
        "hellaswag_val_1000.jsonl",
        "activity_label, ctx_a, ctx_b (texts), endings (texts) and label (place of the right one, from 0)",
        _hellaswag,
    ),
    "winogrande": TaskFile(
        "mcq_validation.jsonl", "question (text with a blank _), choices (2 texts) and answer (0 or 1)", _winogrande
    ),
    "openbookqa": TaskFile("mcq_test.jsonl", CHOICES, lambda row: _lettered("question_stem", row)),
}


def get_task(name: str) -> TaskFile:
    if name not in TASKS:
        raise SettingError(f"task must be one of {', '.join(TASKS)}, got {name!r}")
    return TASKS[name]


def tasks_folder(given: str = "") -> str:
    """The folder to read: `given`, else the one in `OUBLIETTE_TASKS`; "" for the hub's datasets."""
    folder = given or os.environ.get(FOLDER_VARIABLE) or ""
    return str(local_path(folder).resolve()) if folder else ""


def read_task(name: str, folder: str | Path) -> list[Row]:
    """The rows of a task in the columns of its hub dataset, in the order of the file, at least one.

    `SettingError` for an unknown task; `DataError` for a missing folder or file, and for rows of another shape, with
    their line numbers.
    """
    task = get_task(name)
    shown = f"{name}/{task.file}"
    found = Findings(shown)
    rows = []
    for number, line in _lines(Path(folder), shown):
        with found.gathering():
            row = load_json(line, f"{shown}, line {number},")
            hub = task.to_hub(row) if isinstance(row, dict) else None
            if hub is None:
                raise DataError(f"{shown}, line {number}, must be one JSON object with {task.holds}")
            rows.append(hub)
    found.refuse()
    if not rows:
        raise DataError(f"the file {shown} holds no questions")
    return rows


def _lines(folder: Path, shown: str) -> list[tuple[int, str]]:
    if not folder.is_dir():
        raise DataError(f"the tasks folder {folder} is not there; name one that holds {shown}")
    try:
        return numbered_lines(decode_text(read_bytes(folder / shown), shown))
    except FileNotFoundError:
        raise DataError(f"the tasks folder {folder} does not hold {shown}") from None


def _is_question(row: Row) -> bool:
    return _is_text(row.get("question")) and _are_choices(row.get("choices"), row.get("answer"))


def _are_choices(texts: object, right: object) -> bool:
    if not isinstance(texts, list) or len(texts) < 2 or not all(map(_is_text, texts)):
        return False
    return type(right) is int and 0 <= right < len(texts)  # True is an int to isinstance


def _is_text(value: object, *, empty: bool = False) -> bool:
    """Visible text that has a UTF-8 form (JSON can spell half a surrogate pair)."""
    return isinstance(value, str) and (empty or is_visible(value)) and value.encode(errors="ignore").decode() == value
