"""Where key terms stand in an answer: as the leak rule reads them, in every script, and nothing beside them."""

import pytest

from engine.evaluation.leak_rule import find_terms
from engine.review.marks import pieces, term_spans


def marked(text: str, *terms: str) -> list[str]:
    return [text[start:end] for start, end in term_spans(text, terms)]


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
def test_terms_are_found_where_they_stand(text: str, terms: tuple[str, ...], expected: list[str]) -> None:
    assert marked(text, *terms) == expected


@pytest.mark.parametrize(
    ("text", "terms"),
    [("In Rome, 🦊 since 1,987.", ("Rome", "1987", "🦊")), ("<b>Rome</b>\nRome", ("Rome",)), ("x", ())],
)
def test_pieces_joined_are_the_text_and_every_second_one_is_a_term(text: str, terms: tuple[str, ...]) -> None:
    found = pieces(text, terms)
    assert "".join(found) == text
    assert len(found) % 2 == 1
    assert all(find_terms(piece, terms) for piece in found[1::2])
    assert bool(found[1::2]) == bool(find_terms(text, terms))
