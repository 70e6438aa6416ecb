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
    assert found["#10141F"] == {"inks.py"}
    assert {color: where for color, where in found.items() if len(where) > 1} == {}


def test_css_with_an_unknown_colour_is_refused() -> None:
    assert inks.in_css("p{color:$text}") == "p{color:light-dark(#10141F,#E9EAF0)}"
    with pytest.raises(KeyError, match="mauve"):
        inks.in_css("p{color:$mauve}")


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    digits = color.removeprefix("#")
    digits = "".join(2 * digit for digit in digits) if len(digits) == 3 else digits
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_ink_can_be_read_on_the_page_in_both_themes() -> None:
    """They colour text: labels at the ends of lines, verdicts, captions. WCAG 2 asks for 4.5 : 1."""
    assert contrast("#000", "#fff") == pytest.approx(21)
    paper = {"PAGE", "PANEL", "LINE", "MARK"}
    written = {name: ink for name, ink in vars(inks).items() if isinstance(ink, inks.Ink) and name not in paper}
    assert len(written) > 12
    for theme in ("light", "dark"):
        below = {
            name: round(contrast(getattr(ink, theme), getattr(ground, theme)), 2)
            for name, ink in written.items()
            for ground in (inks.PAGE, inks.PANEL)
            if contrast(getattr(ink, theme), getattr(ground, theme)) < 4.5
        }
        assert below == {}, theme
