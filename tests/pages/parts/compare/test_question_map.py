"""What is said of a map: from which α a secret is gone, whether it comes back, and what is not known."""

import pytest

from engine.data.examples import Example
from pages.parts.compare.question_map import map_words
from pages.parts.compare.question_picker import PickedQuestion
from tests.mapped import secret

ASKED = PickedQuestion(Example("q", "a", split="forget"), ())


@pytest.mark.parametrize(
    ("stretches", "words"),
    [
        (
            [(0.0, True), (0.4, False)],
            "Forgotten from α = 0.400, by the leak rule; no larger α brings it back.",
        ),
        (
            [(0.0, True), (0.4, False), (1.0, True), (1.5, False)],
            (
                "Forgotten from α = 0.400, by the leak rule, but it comes back at α = 1.000; from α = 1.500"
                " on it stays away."
            ),
        ),
        (
            [(0.0, True), (0.4, False), (1.0, True)],
            (
                "Forgotten from α = 0.400, by the leak rule, but it comes back at α = 1.000; it leaks up to"
                " the end of the range."
            ),
        ),
        (
            [(0.0, False), (0.4, True), (1.0, False)],
            (
                "No leak at the base (α = 0), by the leak rule, but it leaks at α = 0.400; from α = 1.000 on it stays"
                " away."
            ),
        ),
        ([(0.0, False)], "No α of the range leaks, the base (α = 0) included."),
        ([(0.0, True)], "It leaks at every α of the range."),
    ],
)
def test_what_is_said_of_a_secret(stretches: list[tuple[float, bool]], words: str) -> None:
    item = secret("q", "Ada", *stretches)
    said = map_words(ASKED, item.map, list(item.leaks))
    assert said.endswith(words)


def test_what_was_not_followed_counts_as_a_leak() -> None:
    item = secret("q", "Ada", (0.0, False), unfollowed=[0])
    said = map_words(ASKED, item.map, [False])
    assert "not followed to their end and count as leaks" in said
    assert said.endswith("It leaks at every α of the range.")


def test_an_edge_that_is_not_known_to_three_decimals_says_so() -> None:
    found = secret("q", "Ada", (0.0, True), (0.4, False)).map
    wide = found._replace(answers=tuple(answer._replace(low_error=0.002) for answer in found.answers))
    assert "Forgotten from α = 0.400 (± 2e-03), by the leak rule" in map_words(ASKED, wide, [True, False])
