"""What an entry of `KINDS` is, and what several kinds share: how sources and pairs are checked, what an evaluation
takes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from engine.data.examples import Example
from engine.errors import ModelError, SettingError
from engine.kinds import AuditSpec, EvaluateSpec, MapSpec, TasksSpec
from engine.models.manifest import PairManifest, read_manifest
from engine.models.pairs import find_pair
from engine.names import DEMO, PUBLIC, ModelRef, is_alone, is_path
from engine.runs.progress import Progress
from engine.settings import check_alpha, local_path
from engine.specification import ExperimentSpec
from engine.store.sources import SourcedSpec

# Rules of thumb, from two CPU cores with a base of 135 M parameters and a reference of 57 M; earlier runs correct them.
LOADING_SECONDS = 10.0
ANSWER_SECONDS = 0.1  # one answer at one alpha, batched
SCORED_QUESTION_SECONDS = 0.3  # teacher-forced measures of one question, all alphas


ReadsPair = EvaluateSpec | MapSpec | TasksSpec | AuditSpec
S = TypeVar("S", bound=ExperimentSpec)


class Work(NamedTuple):
    """What a run is to do. `seconds` by the rules of thumb, for a base of the demo's size."""

    seconds: float
    questions: int
    steps: int = 0
    answer_tokens: float = 0.0  # of which frozen logits are kept


@dataclass(frozen=True)
class Kind(Generic[S]):
    """A kind of run, from its specification to what it stores. None of its functions loads a model but `execute`.

    `alphas` are those at which the run reads. `check` raises `SettingError`, `DataError`, `ModelError` or `RunError`
    for what is cheap to find out before a worker is started; `work` raises the same for unknown sources.
    """

    specification: type[S]
    alphas: Callable[[S], set[float]]
    check: Callable[[SourcedSpec[S]], None]
    work: Callable[[SourcedSpec[S]], Work]
    execute: Callable[[int, SourcedSpec[S], Progress], None]

    @property
    def name(self) -> str:
        """As it is stored, and named by its specification."""
        return str(self.specification.model_fields["kind"].default)


def alphas_as_given(spec: ExperimentSpec) -> set[float]:
    return {check_alpha(alpha) for alpha in spec.alphas}


def alphas_with_base(spec: ExperimentSpec) -> set[float]:
    """Alpha 0 is always among them: it is the base that every answer is compared with."""
    return alphas_as_given(spec) | {0.0}


def alphas_of_model_or_pair(spec: ReadsPair) -> set[float]:
    alphas = alphas_with_base(spec)
    return {0.0} if is_alone(spec.pair) else alphas  # without a pair every alpha reads as 0


def check_asks(spec: ExperimentSpec) -> None:
    if not spec.evaluate_on:
        raise SettingError("a run needs at least one set to evaluate")


def check_sources(sourced: SourcedSpec[ExperimentSpec]) -> None:
    check_asks(sourced.spec)
    for source in sourced.spec.evaluate_on:
        sourced.examples(source)


def check_model_or_pair(spec: ReadsPair) -> None:
    if is_alone(spec.pair):
        check_model(ModelRef.parse(spec.pair).source)
    else:
        check_pair(spec)


def check_no_model_alone(spec: ReadsPair, what: str) -> None:
    if is_alone(spec.pair):
        raise SettingError(
            f"{what} needs a pair, and {spec.pair!r} is a model alone: it answers the same at every alpha"
        )


def check_pair(spec: ReadsPair) -> None:
    pair = pair_of(spec)
    check_model(pair.base)
    check_model(pair.reference)


def pair_of(spec: ReadsPair) -> PairManifest:
    return read_manifest(find_pair(spec.pair))


def check_model(source: str) -> None:
    from engine.models.demo_base import base_ready

    if source in (DEMO, PUBLIC):
        if not base_ready():
            raise ModelError(
                "the demo's base is not on this machine yet: run `python -m engine demo`, or press the button on"
                " Overview"
            )
    elif is_path(source) and not local_path(source).exists():
        raise ModelError(f"there is no model folder or GGUF file at {source}")


def asked_number(sourced: SourcedSpec[ExperimentSpec]) -> int:
    """How many questions are evaluated, each once."""
    return len(_asked(sourced))


def _asked(sourced: SourcedSpec[ExperimentSpec]) -> dict[Example, None]:
    return {example: None for source in sourced.spec.evaluate_on for example in sourced.examples(source)}


def evaluation_work(sourced: SourcedSpec[ExperimentSpec]) -> Work:
    asked = _asked(sourced)
    phrasings = sum(2 if example.paraphrased_question else 1 for example in asked)
    answering = phrasings * len(sourced.spec.alphas) * ANSWER_SECONDS
    return Work(LOADING_SECONDS + len(asked) * SCORED_QUESTION_SECONDS + answering, len(asked))
