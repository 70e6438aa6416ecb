"""Which colour and marker a pair has, and how colours reach a page. The same colour is the same model everywhere."""

from collections.abc import Iterable
from typing import NamedTuple

import streamlit as st

from engine.inks import BLUE, BROWN, MAGENTA, OLIVE, TEAL, VIOLET, Ink, in_css
from engine.models.pairs import list_pairs


class Look(NamedTuple):
    """How a pair is drawn: its colour, and its marker in charts."""

    ink: Ink
    marker: str


# Pairs: the demo's two versions come first.
_PAIRS = (VIOLET, TEAL, MAGENTA, BLUE, BROWN, OLIVE)
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


def style(css: str) -> str:
    """The element for some CSS; see `inks.in_css`."""
    return f"\n<style>\n{in_css(css).strip()}\n</style>\n"


def shade(ink: Ink) -> str:
    """The shade for the theme in use, for charts, which know nothing of CSS."""
    return ink.dark if dark_theme() else ink.light


def dark_theme() -> bool:
    return st.context.theme.type == "dark"
