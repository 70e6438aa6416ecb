"""What a probe is: one way of trying to get a secret out, with its budget, its results and its floor.

A probe is one file in `probes/` and one line in `probes/__init__.py`. It is handed a `Context`, asks what it may
within the budget, and returns a `Finding`; it stores nothing and knows no run. Nothing heavy is imported here, nor
at the head of a probe's file: pages and commands list the probes without a model.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from engine.data.examples import Example

if TYPE_CHECKING:
    from engine.models.loading import LoadedPair


@dataclass(frozen=True)
class Budget:
    """What a probe may spend; fixed beforehand and stored with what it found."""

    questions: int  # forget questions asked
    controls: int  # holdout and retain questions, of each
    samples: int  # per question, for sampling
    steps: int  # tuning steps, for relearning
    max_new_tokens: int


QUICK = Budget(questions=12, controls=24, samples=12, steps=12, max_new_tokens=64)
FULL = Budget(questions=400, controls=400, samples=64, steps=60, max_new_tokens=64)


class Target(NamedTuple):
    """One question, with the key terms that the leak rule looks for in its answers."""

    question_id: int
    example: Example
    terms: tuple[str, ...]


class Context(NamedTuple):
    """What a probe is handed."""

    pair: "LoadedPair"
    alpha: float  # the strength under audit
    forget: Sequence[Target]
    controls: Sequence[Target]  # about people nobody was taught; may be empty
    retain: Sequence[Target]  # to be kept
    retain_only: "LoadedPair | None"  # the retain model of the same base, alone
    greedy: Mapping[int, bool]  # question_id -> leaks when decoded greedily at alpha
    previous: "LoadedPair | None"  # the version of the pair that this one succeeds
    budget: Budget
    seed: int
    scratch: Path
    progress: Callable[[float, str], None]  # share done, what is being done; raises where the run is to stop


class Result(NamedTuple):
    """One question."""

    question_id: int
    found: bool | None  # None: could not be tried, `detail` says why
    value: float | None  # the probe's own number, in its `unit`
    text: str  # what came out, verbatim; "" where nothing is generated
    detail: str  # in words


class Finding(NamedTuple):
    """What a probe found on every question, beside its floor."""

    results: list[Result]
    floor: list[Result] | None  # the same probe on the retain-only model or on controls
    floor_reason: str  # what the floor is, or why none can exist
    note: str = ""  # what is not a share, in words
    value: float | None = None  # the aggregate, where it is not a share of results
    interval: tuple[float, float] | None = None  # of `value`, 95 %


@dataclass(frozen=True)
class Probe:
    """`sentence` says what it does, `source` where it is from, `unit` what the `value` of its results is.

    `of_kept`: its results are of questions that are to be kept, so that greedy leaks of secrets say nothing of them.
    """

    name: str
    label: str
    sentence: str
    source: str
    unit: str
    run: Callable[[Context], Finding]
    of_kept: bool = False
