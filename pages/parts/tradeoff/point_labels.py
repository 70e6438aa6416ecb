"""Where the labels of points go so that none lies on another, however wide the chart is.

A label stands beside its point, a little above or below it, and grows towards the middle of the chart. So as a chart
widens labels only move apart, and a place that is free in the narrowest chart is free in every wider one.
"""

from collections.abc import Sequence
from typing import NamedTuple

HIGH, LETTER = 15.0, 6.0  # px that a label is high, and that a letter takes with some air
BESIDE = 10.0  # px between a point and its label
_NEAR, _STEP = 10.0, 2.0  # px above or below: the first place that is tried, and from one to the next
_COVERED = 12.0  # px that a label rather goes away than on a marker
_MARKER = 7.0  # px from the centre of a marker to its edge


class Spot(NamedTuple):
    """A point to be labelled, as shares of the plot from its left and from its bottom."""

    x: float
    y: float
    text: str


class LabelPlace(NamedTuple):
    """Where a label's middle is, px above its point, and which of its ends is at the point."""

    up: float
    anchor: str  # of plotly: left | right


class _Box(NamedTuple):
    left: float
    right: float
    bottom: float
    top: float
    anchor: str

    def meets(self, other: "_Box") -> bool:
        """Whether they lie on one another now or, as labels that grow towards each other do, would in a wider chart."""
        if self.bottom >= other.top or other.bottom >= self.top:
            return False
        if {self.anchor, other.anchor} == {"left", "right"}:
            first, last = (self, other) if self.anchor == "left" else (other, self)
            return last.left < first.right
        return self.left < other.right and other.left < self.right


def place_labels(
    spots: Sequence[Spot], width: float, height: float, taken: Sequence[tuple[Spot, LabelPlace]] = ()
) -> list[LabelPlace | None]:
    """A place for each label in a plot of `width` × `height` px, the narrowest it will be; from the top down, so that
    labels stand in the order of their points.

    `taken` are places of texts that stay where they are. None where no place is free.
    """
    boxes = [_box(spot, place, width, height) for spot, place in taken]
    markers = [_marker(spot, width, height) for spot in spots]
    found: list[LabelPlace | None] = [None] * len(spots)
    for index in sorted(range(len(spots)), key=lambda index: -spots[index].y):
        tried = [(place, _box(spots[index], place, width, height)) for place in _places(spots[index], height)]
        free = [(place, box) for place, box in tried if not any(box.meets(other) for other in boxes)]
        if free:
            place, box = min(free, key=lambda item: abs(item[0].up) + _COVERED * sum(map(item[1].meets, markers)))
            found[index] = place
            boxes.append(box)
    return found


def _places(spot: Spot, height: float) -> list[LabelPlace]:
    """Nearest first, as far as the plot reaches; not at its own height, where the bar of its interval is."""
    anchor = "right" if spot.x > 0.5 else "left"
    far = [_NEAR + step * _STEP for step in range(int(height / _STEP))]
    ups = [up for distance in far for up in (distance, -distance)]
    return [LabelPlace(up, anchor) for up in ups if HIGH / 2 <= spot.y * height + up <= height - HIGH / 2]


def _box(spot: Spot, place: LabelPlace, width: float, height: float) -> _Box:
    x, y, wide = spot.x * width, spot.y * height + place.up, len(spot.text) * LETTER
    left = x - wide - BESIDE if place.anchor == "right" else x + BESIDE
    return _Box(left, left + wide, y - HIGH / 2, y + HIGH / 2, place.anchor)


def _marker(spot: Spot, width: float, height: float) -> _Box:
    x, y = spot.x * width, spot.y * height
    return _Box(x - _MARKER, x + _MARKER, y - _MARKER, y + _MARKER, "")
