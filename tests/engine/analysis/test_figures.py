"""Means of stored runs with their intervals, against one interval at a time and numbers worked out by hand."""

from typing import Any

import numpy as np
import pytest

from engine.analysis.figures import (
    ONE_PERSON,
    ONE_QUESTION,
    SEED,
    Figure,
    figure_of,
    number_words,
    people_words,
    run_figures,
    with_intervals,
)
from engine.data.examples import Example
from engine.errors import RunError
from engine.evaluation.bootstrap import none_of
from engine.store import history
from tests.one_interval import mean_interval
from tests.stored_runs import store_run, store_set


def by_metric(figures: list[Figure], split: str = "forget") -> dict[str, Figure]:
    return {item.metric: item for item in figures if item.split == split}


def test_every_stored_mean_is_a_figure_with_the_interval_of_its_column(finished: int) -> None:
    found = {(item.split, item.metric): item for item in run_figures(finished, 1.0)}
    scores = history.question_scores(finished, 1.0).sort_values("question_id")
    assert len(found) == len(scores.groupby(["split", "metric"]))
    for (split, metric), part in scores.groupby(["split", "metric"]):
        values = [None if value is None or value != value else value for value in part["value"]]
        wanted = mean_interval(values, list(part["subject"]), np.random.default_rng(SEED))
        figure = found[str(split), str(metric)]
        assert (figure.questions, figure.persons) == (wanted.questions, wanted.clusters)
        assert figure.mean == pytest.approx(wanted.mean)
        if not figure.bounded:
            assert (figure.low, figure.high) == (pytest.approx(wanted.low), pytest.approx(wanted.high))
    assert run_figures(finished, 1.0) == run_figures(finished, 1.0)


def test_means_counts_and_people_by_hand() -> None:
    ids = store_set()
    values = dict(zip(ids, (0.0, 0.5, 1.0, 0.5, 0.25, None), strict=True))
    found = run_figures(store_run("r", {"rouge": values}), 1.0)
    assert [(item.split, item.half, item.mean, item.questions) for item in found] == [
        ("forget", "", 0.5, 4),
        ("world", "eval", 0.25, 1),
    ]
    forget, world = found
    assert (forget.low, forget.high) == (0.25, 0.75)  # two persons: either may stand for both
    assert forget.words == "0.500 [0.250, 0.750], n 4, 2 people"
    assert (world.low, world.reason, world.persons, world.unnamed) == (None, ONE_QUESTION, 0, 1)
    assert world.words == "0.250 [n/a], n 1, no person named"


def test_intervals_stand_beside_the_means_of_their_own_run_and_alpha() -> None:
    ids = store_set()
    values = dict(zip(ids, (0.0, 0.5, 1.0, 0.5, 0.25, None), strict=True))
    runs = store_run("r", {"rouge": values}), store_run("same-but-one", {"rouge": values | {ids[0]: 0.5}})
    asked: list[tuple[int, float]] = []

    def remembered(run_id: int, alpha: float) -> list[Figure]:
        asked.append((run_id, alpha))
        return run_figures(run_id, alpha)

    found = with_intervals(history.trade_off(list(runs)), remembered).set_index(["run_id", "split"])
    assert sorted(asked) == [(runs[0], 1.0), (runs[1], 1.0)], "each run and alpha is worked out once"
    assert found.loc[(runs[0], "forget"), "text"] == "0.500 [0.250, 0.750], n 4, 2 people"
    for run_id in runs:
        forget = by_metric(run_figures(run_id, 1.0))["rouge"]
        row: Any = found.loc[(run_id, "forget")]
        assert (row["mean"], row["low"], row["high"]) == (forget.mean, forget.low, forget.high)


def test_one_person_alone_has_a_mean_and_no_interval() -> None:
    ids = store_set()
    (found,) = run_figures(store_run("r", {"rouge": dict.fromkeys(ids[:2], 0.5)}), 1.0)
    assert (found.mean, found.low, found.high, found.reason) == (0.5, None, None, ONE_PERSON)


@pytest.mark.parametrize(
    ("metric", "reason"),
    [("rouge_paraphrase", "paraphrase"), ("truth_ratio", "wrong answers"), ("kl", "could not be taken")],
)
def test_a_measure_without_a_score_says_why_and_is_not_nought(metric: str, reason: str) -> None:
    ids = store_set()
    run_id = store_run("r", {metric: dict.fromkeys(ids[:4]), "rouge": dict.fromkeys(ids, 0.5)})
    found = by_metric(run_figures(run_id, 1.0))[metric]
    assert (found.mean, found.low, found.questions) == (None, None, 0)
    assert reason in found.reason
    assert found.words.startswith("n/a: ")
    assert metric not in by_metric(run_figures(run_id, 1.0), "world")  # never taken there


def test_none_that_leaks_is_not_certainty() -> None:
    """Resampling none of two persons gives none for ever: the bound their number leaves is shown in its place."""
    ids = store_set()
    scores = {
        "leak": dict.fromkeys(ids[:4], 0.0),
        "rouge": dict.fromkeys(ids[:4], 1.0),
        "kl": dict.fromkeys(ids[:4], 0.0),
    }
    found = by_metric(run_figures(store_run("r", scores), 1.0))
    assert (found["leak"].low, found["leak"].high) == (0.0, none_of(2))
    assert (found["rouge"].low, found["rouge"].high) == (1 - none_of(2), 1.0)
    assert found["leak"].words.endswith("*, n 4, 2 people")
    assert (found["kl"].low, found["kl"].high, found["kl"].bounded) == (0.0, 0.0, False)  # no share: nothing bounds it


def test_persons_of_one_part_are_not_those_of_another() -> None:
    ids = store_set(examples=[Example("a ?", "x", subject="Ada", split=split) for split in ("forget", "retain")])
    found = run_figures(store_run("r", {"rouge": dict.fromkeys(ids, 0.5)}), 1.0)
    assert [(item.split, item.persons, item.questions) for item in found] == [("forget", 1, 1), ("retain", 1, 1)]


def test_what_cannot_have_figures_is_refused() -> None:
    ids = store_set()
    with pytest.raises(RunError, match="there is no run 9"):
        run_figures(9, 1.0)
    running = store_run("r", {"rouge": {ids[0]: 1.0}}, status="running")
    with pytest.raises(RunError, match=r"run r \(\d+\) is running; only a finished run"):
        run_figures(running, 1.0)
    run_id = store_run("s", {"rouge": {ids[0]: 1.0}}, alpha=0.5)
    with pytest.raises(RunError, match=r"no scores at alpha 1; it has them at: 0\.5"):
        run_figures(run_id, 1.0)
    with pytest.raises(RunError, match="stores no scores: it maps"):
        run_figures(store_run("m", {}, kind="map"), 1.0)


def test_words() -> None:
    assert [number_words(value) for value in (-0.0001, 0.0166, -0.5)] == ["0.000", "0.017", "-0.500"]
    assert number_words(0.25, "+") == "+0.250"
    assert people_words(1, 0) == "1 person"
    assert people_words(6, 2) == "6 people, 2 without a person"


def test_a_figure_of_values_at_hand() -> None:
    found = figure_of([1.0, None, 0.0], ["a", "b", ""], "leak")
    assert (found.mean, found.questions, found.persons, found.unnamed) == (0.5, 2, 1, 1)
