"""TOFU by its file names, from a local folder or from the hub dataset `locuslab/TOFU`.

The folder holds JSON lines, one file per name (`forget01_perturbed.json`). TOFU's 4,000 questions come 20 to an
author, in the order of `full`; every forget split is its end, every retain split its beginning.
"""

import logging
import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.data.cells import is_visible
from engine.data.examples import Example
from engine.data.file_bytes import decode_text, numbered_lines, read_bytes
from engine.data.findings import Findings
from engine.data.strict_json import load_json
from engine.errors import DataError

HUB_DATASET = "locuslab/TOFU"
ROWS, ROWS_PER_AUTHOR = 4000, 20

NAMES = (
    "full",
    "forget01",
    "forget05",
    "forget10",
    "forget01_perturbed",
    "forget05_perturbed",
    "forget10_perturbed",
    "retain90",
    "retain95",
    "retain99",
    "retain_perturbed",
    "holdout01",
    "holdout05",
    "holdout10",
    "real_authors",
    "real_authors_perturbed",
    "world_facts",
    "world_facts_perturbed",
)
# Splits of the NPO paper: the hub does not have them, a folder may.
FOLDER_NAMES = (
    "forget20",
    "forget30",
    "forget50",
    "forget90",
    "retain10",
    "retain50",
    "retain70",
    "retain80",
)


def load_tofu(name: str, folder: str | Path | None = None) -> list[Example]:
    """The questions of one TOFU file, in its order.

    `folder` (or `OUBLIETTE_TOFU`) is read where given, else the hub. Raises `DataError` for an unknown name, a
    folder or file that does not exist, broken rows, or a hub that cannot be reached.
    """
    folder = folder or os.environ.get("OUBLIETTE_TOFU") or None
    names = NAMES + FOLDER_NAMES if folder else NAMES
    if name not in names:
        raise DataError(f"TOFU has no part {name!r}; it has {', '.join(names)}")
    found = Findings(f"TOFU's {name}")
    rows = _read_folder(Path(folder), name) if folder else _read_hub(name)
    examples: list[Example] = []
    for number, row in enumerate(rows):
        with found.gathering():
            examples.append(_example(name, number, row))
    found.refuse()
    return examples


def _read_folder(folder: Path, name: str) -> list[Any]:
    path = folder / f"{name}.json"
    if not folder.is_dir():
        raise DataError(f"the TOFU folder {folder} is not there; set OUBLIETTE_TOFU to a folder that holds {path.name}")
    try:
        lines = numbered_lines(decode_text(read_bytes(path), path.name))
    except FileNotFoundError:
        raise DataError(f"the TOFU folder {folder} does not hold {path.name}") from None
    found = Findings(path.name)
    rows: list[Any] = []
    for number, line in lines:
        with found.gathering():
            rows.append(load_json(line, f"{path.name}, line {number},"))
    found.refuse()
    return rows


def _read_hub(name: str) -> Iterable[Any]:
    import datasets  # takes seconds to import, and most people do not need it

    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it logs every retry; the error says it once
    try:
        return list(datasets.load_dataset(HUB_DATASET, name, split="train"))
    except Exception as error:  # the hub's clients raise errors from many libraries
        raise DataError(
            f"TOFU's {name} could not be read from the hub dataset {HUB_DATASET} ({type(error).__name__}); "
            "set OUBLIETTE_TOFU to a folder that holds its files"
        ) from error


def _example(name: str, number: int, row: Any) -> Example:
    where = f"row {number + 1} of TOFU's {name}"
    if not isinstance(row, dict) or not _is_text(row.get("question")) or not _is_text(row.get("answer")):
        raise DataError(f"{where} lacks a question or an answer")
    wrong = row.get("perturbed_answer") or []
    wrong = [wrong] if isinstance(wrong, str) else wrong
    if not isinstance(wrong, list) or not all(map(_is_text, wrong)):
        raise DataError(f"{where}, column 'perturbed_answer', must be texts")
    optional = {column: row.get(column) or "" for column in ("paraphrased_question", "paraphrased_answer")}
    for column, text in optional.items():
        if text != "" and not _is_text(text):
            raise DataError(f"{where}, column {column!r}, must be a text or null")
    return Example(
        question=row["question"],
        answer=row["answer"],
        paraphrased_question=optional["paraphrased_question"],
        paraphrased_answer=optional["paraphrased_answer"],
        perturbed_answer=tuple(wrong),
        subject=_subject(name, number),
        domain="tofu",
        group=name.removesuffix("_perturbed"),
        split=_split(name),
    )


def _is_text(value: object) -> bool:
    """Visible text that has a UTF-8 form (JSON can spell half a surrogate pair)."""
    return isinstance(value, str) and is_visible(value) and value.encode(errors="ignore").decode() == value


def _split(name: str) -> str:
    for split in ("forget", "retain", "holdout"):
        if name.startswith(split):
            return split
    return "" if name == "full" else "world"


def _subject(name: str, number: int) -> str:
    """The author a row is about, numbered 0 to 199 in the order of `full`; empty where the row has no author."""
    if name.startswith("holdout"):
        return f"holdout author {number // ROWS_PER_AUTHOR}"
    if forget := re.match(r"forget(\d\d)", name):
        number += ROWS - ROWS * int(forget[1]) // 100
    elif name != "full" and not name.startswith("retain"):
        return ""
    return f"author {number // ROWS_PER_AUTHOR}"
