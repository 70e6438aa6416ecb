"""One number or choice that a user makes: its bounds, its name on screens, and what it is for."""

import math
from dataclasses import dataclass
from typing import Any

from engine.errors import SettingError

OWN = "the objective's own"  # the default of what an objective decides


def check_between(name: str, value: float, low: float, high: float) -> None:
    """Raise `SettingError` that names the bounds; the bounds themselves are allowed."""
    if not math.isfinite(value) or not low <= value <= high:
        limits = (f"{limit:g}" if isinstance(limit, float) else str(limit) for limit in (low, high))
        raise SettingError(f"{name} must be between {' and '.join(limits)}, got {value}")


@dataclass(frozen=True)
class Setting:
    """One setting of a training. Checks, command line and form all read it from here.

    `default` None leaves a number to the objective. `label` names its control in the form, `note` explains it there;
    `help` is its line in `--help`. A number has `low` and `high`; a word may have `choices`. `unit` is "" for a pure
    number. `read_by` names the objectives that read the number, empty where every training may. `first` settings
    are in the open part of the form.
    """

    name: str
    default: Any
    label: str
    help: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    note: str = ""
    unit: str = ""
    read_by: tuple[str, ...] = ()
    first: bool = False

    @property
    def type(self) -> type:
        """int, float or str. A number that is left to the objective is a float."""
        return float if self.default is None else type(self.default)

    @property
    def option(self) -> str:
        return f"--{self.name.replace('_', '-')}"

    @property
    def explained(self) -> str:
        """Its line in `--help`: what it is, what reads it, and its default."""
        *others, last = self.read_by or ("",)
        readers = f" of {', '.join(others)} and {last}" if others else f" of {last}" if last else ""
        unit = f", in {self.unit}" if self.unit else ""
        return f"{self.help}{readers}{unit} (default: {self.shown_default})"

    @property
    def shown_default(self) -> str:
        if self.default in (None, "default"):
            return OWN
        return str(self.default) if self.type is str else f"{self.default:g}"

    def check(self, value: Any) -> None:
        """Raise `SettingError` for a value that is not allowed; an unset number is."""
        if self.choices and value not in self.choices:
            raise SettingError(f"{self.name} must be one of {', '.join(self.choices)}, got {value!r}")
        if self.low is not None and self.high is not None and value is not None:
            check_between(self.name, value, self.low, self.high)
