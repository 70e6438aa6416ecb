"""Labels at the ends of lines keep apart, and a chart's text has an ink that can be read."""

import plotly.graph_objects as go
from hypothesis import given
from hypothesis import strategies as some

from engine.inks import BLUE, QUIET, TEAL
from pages.parts.shared.chart_text import LineEnd, keep_apart, label_ends, legible

GAP = 0.06


@given(some.lists(some.floats(0, 1), max_size=8))
def test_labels_keep_apart_and_within(values: list[float]) -> None:
    places = keep_apart(values, 0.0, 1.0, GAP)
    ordered = sorted(places)
    assert all(after - before >= GAP - 1e-9 for before, after in zip(ordered, ordered[1:], strict=False))
    assert all(place <= 1.0 + 1e-9 for place in places)
    assert sorted(range(len(values)), key=places.__getitem__) == sorted(range(len(values)), key=values.__getitem__)


def test_labels_that_have_room_stand_where_their_lines_end() -> None:
    assert keep_apart([0.9, 0.1, 0.5], 0.0, 1.0, GAP) == [0.9, 0.1, 0.5]
    assert keep_apart([], 0.0, 1.0, GAP) == []


def test_text_of_a_chart_has_the_quiet_ink_and_its_labels_that_of_their_lines() -> None:
    chart = go.Figure(layout={"yaxis2": {"overlaying": "y"}})
    label_ends(chart, (0.0, 2.0), [LineEnd("kept", 0.9, BLUE), LineEnd("told", 0.9, TEAL)], 0.0, 1.0, GAP)
    shown = legible(chart).to_dict()["layout"]
    for axis in ("xaxis", "yaxis", "yaxis2"):
        assert shown[axis]["tickfont"]["color"] in QUIET
        assert shown[axis]["title"]["font"]["color"] in QUIET
    assert [item["font"]["color"] in ink for item, ink in zip(shown["annotations"], (BLUE, TEAL), strict=True)]
    kept, told = (item["y"] for item in shown["annotations"])
    assert abs(kept - told) >= GAP - 1e-9
