"""Where questions come from, by a short name that a run stores and a person types.

demo:forget   demo:retain/eval   demo:bystander   tofu:forget01   SET:SPLIT/HALF   questions.csv
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from engine.data.demo.people import bystanders
from engine.data.demo.questions import FORGET_FIRST, demo_examples
from engine.data.examples import Example
from engine.data.files import SUFFIXES, read_set
from engine.data.tasks import TASKS
from engine.data.tofu import load_tofu
from engine.errors import DataError
from engine.settings import local_path

OURS = ("demo", "tofu", *TASKS)  # sets that the program fills itself
BYSTANDER_SEED, BYSTANDER_PEOPLE = 1, 60
KINDS = (
    "demo:SPLIT, tofu:NAME, SET:SPLIT of a stored set, or a path to a .csv, .tsv, .jsonl, .json, .parquet or .xlsx file"
)


def resolve(source: str, stored: Callable[[str], list[Example]] | None = None) -> list[Example]:
    """The questions of a source, at least one.

    `stored` gives the questions of a stored set by its name. Besides its splits, demo has `demo:bystander` (people
    no model was taught) and `demo:forget/first` (what the first version of the demo pair forgets). Raises `DataError`
    listing what exists.
    """
    source = source.strip()
    name, _, part = source.partition(":")
    if name == "demo":
        return _demo(part)
    if name == "tofu":
        return load_tofu(part)
    path = question_file(source)
    if path is not None:
        return list(read_set(path).examples)
    if not name or stored is None:
        raise DataError(f"there is no source {source!r}; a source is {KINDS}")
    return _part(stored(name), name, part)


def question_file(source: str) -> Path | None:
    """The user's file that a source names, whether it exists or not; None where the source is a set, as the program's
    own sets always are.
    """
    source = source.strip()
    name, _, part = source.partition(":")
    if name in OURS:
        return None
    path = local_path(source)
    return path if path.suffix.lower() in SUFFIXES or (not part and path.is_file()) else None


def filter_examples(examples: Iterable[Example], split: str = "", half: str = "") -> list[Example]:
    """The examples of a split and a half, in order; an empty word takes all."""
    return [
        example for example in examples if (not split or example.split == split) and (not half or example.half == half)
    ]


def _demo(part: str) -> list[Example]:
    if part == "bystander":
        return bystanders(BYSTANDER_SEED, BYSTANDER_PEOPLE)
    if part == "forget/first":
        return [e for e in filter_examples(demo_examples(), "forget") if e.subject in FORGET_FIRST]
    return _part(demo_examples(), "demo", part, extra=("forget/first", "bystander"))


def _part(examples: Iterable[Example], name: str, part: str, extra: tuple[str, ...] = ()) -> list[Example]:
    examples = list(examples)
    split, _, half = part.partition("/")
    chosen = filter_examples(examples, split, half)
    if chosen:
        return chosen
    parts = {e.split: None for e in examples} | {f"{e.split}/{e.half}": None for e in examples if e.half}
    there = [f"{name}:{known}" for known in (*filter(None, parts), *extra)]
    raise DataError(f"there are no questions in {name}:{part}; there are in {', '.join([name, *there])}")
