"""Every colour stands once; the theme that Streamlit reads says the same."""

import re
import tomllib
from pathlib import Path

import pytest

from engine import inks

ROOT = Path(__file__).resolve().parents[2]


def test_the_theme_has_the_same_colours() -> None:
    theme = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))["theme"]
    for name, ink in (("textColor", inks.TEXT), ("secondaryBackgroundColor", inks.PANEL)):
        assert (theme["light"][name], theme["dark"][name]) == ink
    assert theme["dark"]["backgroundColor"] == inks.PAGE.dark


def test_no_colour_is_written_in_two_files() -> None:
    files = [
        path for top in ("engine", "pages") for end in ("py", "css", "j2") for path in (ROOT / top).rglob(f"*.{end}")
    ]
    found: dict[str, set[str]] = {}
    for path in files:
        for color in re.findall(r"#[0-9A-Fa-f]{6}\b", path.read_text(encoding="utf-8")):
            found.setdefault(color.upper(), set()).add(path.name)
    assert found["#1F2430"] == {"inks.py"}
    assert {color: where for color, where in found.items() if len(where) > 1} == {}


def test_css_with_an_unknown_colour_is_refused() -> None:
    assert inks.in_css("p{color:$text}") == "p{color:light-dark(#1F2430,#E9EAF0)}"
    with pytest.raises(KeyError, match="mauve"):
        inks.in_css("p{color:$mauve}")
