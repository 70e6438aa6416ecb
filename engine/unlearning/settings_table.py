"""The table of all settings of a training: the general ones and the numbers of the objectives. Imports no torch."""

from collections.abc import Mapping
from typing import Any

from engine.bounds import Setting
from engine.training_settings import GENERAL, TrainingSettings
from engine.unlearning.objectives import declared_numbers

# What a form begins with: as the demo's pair was made, which keeps most of the other knowledge.
SAFE = TrainingSettings(objective="relabelling", retain_term="kl", retain_batches=5, target_forget_probability=0.0)


def settings_table() -> dict[str, Setting]:
    """By name, in the order in which they are shown: the numbers of objectives after the weights of the two terms."""
    before = list(GENERAL).index("retain_weight") + 1
    rows = list(GENERAL.items())
    return {**dict(rows[:before]), **declared_numbers(), **dict(rows[before:])}


def settings_of(values: Mapping[str, Any]) -> TrainingSettings:
    """From values by name, as a command line or a form gives them; what is missing, or None, keeps its default."""
    general = {name: value for name, value in values.items() if name in GENERAL}
    numbers = {
        name: values[name]
        for name, number in declared_numbers().items()
        if values.get(name) is not None and values[name] != number.default
    }
    return TrainingSettings(**general, numbers=numbers)
