"""The address bar: every filter and selection of a page, so that a link shows what its sender saw.

A value that changed in the address from outside (a link, a bookmark, the back button) wins over what the widget
holds; otherwise the widget wins and the address follows. What a session chose is kept while it visits other pages.
Streamlit's own `bind="query-params"` is not used: it drops a parameter that a control of the page before was bound to,
and it drops illegal values without a word.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.lib.mutable_expander_container import ExpanderContainer

from engine.errors import SettingError
from pages.parts.shared.wording import plain

T = TypeVar("T")
OPEN = "1"
_WRITTEN, _KEPT = "address_written", "address_kept"
_PLACE: ContextVar[DeltaGenerator | None] = ContextVar("place of warnings", default=None)


@contextmanager
def warning_in(place: DeltaGenerator) -> Iterator[None]:
    """What is wrong with a link is said in `place`, where the controls themselves are out of sight at first."""
    before = _PLACE.set(place)
    try:
        yield
    finally:
        _PLACE.reset(before)


def is_new(key: str) -> bool:
    """Whether the address asks for a value of `key` that this session did not write there itself."""
    return st.query_params.get(key) not in (None, _written().get(key))


def seed(key: str, read: Callable[[str], Any], default: Any) -> None:
    """Give the control `key` its value before it is drawn; an illegal one in the address is said and not used.

    A value that the session has is set again: a control that was away for a while would otherwise come back showing its
    lowest value, whatever it stands for, and take that at the next click.
    """
    if is_new(key):
        try:
            st.session_state[key] = read(st.query_params[key])
        except SettingError as error:
            (_PLACE.get() or st).warning(
                f"The link asks for something that cannot be shown: {plain(str(error))}. The default is used."
            )
            st.session_state[key] = default
    else:
        st.session_state[key] = st.session_state.get(key, st.session_state.get(_KEPT, {}).get(key, default))


def keep(key: str, value: Any, text: str | None = None) -> None:
    """Write the value of a control into the address (as `text`, else `str(value)`) and remember it for this session.

    An empty text leaves the address without the parameter.
    """
    shown = str(value) if text is None else text
    st.session_state.setdefault(_KEPT, {})[key] = value
    if shown:
        _written()[key] = shown
        if st.query_params.get(key) != shown:
            st.query_params[key] = shown
    else:
        _written().pop(key, None)
        if key in st.query_params:
            del st.query_params[key]


def select(
    label: str,
    options: Sequence[T],
    key: str,
    default: T,
    *,
    names: Callable[[T], str] = str,
    read: Callable[[str], T] | None = None,
    text: Callable[[T], str] | None = None,
    **shown: Any,
) -> T:
    """A selectbox whose choice the address holds; `default` at first, and where the choice is no longer an option.

    The address has an option by its name in `names`, or as `text` writes and `read` reads it; "" leaves it out.
    `shown` goes to the selectbox.
    """
    seed(key, read or one_of(key, options, names), default)
    settle(key, options, default)
    chosen: T = st.selectbox(label, options, key=key, **shown)
    keep(key, chosen, (text or names)(chosen))
    return chosen


def segments(label: str, options: Sequence[str], key: str, default: str, **shown: Any) -> str:
    """A row of buttons of which one is always chosen; the address need not name `default`."""
    seed(key, one_of(key, options), default)
    settle(key, options, default)
    chosen = str(st.segmented_control(label, options, key=key, required=True, **shown))
    keep(key, chosen, unless(default)(chosen))
    return chosen


def multiselect(label: str, options: Sequence[T], key: str, **shown: Any) -> list[T]:
    """Any of the options, at first all, for which the address stays empty; else it has them by `str`, with commas."""
    one = one_of(key, options)
    seed(key, lambda text: [one(part) for part in text.split(",") if part], list(options))
    st.session_state[key] = [item for item in st.session_state[key] if item in options]
    chosen: list[T] = st.multiselect(label, options, key=key, **shown)
    keep(key, chosen, "" if chosen == list(options) else ",".join(map(str, chosen)))
    return chosen


def expander(label: str, key: str) -> ExpanderContainer:
    """Closed at first; the address holds whether it is `open`. What is in it need not be worked out before."""
    seed(key, lambda text: one_of(key, (OPEN,))(text) == OPEN, False)
    found = st.expander(label, key=key, on_change="rerun")
    keep(key, found.open, OPEN if found.open else "")
    return found


def text_input(label: str, key: str, longest: int, **shown: Any) -> str:
    """A line of text of at most so many characters, empty at first."""
    seed(key, lambda text: text[:longest], "")
    written: str = st.text_input(label, key=key, max_chars=longest, **shown)
    keep(key, written)
    return written


def number_input(label: str, key: str, low: float, high: float, default: float, **shown: Any) -> float:
    seed(key, decimal(key, low, high), default)
    number: float = st.number_input(label, low, high, key=key, **shown)
    keep(key, number, f"{number:g}")
    return number


def unless(default: object) -> Callable[[object], str]:
    """How `select` writes a choice that the address need not name where it is the default."""
    return lambda chosen: "" if chosen == default else str(chosen)


def one_of(key: str, options: Sequence[T], names: Callable[[T], str] = str) -> Callable[[str], T]:
    """A reader for `seed` that accepts the options by name and otherwise lists them."""

    def read(text: str) -> T:
        for option in options:
            if names(option) == text:
                return option
        shown = ", ".join(names(option) for option in options[:8])
        raise SettingError(f"{key} must be one of {shown}{', …' if len(options) > 8 else ''}, got {text[:60]!r}")

    return read


def whole_number(key: str, low: int, high: int) -> Callable[[str], int]:
    """A reader for `seed` that accepts whole numbers from `low` to `high`."""

    def read(text: str) -> int:
        if not text.isdecimal() or len(text) > 12 or not low <= int(text) <= high:
            raise SettingError(f"{key} must be a whole number from {low} to {high}, got {text[:60]!r}")
        return int(text)

    return read


def decimal(key: str, low: float, high: float) -> Callable[[str], float]:
    """A reader for `seed` that accepts numbers from `low` to `high`."""

    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not low <= number <= high:
            raise SettingError(f"{key} must be a number from {low:g} to {high:g}, got {text[:60]!r}")
        return number

    return read


def settle(key: str, options: Sequence[Any], default: Any) -> None:
    """Replace a value that is no longer among the options (another set was chosen) by the default."""
    if st.session_state.get(key) not in options:
        st.session_state[key] = default


def _written() -> dict[str, str]:
    written: dict[str, str] = st.session_state.setdefault(_WRITTEN, {})
    return written
