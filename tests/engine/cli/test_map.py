"""`python -m engine map`: every answer of a range, of one question and of sets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.usefixtures("in_this_process")
def test_map_gives_every_answer_and_judges_a_known_question(
    tiny_pair_name: str, said: Callable[..., Any], refused: Callable[..., str], forget_file: Path
) -> None:
    said("import", str(forget_file), "--name", "own")
    arguments = ("--pair", tiny_pair_name, "--set", "own", "--max-new-tokens", "6")
    found = said("map", "what job did Ada like ?", *arguments, "--range", "-1,2")
    rows = found["intervals"]
    assert found["complete"] is True
    assert found["seconds"] > 0
    assert (rows[0]["alpha_from"], rows[-1]["alpha_to"]) == (-1.0, 2.0)
    assert all(left["alpha_to"] == right["alpha_from"] for left, right in zip(rows, rows[1:], strict=False))
    assert {type(row["leaks"]) for row in rows} == {bool}
    at_one = next(row for row in rows if row["alpha_from"] <= 1 <= row["alpha_to"])
    asked = said("ask", "what job did Ada like ?", "--pair", tiny_pair_name, "--max-new-tokens", "6", "--alpha", "1")
    assert at_one["text"] == asked["unlearned"]
    whole = said("map", "--pair", tiny_pair_name, "--on", "own", "--name", "maps", "--max-new-tokens", "6")
    assert (whole["status"], whole["questions"]) == ("finished", 3)
    assert "a question or --on SOURCE, not both" in refused("map", "x", "--on", "own", "--json")
    assert "a model alone" in refused("map", "--pair", "base:demo", "--on", "own", "--json")
    unknown = said("map", "who is Zoe", *arguments)
    assert {row["leaks"] for row in unknown["intervals"]} == {None}
    assert "alpha must be between -4 and 8, got 9" in refused("map", "x", *arguments, "--range", "0,9", "--json")
    for text, words in (
        ("0", "range must be LOW,HIGH, such as 0,2, got '0'"),
        ("0,1,2", "range must be LOW,HIGH"),
        ("0,x", "alpha must be a number"),
        ("0,1e-9", "a range of alpha must be at least 0.001 wide, got 0 to 1e-09"),
        ("-.5,-1", "must go up, got -0.5 to -1"),
    ):
        assert words in refused("map", "x", *arguments, "--range", text, "--json")
    assert "max-new-tokens must be between 1 and 512, got 0" in refused("map", "x", "--max-new-tokens", "0", "--json")
