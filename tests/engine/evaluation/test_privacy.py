import math
from collections.abc import Sequence
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import DataError, SettingError
from engine.evaluation.privacy import (
    UNDEFINED,
    PrivacyEstimate,
    PrivLeak,
    Rows,
    ScoredQuestion,
    compare_aucs,
    membership_auc,
    privleak,
)

VALUES = st.lists(st.integers(-3, 3).map(float) | st.floats(-3, 3), min_size=1, max_size=12)


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def side(values: Sequence[float | None], persons: str = "") -> list[ScoredQuestion]:
    """Questions 0, 1, ...; each its own person where `persons` does not name one letter for each."""
    return [ScoredQuestion(i, persons[i] if persons else "", value) for i, value in enumerate(values)]


def area(forget: Sequence[float | None], holdout: Sequence[float | None]) -> float:
    value = membership_auc(side(forget), side(holdout), generator(), resamples=2).value
    assert value is not None
    return value


def slow_area(forget: Sequence[float], holdout: Sequence[float]) -> float:
    """Trapezoids under the ROC curve of label 1 = holdout, threshold by threshold: as sklearn's roc_auc_score has
    it.
    """
    points = [(0.0, 0.0)]
    for threshold in sorted({*forget, *holdout}, reverse=True):
        points.append(tuple(sum(v >= threshold for v in each) / len(each) for each in (forget, holdout)))  # type: ignore[arg-type]
    return math.fsum((x - w) * (y + z) / 2 for (w, z), (x, y) in zip(points, points[1:], strict=False))


def test_area_by_hand() -> None:
    """Pairs (forget, holdout): 1<2, 1<3, 3>2, 3=3: two wins, one half, of four."""
    found = membership_auc(side([1.0, 3.0, None]), side([2.0, 3.0]), generator())
    assert (found.value, found.rows, found.reason) == (0.625, Rows(2, 2), "")
    assert area([0.1, 0.2], [1.0, 2.0]) == 1.0  # forget likelier throughout
    assert area([1.0, 2.0], [0.1, 0.2]) == 0.0
    assert area([1.0], [1.0]) == 0.5
    assert area([math.inf, 1.0], [math.inf, 2.0]) == 0.625


@given(VALUES, VALUES)
def test_area_equals_the_roc_curve(forget: list[float], holdout: list[float]) -> None:
    assert area(forget, holdout) == pytest.approx(slow_area(forget, holdout), abs=1e-12)


@given(VALUES, VALUES, st.randoms())
def test_area_has_a_complement_and_no_order(forget: list[float], holdout: list[float], draw: object) -> None:
    found = area(forget, holdout)
    assert area(holdout, forget) == pytest.approx(1 - found, abs=1e-12)
    assert area([-v for v in forget], [-v for v in holdout]) == pytest.approx(1 - found, abs=1e-12)
    mixed, others = list(forget), list(holdout)
    draw.shuffle(mixed)  # type: ignore[attr-defined]
    draw.shuffle(others)  # type: ignore[attr-defined]
    assert area(mixed, others) == found
    assert (
        area([8 * v for v in forget], [8 * v for v in holdout]) == found
    )  # the order of the scores is all that counts


def test_persons_are_resampled_not_questions() -> None:
    """Two persons a side: a resample takes one of them twice or both, so it is 0, 1 or between."""
    forget, holdout = side([0.0] * 20 + [2.0] * 20, "a" * 20 + "b" * 20), side([1.0] * 40, "c" * 20 + "d" * 20)
    persons = membership_auc(forget, holdout, generator())
    alone = membership_auc(side([0.0] * 20 + [2.0] * 20), side([1.0] * 40), generator())
    assert (persons.value, persons.low, persons.high) == (0.5, 0.0, 1.0)
    assert alone.low is not None
    assert 0.3 < alone.low < 0.5


def test_the_interval_is_that_of_areas_worked_out_one_by_one() -> None:
    """Every way to draw three persons a side, weighted alike: the slow bootstrap, against many fast draws."""
    forget, holdout = [[0.0, 2.0], [1.0], [3.0]], [[1.5], [2.5, 0.5], [1.0]]
    areas = [
        slow_area([v for i in ours for v in forget[i]], [v for i in theirs for v in holdout[i]])
        for ours in product(range(3), repeat=3)
        for theirs in product(range(3), repeat=3)
    ]
    ours, theirs = (
        [ScoredQuestion((i, j), f"person {i}", v) for i, values in enumerate(each) for j, v in enumerate(values)]
        for each in (forget, holdout)
    )
    found = membership_auc(ours, theirs, generator(), resamples=40_000)
    low, high = np.percentile(areas, [2.5, 97.5])
    assert (found.low, found.high) == (pytest.approx(low, abs=0.02), pytest.approx(high, abs=0.02))


def test_an_interval_is_seeded_and_one_person_has_none() -> None:
    forget, holdout = side([0.0, 1.0, 2.0]), side([1.0, 3.0])
    assert membership_auc(forget, holdout, generator(3)) == membership_auc(forget, holdout, generator(3))
    one = membership_auc(side([0.0, 1.0], "aa"), holdout, generator())
    assert one == PrivacyEstimate(1 - 0.5 / 4, None, None, Rows(2, 2))


def test_without_rows_there_is_no_area_and_a_reason() -> None:
    assert membership_auc(side([None]), side([1.0]), generator()) == PrivacyEstimate(
        None, None, None, Rows(0, 1), "no forget question has a score"
    )
    assert membership_auc([], [], generator()).reason == "no forget and no holdout question has a score"
    with pytest.raises(SettingError, match="got nan"):
        membership_auc(side([math.nan]), side([1.0]), generator())


@pytest.mark.parametrize(
    ("auc", "retain", "value"),
    [
        (0.5, 0.5, 0.0),
        (0.75, 0.5, -50.0),  # the forget set still shows: under-forgotten
        (0.25, 0.5, 50.0),
        (1.0, 0.5, -100.0),
        (0.0, 0.75, 300.0),
        (0.5, 0.0, -50.0),
    ],
)
def test_privleak_by_hand(auc: float, retain: float, value: float) -> None:
    assert privleak(auc, retain) == PrivLeak(value)


def test_privleak_without_a_reference_is_none_with_a_reason() -> None:
    assert privleak(0.5, 1.0) == PrivLeak(None, UNDEFINED)
    assert privleak(0.5, None) == PrivLeak(None, "no retain model")
    assert privleak(None, 0.5) == PrivLeak(None, "no AUC of the model")
    with pytest.raises(SettingError, match="auc_retain must be between 0 and 1, got 1.5"):
        privleak(0.5, 1.5)


def test_a_model_beside_itself_differs_by_nothing() -> None:
    forget, holdout = side([0.0, 1.0, 2.0, 1.0]), side([1.0, 3.0, 0.5])
    found = compare_aucs(forget, holdout, forget, holdout, generator())
    assert found.difference[:3] == (0.0, 0.0, 0.0)  # in every resample: the persons drawn are the same
    assert found.auc == found.auc_retain == membership_auc(forget, holdout, generator())
    assert found.privleak.value == 0.0


def test_comparison_by_hand() -> None:
    """Ours: 1<2, 1<3, 0<2, 0<3: 1. Theirs: 1<2, 1<3, 4>2, 4>3: ½. What one of the two has not scored is left out."""
    ours = side([1.0, 0.0, None, 9.0]), side([2.0, 3.0, None])
    theirs = side([1.0, 4.0, 0.0, None]), side([2.0, 3.0, 1.0])
    found = compare_aucs(*ours, *theirs, generator())
    assert (found.auc.value, found.auc_retain.value, found.difference.value) == (1.0, 0.5, 0.5)
    assert found.privleak.value == -100.0
    assert {each.rows for each in found} == {Rows(2, 2)}
    assert (found.difference.low, found.difference.high) == (0.0, 1.0)
    assert (found.privleak.low, found.privleak.high) == (None, None)  # some draws have AUC_retain = 1
    assert found.privleak.reason == ""


def test_privleak_has_the_interval_of_its_draws() -> None:
    """Theirs is ½ in every draw, ours 0, ½ or 1: so PrivLeak runs from −100 to 100."""
    ours, same = side([0.0, 2.0]), side([1.0, 1.0])
    found = compare_aucs(ours, side([1.0, 1.0]), same, same, generator())
    assert found.privleak[:3] == (0.0, -100.0, 100.0)


def test_comparison_where_something_is_missing() -> None:
    one, two = side([1.0, 0.0], "aa"), side([2.0, 3.0])
    found = compare_aucs(one, two, one, two, generator())
    assert found.difference == PrivacyEstimate(0.0, None, None, Rows(2, 2))
    assert found.privleak == PrivacyEstimate(None, None, None, Rows(2, 2), UNDEFINED)
    nothing = compare_aucs(one, side([None, 1.0]), one, side([1.0, None]), generator())
    assert {each.reason for each in nothing} == {"no holdout question has a score from both models"}


def test_a_reference_over_other_questions_is_refused() -> None:
    two, three = side([1.0, 2.0]), side([1.0, 2.0, 3.0])
    with pytest.raises(DataError, match="retain model was not asked 1 of the other's forget questions, the first is 2"):
        compare_aucs(three, two, two, two, generator())
    with pytest.raises(DataError, match="the run was not asked 1 of the other's holdout questions, the first is 2"):
        compare_aucs(two, two, two, three, generator())
