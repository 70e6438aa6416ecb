"""The objectives, one file each, found by their files. Imports no torch.

Definitions: arXiv 2404.11045 (section 3), arXiv 2404.05868 (NPO), arXiv 2410.07163 (SimNPO), arXiv 2305.18290 (DPO).
"""

import importlib
import pkgutil
from dataclasses import replace

from engine.bounds import Setting
from engine.errors import SettingError
from engine.training_settings import TrainingSettings
from engine.unlearning.objective import Objective


def find_objectives() -> dict[str, Objective]:
    """One for each file of this folder, by name, in the order of `place`."""
    files = (f"{__name__}.{module.name}" for module in pkgutil.iter_modules(__path__))
    found: list[Objective] = [importlib.import_module(name).OBJECTIVE for name in files]
    return {entry.name: entry for entry in sorted(found, key=lambda entry: entry.place)}


OBJECTIVES = find_objectives()


def get_objective(name: str) -> Objective:
    """Raises `SettingError` that lists the choices."""
    if name not in OBJECTIVES:
        raise SettingError(f"objective must be one of {', '.join(OBJECTIVES)}, got {name!r}")
    return OBJECTIVES[name]


def retain_term_of(settings: TrainingSettings) -> str:
    """The retain term in force: the one asked for, else the objective's own; "none" for an objective without."""
    return get_objective(settings.objective).retain_term if settings.retain_term == "default" else settings.retain_term


def declared_numbers() -> dict[str, Setting]:
    """The numbers of all objectives. `read_by` names those that read it; the default is None where theirs differ."""
    found: dict[str, Setting] = {}
    for entry in OBJECTIVES.values():
        for number in entry.numbers:
            known = found.get(number.name, number)
            default = number.default if known.default == number.default else None
            found[number.name] = replace(number, default=default, read_by=(*known.read_by, entry.name))
    return found


def check_numbers(settings: TrainingSettings) -> None:
    """Raise `SettingError` for a number that no objective declares, or that is out of its bounds."""
    declared = declared_numbers()
    for name, value in settings.numbers.items():
        if name not in declared:
            raise SettingError(f"a number of an objective must be one of {', '.join(declared)}, got {name!r}")
        declared[name].check(value)


def numbers_of(settings: TrainingSettings) -> dict[str, float]:
    """The numbers in force, which are those that the objective declares: as asked for, else its defaults."""
    declared = get_objective(settings.objective).numbers
    return {number.name: settings.numbers.get(number.name, number.default) for number in declared}
