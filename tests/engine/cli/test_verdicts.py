"""`python -m engine verdicts`: what it prints, as text and as JSON, and what it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.cli import main as program
from engine.review import queue
from engine.review.verdicts import Judgement, Reviewer
from tests.reviewed_runs import store_reviewed


@pytest.fixture
def run(own_folders: Path) -> tuple[int, list[int]]:
    run_id, ids = store_reviewed()
    queue.record_verdict(run_id, 0.5, ids[0], Judgement("leaks", "the town\n\x1b[31mred"), Reviewer("Eva"))
    queue.record_verdict(run_id, 1.0, ids[1], Judgement("forgotten"), Reviewer("Eva"))
    queue.record_verdict(run_id, 1.0, ids[1], Judgement("unsure"), Reviewer("Tom"))
    return run_id, ids


def printed(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert program.main(["verdicts", *argv]) == 0
    return capsys.readouterr().out


def test_a_line_for_each_verdict_with_what_is_stale_and_disputed(
    run: tuple[int, list[int]], capsys: pytest.CaptureFixture[str]
) -> None:
    first, *lines = printed(capsys, "--run", "r").splitlines()
    assert "1 of 4 questions reviewed, 1 hidden, 1 unsure, 1 disputed" in first
    assert len(lines) == 3
    assert lines[0].startswith("leaks           Eva, ")
    assert "the town  [31mred  [stale: the answers differ from those judged (at alpha 0.5)]" in lines[0]
    assert lines[1].endswith("What does Ada like?  [disputed]")


def test_json_holds_verdicts_and_the_hashes_of_what_was_judged(
    run: tuple[int, list[int]], capsys: pytest.CaptureFixture[str]
) -> None:
    found: dict[str, Any] = json.loads(printed(capsys, "--run", "r", "--alpha", "0.5", "--json"))
    assert (found["run_number"], found["alpha"], found["phrasing"]) == (run[0], 0.5, "question")
    assert found["counts"]["unreviewed"] == 2
    assert found["said"] == {"forgotten": 1, "leaks": 1, "unsure": 1}
    assert found["verdicts"][0]["note"] == "the town\n\x1b[31mred"
    assert found["verdicts"][0]["question"] == "Where does Ada work?"
    assert [event["verdict"] for event in found["events"]] == ["leaks", "forgotten", "unsure"]
    assert len(found["events"][0]["unlearned_text_hash"]) == 64


def test_an_unknown_run_is_one_sentence(own_folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["verdicts", "--run", "nobody", "--json"]) == 2
    out, err = capsys.readouterr()
    assert (out, "there is no run 'nobody'" in err) == ("", True)
