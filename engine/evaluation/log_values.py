"""Single values of an evaluation log, checked: each is what it must be, or `DataError` says where it stands and why not."""

import math
import sys
from typing import Any

from engine.errors import DataError

ROUNDING = 1e-6  # a loss of a certain answer may come out this far below 0
SHOWN = 40  # letters of a value that is refused


def read_loss(value: Any, where: str) -> float:
    demand(is_number(value) and math.isfinite(value), where, f"{_short(value)} is no finite number")
    demand(value >= -ROUNDING, where, f"{_short(value)} is below 0, and a mean negative log-probability never is")
    return float(value)


def read_losses(value: Any, where: str) -> tuple[float, ...]:
    given = value if isinstance(value, list) else [value]
    demand(bool(given), where, "it holds no losses")
    return tuple(read_loss(item, where) for item in given)


def read_mean_loss(value: Any, where: str) -> float:
    losses = read_losses(value, where)
    return sum(losses) / len(losses)


def read_share(value: Any, where: str) -> float:
    demand(is_number(value) and -ROUNDING <= value <= 1 + ROUNDING, where, f"{_short(value)} is no number from 0 to 1")
    return float(value)


def read_ratio(value: Any, where: str) -> float:
    demand(
        is_number(value) and 0 <= value < math.inf, where, f"{_short(value)} is no ratio: a finite number of at least 0"
    )
    return float(value)


def demand(holds: bool, where: str, otherwise: str) -> None:
    if not holds:
        raise DataError(f"{where}: {otherwise}" if where else otherwise)


def is_number(value: object) -> bool:
    """JSON knows integers that no float holds: those are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return isinstance(value, float) or abs(value) <= sys.float_info.max


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def kind_of(value: object) -> str:
    return {list: "array", str: "text", bool: "truth value", type(None): "null", dict: "object"}.get(
        type(value), "number"
    )
