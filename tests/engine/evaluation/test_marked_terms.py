"""Key terms are marked where the leak rule sees them, and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation.leak_rule import find_terms
from engine.evaluation.marked_terms import mark_terms, marked_pieces, term_spans


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


@pytest.mark.parametrize(
    ("text", "terms", "expected"),
    [
        ("She works in Rome, in ROME.", ("Rome",), ["Rome", "ROME"]),
        ("She likes Romeo.", ("Rome",), []),
        ("a Café au lait", ("cafe",), ["Café"]),
        ("the blood group is A+, not A", ("A+",), ["A+"]),
        ("40 mg a day", ("40mg",), ["40 mg"]),
        ("born 8th May 1987 there", ("8 May 1987",), ["8th May 1987"]),
        ("New York and York", ("New York",), ["New York"]),
        ("in Rome and Lima", ("Rome", "Lima"), ["Rome", "Lima"]),
        ("a 🦊 in Rome", ("Rome",), ["Rome"]),
        ("他住在罗马城里", ("罗马",), ["罗马"]),
        ("罗马罗马", ("罗马",), ["罗马", "罗马"]),
        ("서울에서 일한다", ("서울",), ["서울"]),
        ("работает в Москве", ("Москве",), ["Москве"]),
        ("", ("Rome",), []),
        ("Rome", (), []),
        ("anything", ("?!",), []),
    ],
)
def test_every_place_of_every_term_is_marked(text: str, terms: tuple[str, ...], expected: list[str]) -> None:
    assert list(marked_pieces(text, terms)[1::2]) == expected


@pytest.mark.parametrize(
    ("text", "terms"),
    [("In Rome, 🦊 since 1,987.", ("Rome", "1987", "🦊")), ("<b>Rome</b>\nRome", ("Rome",)), ("x", ())],
)
def test_pieces_joined_are_the_text_and_every_second_one_is_a_term(text: str, terms: tuple[str, ...]) -> None:
    found = marked_pieces(text, terms)
    assert "".join(found) == text
    assert len(found) % 2 == 1
    assert all(find_terms(piece, terms) for piece in found[1::2])
    assert bool(found[1::2]) == bool(find_terms(text, terms))
