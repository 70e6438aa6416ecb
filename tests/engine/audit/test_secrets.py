import pytest

from engine.audit.secrets import secret_positions
from tests.audited import TOKENIZER


@pytest.mark.parametrize(
    ("answer", "terms", "expected"),
    [
        ("Ada works in Rome", ("Rome",), [3]),
        ("Ada works in Rome", ("rome", "ADA"), [0, 3]),
        ("Ada works in Rome", ("in Rome",), [2]),
        ("red tree river tree", ("tree",), [1]),  # where it is first said
        ("red tree", ("Oslo",), [0, 1]),  # not written as it is listed: the whole answer
        ("red tree", (), [0, 1]),
        ("red tree", ("",), [0, 1]),
    ],
)
def test_a_term_begins_at_a_token(answer: str, terms: tuple[str, ...], expected: list[int]) -> None:
    tokens = TOKENIZER(answer, add_special_tokens=False).input_ids
    assert len(tokens) == len(answer.split())
    assert secret_positions(TOKENIZER, tokens, terms) == expected


def test_an_empty_answer_has_no_secret() -> None:
    assert secret_positions(TOKENIZER, [], ("Rome",)) == []
