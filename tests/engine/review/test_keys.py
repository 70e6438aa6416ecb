"""Presses of keys: each is stored once, for the question that it names, whatever arrives twice, late or made up."""

from pathlib import Path
from typing import Any

import pytest

from engine.review import queue
from engine.review.keys import UNDO, Desk, Press, read_presses, take
from engine.review.verdicts import Reviewer
from tests.reviewed_runs import store_reviewed

EVA = Reviewer("Eva")


def sent(run_id: int, *keys: tuple[int, int, str], note: str = "") -> list[Press]:
    """As a browser sends them: number, question and key."""
    return read_presses([[n, question, key, note, [run_id, 1.0, "question"]] for n, question, key in keys])


def verdicts(run_id: int) -> list[str]:
    return [row.verdict for row in queue.report_verdicts(run_id, 1.0)]


def test_a_list_that_grows_stores_each_press_once(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    desk, _ = take(sent(run_id, (1, ids[0], "1")), Desk(), EVA)
    desk, done = take(sent(run_id, (1, ids[0], "1"), (2, ids[1], "2"), (3, ids[2], "2")), desk, EVA)
    assert [one.said for one in done] == ["hidden: What does Ada like?", "harmed: Where does Ben work?"]
    assert verdicts(run_id) == ["leaks", "forgotten", "utility_harmed", ""]
    assert len(queue.events_of_run(run_id)) == 3
    assert desk.last == 3
    assert take(sent(run_id, (1, ids[0], "3"), (3, ids[3], "1")), desk, EVA) == (desk, [])


def test_presses_are_done_in_the_order_they_were_made(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    take(sent(run_id, (2, ids[0], "2"), (1, ids[0], "1")), Desk(), EVA)
    assert verdicts(run_id)[0] == "forgotten"


def test_undo_walks_back_over_the_questions(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    desk, _ = take(sent(run_id, (1, ids[0], "1"), (2, ids[0], "2"), (3, ids[1], "1")), Desk(), EVA)
    desk, done = take(sent(run_id, (4, ids[3], UNDO)), desk, EVA)
    assert done[0].said == "undone, no verdict: What does Ada like?"
    desk, done = take(sent(run_id, (5, ids[3], UNDO)), desk, EVA)
    assert done[0].said == "undone, leaks again: Where does Ada work?"
    desk, _ = take(sent(run_id, (6, ids[3], UNDO)), desk, EVA)
    assert verdicts(run_id) == ["", "", "", ""]
    _, done = take(sent(run_id, (7, ids[3], UNDO)), desk, EVA)
    assert "nothing to undo" in done[0].refused


def test_the_same_key_again_is_nothing_that_undo_would_have_to_take_back(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    take(sent(run_id, (1, ids[0], "1"), (2, ids[0], "1"), (3, ids[0], UNDO)), Desk(), EVA)
    assert verdicts(run_id)[0] == ""


def test_nobody_takes_back_what_another_said_in_the_same_session(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    desk, _ = take(sent(run_id, (1, ids[0], "1"), (2, ids[0], "2")), Desk(), EVA)
    desk, done = take(sent(run_id, (3, ids[0], UNDO)), desk, Reviewer("Tom"))
    assert "nothing to undo" in done[0].refused
    assert [event.verdict for event in queue.events_of_run(run_id)] == ["leaks", "forgotten"]
    take(sent(run_id, (4, ids[1], UNDO)), desk, EVA)
    assert verdicts(run_id)[0] == "leaks"


def test_in_a_new_session_undo_takes_back_ones_own_verdict_on_the_answer_in_view(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    take(sent(run_id, (1, ids[0], "1")), Desk(), EVA)
    _, done = take(sent(run_id, (1, ids[0], UNDO)), Desk(), Reviewer("Tom"))
    assert done[0].refused
    take(sent(run_id, (1, ids[0], UNDO)), Desk(), EVA)
    assert verdicts(run_id)[0] == ""


@pytest.mark.parametrize(
    ("key", "question", "reviewer", "refusal", "words"),
    [
        ("4", 0, EVA, "", "must be 1 to 3 or z, got '4'"),
        ("1", 99, EVA, "", "asks no question 99"),
        ("1", 0, None, "", "give yours first"),
        ("1", 0, None, "needs the role", "needs the role"),
    ],
)
def test_what_is_refused_says_why_and_is_not_tried_again(
    own_folders: Path, key: str, question: int, reviewer: Reviewer | None, refusal: str, words: str
) -> None:
    run_id, ids = store_reviewed()
    desk, done = take(sent(run_id, (1, question or ids[0], key)), Desk(), reviewer, refusal)
    assert len(done) == 1
    assert desk.last == 1
    assert words in done[0].refused
    assert verdicts(run_id) == ["", "", "", ""]


def test_a_note_goes_with_its_key_and_one_too_long_is_refused(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    take(sent(run_id, (1, ids[0], "1"), note="names the town"), Desk(), EVA)
    assert queue.report_verdicts(run_id, 1.0)[0].note == "names the town"
    _, done = take(sent(run_id, (1, ids[1], "1"), note="x" * 100_001), Desk(), EVA)
    assert "at most 100,000 bytes" in done[0].refused


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "1",
        {"n": 1},
        [1],
        [[1, 2]],
        [[1, 1, "1", "", [1, float("nan"), "question"]]],
        [[-1, 1, "1", "", [1, 1.0, "question"]]],
        [[1, 1, "1", "", [1, 1.0, "sung"]]],
        [[1, "1", "1", "", [1, 1.0, "question"]]],
        [[1, 1, "1", None, [1, 1.0, "question"]]],
    ],
)
def test_what_is_no_press_is_left_out(raw: Any) -> None:
    assert read_presses(raw) == []
