"""Colours and styles. The same colour is the same model on every page, in both themes; green and red mean pass and
fail.

`light-dark()` follows the colour scheme that Streamlit sets on the page, so a change of theme needs no rerun.
"""

from collections.abc import Iterable
from typing import NamedTuple

import streamlit as st

from engine.models.pairs import list_pairs


class Ink(NamedTuple):
    light: str
    dark: str

    @property
    def css(self) -> str:
        return f"light-dark({self.light},{self.dark})"

    @property
    def shown(self) -> str:
        """The one for the theme in use, for charts, which know nothing of CSS."""
        return self.dark if dark_theme() else self.light


class Look(NamedTuple):
    """How a pair is drawn: its colour, and its marker in charts."""

    ink: Ink
    marker: str


BASE = Ink("#4A5568", "#C3CAD9")
RETAIN_ONLY = Ink("#96640A", "#F0BE5E")
IMPORTED = Ink("#1F2937", "#E5E7EB")
PASS = Ink("#0B6B3A", "#6FD39B")
FAIL = Ink("#B3261E", "#FF9C92")

# Pairs: told apart by marker and label too. The demo's two versions come first.
_PAIRS = (
    Ink("#6A3FC0", "#B99CFF"),
    Ink("#0D7285", "#5FCBDD"),
    Ink("#A8327A", "#F58CC6"),
    Ink("#2C5FB3", "#8DB8FF"),
    Ink("#7A5230", "#D9AE86"),
    Ink("#5B6B12", "#C6D562"),
)
_FIRST = ("demo", "demo-first")
_MARKERS = ("circle", "square", "triangle-up", "diamond", "pentagon", "hexagon")

# Change in log-probability, blue (less likely) to red (more likely); the centre is mid-grey in the dark theme.
BIN_INKS = (
    Ink("#4393C3", "#4393C3"),
    Ink("#92C5DE", "#92C5DE"),
    Ink("#D1E5F0", "#D1E5F0"),
    Ink("#F7F7F7", "#8F939C"),
    Ink("#FDDBC7", "#FDDBC7"),
    Ink("#F4A582", "#F4A582"),
    Ink("#D6604D", "#D6604D"),
)


def pair_looks(names: Iterable[str]) -> dict[str, Look]:
    """The looks of pairs by name: the demo's two versions, then the others by age, so a new pair changes no other's.

    Reads every manifest, so ask once for all of a chart.
    """
    others = sorted((pair.created, pair.name) for pair in list_pairs() if pair.name not in _FIRST)
    order = [*_FIRST, *(other for _, other in others)]
    return {name: _look(order.index(name) if name in order else len(order)) for name in names}


def pair_look(name: str) -> Look:
    return pair_looks([name])[name]


def _look(place: int) -> Look:
    """Pairs that share a colour, because there are more pairs than colours, differ in their marker."""
    return Look(_PAIRS[place % len(_PAIRS)], _MARKERS[(place + place // len(_PAIRS)) % len(_MARKERS)])


def dark_theme() -> bool:
    return st.context.theme.type == "dark"
