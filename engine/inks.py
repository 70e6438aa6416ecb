"""Colours, each with its shade on a light and on a dark page: the same on every screen and in a report.

`.streamlit/config.toml` says the theme's own a second time, because Streamlit reads them there; a test compares.
"""

from string import Template
from typing import NamedTuple


class Ink(NamedTuple):
    light: str
    dark: str

    @property
    def css(self) -> str:
        """Follows the colour scheme of the page, so a change of theme needs no rerun."""
        return f"light-dark({self.light},{self.dark})"


# The page itself
PAGE = Ink("#fff", "#14161C")
TEXT = Ink("#10141F", "#E9EAF0")
PANEL = Ink("#F3F2F7", "#20232C")
LINE = Ink("#d5d3df", "#3a3e4a")
MARK = Ink("#FFE8A3", "#5A4A12")  # behind key terms
QUIET = Ink("#555b6a", "#aab0be")

# A model, or a word that is the same everywhere; green and red mean pass and fail
BASE = Ink("#4A5568", "#C3CAD9")
RETAIN_MODEL = Ink("#96640A", "#F0BE5E")
IMPORTED = Ink("#1F2937", "#E5E7EB")
PASS = Ink("#0B6B3A", "#6FD39B")
FAIL = Ink("#B3261E", "#FF9C92")
LEAKS = Ink("#B3261E", "#F2B8B5")

# Told apart by marker, dash and name too
VIOLET = Ink("#6A3FC0", "#B99CFF")
TEAL = Ink("#0D7285", "#5FCBDD")
MAGENTA = Ink("#A8327A", "#F58CC6")
BLUE = Ink("#2C5FB3", "#8DB8FF")
BROWN = Ink("#7A5230", "#D9AE86")
OLIVE = Ink("#5B6B12", "#C6D562")

FORGET_INK, RETAIN_INK, WORLD_INK = MAGENTA, BLUE, TEAL  # splits, where curves are of a split and not of a pair

_IN_CSS = {
    "page": PAGE,
    "text": TEXT,
    "panel": PANEL,
    "line": LINE,
    "quiet": QUIET,
    "mark": MARK,
    "pass": PASS,
    "fail": FAIL,
    "base": BASE,
    "retain_model": RETAIN_MODEL,
    "violet": VIOLET,
    "teal": TEAL,
}


def in_css(css: str) -> str:
    """CSS with its colours: `$text` stands for `TEXT`, and so on."""
    return Template(css).substitute({name: ink.css for name, ink in _IN_CSS.items()})
