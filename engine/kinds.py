"""One class for each kind of run: its fields, and the facts by which the rest of the program distinguishes it.

A new kind is a class here, in `AnySpec`, and an entry in `engine.runs.kinds`, which says how it is checked and done.
"""

import json
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, model_validator

from engine.errors import SettingError
from engine.settings import AlphaChoice
from engine.specification import (
    DEMO_KEPT,
    Alpha,
    Choice,
    ExperimentSpec,
    Finds,
    Names,
    Pair,
    RunFacts,
    Source,
    Training,
    between,
    check_seed,
)
from engine.training_settings import TrainingSettings


class TrainSpec(ExperimentSpec):
    """Makes the pair `name` and evaluates it. `parent`: the pair that it succeeds.

    An evaluation without `curves` reads true answers at `alphas` alone and not between them.
    """

    facts = RunFacts("training", "answers", "pair")

    kind: Literal["train"] = "train"
    reference: Annotated[str, Names.REFERENCE] = "demo"
    forget: Annotated[str, Source("forget")] = "demo:forget"
    retain: Annotated[tuple[str, ...], Source("retain", "train")] = DEMO_KEPT
    training: Training = TrainingSettings()
    parent: str = ""
    curves: bool = True
    alpha_choice: Choice = "recommended"

    @property
    def objective(self) -> str:
        return self.training.objective

    @property
    def own_seed(self) -> int:
        return self.training.seed

    @property
    def judged_at(self) -> AlphaChoice:
        return self.alpha_choice

    @property
    def trained_on(self) -> tuple[str, ...]:
        return (self.forget, *self.retain)


class EvaluateSpec(ExperimentSpec):
    """Evaluates `pair`, or a model alone. For `curves` and `alpha_choice` see `TrainSpec`."""

    facts = RunFacts("evaluation", "answers")

    kind: Literal["evaluate"] = "evaluate"
    pair: Pair = ""
    curves: bool = True
    alpha_choice: Choice = "recommended"

    @property
    def judged_at(self) -> AlphaChoice:
        return self.alpha_choice


class MapSpec(ExperimentSpec):
    """Finds every answer of `pair` for alpha from the smallest to the largest of `alphas`."""

    facts = RunFacts("map over α", "map")

    kind: Literal["map"] = "map"
    pair: Pair = ""


class TasksSpec(ExperimentSpec):
    """Puts the first `limit` items of the multiple-choice tasks in `evaluate_on` to `pair`, from `task_folder` (""
    = the hub's datasets).
    """

    facts = RunFacts("tasks", "choices")

    kind: Literal["tasks"] = "tasks"
    pair: Pair = ""
    evaluate_on: tuple[str, ...] = ()  # names of tasks, not sources of questions
    limit: Annotated[int, between("limit", 1, 100_000)] = 300
    task_folder: Annotated[str, Names.FOLDER] = ""


class TeachSpec(ExperimentSpec):
    """Teaches the model `base` the questions of `retain`, which makes the model `name`, and evaluates that.

    `retain_only_of`: the base whose retain model it is.
    """

    facts = RunFacts("teach", "answers", "model")

    kind: Literal["teach"] = "teach"
    retain: Annotated[tuple[str, ...], Source("retain", "train")] = DEMO_KEPT
    alphas: tuple[Alpha, ...] = (0.0,)
    training: Training = TrainingSettings()
    retain_only_of: Annotated[str, Names.BASE] = ""

    @property
    def own_seed(self) -> int:
        return self.training.seed

    @model_validator(mode="after")
    def _by_lora(self) -> Self:
        if self.training.tuning != "lora":
            raise SettingError(f"a model is taught by lora, got tuning {self.training.tuning!r}")
        return self


class AuditSpec(ExperimentSpec):
    """Tries `probes` (all where none is named) on `pair` at the one alpha, with the questions of `forget`, those of
    `controls`, about people no model was taught, and those of `retain`. `quick` fixes the smaller budget.
    """

    facts = RunFacts("audit", "probes")

    kind: Literal["audit"] = "audit"
    reference: Annotated[str, Names.REFERENCE] = "demo"
    pair: Pair = ""
    forget: Annotated[str, Source("forget")] = "demo:forget"
    controls: Annotated[str, Source("holdout")] = ""
    retain: Annotated[tuple[str, ...], Source("retain", "train")] = DEMO_KEPT
    alphas: tuple[Alpha, ...] = (1.0,)
    probes: tuple[str, ...] = ()
    quick: bool = False
    seed: Annotated[int, AfterValidator(check_seed)] = 0

    @property
    def own_seed(self) -> int:
        return self.seed

    @model_validator(mode="after")
    def _at_one_alpha(self) -> Self:
        if len(self.alphas) != 1:
            given = ", ".join(f"{alpha:g}" for alpha in self.alphas) or "none"
            raise SettingError(f"an audit tries one alpha, got {given}")
        return self


class JudgeSpec(ExperimentSpec):
    """Judges the stored answers of the run `judged` again: by the leak rule of now, and by the key terms that
    `key_terms` have for its questions (none named: by its own). No model is asked; the rest stays as that run has it.
    """

    facts = RunFacts("judged again", "answers", asks_models=False)

    kind: Literal["judge"] = "judge"
    judged: Annotated[int, between("judged", 1, 2**53)]
    key_terms: Annotated[tuple[str, ...], Source()] = ()
    pair: str = ""  # as that run names it: it is not read
    evaluate_on: tuple[str, ...] = ()  # as that run asked them: they are not read
    alpha_choice: Choice = "recommended"

    @property
    def judged_at(self) -> AlphaChoice:
        return self.alpha_choice

    @property
    def judged_from(self) -> int | None:
        return self.judged


class ImportedSpec(ExperimentSpec):
    """Executes nothing: holds what others published of the model `base`. It asked no set, and stands at alpha 0."""

    facts = RunFacts("imported", "published")

    kind: Literal["imported"] = "imported"
    evaluate_on: tuple[str, ...] = ()
    alphas: tuple[Alpha, ...] = (0.0,)


AnySpec = TrainSpec | EvaluateSpec | MapSpec | TasksSpec | TeachSpec | AuditSpec | JudgeSpec | ImportedSpec
SPECIFICATIONS: dict[str, type[AnySpec]] = {cls.model_fields["kind"].default: cls for cls in get_args(AnySpec)}

# Older versions had one class with the fields of all kinds, and stored them all.
_OF_ALL = {name for cls in SPECIFICATIONS.values() for name in cls.model_fields} - {"seed"}


def kinds_that_find(finds: Finds) -> tuple[str, ...]:
    """The kinds whose runs store this, for a database that is to find them."""
    return tuple(kind for kind, cls in SPECIFICATIONS.items() if cls.facts.finds == finds)


def facts_of(kind: str) -> RunFacts:
    """Of a kind as it is stored; one that another version of the program knows makes and finds nothing here."""
    return SPECIFICATIONS[kind].facts if kind in SPECIFICATIONS else RunFacts(kind, "")


def read_spec(text: str) -> AnySpec:
    """As it was stored. Raises `SettingError` for what is not a specification, or not one that this version knows."""
    try:
        return _of_fields(json.loads(text))
    except SettingError as error:
        raise SettingError(f"a stored specification cannot be read by this version: {error}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SettingError(f"a stored specification cannot be read by this version: {error!r}") from error


def _of_fields(fields: dict[str, Any]) -> AnySpec:
    """Without what an older version stored of other kinds."""
    kind = fields["kind"]
    if kind not in SPECIFICATIONS:
        raise SettingError(f"kind must be {', '.join(SPECIFICATIONS)}, got {kind!r}")
    own = SPECIFICATIONS[kind].model_fields
    seed = {"seed": fields["training"]["seed"]} if "seed" in own and "training" in fields else {}
    kept = {name: value for name, value in fields.items() if name in own or name not in _OF_ALL}
    return SPECIFICATIONS[kind](**kept, **seed)
