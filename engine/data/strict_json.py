"""JSON as found in users' files. It keeps what Python's reader would lose: repeated keys, NaN, and how numbers are
written.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from engine.data.findings import shown
from engine.errors import DataError


class Number(str):
    """A number as the file has it: to a reader `1.50` is not 1.5, and a float cannot hold every integer."""

    __slots__ = ()


class _TwiceError(Exception):
    """A JSON object names a key twice; its argument is the key."""


def load_json(text: str, where: str, number: Callable[[str], Any] | None = None) -> Any:
    """The value of `text`; `where` begins the sentence of a `DataError`.

    A bare NaN, which Python and pandas write for a missing value, is None; an infinity is a float. `number` makes a
    value of a number's digits (default: int and float).
    """
    try:
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=_constant, parse_int=number, parse_float=number
        )
    except _TwiceError as error:
        raise DataError(f"{where} has {shown(error.args[0])} twice; each column may occur once") from None
    except RecursionError:
        raise DataError(f"{where} is nested too deeply; JSON objects with texts are accepted") from None
    except json.JSONDecodeError as error:
        line = f"in line {error.lineno} of it, " if len(re.split("\n", text)) > 1 else ""
        raise DataError(f"{where} is not valid JSON: {line}at character {error.colno}: {error.msg}") from None
    except ValueError:  # an integer of more digits than Python reads
        raise DataError(f"{where} is not valid JSON: it holds a number that is too long") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; json.loads alone would silently keep the last of two equal keys."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _TwiceError(name)
        found[name] = value
    return found


def _constant(name: str) -> float | None:
    return None if name == "NaN" else float(name)
