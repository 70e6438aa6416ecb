"""Checks of one's own: what they find on either side, and patterns that are wrong, endless or hostile."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import SettingError
from engine.review.checks import PATTERN_LIMIT, CheckKind, PatternFound, find_pattern

BOTH, NONE = PatternFound(True, True), PatternFound(False, False)


def test_key_terms_are_found_as_the_leak_rule_finds_them() -> None:
    answers = [("She lives in RÓME.", "I do not know."), ("Romeo", "40mg a day"), (None, "Rome")]
    assert find_pattern("terms", "Rome", answers) == [PatternFound(True, False), NONE, PatternFound(False, True)]
    assert find_pattern("terms", "rome, 40 mg", answers) == [
        PatternFound(True, False),
        PatternFound(False, True),
        PatternFound(False, True),
    ]


def test_a_regular_expression_is_searched_on_both_sides_without_case() -> None:
    answers = [("born in 1987", "born in May"), ("ROME", "rome"), ("", None)]
    assert find_pattern("regex", r"\b\d{4}\b", answers) == [PatternFound(True, False), NONE, NONE]
    assert find_pattern("regex", "^rome$", answers) == [NONE, BOTH, NONE]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("a(b", r"missing \) at character 4"),
        ("*a", "nothing to repeat at character 1"),
        ("a{2,1}", "at character 3"),
        ("[z-a]", "at character"),
    ],
)
def test_a_pattern_that_cannot_be_read_says_where(pattern: str, words: str) -> None:
    with pytest.raises(SettingError, match=words):
        find_pattern("regex", pattern, [("a", "b")])


@pytest.mark.parametrize(("pattern", "text"), [("((a|a)*)*$", "a" * 60 + "b")])
def test_a_pattern_that_never_ends_is_stopped_and_says_so(pattern: str, text: str) -> None:
    with pytest.raises(SettingError, match="was stopped: it had not ended after 0.2 s"):
        find_pattern("regex", pattern, [("b", text)] * 50, seconds=0.2)


def test_no_time_left_is_said_and_not_taken_for_nothing_found() -> None:
    with pytest.raises(SettingError, match="stopped"):
        find_pattern("regex", "a", [("a", "a")], seconds=0.0)


@pytest.mark.parametrize("pattern", ["", "x" * (PATTERN_LIMIT + 1)])
def test_the_length_of_a_check_is_limited(pattern: str) -> None:
    with pytest.raises(SettingError, match=f"1 to {PATTERN_LIMIT} characters"):
        find_pattern("terms", pattern, [])


@pytest.mark.parametrize("pattern", [",", "Rome, ?!"])
def test_a_term_without_a_word_could_never_be_found(pattern: str) -> None:
    with pytest.raises(SettingError, match="must hold a letter or a digit"):
        find_pattern("terms", pattern, [("Rome", "")])


@settings(deadline=None)
@given(st.text(max_size=40), st.sampled_from(["terms", "regex"]))
def test_whatever_is_typed_is_found_or_refused_with_a_sentence(pattern: str, kind: CheckKind) -> None:
    try:
        found = find_pattern(kind, pattern, [("Ada lives in Rome", "no"), (None, "")], seconds=0.2)
    except SettingError:
        return
    assert found[1].base is False  # where there is no answer nothing is found


@pytest.mark.parametrize("pattern", ["(?R)?a", "(?P<x>(?&x)?a)", "(?:(?R)|a)", "(a)(?1)", "(?P<x>a)(?P>x)"])
def test_a_pattern_that_calls_itself_is_refused_before_it_is_tried(pattern: str) -> None:
    with pytest.raises(SettingError, match="calls itself"):
        find_pattern("regex", pattern, [("a", "aaa")])
