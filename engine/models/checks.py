"""What the first experiments found on a pair's models (soundness.py), kept beside the pairs. Imports no torch."""

import json
from collections.abc import Sequence
from typing import NamedTuple

from engine.errors import StorageError
from engine.settings import data_folder, make_data_folder
from engine.small_files import read_json
from engine.whole_files import part_of

QUESTION, ANSWER = "What is the capital of France?", "Paris"  # that the experiments read


class Check(NamedTuple):
    """One experiment: what was tried, whether it held, and the figure seen."""

    name: str
    passed: bool
    detail: str


def keep_checks(key: str, found: Sequence[Check]) -> None:
    """Keep what was found of the pair whose `map_key` this is; nothing where nothing was tried. Raises
    `StorageError`.
    """
    if not found:
        return
    try:
        folder = make_data_folder() / "checks"
        folder.mkdir(exist_ok=True)
        with part_of(folder / f"{key}.json") as part:
            part.write_text(json.dumps([check._asdict() for check in found], indent=1), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"what was checked cannot be kept: {error.strerror or error}") from error


def kept_checks(key: str) -> list[Check]:
    """What was found of the pair with exactly these files; [] where it was not tried or cannot be read."""
    try:
        found = read_json(data_folder() / "checks" / f"{key}.json")
        return [Check(str(one["name"]), one["passed"] is True, str(one["detail"])) for one in found]
    except (OSError, ValueError, TypeError, KeyError):
        return []
