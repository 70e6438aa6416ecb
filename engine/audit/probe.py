"""What a probe is: one way of trying to get a secret out, with its budget, its results and its baseline.

A probe is one file in `probes/` and one line in `probes/__init__.py`. It gets a `Context`, asks within the
budget, and returns a `Finding`; it stores nothing and is independent of runs. Nothing heavy is imported here or at
the top of a probe's file: pages and commands list the probes without a model.
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
    """The budget of a probe; fixed beforehand and stored with what it found."""

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
    """The input of a probe."""

    pair: "LoadedPair"
    alpha: float  # the audited strength
    forget: Sequence[Target]
    controls: Sequence[Target]  # about people no model was taught; may be empty
    retain: Sequence[Target]  # to be kept
    retain_only: "LoadedPair | None"  # the retain model of the same base, alone
    greedy: Mapping[int, bool]  # question_id -> leaks when decoded greedily at alpha
    previous: "LoadedPair | None"  # the version of the pair before this one
    budget: Budget
    seed: int
    scratch: Path
    progress: Callable[[float, str], None]  # share done, what is being done; raises when the run should stop


class Draw(NamedTuple):
    """One of several answers that a probe drew to a question."""

    text: str
    degenerate: bool  # it fell into a loop and was cut there


class Result(NamedTuple):
    """One question."""

    question_id: int
    found: bool | None  # None: could not be tried, `detail` says why
    value: float | None  # the probe's own number, in its `unit`
    text: str  # the output, verbatim; "" where nothing is generated
    detail: str  # in words
    draws: tuple[Draw, ...] = ()  # every output, where there are several: `text` is one of them


class Finding(NamedTuple):
    """What a probe found on every question, beside its baseline."""

    results: list[Result]
    floor: list[Result] | None  # the same probe on the retain model or on controls
    floor_reason: str  # what the baseline is, or why it is missing
    note: str = ""  # what is not a share, in words
    value: float | None = None  # the aggregate, where it is not a share of results
    interval: tuple[float, float] | None = None  # of `value`, 95 %


@dataclass(frozen=True)
class Probe:
    """`sentence` says what it does, `source` where it is from, `unit` the unit of its results' `value`.

    `of_kept`: its results are for questions to be kept, so greedy leaks of secrets do not apply to them.
    """

    name: str
    label: str
    sentence: str
    source: str
    unit: str
    run: Callable[[Context], Finding]
    of_kept: bool = False
