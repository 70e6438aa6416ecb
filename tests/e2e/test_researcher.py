"""A researcher's walk: bring questions, train a pair, watch it, cancel one; a restart of the page loses nothing."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from engine.kinds import EvaluateSpec, TrainSpec
from engine.runs import execute, runner
from engine.store import history, sets
from engine.training_settings import TrainingSettings
from tests.e2e.conftest import database_of

pytestmark = pytest.mark.e2e
Visit = Callable[[str], Page]


def choose(page: Page, label: str, *values: str) -> None:
    """Put values into a multiselect or a selectbox by typing them."""
    box = page.get_by_role("combobox", name=label)
    for value in values:
        box.click()
        box.fill(value)
        page.get_by_role("option", name=value, exact=True).first.click()


def test_a_set_is_seen_before_it_is_stored(
    filled: str, filled_copy: Path, visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUBLIETTE_DATABASE", database_of(filled_copy))
    own = tmp_path / "mine.csv"
    own.write_text("question,answer\nWho works in Oslo?,Ben\nWho works in Oslo?,Ben\n", encoding="utf-8")
    page = visit(f"{filled}/runs?view=import")
    page.locator("input[type=file]").set_input_files(own)
    expect(page.get_by_text("1 question read from mine.csv. 1 identical row merged.")).to_be_visible()
    choose(page, "1 question without a split: what are they?", "to be kept (retain)")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text(re.compile("Stored set mine"))).to_be_visible()
    assert [example.split for example in sets.stored_examples("mine")] == ["retain"]
    page.get_by_role("button", name="Evaluate it now").click()
    expect(page.get_by_role("textbox", name="Name of the run")).to_have_value("evaluate-mine")
    expect(page.get_by_text("Estimate: about")).to_be_visible()


def test_a_bad_file_is_one_sentence(filled: str, visit: Visit, tmp_path: Path) -> None:
    own = tmp_path / "bad.csv"
    own.write_text("question,reply\nWho?,Ben\n", encoding="utf-8")
    page = visit(f"{filled}/runs?view=import")
    page.locator("input[type=file]").set_input_files(own)
    alert = page.get_by_test_id("stAlert")
    expect(alert).to_contain_text("bad.csv")
    expect(alert).to_contain_text("answer")


def start_evaluation(page: Page, address: str, name: str, alphas: str) -> None:
    page.goto(f"{address}/runs?view=evaluate")
    page.get_by_role("textbox", name="Name of the run").fill(name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Pair to evaluate")).to_have_value("tiny")
    choose(page, "Questions", "folk:forget")
    for source in ("demo:forget", "demo:retain/eval", "demo:world/eval"):
        page.get_by_role("button", name=f"Remove {source}").or_(
            page.locator(f"[aria-label*='{source}'] svg")
        ).first.click()
    field = page.get_by_role("textbox", name="Evaluate at α =")
    field.fill(alphas)
    field.press("Enter")
    expect(page.get_by_text("Estimate: about")).to_be_visible()
    page.get_by_role("button", name="Start evaluation").last.click()


def test_a_run_goes_on_without_the_page_and_is_found_again(filled: str, visit: Visit) -> None:
    page = visit(f"{filled}/runs")
    start_evaluation(page, filled, "look", "0, 1")
    page.wait_for_url(re.compile("run=2"))
    page.goto("about:blank")
    time.sleep(1)
    again = visit(f"{filled}/runs?run=2")
    expect(again.get_by_role("heading", name="look (run 2): ✔ finished")).to_be_visible(timeout=90_000)


def test_a_run_is_watched_and_cancelled_within_two_seconds(
    filled: str,
    filled_copy: Path,
    filled_folder: Path,
    visit: Visit,
    monkeypatch: pytest.MonkeyPatch,
    tiny_base: Path,
    tiny_reference: Path,
) -> None:
    monkeypatch.setenv("OUBLIETTE_DATA", str(filled_copy / "data"))
    monkeypatch.setenv("OUBLIETTE_DATABASE", database_of(filled_copy))
    run_id = runner.start(
        TrainSpec(
            name="endless",
            base=str(tiny_base),
            reference=str(tiny_reference),
            forget="folk:forget",
            retain=("folk:retain/train",),
            evaluate_on=("folk:forget",),
            training=TrainingSettings(epochs=200, batch_size=1, retain_batches=16, target_forget_probability=0.0),
        )
    )
    page = visit(f"{filled}/runs?run={run_id}")
    expect(page.get_by_text("Losses", exact=True)).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Cancel").click()
    clicked = datetime.now(UTC)
    expect(page.get_by_role("heading", name=f"endless (run {run_id}): ■ cancelled")).to_be_visible(timeout=20_000)
    ended = history.run_detail(run_id).summary.finished
    assert ended is not None
    assert (ended - clicked).total_seconds() < 4  # two seconds to stop, and what a busy machine adds to the click


def test_start_again_really_starts(
    filled: str, filled_copy: Path, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUBLIETTE_DATA", str(filled_copy / "data"))
    monkeypatch.setenv("OUBLIETTE_DATABASE", database_of(filled_copy))
    run_id = execute.run_here(EvaluateSpec(name="once", pair="tiny", evaluate_on=("folk:forget",), alphas=(0.0, 1.0)))
    page = visit(f"{filled}/runs?run={run_id}")
    page.get_by_role("button", name="Start again").click()
    page.wait_for_url(re.compile(f"run={run_id + 1}"))
    expect(page.get_by_role("heading", name=f"once (run {run_id + 1}): ✔ finished")).to_be_visible(timeout=90_000)


def test_two_rows_show_what_differs(
    filled: str, filled_copy: Path, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUBLIETTE_DATA", str(filled_copy / "data"))
    monkeypatch.setenv("OUBLIETTE_DATABASE", database_of(filled_copy))
    execute.run_here(EvaluateSpec(name="other", pair="tiny", evaluate_on=("folk:forget",), alphas=(0.0,)))
    page = visit(f"{filled}/runs")
    select_rows(page, 1, 2)
    expect(page.get_by_role("heading", name=re.compile("What differs between other"))).to_be_visible()
    page.wait_for_url(re.compile("against="))


def select_rows(page: Page, *numbers: int) -> None:
    """Tick rows of the page's first table, from 1; it is painted, so there is nothing but a place to click at."""
    table = page.get_by_test_id("stDataFrame").first
    table.locator("canvas").first.wait_for()
    for number in numbers:
        table.click(position={"x": 16, "y": 35 * number + 17})
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
