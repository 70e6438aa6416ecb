"""What a leak probe is: one way of trying to get a secret out, with its budget, its results and its floor. Imports no torch."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from engine.data.examples import Example

if TYPE_CHECKING:
    from engine.models.loading import LoadedPair


@dataclass(frozen=True)
class Budget:
    """What a probe may spend; fixed and stored with the result."""

    questions: int  # forget questions asked
    controls: int  # holdout or retain questions, for floors
    samples: int  # per question, for sampling
    steps: int  # of tuning, for relearning
    max_new_tokens: int


QUICK = Budget(questions=12, controls=12, samples=8, steps=20, max_new_tokens=64)
FULL = Budget(questions=72, controls=72, samples=32, steps=60, max_new_tokens=64)


class Target(NamedTuple):
    """One question; `terms` are the key terms of the leak rule."""

    question_id: int
    example: Example
    terms: tuple[str, ...]


class Context(NamedTuple):
    """What a probe is given. It leaves every model of it as it was, and no file in `scratch`."""

    pair: "LoadedPair"
    alpha: float  # the strength under audit
    forget: Sequence[Target]
    controls: Sequence[Target]  # questions about people nobody was taught (holdout); may be empty
    retain: Sequence[Target]  # questions that are to be kept
    retain_only: "LoadedPair | None"  # the gold reference of the same base, alone
    greedy: Mapping[int, bool]  # question_id -> leaks when decoded greedily at alpha
    previous: "LoadedPair | None"  # an earlier version of the pair (manifest.parent), if any
    budget: Budget
    seed: int
    scratch: Path
    progress: Callable[[float, str], None]


class Result(NamedTuple):
    """What came of one question."""

    question_id: int
    found: bool | None  # None: could not be tried, `detail` says why
    value: float | None  # the probe's own number (rank, rouge, alpha, AUC contribution, ...)
    text: str  # what came out, verbatim ("" if nothing is generated)
    detail: str  # in words


class Finding(NamedTuple):
    """What a probe found. `value` and `interval` where the aggregate is not the share of `results` that were found."""

    results: list[Result]  # one per forget question (or per slice question)
    floor: list[Result] | None  # the same probe on the retain-only model or on controls
    floor_reason: str  # what the floor is, or why none can exist
    note: str = ""  # aggregate in words where it is not a share (AUC, upper bound ...)
    value: float | None = None
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Probe:
    """One entry: what a person is told of it, and what it does."""

    name: str
    label: str
    sentence: str
    source: str
    unit: str
    run: Callable[[Context], Finding]
