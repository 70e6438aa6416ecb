"""A reviewer's walk in a real browser: Compare, then Review by keys, filters that survive a reload, blind, and
markup.
"""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from engine.kinds import EvaluateSpec
from engine.review import queue
from engine.runs import execute
from pages.parts.shared.loading import ANSWER_TOKENS
from tests.e2e.conftest import database_of

pytestmark = pytest.mark.e2e
Visit = Callable[[str], Page]


@pytest.fixture(autouse=True)
def same_database(filled_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the test reads is what the server writes."""
    monkeypatch.setenv("OUBLIETTE_DATA", str(filled_copy / "data"))
    monkeypatch.setenv("OUBLIETTE_DATABASE", database_of(filled_copy))


def quiet(page: Page) -> None:
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=60_000)


def give_name(page: Page, name: str) -> None:
    field = page.get_by_role("textbox", name="Reviewer")
    field.fill(name)
    field.press("Enter")
    expect(page.get_by_text("Write your name in the sidebar")).to_have_count(0)
    if "blind=1" not in page.url:  # there are keys: before the bar has the name it refuses them
        expect(page.get_by_text(f"as {name}", exact=True)).to_be_visible()
    quiet(page)
    page.get_by_role("heading", level=1).click()  # keys are for the page, not for the field


def test_an_auditor_walks_from_the_dial_to_a_verdict_that_stays(filled: str, visit: Visit) -> None:
    page = visit(filled)
    page.get_by_test_id("stTopNavLink").filter(has_text="Compare").click()
    expect(page.get_by_text("Where does Ada work?").last).to_be_visible()
    for key, alpha in (("ArrowLeft", "0.95"), ("ArrowRight", "1")):
        quiet(page)
        page.get_by_role("slider").focus()
        page.keyboard.press(key)
        page.wait_for_url(re.compile(rf"alpha={alpha}(&|$)"))
        expect(page.get_by_text(f"Unlearned by pair tiny, α = {alpha}", exact=True)).to_be_visible()
    quiet(page)
    page.get_by_test_id("stTopNavLink").filter(has_text="Review").click()
    expect(page.get_by_role("heading", level=1, name="Review")).to_be_visible()
    expect(page.get_by_role("button", name="Judged 0")).to_be_visible()
    give_name(page, "Eva")
    page.keyboard.press("2")
    expect(page.get_by_role("button", name="Judged 1", exact=True)).to_be_visible()
    quiet(page)
    page.get_by_role("button", name="Not judged 2").click()
    page.wait_for_url(re.compile("filter=unreviewed"))
    expect(page.get_by_text("1 of 2", exact=True)).to_be_visible()
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("j")
    expect(page.get_by_text("2 of 2", exact=True)).to_be_visible()
    chosen = str(page.locator("tr[aria-current=true]").get_attribute("data-id"))
    page.wait_for_url(re.compile(rf"question={chosen}(&|$)"))
    quiet(page)
    address = page.url
    page.reload()
    expect(page.get_by_text("2 of 2", exact=True)).to_be_visible()
    expect(page.get_by_text("as Eva", exact=True)).to_be_visible()
    quiet(page)
    assert page.url == address
    assert len([row.verdict for row in queue.report_verdicts(1, 1.0) if row.verdict]) == 1


def test_a_note_goes_with_its_key_markup_in_it_stays_text_and_z_takes_it_back(filled: str, visit: Visit) -> None:
    page = visit(f"{filled}/review?at=0.5")
    give_name(page, "<b>Tom</b>")
    page.get_by_label("next row after a verdict").uncheck()
    page.get_by_label("Note").fill("<img src=x onerror=alert(1)> 2 words")
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("1")
    expect(page.locator(".history li").first).to_contain_text("onerror=alert(1)> 2 words")
    expect(page.locator(".history li").first).to_contain_text("<b>Tom</b>")
    assert page.locator("img[src=x]").count() == 0
    page.keyboard.press("z")
    expect(page.locator(".history li").first).to_contain_text("cleared")


def test_blind_by_keys_then_revealed(filled: str, visit: Visit) -> None:
    page = visit(f"{filled}/review?at=1&blind=1&sort=set")
    expect(page.locator(".card")).to_have_count(0)
    give_name(page, "Uma")
    expect(page.get_by_text("Answer A", exact=True)).to_be_visible()
    page.keyboard.press("3")
    quiet(page)
    page.keyboard.press("6")
    save = page.get_by_role("button", name="Save both and reveal")
    expect(save).to_be_enabled()
    quiet(page)
    page.keyboard.press("s")
    expect(page.get_by_text("Judged blind")).to_be_visible()
    expect(page.get_by_text("Unlearned by pair tiny, α = 1")).to_be_visible()


def test_an_endless_expression_is_stopped_and_the_page_goes_on(filled: str, visit: Visit) -> None:
    page = visit(f"{filled}/review?kind=regex&check=((.|.)*)*%5Cd%24")
    expect(page.get_by_text("was stopped")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("1 of 3", exact=True)).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("query", ["filter=different", "blind=1", "check=Ada&side=either"])
def test_a_narrow_window_never_scrolls_sideways(
    filled: str, narrow_width: Callable[[str, str], int], theme: str, query: str
) -> None:
    assert narrow_width(f"{filled}/review?{query}", theme) <= 420


def test_a_verdict_on_compare_is_one_on_review(filled: str, visit: Visit) -> None:
    """Of an answer that no run holds nobody can give one: the run that came with the pair cuts its answers earlier."""
    page = visit(f"{filled}/compare?set=folk&pair=tiny&split=forget&q=1&alpha=0.5")
    expect(page.get_by_text("holds this answer")).to_be_visible()
    spec = EvaluateSpec(
        name="whole", pair="tiny", evaluate_on=("folk:forget",), alphas=(0.0, 0.5), max_new_tokens=ANSWER_TOKENS
    )
    run = execute.run_here(spec)
    page = visit(f"{filled}/compare?set=folk&pair=tiny&split=forget&q=1&alpha=0.5")
    page.get_by_label("Your name, once").fill("Kim")
    page.get_by_label("Your name, once").press("Enter")
    expect(page.get_by_text("as Kim", exact=True)).to_be_visible()
    quiet(page)
    page.get_by_role("heading", level=1).click()
    page.keyboard.press("2")
    expect(page.get_by_role("button", name="2 hidden")).to_have_attribute("aria-pressed", "true")
    quiet(page)
    kim = [event for event in queue.events_of_run(run) if event.reviewer == "Kim"]
    assert [event.verdict for event in kim] == ["forgotten"]
