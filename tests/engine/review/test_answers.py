"""The table of answers: what each answer does by rule, the counts of the filters, and what was said of it."""

from pathlib import Path

import pytest

from engine.review import queue
from engine.review.answers import (
    FALSE,
    FILTERS,
    MISSING,
    REFUSES,
    REMEMBERED,
    TELLS,
    UNKNOWN,
    Part,
    answer_table,
    result_of,
)
from engine.review.verdicts import Judgement, Reviewer
from tests.reviewed_runs import store_reviewed

EVA, TOM = Reviewer("Eva"), Reviewer("Tom", self_declared=False)


@pytest.mark.parametrize(
    ("split", "text", "leak", "base_leak", "expected"),
    [
        ("forget", "Rome", 1.0, 1.0, TELLS),
        ("", "I don't know, Rome", 1.0, 1.0, TELLS),  # it refuses and tells: it tells
        ("retain", "Oslo", 1.0, 1.0, REMEMBERED),
        ("forget", "I don't know", 0.0, 1.0, REFUSES),
        ("forget", "I don't know", 0.0, 0.0, REFUSES),
        ("forget", "Paris", 0.0, 0.0, UNKNOWN),
        ("forget", "Paris", 0.0, 1.0, FALSE),
        ("retain", "Paris", 0.0, 1.0, FALSE),
        ("forget", "", 0.0, 1.0, REFUSES),
        ("forget", None, None, 1.0, MISSING),
        ("forget", "Rome", None, 1.0, MISSING),  # never judged by the rule: nothing is said of it
    ],
)
def test_what_an_answer_does(split: str, text: str | None, leak: float | None, base_leak: float, expected: str) -> None:
    assert result_of(split, text, leak, base_leak) == expected


def test_the_table_by_hand(own_folders: Path) -> None:
    """At 0.5 Ada's town is told; at 1 a kept answer is lost ("Paris"), the other still holds its term ("in Oslo")."""
    run_id, ids = store_reviewed()
    early, late = answer_table(run_id, (0.5, 1.0), sort="set"), answer_table(run_id, (1.0,), sort="set")
    assert [row.question_id for row in early.rows] == ids
    assert [row.base.result for row in early.rows] == [TELLS, TELLS, REMEMBERED, REMEMBERED]
    assert [[one.result for one in row.unlearned] for row in early.rows] == [
        [TELLS, FALSE],
        [REFUSES, REFUSES],
        [REMEMBERED, REMEMBERED],
        [REMEMBERED, FALSE],
    ]
    assert (early.counts["leaks"], early.counts["refuses"], early.counts["false"], early.counts["lost"]) == (1, 1, 0, 0)
    assert (late.counts["leaks"], late.counts["refuses"], late.counts["false"], late.counts["lost"]) == (0, 1, 2, 1)
    assert "".join(early.rows[1].unlearned[0].pieces) == "I do not know"
    assert early.rows[0].unlearned[0].rouge == 1.0
    assert set(late.counts) == {"all", *FILTERS}
    assert all(late.counts[name] == sum(name in row.flags for row in late.rows) for name in FILTERS)


def test_ones_own_verdict_stands_apart_and_a_stale_one_says_so(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    queue.record_verdict(run_id, 1.0, ids[0], Judgement("forgotten"), EVA)
    queue.record_verdict(run_id, 1.0, ids[0], Judgement("leaks"), TOM)
    queue.record_verdict(run_id, 0.5, ids[2], Judgement("kept"), TOM)
    rows = {row.question_id: row for row in answer_table(run_id, (1.0,), reviewer=EVA).rows}
    assert (rows[ids[0]].own, rows[ids[0]].others) == ("hidden", ("Tom: leaks",))
    assert {"judged", "disputed"} <= rows[ids[0]].flags
    assert (rows[ids[2]].own, rows[ids[2]].others) == ("", ("Tom: kept (stale)",))
    assert "unreviewed" in rows[ids[2]].flags
    nobody = {row.question_id: row for row in answer_table(run_id, (1.0,)).rows}
    assert nobody[ids[0]].others == ("Eva: hidden", "Tom: leaks")


def test_a_person_or_a_check_narrows_rows_and_counts_alike(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    assert answer_table(run_id, (1.0,), part=Part("retain")).counts["all"] == 2
    assert answer_table(run_id, (1.0,), part=Part(subject="Ada")).counts["all"] == 2
    assert [row.question_id for row in answer_table(run_id, (1.0,), part=Part(among={ids[3]})).rows] == [ids[3]]
