"""Words that reports and screens share: counts, splits, scores without a value, and what every report says of its
limits.
"""

import math
from pathlib import Path
from typing import Protocol

SPLIT_WORDS = {
    "forget": "Forget",
    "retain": "Retain",
    "world": "World facts",
    "holdout": "Holdout",
    "bystander": "Bystanders",
    "": "All questions",
}

ACCESS_CONTROL = (
    "At α = 0 the base still knows everything. Offset unlearning controls access to an answer; it does not delete it: "
    "anyone who can reach the base has every secret."
)


class NamedRun(Protocol):
    """Anything with a run's name and number."""

    @property
    def name(self) -> str: ...

    @property
    def id(self) -> int: ...


def run_name(kind: str, pair: str) -> str:
    """Of a run that nobody named: after its kind, and the pair or model it reads."""
    return f"{kind}-{Path(pair).name.replace(':', '-')}"


def split_word(split: str) -> str:
    return SPLIT_WORDS.get(split, split)


def part_words(split: str, half: str) -> str:
    """ "Retain, eval half"."""
    return split_word(split) + (f", {half} half" if half else "")


def figure(value: float | None, digits: int = 2) -> str:
    """A score for a sentence or a cell; no score -> "n/a"."""
    if value is None or not math.isfinite(value):
        return "n/a"
    return f"{round(value, digits) + 0.0:.{digits}f}"  # a value that rounds to 0 has no sign


def count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def named_run(run: NamedRun) -> str:
    """A run in a sentence of a command or of a report."""
    return run_words(run.name, run.id)


def run_words(name: str, number: int) -> str:
    """ "run NAME (ID)"."""
    return f"run {name} ({number})"


def run_label(run: NamedRun) -> str:
    """A run on a screen, where it is clear that a run is meant."""
    return f"{run.name} (run {run.id})"


def cut_words(tokens: int, note: str = "") -> str:
    """Where answers are cut, and a `note` on what reads them; printed beside every ROUGE."""
    cut = (
        f"Generated answers are cut at {tokens} tokens: ROUGE-L recall reads what was said until then, "
        "so a longer true answer cannot reach 1."
    )
    return f"{cut} {note}".rstrip()
