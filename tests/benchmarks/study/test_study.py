"""The study: its plan names each run once, and its page is what the stored database says."""

import re
import sqlite3
from pathlib import Path

import pytest

from benchmarks.study import __main__, page
from benchmarks.study import plan as study_plan
from benchmarks.study.plots import plots_of
from benchmarks.study.tables import study_tables
from engine.settings import ExperimentSpec
from engine.store import history

RESULTS = Path(__file__).resolve().parents[3] / "docs" / "results.md"


def test_the_plan_names_each_run_once_and_asks_for_no_run_before_the_pair_it_reads() -> None:
    plan = study_plan.plan()
    names = [item.name for item in plan]
    assert len(set(names)) == len(names)
    assert [name for name in names if len(name) > 60 or not name.startswith("study-")] == []
    made: set[str] = set()
    for item in plan:
        assert study_plan.reads(item) <= made, item.name
        made.add(item.name)


def test_what_was_made_on_another_machine_is_made_again_where_a_missing_run_reads_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pair = study_plan.pair_name("offset", "npo", 0)
    done = {item.name for item in study_plan.plan()} - {f"{pair}-grid"}
    monkeypatch.setattr(__main__, "finished", lambda: done)
    assert [item.name for item in __main__.to_run([])] == [study_plan.BASE, pair, f"{pair}-grid"]
    assert __main__.to_run(["main"]) == []
    monkeypatch.setattr(__main__, "finished", lambda: done | {f"{pair}-grid"})
    assert __main__.to_run([]) == [], "nothing is missing, so nothing is made"


def test_every_reference_that_a_run_needs_is_made_for_it() -> None:
    wanted = [item.name for item in study_plan.plan() if item.part == "references"]
    assert {study_plan.reference_of(name) for name in wanted} == set(study_plan.REFERENCES)
    assert study_plan.reference_of(study_plan.pair_name("offset", "npo", 0)) == ""


def test_a_learning_rate_is_chosen_by_what_was_trained_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_plan, "chosen_rate", lambda method: {"offset": 1e-3, "direct": 1e-4}[method])
    specs: list[ExperimentSpec] = [item.spec() for item in study_plan.plan() if item.part == "main"]
    assert {(spec.training.method, spec.training.learning_rate) for spec in specs} == {
        ("offset", 1e-3),
        ("direct", 1e-4),
    }
    assert {spec.training.epochs for spec in specs} == {study_plan.TRAINING.epochs}
    assert {spec.alphas for spec in specs} == {(1.0,)}, "one stopping rule and one alpha for all"


def test_the_page_is_what_the_stored_database_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUBLIETTE_DATA", str(tmp_path))
    __main__.unpack(tmp_path)
    tables = study_tables()
    text = page.page(tables, __main__.finished(), set(plots_of(tables)), page.stored_versions())
    assert text == RESULTS.read_text(encoding="utf-8")
    assert {path.name for path in RESULTS.parent.glob("study-*.png")} == {
        f"study-{name}.png" for name in plots_of(tables)
    }


def test_what_is_packed_names_no_folder_of_the_machine_it_was_made_on(tmp_path: Path) -> None:
    __main__.unpack(tmp_path)
    with sqlite3.connect(tmp_path / "oubliette.sqlite") as database:
        columns = (
            "spec FROM runs",
            "manifest FROM pairs",
            "message FROM runs",
            "source FROM sets",
            "machine FROM runs",
        )
        assert database.execute("PRAGMA foreign_key_check").fetchall() == [], "rows of a run that was left out"
        said = [text for (text,) in database.execute(" UNION ".join(f"SELECT {column}" for column in columns))]
    assert said
    assert [text for text in said if re.search(r"(^|[\s\"])/\w", text)] == [], "a path from the root on"


def test_each_finished_training_had_the_settings_that_the_plan_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUBLIETTE_DATA", str(tmp_path))
    __main__.unpack(tmp_path)
    items = [item for item in study_plan.plan() if item.name in __main__.finished()]
    specs = {item.name: item.spec() for item in items}
    stored = {name: history.run_detail(history.find_run(name).id).spec for name in specs}
    assert stored
    assert [name for name in specs if stored[name].training != specs[name].training] == []
    assert [name for name in specs if stored[name].evaluate_on != specs[name].evaluate_on] == []
    assert [name for name in specs if stored[name].alphas != specs[name].alphas] == []


def test_a_database_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "oubliette.sqlite").write_bytes(b"mine")
    __main__.unpack(tmp_path)
    assert (tmp_path / "oubliette.sqlite").read_bytes() == b"mine"
