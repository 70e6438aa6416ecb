"""The layout of a report's trade-off: higher forgets less, further right keeps more.

Places are in units of the drawing, from its top left corner. The template draws them.
"""

from collections.abc import Sequence
from typing import NamedTuple

from engine.report.parts import Point, TradeOff, model_word

LETTER = 6.6  # approximate width of a letter


class Canvas(NamedTuple):
    """The drawing and the edges of its axes."""

    width: int = 640
    height: int = 400
    left: int = 62
    top: int = 16
    right: int = 620
    bottom: int = 348


FRAME = Canvas()


class Tick(NamedTuple):
    x: float
    y: float
    text: str


class Line(NamedTuple):
    """One interval of a point."""

    model: str
    x1: float
    y1: float
    x2: float
    y2: float


class DrawnPoint(NamedTuple):
    model: str
    x: float
    y: float
    chosen: bool  # the α of the report: ringed


class Label(NamedTuple):
    x: float
    y: float
    anchor: str  # start | end: which end of the text is at x
    text: str


class Drawing(NamedTuple):
    ticks: list[Tick]
    path: list[tuple[float, float]]  # the unlearned points in the order of α
    whiskers: list[Line]
    marks: list[DrawnPoint]
    labels: list[Label]


def drawing_of(found: TradeOff, alpha: float) -> Drawing:
    """One mark per point with its intervals, the unlearned ones joined in the order of α, and a ring around `alpha`."""
    path = sorted(
        (point for point in found.points if point.model in ("base", "unlearned")), key=lambda item: item.alpha
    )
    return Drawing(
        [Tick(_x(tick), _y(tick), f"{tick:.1f}") for tick in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)],
        [(_x(point.utility), _y(point.forget)) for point in path],
        [line for point in found.points for line in _whiskers(point)],
        [
            DrawnPoint(
                point.model, _x(point.utility), _y(point.forget), point.model == "unlearned" and point.alpha == alpha
            )
            for point in found.points
        ],
        _labels(found.points),
    )


def trade_off_words(found: TradeOff) -> str:
    """What the drawing shows, for people who cannot see it."""
    said = [
        f"{model_word(point.model)}{_at(point)}: forget {point.forget:.3f}, utility {point.utility:.3f}"
        for point in found.points
    ]
    return f"{found.forget} (lower is better) against {found.utility} (higher is better). {'; '.join(said)}."


def _at(point: Point) -> str:
    return f" at α = {point.alpha:g}" if point.model in ("unlearned", "direct") else ""


def _x(utility: float) -> float:
    return round(FRAME.left + min(max(utility, 0.0), 1.0) * (FRAME.right - FRAME.left), 1)


def _y(forget: float) -> float:
    return round(FRAME.bottom - min(max(forget, 0.0), 1.0) * (FRAME.bottom - FRAME.top), 1)


def _whiskers(point: Point) -> list[Line]:
    x, y = _x(point.utility), _y(point.forget)
    lines = []
    if point.utility_low is not None and point.utility_high is not None:
        lines.append(Line(point.model, _x(point.utility_low), y, _x(point.utility_high), y))
    if point.forget_low is not None and point.forget_high is not None:
        lines.append(Line(point.model, x, _y(point.forget_low), x, _y(point.forget_high)))
    return lines


def _labels(points: Sequence[Point]) -> list[Label]:
    """Beside its mark, to the left at the right edge; one that would cover another moves up or down."""
    taken: list[tuple[float, float, float]] = []
    found = []
    for point in sorted(points, key=lambda item: (item.forget, item.alpha), reverse=True):
        text = (
            f"α = {point.alpha:g}"
            if point.model == "unlearned"
            else f"{model_word(point.model)}{_at(point).replace(' at', ',')}"
        )
        on_left, width = point.utility > 0.8, LETTER * len(text)
        x = _x(point.utility) + (-12 if on_left else 12)
        start, y = (x - width if on_left else x), max(_y(point.forget) - 9, FRAME.top + 10)
        while any(start < right and left < start + width and abs(y - line) < 13 for left, right, line in taken):
            y += 13 if y < FRAME.height / 2 else -13
        taken.append((start, start + width, y))
        found.append(Label(x, y, "end" if on_left else "start", text))
    return found
