"""`python -m engine methods`: formula and source of every one."""

from collections.abc import Callable
from typing import Any

import pytest

from engine.cli import main as program
from engine.unlearning.objectives import OBJECTIVES, declared_numbers


def test_methods_are_listed_with_formula_and_source(
    said: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    found = said("methods")
    assert [row["name"] for row in found["objectives"]] == [
        "gradient_ascent",
        "gradient_difference",
        "kl_minimization",
        "relabelling",
        "npo",
        "simnpo",
        "dpo",
        "memorisation",
    ]
    assert {row["name"] for row in found["tunings"]} == {"lora", "full", "p_adapter"}
    assert {row["name"] for row in found["methods"]} == {"offset", "direct", "uld", "guardrail"}
    assert program.main(["methods"]) == 0
    printed = capsys.readouterr().out
    for row in found["methods"] + found["objectives"] + found["tunings"]:
        assert f"{row['label']}: {row['formula']} [{row['source']}]" in printed
        assert all((row["label"], row["formula"], row["source"]))


def test_each_objective_says_its_own_default_of_a_number_that_has_no_other(said: Callable[..., Any]) -> None:
    """Those that `train --help` calls the objective's own."""
    rows = said("methods")["objectives"]
    declared = {entry.name: {one.name: one.default for one in entry.numbers} for entry in OBJECTIVES.values()}
    assert {row["name"]: row["beta"] for row in rows} == {name: own.get("beta") for name, own in declared.items()}
    left = {name for name, number in declared_numbers().items() if number.default is None}
    fixed = {"name", "label", "formula", "source", "retain_term"}
    assert all(row.keys() == fixed | left for row in rows)
