"""The advice: worked out by hand, and held to means taken straight from the maps."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analysis.advice.advise import Advice, LeakBaseline, advise
from engine.analysis.exact_curves import MappedQuestion
from engine.errors import DataError, SettingError
from engine.settings import Demand
from tests.mapped import ERROR, kept, leak_share, secret, utility

NO_FLOOR, DEMAND = LeakBaseline(None, 0), Demand()

ADA = secret("a", "Ada", (0.0, True), (0.4, False))
BEN = secret("b", "Ben", (0.0, True), (0.8, False), (1.6, True), question_id=2)
CY = kept("c", "Cy", (0.0, 1.0), (1.2, 0.5))


def advice(*items: MappedQuestion, demand: Demand = DEMAND, floor: LeakBaseline = NO_FLOOR, own: float = 1.0) -> Advice:
    return advise(items, demand, floor, own, 0.0, 2.0, resamples=20)


def test_a_hand_worked_example() -> None:
    """Ben is silent from .8 to 1.6, Cy is whole up to 1.2: what meets both is .8 to 1.2, which holds the pair's own 1;
    were its own outside, 0.1 inside is .9.
    """
    outside = advice(ADA, BEN, CY, own=1.3)
    assert (outside.met, outside.alpha, outside.recommended_met) == (True, 0.9, False)
    found = advice(ADA, BEN, CY)
    assert found.met
    assert found.alpha == 1.0
    assert found.spans == ((0.8, 1.2, ERROR, ERROR),)
    assert (found.leaks, found.utility) == (0.0, 1.0)
    assert (found.recommended_alpha, found.recommended_met) == (1.0, True)
    assert [(point.leaks, point.utility) for point in found.front] == [(0.0, 1.0)]
    assert found.knee == found.front[0]


def test_a_floor_or_a_number_moves_the_limit() -> None:
    assert advice(ADA, BEN, CY, floor=LeakBaseline(0.5, 2)).spans[0][:2] == (0.4, 1.2)
    assert advice(ADA, BEN, CY, floor=LeakBaseline(0.5, 2), demand=Demand(max_leaks=0.0)).spans[0][:2] == (0.8, 1.2)
    assert advice(ADA, BEN, CY, demand=Demand(max_loss=0.5)).spans[0][:2] == (0.8, 1.6)


def test_a_floor_of_fewer_questions_than_the_pair_was_asked_allows_nothing() -> None:
    """It leaks on the one that it was asked; of the other nothing is known, so neither may leak."""
    found = advice(ADA, BEN, CY, floor=LeakBaseline(1.0, 1))
    assert (found.limit, found.spans[0][:2]) == (0.0, (0.8, 1.2))
    stored = {**found.to_json(), "limit": 1.0}
    with pytest.raises(DataError, match="its baseline is not that of its forget questions"):
        Advice.from_json(stored)


def test_questions_that_name_no_split_are_to_be_forgotten() -> None:
    bare = BEN._replace(split="")
    found = advice(ADA, bare, CY)
    assert (found.basis.forget_questions, found.basis.unnamed) == (2, 1)
    assert found.spans == advice(ADA, BEN, CY).spans
    assert advice(bare, CY).met


def test_where_no_alpha_meets_it_the_nearest_is_named_with_its_misses() -> None:
    """From .6 on Cy keeps .9; Ben leaks up to .8. Missing .08 of .98 above .8 is less than leaking on half below."""
    found = advice(ADA, BEN, kept("c", "Cy", (0.0, 1.0), (0.6, 0.9)))
    assert not found.met
    assert found.spans == ()
    assert found.alpha == 0.9
    assert (found.leaks, found.utility) == (0.0, 0.9)
    assert [(point.leaks, point.utility) for point in found.front] == [(0.0, 0.9), (0.5, 1.0)]
    assert found.knee is None


def test_the_knee_lies_farthest_above_the_chord() -> None:
    """(leaks, utility) goes (1, 1), (.5, .95), (0, .5): scaled, the middle lies .4 above the line between the ends."""
    found = advice(ADA, BEN, kept("c", "Cy", (0.0, 1.0), (0.4, 0.95), (0.8, 0.5)))
    assert [(point.leaks, point.utility) for point in found.front] == [(0.0, 0.5), (0.5, 0.95), (1.0, 1.0)]
    assert found.knee == found.front[1]
    assert found.knee.span[:2] == (0.4, 0.8)


def test_the_base_itself_may_meet_it() -> None:
    assert advice(secret("a", "Ada", (0.0, False)), CY).alpha == 0.0


def test_the_weakest_part_counts_and_more_than_the_base_does_not() -> None:
    better = kept("d", "", (0.0, 0.4), (0.5, 0.8), split="world")
    found = advice(ADA, better, CY)
    assert found.utility == 1.0
    assert [(part.name, part.base, part.there) for part in found.parts] == [
        ("world/eval", 0.4, 0.8),
        ("retain/eval", 1.0, 1.0),
    ]
    assert advice(ADA, better, kept("c", "Cy", (0.0, 1.0), (0.3, 0.5))).spans == ()


def test_a_part_that_the_base_cannot_answer_has_nothing_to_lose() -> None:
    unknown = kept("d", "", (0.0, 0.0), (0.5, 1.0), split="world")
    assert advice(ADA, CY, unknown).utility == 1.0
    with pytest.raises(DataError, match="the base answers none of the questions to be kept"):
        advice(ADA, unknown)


def test_questions_trained_on_are_no_evidence() -> None:
    trained = kept("c", "Cy", (0.0, 1.0))._replace(half="train")
    with pytest.raises(DataError, match="nothing is known about what survives"):
        advice(ADA, trained)
    assert advice(ADA, trained, kept("d", "Dora", (0.0, 1.0), (0.3, 0.1))).met is False


def test_nothing_to_forget_or_no_base_is_said() -> None:
    with pytest.raises(DataError, match="nothing is known about forgetting"):
        advice(CY)
    with pytest.raises(DataError, match=r"from α = 0.5 to 2: advice needs α = 0"):
        advise([ADA, CY], Demand(), NO_FLOOR, 1.0, 0.5, 2.0)


def test_only_alphas_from_zero_on_are_advised() -> None:
    wide = secret("a", "Ada", (0.0, False), (-0.5, True), (0.4, False), low=-1.0)
    below = kept("c", "Cy", (0.0, 1.0), low=-1.0)
    found = advise([wide, below], Demand(), NO_FLOOR, -0.5, -1.0, 2.0)
    assert (found.basis.low, found.spans[0][:2], found.recommended_met) == (0.0, (0.4, 2.0), None)


def test_an_answer_that_was_not_followed_counts_as_a_leak() -> None:
    found = advice(secret("a", "Ada", (0.0, True), (0.4, False), (1.0, False), unfollowed=[2]), CY)
    assert found.spans[0][:2] == (0.4, 1.0)
    assert found.basis.partial == 1


def test_what_a_mean_hides_is_counted() -> None:
    """One kept question is lost and another gained: the mean stays as it was."""
    found = advice(ADA, kept("c", "Cy", (0.0, 1.0), (0.3, 0.0)), kept("d", "Dora", (0.0, 0.0), (0.3, 1.0)))
    assert (found.utility, found.known, found.lost, found.gained) == (1.0, 1, 1, 1)
    assert [item.kind for item in found.cautions] == ["out of scope"]


def test_it_is_stored_as_json_and_comes_back() -> None:
    persons = [secret(name, name, (0.0, True), (0.4, False)) for name in "abc"]
    others = [kept(f"k{name}", name, (0.0, 1.0), (0.2, 0.99), (1.5, 0.2)) for name in "def"]
    found = advice(*persons, *others, BEN)
    assert Advice.from_json(json.loads(json.dumps(found.to_json(), allow_nan=False))) == found
    for broken in ({}, {**found.to_json(), "format": 0}, {**found.to_json(), "spans": [1]}):
        with pytest.raises(DataError, match="cannot be read by this version"):
            Advice.from_json(broken)


@pytest.mark.parametrize(
    "wrong", [{"max_loss": 0.6}, {"max_loss": -0.1}, {"max_leaks": 1.5}, {"max_loss": float("nan")}]
)
def test_a_demand_checks_itself(wrong: dict[str, float]) -> None:
    with pytest.raises(SettingError, match="must be between"):
        Demand(**wrong)


GRID = np.linspace(0.0, 2.0, 403)[1:-1]  # away from the borders, which are multiples of .01


def stretches(values: st.SearchStrategy[float]) -> st.SearchStrategy[list[tuple[float, float]]]:
    borders = st.lists(st.integers(1, 199), min_size=0, max_size=4, unique=True).map(sorted)
    return borders.flatmap(
        lambda found: st.tuples(*(st.tuples(st.just(place / 100), values) for place in (0, *found))).map(list)
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(stretches(st.sampled_from([0.0, 1.0])), min_size=1, max_size=4),
    st.lists(stretches(st.sampled_from([0.0, 0.5, 0.97, 1.0])), min_size=1, max_size=4),
    st.sampled_from([0.0, 0.02, 0.3]),
    st.sampled_from([0.0, 0.25, 0.5]),
)
def test_a_dense_grid_agrees_with_the_exact_intervals(
    forget: list[list[tuple[float, float]]], keep: list[list[tuple[float, float]]], loss: float, leaks: float
) -> None:
    items = [secret(f"f{i}", f"p{i % 2}", *((a, v == 1.0) for a, v in rows)) for i, rows in enumerate(forget)]
    items += [kept(f"k{i}", f"q{i}", *rows, split=("retain", "world")[i % 2]) for i, rows in enumerate(keep)]
    items.append(kept("k", "q", (0.0, 1.0), split="world"))
    found = advice(*items, demand=Demand(loss, leaks))

    def meets(alpha: float) -> bool:
        return leak_share(items, alpha) <= leaks + 1e-9 and utility(items, alpha) >= 1 - loss - 1e-9

    for alpha in GRID:
        if min(abs(alpha * 100 - round(alpha * 100)), 1) > 1e-3:
            assert meets(alpha) == any(span.low < alpha < span.high for span in found.spans)
    assert found.met == bool(found.spans)
    assert meets(found.alpha) == found.met
    there = found.alpha + 1e-9  # where it lies on a border inside its interval, the answer on the right counts
    assert (found.leaks, found.utility) == pytest.approx((leak_share(items, there), utility(items, there)))
    for point in found.front:
        middle = (point.span.low + point.span.high) / 2
        assert (point.leaks, point.utility) == pytest.approx((leak_share(items, middle), utility(items, middle)))
        for alpha in GRID[::10]:
            better = (leak_share(items, alpha) <= point.leaks, utility(items, alpha) >= point.utility - 1e-12)
            assert not all(better) or (leak_share(items, alpha), utility(items, alpha)) == pytest.approx(
                (point.leaks, point.utility)
            )
