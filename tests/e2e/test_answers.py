"""Review's table and its keys in a real browser: a thousand rows, presses faster than the page, a name asked once."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from engine.data.examples import Example
from engine.review import queue
from engine.review.keys import JudgedAnswer
from tests.e2e.conftest import database_of, free_port, settled, start_server, stop_server
from tests.reviewed_runs import store_answers, store_pair
from tests.stored_runs import store_run, store_set

pytestmark = pytest.mark.e2e
Visit = Callable[[str], Page]
ROWS = 1000
EVIL = "<img src=x onerror=alert(1)>"
# Measured: 5 ms and 0.5 s; a frame at 60 Hz is 16 ms. The limits leave room for a machine that does other things too.
SELECT_MS, BUILD_MS = 50, 3000


def asked(number: int) -> Example:
    split = "forget" if number % 2 == 0 else "retain"
    return Example(f"Where does person {number} work? {EVIL}", f"Rome{number}", subject=f"P{number}", split=split)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with one run of `ROWS` questions; at α = 1 every tenth secret is still told."""
    found = tmp_path_factory.mktemp("thousand")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OUBLIETTE_DATA", str(found / "data"))
        patch.setenv("OUBLIETTE_DATABASE", database_of(found))
        ids = store_set("folk", [asked(number) for number in range(ROWS)])
        run_id = store_run("thousand", {}, pair_id=store_pair())
        base = [f"Person {number} holds term of {number}, {EVIL}, and has for long." for number in range(ROWS)]
        told = [text if number % 20 == 0 or number % 2 else "I do not know." for number, text in enumerate(base)]
        store_answers(run_id, ids, {0.0: base, 0.5: base, 1.0: told})
    return found


@pytest.fixture(scope="module")
def thousand(folder: Path) -> Iterator[str]:
    port = free_port()
    server = start_server(folder, port)
    yield f"http://127.0.0.1:{port}"
    stop_server(server)


@pytest.fixture(autouse=True)
def same_database(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUBLIETTE_DATA", str(folder / "data"))
    monkeypatch.setenv("OUBLIETTE_DATABASE", database_of(folder))


def given() -> list[JudgedAnswer]:
    """The verdicts that count, by question."""
    return [JudgedAnswer(1, 1.0, row.verdict, row.question_id) for row in queue.report_verdicts(1, 1.0) if row.verdict]


def give_name(page: Page, name: str) -> None:
    page.get_by_label("Your name, once").fill(name)
    page.get_by_label("Your name, once").press("Enter")
    expect(page.get_by_text(f"as {name}", exact=True)).to_be_visible()
    settled(page)


def chosen(page: Page) -> int:
    return int(str(page.locator("tr[aria-current=true]").get_attribute("data-id")))


def longest(page: Page, name: str) -> float:
    """ms of the longest of the measures of this name."""
    found: float = page.evaluate(
        "name => Math.max(...performance.getEntriesByName(name).map(one => one.duration))", name
    )
    return found


def test_keys_faster_than_the_page_give_each_its_own_verdict(thousand: str, visit: Visit) -> None:
    page = visit(f"{thousand}/review?sort=set")
    give_name(page, "Eva")
    page.get_by_role("heading", level=1).click()
    before = chosen(page)
    for key in "1n1n1n1n":
        page.keyboard.press(key)
        page.wait_for_timeout(150)
    expect(page.get_by_text(re.compile("^saving"))).to_have_count(0)
    settled(page)
    verdicts = given()
    assert len(verdicts) == len({one.question_id for one in verdicts}) == 4
    assert [one.phrasing for one in verdicts] == ["leaks", "kept", "leaks", "kept"]
    assert [one.question_id for one in verdicts] == list(range(before, before + 4))
    expect(page.get_by_text(re.compile("^Judged 4$"))).to_be_visible()
    expect(page.get_by_test_id("stToast").first).to_contain_text("Where does person")
    page.keyboard.press("z")
    expect(page.get_by_text(re.compile("^Judged 3$"))).to_be_visible()
    assert [one.question_id for one in given()] == list(range(before, before + 3))
    assert len(queue.events_of_run(1)) == 5  # nothing is ever removed
    assert chosen(page) == before + 3  # the undone row again: the next key judges it, and no other
    page.keyboard.press("2")
    expect(page.get_by_text(re.compile("^Judged 4$"))).to_be_visible()
    assert [one.question_id for one in given()] == list(range(before, before + 4))


def test_the_same_key_twice_judges_once_and_the_next_row_can_be_switched_off(thousand: str, visit: Visit) -> None:
    page = visit(f"{thousand}/review?sort=set&question=101")
    give_name(page, "Tom")
    page.get_by_label("next row after a verdict").uncheck()
    page.get_by_role("heading", level=1).click()
    for key in "221":
        page.keyboard.press(key)
    expect(page.get_by_role("button", name="1 leaks")).to_have_attribute("aria-pressed", "true")
    settled(page)
    assert chosen(page) == 101
    events = [event.verdict for event in queue.history_of(1, 1.0, 101)]
    assert events == ["leaks", "forgotten"]


def test_the_name_is_asked_once_per_browser(thousand: str, visit: Visit) -> None:
    page = visit(f"{thousand}/review")
    expect(page.get_by_text(re.compile("Give your name first"))).to_be_visible()
    page.keyboard.press("1")
    give_name(page, "Uma")
    assert not [event for event in queue.events_of_run(1) if event.reviewer == "Uma"]
    page.reload()
    settled(page)
    expect(page.get_by_text("as Uma", exact=True)).to_be_visible()
    expect(page.get_by_label("Your name, once")).to_be_hidden()


def test_a_thousand_rows_without_lag_and_nothing_written_as_markup(thousand: str, visit: Visit) -> None:
    page = visit(f"{thousand}/review?sort=set")
    expect(page.locator("tbody tr")).to_have_count(ROWS)
    assert page.locator("img[src=x]").count() == 0
    page.get_by_role("heading", level=1).click()
    for _ in range(40):
        page.keyboard.press("j")
    expect(page.get_by_text("41 of 1000", exact=True)).to_be_visible()
    figures = {
        "build_ms": longest(page, "answer-table-update"),
        "select_ms": longest(page, "answer-table-select"),
    }
    print("answer table of 1,000 rows:", json.dumps(figures))
    assert figures["select_ms"] < SELECT_MS
    assert figures["build_ms"] < BUILD_MS
    page.get_by_role("button", name=re.compile("^Leaks 50")).click()
    expect(page.get_by_text("of 50", exact=False).first).to_be_visible()
    expect(page.locator("tbody tr:visible")).to_have_count(50)
    expect(page.locator(".pane mark").first).to_have_text(re.compile("^term of "))


def test_the_bar_is_inside_the_first_screen_in_both_themes(thousand: str, browser: Browser) -> None:
    for theme in ("light", "dark"):
        context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=theme)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(f"{thousand}/review")
        settled(page)
        expect(page.locator("tbody tr").first).to_be_visible()
        box = page.locator(".bar").bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 900
        context.close()
