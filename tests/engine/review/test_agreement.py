from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.review.agreement import agreements, cohens_kappa
from engine.review.queue import ReviewRow

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def row(question: int, verdict: str, reviewer: str, stale: str = "") -> ReviewRow:
    return ReviewRow(question, verdict, reviewer, "", NOW, stale, disputed=False)


def test_by_hand() -> None:
    """The table of 50 applications that is often used to explain it: 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no."""
    pairs = [("yes", "yes")] * 20 + [("yes", "no")] * 5 + [("no", "yes")] * 10 + [("no", "no")] * 15
    assert cohens_kappa(pairs) == pytest.approx(0.4)


def test_edges() -> None:
    assert cohens_kappa([]) is None
    assert cohens_kappa([("a", "a")] * 3) is None
    assert cohens_kappa([("a", "b")] * 3) == 0.0
    assert cohens_kappa([("a", "a"), ("b", "b")]) == 1.0
    assert cohens_kappa([("a", "b"), ("b", "a")]) == -1.0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), max_size=40))
def test_it_lies_in_its_range_and_does_not_depend_on_who_is_first(pairs: list[tuple[str, str]]) -> None:
    kappa = cohens_kappa(pairs)
    assert kappa == cohens_kappa([(b, a) for a, b in pairs]) == cohens_kappa(pairs[::-1])
    assert kappa is None or -1.0 <= kappa <= 1.0
    assert kappa != 1.0 or all(a == b for a, b in pairs)


def test_every_two_reviewers_over_what_both_judged() -> None:
    rows = [
        row(1, "leaks", "Ben"),
        row(1, "leaks", "Ada"),
        row(2, "leaks", "Ben"),
        row(2, "forgotten", "Ada"),
        row(3, "forgotten", "Ada"),
        row(3, "forgotten", "Ben"),
        row(4, "unsure", "Ada"),
        row(5, "unsure", "Ada", stale="the answers differ"),
        row(5, "unsure", "Ben"),
        row(4, "unsure", "Cy", stale="the answers differ"),
        row(6, "", ""),
    ]
    (found,) = agreements(rows)
    assert (found.first, found.second, found.both, found.same) == ("Ada", "Ben", 3, 2)
    assert found.kappa == pytest.approx(0.4)
    assert found.words == "Ada and Ben: the same verdict on 2 of 3 answers (κ = 0.40)"
    assert agreements([row(1, "leaks", "Ada"), row(2, "leaks", "Ben")]) == []
    assert agreements([]) == []
