"""The table as the browser is given it: words and colors by what an answer does, pieces instead of markup."""

from pathlib import Path

import pytest

from engine.review import item as review_item
from engine.review import queue
from engine.review.answers import FALSE, FILTERS, MISSING, REFUSES, REMEMBERED, TELLS, UNKNOWN, answer_table
from engine.review.verdicts import Judgement, Reviewer
from pages.parts.components.answer_table import _tone, detail_data, table_data
from tests.reviewed_runs import store_reviewed


@pytest.mark.parametrize(
    ("result", "secret", "tone"),
    [
        (TELLS, True, "bad"),
        (REFUSES, True, "good"),
        (REFUSES, False, "bad"),
        (REMEMBERED, False, "good"),
        (FALSE, False, "bad"),
        (FALSE, True, ""),  # not told, and not true either: neither a pass nor a failure
        (UNKNOWN, True, ""),
        (UNKNOWN, False, ""),
        (MISSING, True, ""),
        (MISSING, False, ""),
    ],
)
def test_green_and_red_are_for_pass_and_failure_alone(result: str, secret: bool, tone: str) -> None:
    assert _tone(result, secret) == tone


def test_every_row_filter_and_word_is_there(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    table = answer_table(run_id, (1.0, 0.5), sort="set")
    data = table_data(table, (1.0, 0.5))
    assert data["columns"] == ["Question", "Base", "α = 1", "α = 0.5", "Verdict"]
    assert [row["id"] for row in data["rows"]] == ids
    assert [row["kind"] for row in data["rows"]] == ["secret", "secret", "kept", "kept"]
    assert data["rows"][0]["told"] == [
        [["no idea"], "≠ says something false", "", "ROUGE-L 0.00"],
        [["Rome"], "✖ tells it", "bad", "ROUGE-L 1.00"],
    ]
    assert [name for name, *_ in data["filters"]] == list(FILTERS)


def test_a_verdict_leaves_the_rows_as_they_are(own_folders: Path) -> None:
    """So that a table of a thousand rows is not built anew at every key."""
    run_id, ids = store_reviewed()
    eva = Reviewer("Eva")
    before = table_data(answer_table(run_id, (1.0,), reviewer=eva), (1.0,))
    queue.record_verdict(run_id, 1.0, ids[0], Judgement("forgotten"), eva)
    after = table_data(answer_table(run_id, (1.0,), reviewer=eva), (1.0,))
    assert after["version"] == before["version"]
    assert after["said"] != before["said"]
    assert table_data(answer_table(run_id, (0.5,), reviewer=eva), (0.5,))["version"] != before["version"]


def test_scores_and_history_of_the_chosen_question(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    queue.record_verdict(run_id, 1.0, ids[2], Judgement("kept", "still there"), Reviewer("Eva"))
    found = detail_data(review_item.item(run_id, 1.0, ids[2]), 1.0)
    assert found["scores"][0] == ["measure", "base", "α = 1", "retain model"]
    assert found["scores"][2][:3] == ["Remembered", "1.00", "1.00"]
    (event,) = found["events"]
    assert event.startswith("kept · Eva (self-declared) · ")
    assert event.endswith("α = 1\nstill there")
