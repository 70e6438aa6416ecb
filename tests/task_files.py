"""Task files in the words that the tiny models know."""

import json
from pathlib import Path
from typing import Any

from engine.data.tasks import TASKS

ROWS: dict[str, list[dict[str, Any]]] = {
    "arc_challenge": [
        {"question": "which colour does Ada like ?", "choices": ["red", "blue", "green"], "answer": 1},
        {"question": "which city ?", "choices": ["Rome", "Oslo and Paris", "Lima", "a river"], "answer": 3},
        {"question": "what job ?", "choices": ["doctor", "a baker"], "answer": 0},
    ],
    "hellaswag": [
        {
            "activity_label": "Ada",
            "ctx_a": "Ada lives in Rome [title] The river",
            "ctx_b": "ben",
            "endings": ["likes red", "[step] likes blue"],
            "label": 1,
        },
        {
            "activity_label": "Ben",
            "ctx_a": "Ben works .",
            "ctx_b": "",
            "endings": ["one", "two", "no answer"],
            "label": "0",
        },
        {"activity_label": "Cy", "ctx_a": "Cy", "ctx_b": "does", "endings": ["not know", "know"], "label": 1},
    ],
    "winogrande": [
        {"question": "Ada likes Ben because _ works in Rome .", "choices": ["Ada", "Ben"], "answer": 1},
        {"question": "Ada lives in Rome and _ works .", "choices": ["Ada", "Rome"], "answer": 0},
        {"question": "Dora can tell Cy the answer , _ did not know .", "choices": ["Dora", "Cy"], "answer": 1},
    ],
    "openbookqa": [
        {"question": "who lives in Rome ?", "choices": ["Ada lives", "Ben", "Cy", "a tree"], "answer": 0},
        {"question": "a tree is", "choices": ["green", "red", "blue", "a doctor"], "answer": 0},
        {"question": "the river is on", "choices": ["a tree", "the city", "red", "one"], "answer": 1},
    ],
}


def write_tasks(folder: Path, **rows: list[dict[str, Any]]) -> Path:
    """A folder of task files; `rows` replaces those of a task."""
    for name, task in TASKS.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(row) + "\n" for row in rows.get(name, ROWS[name])]
        (folder / name / task.file).write_text("".join(lines), encoding="utf-8")
    return folder
