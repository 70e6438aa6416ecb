"""Two runs, paired by question."""

import numpy as np
import pytest

from engine.analysis.figures import ONE_PERSON, SEED
from engine.analysis.paired import NO_SPREAD, Difference, compare_runs
from engine.errors import RunError
from tests.one_interval import mean_interval
from tests.stored_runs import ADA, BEN, EXAMPLES, store_run, store_set


def forget_of(first: int, second: int) -> dict[str, Difference]:
    return {item.metric: item for item in compare_runs(first, second, 1.0, 1.0).differences if item.split == "forget"}


def test_differences_are_of_the_same_question() -> None:
    ids = store_set()[:4]
    before, after = (0.1, 0.9, 0.2, 0.8), (0.3, 0.8, 0.9, 0.9)
    first, second = (store_run(n, {"rouge": dict(zip(ids, v, strict=True))}) for n, v in (("a", before), ("b", after)))
    found = forget_of(first, second)["rouge"]
    moved = [b - a for a, b in zip(before, after, strict=True)]
    wanted = mean_interval(moved, [ADA, ADA, BEN, BEN], np.random.default_rng(SEED))
    assert (found.first, found.second) == (pytest.approx(0.5), pytest.approx(0.725))
    assert (found.mean, found.low, found.high) == tuple(pytest.approx(value) for value in wanted[:3])
    assert found.words == "+0.225 [0.050, 0.400], n 4, 2 people"  # Ada's two move by .05 on average, Ben's by .4


def test_questions_of_one_run_alone_are_left_out_and_counted() -> None:
    ids = store_set()
    first = store_run("a", {"rouge": dict(zip(ids[:4], (0.0, 0.0, 0.0, 1.0), strict=True))})
    second = store_run("b", {"rouge": dict(zip(ids[2:5], (0.5, 1.0, 1.0), strict=True))})
    found = compare_runs(first, second, 1.0, 1.0)
    assert (found.shared, found.only_first, found.only_second) == (2, 2, 1)
    (difference,) = found.differences
    assert (difference.first, difference.second, difference.mean) == (0.5, 0.75, 0.25)
    assert "2 questions were asked by both; left out are 2 that only run a" in found.left_out_words
    assert difference.reason == ONE_PERSON


def test_a_question_of_another_set_is_paired_by_its_content() -> None:
    ids, copies = store_set("one"), store_set("two", EXAMPLES[::-1])
    first = store_run("a", {"rouge": {key: place / 10 for place, key in enumerate(ids)}})
    second = store_run("b", {"rouge": {key: (5 - place) / 10 for place, key in enumerate(copies)}})
    found = compare_runs(first, second, 1.0, 1.0)
    assert (found.shared, found.only_first) == (6, 0)
    assert [item.reason for item in found.differences] == [NO_SPREAD] * 2
    assert found.left_out_words == "6 questions were asked by both, and none by only one"


def test_runs_without_a_question_in_common_are_refused() -> None:
    ids = store_set()
    first, second = store_run("a", {"rouge": {ids[0]: 1.0}}), store_run("b", {"rouge": {ids[1]: 1.0}})
    with pytest.raises(RunError, match=rf"run a \({first}\) and run b \({second}\) have no question in common"):
        compare_runs(first, second, 1.0, 1.0)


def test_a_measure_that_one_side_lacks_says_which() -> None:
    ids = store_set()[:4]
    first = store_run(
        "a", {"rouge": dict.fromkeys(ids, 1.0), "kl": dict.fromkeys(ids, 0.1), "leak": dict.fromkeys(ids)}
    )
    second = store_run("b", {"rouge": dict.fromkeys(ids, 1.0), "leak": dict.fromkeys(ids, 1.0)})
    found = forget_of(first, second)
    assert (found["kl"].mean, found["kl"].questions) == (None, 0)
    assert found["kl"].reason == f"run b ({second}) has no scores of it on these questions"
    assert found["leak"].mean is None
    flags = {item.what: item.words for item in compare_runs(first, second, 1.0, 1.0).unlike}
    assert flags == {"measures": "other measures: kl in the first, none that the other lacks in the second"}


def test_scores_of_different_questions_are_not_paired() -> None:
    ids = store_set()[:2]
    first = store_run("a", {"rouge": {ids[0]: 1.0, ids[1]: None}})
    second = store_run("b", {"rouge": {ids[0]: None, ids[1]: 1.0}})
    assert forget_of(first, second)["rouge"].reason == "no question was scored in both runs"


def test_one_run_at_two_alphas(finished: int) -> None:
    found = compare_runs(finished, finished, 0.0, 1.0)
    assert found.unlike == []
    assert found.only_first == found.only_second == 0
    assert any(item.mean for item in found.differences)


def test_an_alpha_without_scores_and_an_unknown_run_are_refused(finished: int) -> None:
    with pytest.raises(RunError, match="it has them at: 0, 1"):
        compare_runs(finished, finished, 0.0, 0.3)
    with pytest.raises(RunError, match="there is no run 99"):
        compare_runs(finished, 99, 0.0, 1.0)
