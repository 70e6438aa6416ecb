"""What the barcode sends to the browser."""

from engine.analysis.barcode import Barcode, BarcodeRow, Stretch
from engine.evaluation.answer_kinds import REFUSES, TELLS
from pages.parts.components.barcode import HEIGHT, LONGEST, LOWEST, TALLEST, barcode_data, barcode_table, barcode_words


def rows(number: int, text: str = "her knee") -> Barcode:
    found = (Stretch(0.0, 0.75, TELLS, text), Stretch(0.75, 2.0, REFUSES, "I'm not sure."))
    return Barcode(1, 0.0, 2.0, (BarcodeRow("s", 0, "forget", "What ails Ada?", found),) * number)


def test_every_text_is_sent_once_and_cut() -> None:
    data = barcode_data(rows(3, "x" * 1000), 1.0)
    assert [len(text) for text in data["texts"]] == [LONGEST + 1, len("I'm not sure.")]
    assert len(data["rows"]) == 3
    (first, second) = data["rows"][0]["stretches"]
    assert (first[:2], second[:2]) == ((0.0, 0.75), (0.75, 2.0))
    assert [data["kinds"][item[2]]["word"] for item in (first, second)] == ["tells it", "refuses"]
    assert [data["texts"][item[3]][:3] for item in (first, second)] == ["xxx", "I'm"]


def test_all_rows_fit_the_height_and_few_are_not_stretched() -> None:
    assert barcode_data(rows(1), 1.0)["height"] == TALLEST
    assert barcode_data(rows(72), 1.0)["height"] * 72 <= HEIGHT
    assert barcode_data(rows(1000), 1.0)["height"] == LOWEST


def test_it_is_said_in_words() -> None:
    assert barcode_words(rows(2), 1.0).endswith("2 are told at α = 0, 0 at α = 1.")


def test_its_table_has_every_answer_whole() -> None:
    table = barcode_table(rows(2, "x" * 1000))
    assert table.values.tolist()[:2] == [
        ["s", "forget", "What ails Ada?", 0.0, 0.75, "tells it", "x" * 1000],
        ["s", "forget", "What ails Ada?", 0.75, 2.0, "refuses", "I'm not sure."],
    ]
    assert len(table) == 4
