"""Words that reports and screens share: counts, splits, scores without a value, and what every report says of its
limits.
"""

import math
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
    "whoever can reach the base has every secret."
)


class NamedRun(Protocol):
    """Whatever has a run's name and number."""

    @property
    def name(self) -> str: ...

    @property
    def id(self) -> int: ...


def split_word(split: str) -> str:
    return SPLIT_WORDS.get(split, split)


def part_words(split: str, half: str) -> str:
    """ "Retain, eval half"."""
    return split_word(split) + (f", {half} half" if half else "")


def figure(value: float | None, digits: int = 2) -> str:
    """A score for a sentence or a cell; no score -> "n/a"."""
    if value is None or not math.isfinite(value):
        return "n/a"
    return f"{round(value, digits) + 0.0:.{digits}f}"  # what rounds to nothing has no sign


def count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def named_run(run: NamedRun) -> str:
    """A run in a sentence of a command or of a report."""
    return f"run {run.name} ({run.id})"


def run_label(run: NamedRun) -> str:
    """A run on a screen, where what is named is known to be a run."""
    return f"{run.name} (run {run.id})"


def cut_words(tokens: int, note: str = "") -> str:
    """Where an answer ends that does not end by itself, and a `note` on what reads it; printed wherever ROUGE is."""
    cut = (
        f"Generated answers are cut at {tokens} tokens: ROUGE-L recall reads what was said until then, "
        "so a longer true answer cannot reach 1."
    )
    return f"{cut} {note}".rstrip()
