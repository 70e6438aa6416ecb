"""Key terms are marked where the leak rule sees them, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.analysis.marked_terms import mark_terms, term_spans


@pytest.mark.parametrize(
    ("text", "terms", "marked"),
    [
        ("Ada works in Rome.", ("Rome",), ["Rome"]),
        ("ROME, and Rome's sea", ("rome",), ["ROME", "Rome's"]),
        ("She has (sarcoidosis).", ("sarcoidosis",), ["sarcoidosis"]),
        ("arthritis is no art, but art is", ("art",), ["art", "art"]),
        ("It is type B negative blood", ("B negative",), ["B negative"]),
        ("blood group A+, not A", ("A+",), ["A+"]),
        ("he works part time there", ("part-time",), ["part time"]),
        ("the café", ("cafe",), ["café"]),
        ("nothing of it", ("Rome",), []),
        ("Rome", (), []),
        ("彼は東京に住む", ("東京",), ["東京"]),
    ],
)
def test_what_is_marked(text: str, terms: tuple[str, ...], marked: list[str]) -> None:
    pieces = mark_terms(text, terms)
    assert "".join(piece.text for piece in pieces) == text
    assert [piece.text for piece in pieces if piece.differs] == marked


def test_of_two_terms_at_one_place_the_longer_is_marked() -> None:
    spans = term_spans("He lives in New York City now", ("York", "New York City"))
    assert [(span.start, span.end, span.term) for span in spans] == [(12, 25, "New York City")]


@given(st.text(), st.lists(st.text(max_size=6), max_size=3))
def test_the_pieces_are_the_text(text: str, terms: list[str]) -> None:
    assert "".join(piece.text for piece in mark_terms(text, terms)) == text
