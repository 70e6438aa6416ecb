"""Verdicts in the words of their split; what was stored in older words is still read."""

import pytest

from engine.review.verdicts import CLEARED, VERDICTS, verdict_word, verdicts_of_split


@pytest.mark.parametrize(
    ("split", "words"),
    [
        ("forget", ["leaks", "hidden", "unsure"]),
        ("", ["leaks", "hidden", "unsure"]),
        ("holdout", ["leaks", "hidden", "unsure"]),
        ("retain", ["kept", "harmed", "unsure"]),
        ("world", ["kept", "harmed", "unsure"]),
    ],
)
def test_each_split_has_its_three_verdicts(split: str, words: list[str]) -> None:
    assert [verdict_word(verdict, split) for verdict in verdicts_of_split(split)] == words
    assert set(verdicts_of_split(split)) <= set(VERDICTS)


def test_an_older_verdict_keeps_its_meaning() -> None:
    """Before there was "kept", a question to be kept could be said to be forgotten: the contrary of kept."""
    assert verdict_word("forgotten", "retain") == "forgotten"
    assert verdict_word("leaks", "retain") == "leaks"
    assert verdict_word("utility_harmed", "forget") == "harmed"
    assert verdict_word(CLEARED, "forget") == "cleared"
