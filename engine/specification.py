"""What every kind of run has in its specification, which is frozen, stored with the run and read back by the worker;
`engine.kinds` has the class of each kind.
"""

import json
from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Any, ClassVar, Literal, NamedTuple, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    PlainSerializer,
    ValidationError,
    model_validator,
)

from engine.bounds import check_between
from engine.errors import SettingError
from engine.names import check_legal
from engine.settings import AlphaChoice, check_alpha
from engine.training_settings import GENERAL, TrainingSettings

DEMO_ASKED = ("demo:forget", "demo:retain/eval", "demo:world/eval")
DEMO_KEPT = ("demo:retain/train", "demo:world/train")
ALPHAS = (0.0, 0.5, 1.0)


Finds = Literal["answers", "map", "choices", "probes", "published", ""]  # "": a kind that this version does not know


class RunFacts(NamedTuple):
    """Facts of a kind of run."""

    label: str  # in a list of runs
    finds: Finds  # what is stored: answers with scores, maps, choices, probe results, figures that others published
    makes: Literal["pair", "model", ""] = ""  # of the run's own name
    asks_models: bool = True


class Source(NamedTuple):
    """Marks a field that names sources of questions: `SET:SPLIT`, `SET:SPLIT/HALF` or a path to a question file.

    `split` and `half` are what the questions of a file get that name none.
    """

    split: str = ""
    half: str = ""


class Names(Enum):
    """Marks a field that names something else that may lie on this machine."""

    BASE = "a base, or a model alone"
    REFERENCE = "a model by its folder, file or name on the hub"
    PAIR = "a pair, or a model alone"
    FOLDER = "a folder"


def between(name: str, low: int, high: int) -> AfterValidator:
    def check(value: int) -> int:
        check_between(name, value, low, high)
        return value

    return AfterValidator(check)


def _training(value: object) -> object:
    return TrainingSettings.of_stored(value) if isinstance(value, dict) else value


def check_seed(value: object) -> object:
    GENERAL["seed"].check(value)
    return value


def _pair(value: str) -> str:
    if not value:
        raise SettingError("an evaluation, a map, an audit or a run of tasks needs the name of a pair")
    return value


def _alpha_choice(value: object) -> object:
    if value not in get_args(AlphaChoice):
        raise SettingError(f"the choice of alpha must be one of {', '.join(get_args(AlphaChoice))}, got {value!r}")
    return value


Alpha = Annotated[float, BeforeValidator(check_alpha)]
Choice = Annotated[AlphaChoice, BeforeValidator(_alpha_choice)]
Pair = Annotated[str, Names.PAIR, AfterValidator(_pair), Field(validate_default=True)]
Training = Annotated[
    InstanceOf[TrainingSettings],
    BeforeValidator(_training),
    PlainSerializer(lambda training: training.stored, return_type=dict),
]


class ExperimentSpec(BaseModel):
    """What every kind of run has: its name, its base, the questions it asks, and the alphas at which it reads.

    `SettingError` for a value that is not allowed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    facts: ClassVar[RunFacts]

    kind: str
    name: str
    base: Annotated[str, Names.BASE] = "demo"
    evaluate_on: Annotated[tuple[str, ...], Source()] = DEMO_ASKED
    alphas: tuple[Alpha, ...] = ALPHAS
    max_new_tokens: Annotated[int, between("max_new_tokens", 1, 512)] = 64

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise SettingError(_sentence(error)) from error

    @model_validator(mode="after")
    def _named(self) -> Self:
        check_legal("name", self.name)
        return self

    @property
    def pair_name(self) -> str:
        """The pair or model that the run makes, or else reads; "" where none."""
        return self.name if self.facts.makes else str(getattr(self, "pair", ""))

    @property
    def objective(self) -> str:
        """Of the pair that the run makes; "" where it makes none."""
        return ""

    @property
    def own_seed(self) -> int | None:
        """Of the run itself; None where its seed is that of the pair it reads."""
        return None

    @property
    def judged_at(self) -> AlphaChoice:
        """The rule by which one of the alphas is taken where a run is judged at one, see chosen_alpha.py."""
        return "recommended"

    @property
    def judged_from(self) -> int | None:
        """The run whose answers this one judges again; None where it has its own."""
        return None

    @property
    def trained_on(self) -> tuple[str, ...]:
        """The sources that the pair of this run learns from."""
        return ()

    def named(self, field: str) -> tuple[str, ...]:
        """What a field of sources or names holds, whether it holds one or several."""
        value: str | tuple[str, ...] = getattr(self, field)
        return (value,) if isinstance(value, str) else value

    def but(self, **changes: Any) -> Self:
        """The same specification with other values, checked anew."""
        return type(self)(**(dict(self) | changes))

    def to_json(self) -> str:
        return json.dumps(self.model_dump(mode="json"), sort_keys=True)

    @classmethod
    def sources(cls) -> dict[str, Source]:
        """The fields that name sources of questions; what is evaluated stands last."""
        found = sorted(cls._marked(), key=lambda named: named[0] == "evaluate_on")
        return {name: mark for name, mark in found if isinstance(mark, Source)}

    @classmethod
    def names(cls) -> dict[str, Names]:
        """The fields that name what may lie on this machine and is not a source."""
        return {name: mark for name, mark in cls._marked() if isinstance(mark, Names)}

    @classmethod
    def _marked(cls) -> Iterator[tuple[str, object]]:
        return ((name, mark) for name, field in cls.model_fields.items() for mark in field.metadata)


def _sentence(error: ValidationError) -> str:
    """What pydantic found first, as a sentence that names the field, what is allowed and the value."""
    found = error.errors()[0]
    where = ".".join(map(str, found["loc"]))
    if found["type"] == "extra_forbidden":
        return f"a specification of this kind has no {where}"
    if found["type"] == "missing":
        return f"{where} must be given"
    return f"{where}: {found['msg'].replace('Input should', 'it must', 1)}, got {found['input']!r}"
