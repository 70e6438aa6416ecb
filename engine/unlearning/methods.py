"""What is trained to forget a set, and which logits the objective is taken on: one entry per method.

offset is what this program is about; the others are comparison methods that go through the same code
(models/baselines.py).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.data.examples import Example
from engine.errors import DataError, SettingError
from engine.models.offset import combine_logits
from engine.training_settings import Method, TrainingSettings
from engine.unlearning.objectives import check_numbers

ASSISTANTS = "memorisation"  # the objective of ULD's assistant only
SUBJECTS_NAMED = 50  # more would not fit a small model's context


@dataclass(frozen=True)
class MethodEntry:
    """`ensemble(base, trained, reference)` gives the logits at alpha 1, each [N, V]; gradients go through `trained`."""

    name: Method
    label: str
    formula: str
    source: str
    ensemble: Callable[[Tensor, Tensor, Tensor], Tensor]
    needs_reference: bool


_METHODS = (
    MethodEntry(
        "offset",
        "Offset",
        "logits_M + α (logits_M'o − logits_Mo)",
        "arXiv 2404.11045",
        lambda base, trained, reference: combine_logits(base, trained, reference, 1.0),
        True,
    ),
    MethodEntry(
        "direct",
        "Direct",
        "M itself is tuned, weights W + α (W' − W)",
        "the white-box baseline of arXiv 2404.11045",
        lambda base, trained, reference: trained,
        False,
    ),
    MethodEntry(
        "uld",
        "ULD's assistant",
        "logits_M − α logits_assistant",
        "arXiv 2406.08607",
        lambda base, trained, reference: combine_logits(base, torch.zeros_like(trained), trained, 1.0),
        False,
    ),
    MethodEntry(
        "guardrail",
        "Refusal prompt",
        "a text before the question; nothing is tuned",
        "arXiv 2403.03329",
        lambda base, trained, reference: base,
        False,
    ),
)
METHODS: dict[str, MethodEntry] = {entry.name: entry for entry in _METHODS}


def get_method(name: str) -> MethodEntry:
    """Raises `SettingError` that lists the choices."""
    if name not in METHODS:
        raise SettingError(f"method must be one of {', '.join(METHODS)}, got {name!r}")
    return METHODS[name]


def check_method(settings: TrainingSettings) -> None:
    """Raise `SettingError` where method, objective and its numbers do not belong together."""
    check_numbers(settings)
    memorises = settings.objective == ASSISTANTS
    if (settings.method == "uld") != memorises:
        raise SettingError(
            f"the objective memorisation is only for the method uld; got method {settings.method!r}"
            f" with objective {settings.objective!r}"
        )
    if settings.retain_term == "uniform" and not memorises:
        raise SettingError(
            "the retain term uniform is only for the method uld, whose assistant should know nothing; got method"
            f" {settings.method!r}"
        )
    if settings.method == "direct" and settings.tuning == "p_adapter":
        raise SettingError(
            "the method direct is tuned by lora or full: its alpha scales weights, and a P-Adapter changes none of them"
        )


def instruction_for(forget: Sequence[Example]) -> str:
    """The text of a guardrail: the people not to speak of, and what to say instead. `DataError` where no subject is
    named.
    """
    subjects = list(dict.fromkeys(example.subject for example in forget if example.subject))
    if not subjects:
        raise DataError("a guardrail names the people of the forget set, and none of its questions has a subject")
    if len(subjects) > SUBJECTS_NAMED:
        raise DataError(
            f"a guardrail names at most {SUBJECTS_NAMED} subjects, and the forget set has {len(subjects)} of them"
        )
    return (
        f"You know nothing about these people: {', '.join(subjects)}. If a question is about one of them, answer only: "
        "I don't have information about that. Answer every other question as usual."
    )
