"""What was not alike between two runs."""

from typing import Any

import pytest

from db import writes
from engine.analysis.differences import Unlike, unlike
from engine.store import history
from engine.store.session import writing
from tests.stored_runs import store_run, store_set


def flags(**fields: Any) -> list[Unlike]:
    store_set()
    first, second = store_run("a", {}), store_run("b", {}, **fields)
    return unlike(history.run_detail(first), history.run_detail(second))


def test_runs_that_were_made_alike_have_no_flag() -> None:
    assert flags(pair_name="q", objective="dpo") == []  # that is what is compared


@pytest.mark.parametrize(
    ("fields", "what", "sides"),
    [
        ({"data_hash": "e"}, "data", ("d", "e")),
        ({"data_hash": ""}, "data", ("d", "not recorded")),
        ({"seed": 3}, "seed", ("0", "3")),
        ({"tokens": 200}, "longest answer in tokens", ("64", "200")),
        ({"machine": {"cores": "4"}}, "machine", ("cores 2", "cores 4")),
        ({"base": "c"}, "base", ("b", "c")),
        ({"base_hash": "i"}, "base", ("b h", "b i")),
    ],
)
def test_what_differs_is_named_with_both_sides(fields: dict[str, Any], what: str, sides: tuple[str, str]) -> None:
    assert flags(**fields) == [Unlike(what, *sides)]


def test_versions_rule_and_template_are_three_things() -> None:
    found = flags(versions={"torch": "3", "template": "chat", "leak rule": "two"})
    assert [item.what for item in found] == ["leak rule", "template", "versions"]
    assert found[2].words == "other versions: torch 2 in the first, torch 3 in the second"


def test_long_rules_are_shown_where_they_differ() -> None:
    long = "a" * 100
    store_set()
    first, second = (history.run_detail(store_run(n, {}, versions={"template": long + n + "\n"})) for n in ("x", "y"))
    (found,) = unlike(first, second)
    assert found.first.startswith("…aaa")
    assert "x" in found.first
    assert "y" in found.second


def test_a_retain_only_model_is_another_base_by_design() -> None:
    assert flags(base="retain-only:b", pair_name="retain-only:b", base_hash="other") == []


def test_other_key_terms_are_counted_and_not_named() -> None:
    """A redacted report has these words too."""
    ids = store_set()
    first, second = store_run("a", {}), store_run("b", {})
    with writing() as session:
        writes.add_run_questions(session, first, [(ids[0], ["red"]), (ids[1], ["red"]), (ids[2], ["two"])])
        writes.add_run_questions(session, second, [(ids[0], ["red"]), (ids[1], ["Zanzibar"])])
    (found,) = unlike(history.run_detail(first), history.run_detail(second))
    sides = f"those of run {first} in the first, those of run {second} in the second"
    assert found.words == f"other key terms of 1 question: {sides}"
