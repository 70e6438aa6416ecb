"""The trade-off of a report as SVG, drawn from its figures: forgetting upwards is worse, utility to the right is better."""

from collections.abc import Sequence
from html import escape

from engine.report.parts import Point, TradeOff

WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 640, 400, 62, 16, 20, 52
LETTER = 6.6  # width of a letter, about


def trade_off_svg(found: TradeOff, alpha: float) -> str:
    """One mark per point with its intervals, the unlearned ones joined in the order of α, and a ring around `alpha`."""
    parts = [_axes(found)]
    path = [point for point in found.points if point.model in ("base", "unlearned")]
    path.sort(key=lambda point: point.alpha)
    if len(path) > 1:
        parts.append(f'<polyline class="path" points="{" ".join(f"{_x(p.utility)},{_y(p.forget)}" for p in path)}"/>')
    parts += [_whiskers(point) for point in found.points]
    parts += [_mark(point, point.model == "unlearned" and point.alpha == alpha) for point in found.points]
    parts += _labels(found.points)
    words = escape(trade_off_words(found))
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{words}">{"".join(parts)}</svg>'


def trade_off_words(found: TradeOff) -> str:
    """What the plot shows, for who cannot see it."""
    said = [
        f"{point.model}{_at(point)}: forget {point.forget:.3f}, utility {point.utility:.3f}" for point in found.points
    ]
    return f"{found.forget} (lower is better) against {found.utility} (higher is better). {'; '.join(said)}."


def _at(point: Point) -> str:
    return f" at α = {point.alpha:g}" if point.model in ("unlearned", "direct") else ""


def _x(utility: float) -> float:
    return round(LEFT + min(max(utility, 0.0), 1.0) * (WIDTH - LEFT - RIGHT), 1)


def _y(forget: float) -> float:
    return round(HEIGHT - BOTTOM - min(max(forget, 0.0), 1.0) * (HEIGHT - TOP - BOTTOM), 1)


def _axes(found: TradeOff) -> str:
    parts = []
    for tick in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        x, y = _x(tick), _y(tick)
        parts.append(f'<line class="grid" x1="{x}" y1="{TOP}" x2="{x}" y2="{HEIGHT - BOTTOM}"/>')
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}"/>')
        parts.append(f'<text x="{x}" y="{HEIGHT - BOTTOM + 17}" text-anchor="middle">{tick:.1f}</text>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{tick:.1f}</text>')
    parts.append(
        f'<path class="axis" d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{WIDTH - RIGHT}" fill="none"/>'
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2}" y="{HEIGHT - 12}" text-anchor="middle">{escape(found.utility)} →</text>'
        f'<text transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">{escape(found.forget)} →</text>'
    )
    return "".join(parts)


def _whiskers(point: Point) -> str:
    x, y = _x(point.utility), _y(point.forget)
    lines = []
    if point.utility_low is not None and point.utility_high is not None:
        lines.append(f'<line class="{point.model}" x1="{_x(point.utility_low)}" y1="{y}" x2="{_x(point.utility_high)}" y2="{y}"/>')  # fmt: skip
    if point.forget_low is not None and point.forget_high is not None:
        lines.append(f'<line class="{point.model}" x1="{x}" y1="{_y(point.forget_low)}" x2="{x}" y2="{_y(point.forget_high)}"/>')  # fmt: skip
    return "".join(lines)


def _mark(point: Point, chosen: bool) -> str:
    """A shape of its own per model, so that colour never stands alone."""
    x, y = _x(point.utility), _y(point.forget)
    shapes = {
        "base": f'<rect class="base" x="{x - 5}" y="{y - 5}" width="10" height="10"/>',
        "unlearned": f'<circle class="unlearned" cx="{x}" cy="{y}" r="5"/>',
        "direct": f'<path class="direct" d="M{x} {y - 6}L{x + 6} {y + 5}H{x - 6}Z"/>',
        "retain-only": f'<path class="retain-only" d="M{x} {y - 7}L{x + 7} {y}L{x} {y + 7}L{x - 7} {y}Z"/>',
    }
    ring = f'<circle class="chosen" cx="{x}" cy="{y}" r="9"/>' if chosen else ""
    return shapes[point.model] + ring


def _labels(points: Sequence[Point]) -> list[str]:
    """Beside its mark, to the left at the right edge; one that would lie upon another moves up or down."""
    taken: list[tuple[float, float, float]] = []
    found = []
    for point in sorted(points, key=lambda item: (item.forget, item.alpha), reverse=True):
        text = (
            f"α = {point.alpha:g}" if point.model == "unlearned" else f"{point.model}{_at(point).replace(' at', ',')}"
        )
        on_left, width = point.utility > 0.8, LETTER * len(text)
        x = _x(point.utility) + (-12 if on_left else 12)
        start, y = (x - width if on_left else x), max(_y(point.forget) - 9, TOP + 10)
        while any(start < right and left < start + width and abs(y - line) < 13 for left, right, line in taken):
            y += 13 if y < HEIGHT / 2 else -13
        taken.append((start, start + width, y))
        anchor = "end" if on_left else "start"
        found.append(f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>')
    return found
