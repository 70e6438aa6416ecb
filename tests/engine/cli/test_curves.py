"""`python -m engine curves`: any alpha of a stored run."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from engine.cli import main as program


def test_curves_of_a_run_at_any_alpha(
    tiny_pair_name: str, said: Callable[..., Any], refused: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    found = said("curves", "--run", tiny_pair_name, "--alphas", "0,0.37")
    assert (found["run"], found["low"], found["high"], found["forget_quality"]) == ("tiny", 0.0, 2.0, None)
    rows = {(row["split"], row["metric"], row["alpha"]): row for row in found["figures"]}
    assert {metric for _, metric, _ in rows} == {"probability", "truth_ratio_score", "kl"}
    assert rows["forget", "kl", 0.0]["value"] == 0.0
    assert 0 < rows["forget", "probability", 0.37]["error"] < 1e-3
    assert program.main(["curves", "--run", tiny_pair_name]) == 0
    printed = capsys.readouterr().out
    assert "forget quality: n/a, no retain model" in printed
    assert len(re.findall(r"^ *[012](\.\d+)? ", printed, re.MULTILINE)) == 2 * 41
    assert "go from alpha 0 to 2, got 3" in refused("curves", "--run", tiny_pair_name, "--alphas", "3")
    assert "there is no run 'x'" in refused("curves", "--run", "x")
    assert "alphas must be numbers" in refused("curves", "--run", tiny_pair_name, "--alphas", ",")
