"""The study: its plan names each run once, and the tables of its page are what the stored database says."""

import re
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from benchmarks.marked import tables_in
from benchmarks.plots import markdown
from benchmarks.study import page, running, stored
from benchmarks.study import plan as study_plan
from benchmarks.study.plots import plots_of
from benchmarks.study.tables import study_tables
from engine.store import history

RESULTS = Path(__file__).resolve().parents[3] / "docs" / "results.md"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-\d+)?")
Cells = list[list[str]]


@pytest.fixture(scope="session")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the packed database, which no test writes to."""
    folder = tmp_path_factory.mktemp("study")
    stored.unpack(folder)
    return folder


@pytest.fixture
def study(unpacked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUBLIETTE_DATA", str(unpacked))


def cells(table: str) -> Cells:
    """Row by row, the heading's first; without the line that divides them."""
    return [re.split(r" ?\| ?", line)[1:-1] for line in table.splitlines() if not line.startswith("|---")]


def alike(one: str, other: str) -> bool:
    """The same words, and numbers that differ by no more than another machine's rounding."""
    pairs = zip(NUMBER.findall(one), NUMBER.findall(other), strict=False)
    same_words = NUMBER.sub("#", one) == NUMBER.sub("#", other)
    return same_words and all(float(a) == pytest.approx(float(b), rel=0.01, abs=0.0015) for a, b in pairs)


def unlike(page_has: Cells, made: Cells) -> list[tuple[str, str]]:
    """The cells that differ, and what stands in a row or column that only one of the two has."""
    if [len(row) for row in page_has] != [len(row) for row in made]:
        return [(f"{len(page_has)} rows: {page_has[0]}", f"{len(made)} rows: {made[0]}")]
    both = zip(sum(page_has, []), sum(made, []), strict=True)
    return [(one, other) for one, other in both if not alike(one, other)]


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
    monkeypatch.setattr(running, "finished", lambda: done)
    assert [item.name for item in running.to_run([])] == [study_plan.BASE, pair, f"{pair}-grid"]
    assert running.to_run(["main"]) == []
    monkeypatch.setattr(running, "finished", lambda: done | {f"{pair}-grid"})
    assert running.to_run([]) == [], "nothing is missing, so nothing is made"


def test_every_reference_that_a_run_needs_is_made_for_it() -> None:
    wanted = [item.name for item in study_plan.plan() if item.part == "references"]
    assert {study_plan.reference_of(name) for name in wanted} == set(study_plan.REFERENCES)
    assert study_plan.reference_of(study_plan.pair_name("offset", "npo", 0)) == ""


def test_a_learning_rate_is_chosen_by_what_was_trained_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_plan, "chosen_rate", lambda method: {"offset": 1e-3, "direct": 1e-4}[method])
    specs: list[Any] = [item.spec() for item in study_plan.plan() if item.part == "main"]
    assert {(spec.training.method, spec.training.learning_rate) for spec in specs} == {
        ("offset", 1e-3),
        ("direct", 1e-4),
    }
    assert {spec.training.epochs for spec in specs} == {study_plan.TRAINING.epochs}
    assert {spec.alphas for spec in specs} == {(1.0,)}, "one stopping rule and one alpha for all"


@pytest.mark.usefixtures("study")
def test_the_tables_of_the_page_are_what_the_stored_database_says() -> None:
    tables = study_tables()
    made = {name: markdown(rows) for name, rows in page.shown(tables).items()}
    found = tables_in(RESULTS.read_text(encoding="utf-8"))
    assert list(found) == list(made)
    differing = {name: unlike(cells(found[name]), cells(table)) for name, table in made.items()}
    assert {name: which for name, which in differing.items() if which} == {}
    pictures = {path.name for path in RESULTS.parent.glob("study-*.png")}
    assert pictures == {f"study-{name}.png" for name in plots_of(tables)}


@pytest.mark.parametrize(
    ("page_has", "made", "same"),
    [
        ("0.362 (0.34 to 0.374)", "0.361 (0.34 to 0.374)", True),
        ("0.362 (0.34 to 0.374)", "0.352 (0.34 to 0.374)", False),
        ("0.362", "0.362 (0.34 to 0.374)", False),
        ("-0.08 [-0.09, -0.07]", "+0.08 [-0.09, -0.07]", False),
        ("direct", "offset", False),
        ("9768960", "9768960", True),
        ("n/a", "0", False),
    ],
)
def test_cells_are_alike_within_rounding_alone(page_has: str, made: str, same: bool) -> None:
    assert alike(page_has, made) is same


def test_a_row_that_only_the_page_has_is_found() -> None:
    assert unlike([["a"], ["1"], ["2"]], [["a"], ["1"]]) != []
    assert unlike([["a"], ["1"], ["2"]], [["a"], ["1"], ["2.5"]]) == [("2", "2.5")]


def test_the_prose_of_the_page_is_short_and_names_every_plot() -> None:
    text = RESULTS.read_text(encoding="utf-8")
    prose = re.sub(r"(?ms)<!-- table.*?end of table -->|^[!#][^\n]*", "", text)
    assert 500 < len(prose.split()) <= 1500
    linked = set(re.findall(r"\]\((study-[a-z]+\.png)\)", text))
    assert linked == {path.name for path in RESULTS.parent.glob("study-*.png")}


def test_what_is_packed_names_no_folder_of_the_machine_it_was_made_on(unpacked: Path) -> None:
    with sqlite3.connect(unpacked / "oubliette.sqlite") as database:
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


def settings_of(spec: Any) -> object:
    return getattr(spec, "training", None)


@pytest.mark.usefixtures("study")
def test_each_finished_training_had_the_settings_that_the_plan_says() -> None:
    done = stored.finished()
    items = [item for item in study_plan.plan() if item.name in done]
    specs: dict[str, Any] = {item.name: item.spec() for item in items}
    ran: dict[str, Any] = {name: history.run_detail(history.find_run(name).id).spec for name in specs}
    assert ran
    trained = [name for name in specs if ran[name].kind == specs[name].kind]  # a resumed one was only evaluated
    assert len(trained) > len(specs) / 2
    assert [name for name in trained if settings_of(ran[name]) != settings_of(specs[name])] == []
    assert [name for name in specs if ran[name].evaluate_on != specs[name].evaluate_on] == []
    assert [name for name in specs if ran[name].alphas != specs[name].alphas] == []


def test_a_database_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "oubliette.sqlite").write_bytes(b"mine")
    stored.unpack(tmp_path)
    assert (tmp_path / "oubliette.sqlite").read_bytes() == b"mine"
