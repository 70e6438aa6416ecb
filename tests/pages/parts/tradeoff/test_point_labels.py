"""Labels of points never lie on one another, in the narrowest chart and in any wider one."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as some

from pages.parts.tradeoff.point_labels import BESIDE, HIGH, LETTER, LabelPlace, Spot, place_labels

HEIGHT, NARROW = 190.0, 240.0
SPOTS = some.lists(
    some.builds(Spot, some.floats(0, 1), some.floats(0, 1), some.text("abc", min_size=3, max_size=12)), max_size=12
)


def box(spot: Spot, place: LabelPlace, width: float) -> tuple[float, float, float, float]:
    at, wide = spot.x * width, len(spot.text) * LETTER
    left = at - BESIDE - wide if place.anchor == "right" else at + BESIDE
    middle = spot.y * HEIGHT + place.up
    return left, middle - HIGH / 2, left + wide, middle + HIGH / 2


def meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@given(SPOTS, some.floats(1, 6))
def test_no_label_lies_on_another_however_wide_the_chart_is(spots: list[Spot], wider: float) -> None:
    placed = [
        (spot, place)
        for spot, place in zip(spots, place_labels(spots, NARROW, HEIGHT), strict=True)
        if place is not None
    ]
    for width in (NARROW, wider * NARROW):
        boxes = [box(spot, place, width) for spot, place in placed]
        assert not [pair for pair in combinations(boxes, 2) if meet(*pair)]
        assert all(low >= 0 and high <= HEIGHT for _, low, _, high in boxes)


def test_points_in_one_place_have_their_labels_in_a_column() -> None:
    places = place_labels([Spot(0.9, 0.5, f"α {n}") for n in range(6)], NARROW, HEIGHT)
    ups = [place.up for place in places if place is not None]
    assert len(ups) == len(set(ups)) == 6
    assert {place.anchor for place in places if place is not None} == {"right"}


def test_what_is_written_already_is_kept_clear_of_and_no_room_is_none() -> None:
    taken = [(Spot(1.0, 0.0, "best: bottom right"), LabelPlace(10.0, "right"))]
    (place,) = place_labels([Spot(0.95, 0.02, "α 1")], NARROW, HEIGHT, taken)
    assert place is not None
    assert not meet(box(Spot(0.95, 0.02, "α 1"), place, NARROW), box(*taken[0], NARROW))
    crowd = place_labels([Spot(0.9, 0.5, "α")] * 40, NARROW, HEIGHT)
    assert None in crowd
