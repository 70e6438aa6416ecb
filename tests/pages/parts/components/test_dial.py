"""What the browser sends is checked, and what it is given is data, not markup."""

from typing import Any

import pytest

from pages.parts.components import dial
from pages.parts.components.dial import Scale, turned_to


@pytest.mark.parametrize(
    ("state", "alpha"),
    [
        ({"turn": {"alpha": 0.35, "at": 1}}, 0.35),
        ({"turn": {"alpha": -4}}, -4.0),
        ({"turn": {"alpha": 8.01}}, None),
        ({"turn": {"alpha": float("nan")}}, None),
        ({"turn": {"alpha": True}}, None),
        ({"turn": {"alpha": "1"}}, None),
        ({"turn": 1}, None),
        ({}, None),
    ],
)
def test_only_a_legal_alpha_is_taken(state: dict[str, Any], alpha: float | None) -> None:
    assert turned_to(state) == alpha


def test_the_strip_is_labelled_at_halves_and_over_the_wide_range_at_whole_numbers() -> None:
    assert Scale(0.0, 2.0, 0.05, {}).ticks == (0.0, 0.5, 1.0, 1.5, 2.0)
    assert Scale(-4.0, 8.0, 0.05, {}).ticks == tuple(float(place) for place in range(-4, 9))


def test_texts_are_written_as_texts() -> None:
    script = (dial._HERE / "dial.js").read_text(encoding="utf-8")
    assert not any(way in script for way in ("innerHTML", "insertAdjacentHTML", "outerHTML", "document.write"))
