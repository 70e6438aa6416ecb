"""Verdicts as a report takes them: every wording, each named, with whether anybody checked the reviewer's name."""

from pathlib import Path

from engine.report.inputs import NO_AUDIT, NO_VERDICTS, probes_of, reviews_of
from engine.review import queue
from engine.review.verdicts import Judgement, Reviewer
from tests.reviewed_runs import BASE, store_answers, store_reviewed


def test_verdicts_of_every_wording_are_there_and_named(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    assert reviews_of(run_id, 1.0) == ([], NO_VERDICTS)
    store_answers(run_id, ids, {0.0: BASE, 1.0: BASE}, phrasing="paraphrase")
    queue.record_verdict(run_id, 1.0, ids[0], Judgement("forgotten"), Reviewer("Eva"))
    queue.record_verdict(
        run_id,
        1.0,
        ids[0],
        Judgement("leaks", "the town"),
        Reviewer("tom@example.org", self_declared=False),
        "paraphrase",
    )
    found = reviews_of(run_id, 1.0)
    assert found.reason == ""
    assert [(row.said, row.reviewer, row.wording, row.note) for row in found.rows] == [
        ("forgotten", "Eva (self-declared)", "question", ""),
        ("leaks (paraphrase)", "tom@example.org", "paraphrase", "the town"),
    ]
    assert all(row.created.endswith("+00:00") and not row.stale for row in found.rows)


def test_a_typed_name_is_not_the_one_that_was_checked(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    for verdict, checked in (("forgotten", True), ("unsure", False)):
        queue.record_verdict(
            run_id, 1.0, ids[0], Judgement(verdict), Reviewer("tom@example.org", self_declared=not checked)
        )
    rows = reviews_of(run_id, 1.0).rows
    assert sorted(row.reviewer for row in rows) == ["tom@example.org", "tom@example.org (self-declared)"]
    assert all(row.disputed for row in rows), "two people differ, though one took the other's name"


def test_without_an_audit_the_reason_is_said(own_folders: Path) -> None:
    assert probes_of("nobody", 1.0) == (None, (), NO_AUDIT, "")
    assert probes_of("", 1.0) == (None, (), NO_AUDIT, "")
