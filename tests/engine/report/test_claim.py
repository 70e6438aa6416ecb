"""The claim: which threshold, and how a figure and its interval come out against it. Worked out by hand."""

import pytest

from engine.report.claim import make_claim
from engine.report.parts import Criterion, Mean, Measured
from engine.settings import Demand


def mean(model: str, value: float | None, low: float | None = None, high: float | None = None, n: int = 10) -> Mean:
    return Mean(model, value, low, high, n, 5, 0, False, "" if value is not None else "not asked")


def measured(metric: str, split: str, *means: Mean, half: str = "") -> Measured:
    known = {item.model: item for item in means}
    whole = [known.get(name, mean(name, None, n=0)) for name in ("base", "unlearned", "direct", "retain-only")]
    return Measured("s", split, half, metric, metric, "", tuple(whole))


def only(*items: Measured, demand: Demand | None = None) -> Criterion:
    (found,) = make_claim(items, demand or Demand(), 1.0, "p", "").criteria
    return found


@pytest.mark.parametrize(
    ("share", "high", "floor", "state"),
    [(0.1, 0.2, 0.3, "pass"), (0.1, 0.4, 0.3, "note"), (0.3, 0.3, 0.3, "pass"), (0.31, 0.4, 0.3, "fail")],
)
def test_leaks_are_held_against_the_retain_model(share: float, high: float, floor: float, state: str) -> None:
    found = only(measured("leak", "forget", mean("unlearned", share, 0.0, high), mean("retain-only", floor, 0.1, 0.5)))
    assert (found.state, found.limit, found.floor, found.floor_high) == (state, floor, floor, 0.5)


def test_without_a_whole_baseline_nothing_may_leak() -> None:
    none = only(measured("leak", "forget", mean("unlearned", 0.1, 0.0, 0.2)))
    assert (none.state, none.limit) == ("fail", 0.0)
    assert "was asked none of them" in none.failure
    some = only(measured("leak", "forget", mean("unlearned", 0.0, 0.0, 0.0), mean("retain-only", 0.5, n=4)))
    assert (some.state, some.limit, some.floor) == ("pass", 0.0, 0.5)
    assert "only 4 of 10" in some.failure


def test_a_share_that_is_allowed_takes_the_place_of_the_baseline() -> None:
    found = only(measured("leak", "forget", mean("unlearned", 0.1, 0.0, 0.1)), demand=Demand(max_leaks=0.2))
    assert (found.state, found.limit) == ("pass", 0.2)


def test_a_question_without_a_split_is_to_be_forgotten() -> None:
    assert only(measured("leak_paraphrase", "", mean("unlearned", 0.1, 0.0, 0.2))).state == "fail"


@pytest.mark.parametrize(("value", "low", "state"), [(0.79, -0.01, "pass"), (0.79, -0.05, "note"), (0.7, -0.2, "fail")])
def test_utility_is_held_against_the_base_by_the_paired_difference(value: float, low: float, state: str) -> None:
    base = mean("base", 0.8, 0.7, 0.9)._replace(difference=value - 0.8, difference_low=low)
    found = only(measured("rouge", "retain", base, mean("unlearned", value, 0.6, 0.9), half="eval"))
    assert found.state == state
    assert found.limit == pytest.approx(0.784)


def test_a_base_that_knows_nothing_loses_nothing() -> None:
    found = only(measured("rouge", "world", mean("base", 0.0), mean("unlearned", 0.0)))
    assert (found.state, found.limit) == ("note", None)


def test_what_was_trained_on_or_never_taught_is_no_utility() -> None:
    trained = measured("rouge", "retain", mean("base", 1.0), mean("unlearned", 1.0), half="train")
    holdout = measured("rouge", "holdout", mean("base", 1.0), mean("unlearned", 1.0))
    assert make_claim([trained, holdout], Demand(), 1.0, "p", "").criteria == ()


def test_no_figure_and_no_interval_are_said() -> None:
    none = only(measured("leak", "forget", mean("unlearned", None)))
    assert (none.state, none.said) == ("note", "n/a: not asked.")
    alone = mean("unlearned", 0.0)._replace(reason="one person")
    assert "is not known: one person" in only(measured("leak", "forget", alone)).said


def test_a_base_held_against_itself_says_so() -> None:
    """A report at α = 0: there is no difference to take, and so no interval of it."""
    found = only(measured("rouge", "world", mean("base", 0.8, 0.7, 0.9), mean("unlearned", 0.8, 0.7, 0.9)))
    assert (found.state, found.said.partition(": ")[2]) == ("pass", "here the base is the model itself.")


def test_no_share_of_leaks_of_a_ruined_pair_meets_anything() -> None:
    """It tells nothing because it talks nonsense; what it leaks all the same still fails."""
    base = mean("base", 0.8, 0.7, 0.9)._replace(difference=0.0, difference_low=0.0)
    none, kept = (
        measured("leak", "forget", mean("unlearned", 0.0, 0.0, 0.0)),
        measured("rouge", "retain", base, mean("unlearned", 0.8, 0.7, 0.9), half="eval"),
    )
    sound = make_claim([none, kept], Demand(), 1.0, "p", "").criteria
    ruined = make_claim([none, kept], Demand(), 1.0, "p", "", "It talks nonsense.").criteria
    assert [item.state for item in sound] == ["pass", "pass"]
    assert [item.state for item in ruined] == ["note", "pass"]
    assert "shows nothing" in ruined[0].said
    some = measured("leak", "forget", mean("unlearned", 0.5, 0.4, 0.6))
    assert make_claim([some], Demand(), 1.0, "p", "", "It talks nonsense.").criteria[0].state == "fail"
