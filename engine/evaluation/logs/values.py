"""Values and rows of an evaluation log, checked: each is valid, or `DataError` says where it is and why it is not."""

import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import DataError

ROUNDING = 1e-6  # a loss of a certain answer may come out this far below 0
SHOWN = 40  # characters of a refused value


def read_loss(value: Any, where: str) -> float:
    demand(is_number(value) and math.isfinite(value), where, f"{_short(value)} is not a finite number")
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
    demand(
        is_number(value) and -ROUNDING <= value <= 1 + ROUNDING, where, f"{_short(value)} is not a number from 0 to 1"
    )
    return float(value)


def read_ratio(value: Any, where: str) -> float:
    demand(
        is_number(value) and 0 <= value < math.inf,
        where,
        f"{_short(value)} is not a ratio: a finite number of at least 0",
    )
    return float(value)


def demand(holds: bool, where: str, otherwise: str) -> None:
    if not holds:
        raise DataError(f"{where}: {otherwise}" if where else otherwise)


def is_number(value: object) -> bool:
    """JSON allows integers too large for a float: those are refused."""
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


def fill_rows(columns: Sequence[dict[str, Any]]) -> None:
    """Logs of this program leave out a row without a value: put None back there, at the same position in every
    column.
    """
    keys = sorted({key for rows in columns for key in rows}, key=lambda key: (len(key), key))
    for rows in columns:
        if rows:
            known = dict(rows)
            rows.clear()
            rows.update((key, known.get(key)) for key in keys)


def check_rows(where: str, columns: Mapping[str, Mapping[str, Any]]) -> None:
    """Every column of a part is over the same rows."""
    first, *others = columns.items() or [("", {})]
    for name, rows in others:
        words = f"{first[0]} has {len(first[1])} rows and {name} has {len(rows)}, and they must be the same rows"
        demand(rows.keys() == first[1].keys(), where, words)


def check_widths(where: str, name: str, rows: Mapping[str, Sequence[float] | None]) -> None:
    widths = sorted({len(losses) for losses in rows.values() if losses is not None})
    words = f"{name} has rows of {' and '.join(map(str, widths))} losses, and every row must have as many"
    demand(len(widths) < 2, where, words)
