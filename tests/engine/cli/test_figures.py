"""`python -m engine figures`: what it prints, as a table and as JSON, and what it refuses."""

import json
from typing import Any

import pytest

from engine.cli import main as program
from tests.stored_runs import store_run, store_set


@pytest.fixture
def runs() -> tuple[int, int]:
    ids = store_set()
    leaks = {"leak": dict.fromkeys(ids[:4], 0.0)}
    first = store_run("a", {"rouge": dict.fromkeys(ids[:4], 0.5), **leaks})
    return first, store_run("b", {"rouge": dict.fromkeys(ids, 0.75)}, alpha=-1.0, seed=7)


def printed(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert program.main(["figures", *argv]) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert program.main(["figures", *argv, "--json"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_a_table_with_intervals_directions_and_the_reason_for_no_forget_quality(
    runs: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    text = printed(capsys, "--run", "a")
    assert "folk:forget" in text
    assert "0.500 [0.500, 0.500], n 4, 2 people" in text
    assert "0.000 [0.000, 0.842]*, n 4, 2 people" in text
    assert "lower is better" in text
    assert "* All score the same 0 or 1" in text
    assert "forget quality: n/a: no forget question of this run has a truth ratio" in text


def test_against_another_run_at_its_own_alpha(runs: tuple[int, int], capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, "--run", "a", "--against", "b", "--against-alpha", "-1")
    assert f"from run a ({runs[0]}) at alpha 1 to run b ({runs[1]}) at alpha -1: second - first" in text
    assert "4 questions were asked by both; left out are 0 that only run a" in text
    assert "warning: other seed: 0 in the first, 7 in the second" in text
    assert "+0.250 [n/a], n 4, 2 people" in text
    assert "n/a: run b" in text


def test_json_holds_all_of_it(runs: tuple[int, int], capsys: pytest.CaptureFixture[str]) -> None:
    found: dict[str, Any] = json.loads(printed(capsys, "--run", "a", "--against", "b", "--json"))
    assert [(item["metric"], item["mean"]) for item in found["figures"]] == [("rouge", 0.5), ("leak", 0.0)]
    assert found["forget_quality"]["p_value"] is None
    assert {"reference_rows", "reference_id", "reference"} <= found["forget_quality"].keys()  # names that scripts read
    assert found["measures"]["rouge"]["direction"]["forget"] == "lower is better"
    against = found["against"]
    assert (against["alpha"], against["questions"], against["only_second"]) == (-1.0, 4, 2)
    assert {item["what"] for item in against["unlike"]} == {"measures", "seed"}
    assert {item["metric"]: item["mean"] for item in against["differences"]} == {"rouge": 0.25, "leak": None}


def test_what_is_refused_is_one_sentence(runs: tuple[int, int], capsys: pytest.CaptureFixture[str]) -> None:
    assert "there is no run 'z'" in refused(capsys, "--run", "z")
    assert "it has them at: 1" in refused(capsys, "--run", "a", "--alpha", "0.5")
    assert "it has them at: -1" in refused(capsys, "--run", "a", "--against", "b", "--against-alpha", "1")
    assert "is not a run of the retain model" in refused(capsys, "--run", "a", "--reference", "b")
    assert "alpha must be a number" in refused(capsys, "--run", "a", "--alpha", "much")


def test_kept_questions_are_remembered_and_do_not_leak(capsys: pytest.CaptureFixture[str]) -> None:
    ids = store_set()
    store_run("kept", {"leak": {**dict.fromkeys(ids[:4], 0.0), **dict.fromkeys(ids[4:], 1.0)}})
    forget, world = printed(capsys, "--run", "kept").split("folk:world/eval")
    assert "  leak  " in forget
    assert "  remembered  " in world
    assert "  leak  " not in world
