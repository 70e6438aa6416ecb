"""The settings of a training: each is one entry here, with its default, bounds, label and help.

A number of one objective only (beta, delta, ...) is declared by that objective, in unlearning/objectives/.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, Self, get_args

from engine.bounds import Setting
from engine.errors import SettingError

Method = Literal["offset", "direct", "uld", "guardrail"]
Tuning = Literal["lora", "full", "p_adapter"]
RETAIN_CHOICES = {
    "default": "as the objective defines it",
    "none": "none",
    "nll": "likelihood of the true answers (NLL)",
    "kl": "closeness to the base (KL)",
    "uniform": "knowing nothing (an assistant alone)",
}
ALWAYS_STORED: dict[str, float | None] = {"beta": None, "delta": 0.0}  # in every stored specification, used or not
IN_THE_MANIFEST = ("objective", "method", "retain_term", "tuning", "seed")  # a pair's manifest has fields for these


def _declared(
    default: Any, label: str, help: str, low: float | None = None, high: float | None = None, **more: Any
) -> Any:
    words = {"label": label, "help": help, "low": low, "high": high, **more}
    return field(default=default, metadata=words)


@dataclass(frozen=True)
class TrainingSettings:
    """How a pair is trained. Probabilities are per answer token.

    `numbers` are the objective's own, unless left at its defaults; `objectives.check_numbers` checks that they are
    known and within their bounds.
    """

    objective: str = _declared("npo", "Objective", "the loss; `methods` lists them")
    method: Method = _declared(
        "offset",
        "Method",
        "offset, or a comparison method: direct (M itself is tuned), uld (with --objective memorisation), guardrail",
        choices=get_args(Method),
    )
    retain_term: str = _declared(
        "default", "What holds the retain questions in place", "none, nll or kl", choices=tuple(RETAIN_CHOICES)
    )
    tuning: Tuning = _declared(
        "lora", "What is tuned", "lora, full or p_adapter; see `methods`", choices=get_args(Tuning)
    )
    epochs: int = _declared(
        8,
        "Epochs at most",
        "at most this many passes over the forget set",
        1,
        200,
        note="Training stops earlier once the forget probability reaches its target.",
        first=True,
    )
    learning_rate: float = _declared(1e-3, "Learning rate", "AdamW's", 1e-7, 0.1)
    batch_size: int = _declared(8, "Questions per batch", "questions per batch", 1, 256)
    rank: int = _declared(32, "Rank of the adapter", "of a LoRA; the width of a P-Adapter", 1, 256)
    retain_batches: int = _declared(3, "Retain batches per forget batch", "retain batches per forget batch", 0, 16)
    forget_weight: float = _declared(
        1.0, "Weight of the forget loss", "weight of the loss on the forget questions", 0, 100
    )
    retain_weight: float = _declared(1.0, "Weight of the retain term", "weight of the retain term", 0, 100)
    target_forget_probability: float = _declared(
        0.01,
        "Stop at forget probability",
        "training stops at this probability per answer token of the forget set",
        0,
        1,
    )
    clip_norm: float = _declared(1.0, "Largest norm of a gradient", "largest norm of a gradient", 1e-3, 1e3)
    seed: int = _declared(
        0,
        "Seed",
        "the same seed and settings give the same pair",
        0,
        2**31 - 1,
        note="The same seed and settings give the same pair.",
        first=True,
    )
    numbers: dict[str, float] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        for setting in GENERAL.values():
            setting.check(getattr(self, setting.name))
        for name, value in self.numbers.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise SettingError(f"{name} must be a number, got {value!r}")

    @property
    def flat(self) -> dict[str, Any]:
        """Every setting by its name, the objective's numbers among them; None for one that is left to the objective."""
        return {name: getattr(self, name) for name in GENERAL} | ALWAYS_STORED | self.numbers

    @property
    def elsewhere(self) -> dict[str, float]:
        """The settings for which a pair's manifest has no field of its own, without those left to the objective."""
        return {name: value for name, value in self.flat.items() if name not in IN_THE_MANIFEST and value is not None}

    @property
    def stored(self) -> dict[str, Any]:
        """Plain JSON values. Only a number that older specifications did not have is under `numbers`."""
        flat = self.flat
        newer = {name: flat.pop(name) for name in self.numbers if name not in ALWAYS_STORED}
        return flat | ({"numbers": newer} if newer else {})

    @classmethod
    def of_stored(cls, found: Mapping[str, Any]) -> Self:
        """From what `stored` gave, in this version or an older one; raises `TypeError` for an unknown
        setting.
        """
        rest = dict(found)
        numbers = dict(rest.pop("numbers", {}))
        for name, default in ALWAYS_STORED.items():
            value = rest.pop(name, default)
            if value != default:
                numbers[name] = value
        return cls(**rest, numbers=numbers)


GENERAL = {
    entry.name: Setting(entry.name, entry.default, **entry.metadata)
    for entry in fields(TrainingSettings)
    if entry.name != "numbers"
}
