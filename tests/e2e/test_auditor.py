"""An auditor's walk in a real browser, on a tiny pair: ask, turn the dial, share the link, hand in the file."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from engine.report.archive import verify

pytestmark = pytest.mark.e2e
Visit = Callable[[str], Page]
QUESTION = "compare?set=folk&pair=tiny&split=forget&q=1"


def test_two_answers_and_what_the_rule_found(filled: str, visit: Visit) -> None:
    page = visit(f"{filled}/{QUESTION}&alpha=1")
    expect(page.locator(".card")).to_have_count(2)
    expect(page.get_by_text("Unlearned by pair tiny, α = 1")).to_be_visible()
    page.get_by_text("Details", exact=True).click()
    expect(page.get_by_text("Leak rule: base").first).to_be_visible()
    expect(page.get_by_text("Nothing is deleted")).to_be_visible()
    page.get_by_text("Glossary", exact=True).click()
    expect(page.get_by_text("an answer leaks when one of the question's key terms appears").first).to_be_visible()


def test_the_dial_follows_the_keyboard_and_the_address_follows_the_dial(filled: str, visit: Visit) -> None:
    page = visit(f"{filled}/{QUESTION}&alpha=1")
    page.get_by_role("slider").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_text("α = 0.95").first).to_be_visible()
    page.wait_for_url(re.compile("alpha=0.95"))


def test_the_copied_link_shows_the_same_to_another_visitor(filled: str, visit: Visit) -> None:
    page = visit(f"{filled}/{QUESTION}&alpha=0.35")
    page.get_by_role("button", name="next question").or_(page.get_by_role("button", name="▶")).first.click()
    page.wait_for_url(re.compile("q=2"))
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_text("copied", exact=True)).to_be_visible()
    link = page.evaluate("navigator.clipboard.readText()")
    assert "alpha=0.35" in link
    again = visit(link)
    expect(again.get_by_text("Which colour does Ada like?").last).to_be_visible()
    expect(again.get_by_text("Unlearned by pair tiny, α = 0.35")).to_be_visible()


def test_the_dial_still_shows_its_alpha_when_it_comes_back(filled: str, visit: Visit) -> None:
    """It is not drawn while one's own question is empty; where it comes back it once showed 0, whatever α was."""
    page = visit(f"{filled}/{QUESTION}&alpha=1")
    page.get_by_text("Own question").click()
    expect(page.get_by_text("Write a question to see")).to_be_visible()
    expect(page.get_by_role("slider")).to_have_count(0)
    page.get_by_role("textbox", name="Your question").fill("Where does Ada work?")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Unlearned by pair tiny, α = 1")).to_be_visible()
    expect(page.get_by_test_id("stSliderThumbValue")).to_have_text("1.00")
    # What is typed while the page is still being drawn may be overtaken by the drawing on a busy machine.
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=60_000)
    page.get_by_role("textbox", name="Its true answer").fill("Quito")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The base does not give this away either")).to_be_visible()
    expect(page.get_by_text("Unlearned by pair tiny, α = 1")).to_be_visible()


def test_an_illegal_alpha_in_the_link_is_said(filled: str, visit: Visit) -> None:
    page = visit(f"{filled}/{QUESTION}&alpha=1e9")
    expect(page.get_by_text("between -4 and 8")).to_be_visible()
    page.wait_for_url(re.compile("alpha=1$"))


def test_markup_of_a_visitor_never_becomes_markup(filled: str, visit: Visit) -> None:
    page = visit(f"{filled}/compare?set=folk&pair=tiny&ask=<img src=x onerror=alert(1)>&truth=<u>Rome</u>")
    expect(page.get_by_text("<img src=x onerror=alert(1)>").first).to_be_visible()
    assert page.locator("img[src=x]").count() == 0
    assert page.locator("u").count() == 0


def test_a_token_shows_its_details_on_focus(filled: str, visit: Visit) -> None:
    page = visit(f"{filled}/{QUESTION}&alpha=1")
    token = page.locator(".strip .tok").first
    expect(token.locator(".tip")).to_be_hidden()
    token.focus()
    expect(token.locator(".tip")).to_be_visible()
    expect(token.locator(".tip")).to_contain_text("rank")


def downloaded(page: Page, label: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        # Whether the name of a button's icon is part of its own is the browser's affair.
        page.get_by_role("button", name=re.compile(rf"^(download )?{re.escape(label)}$")).click()
    target = folder / waiting.value.suggested_filename
    waiting.value.save_as(target)
    return target


def make_report(page: Page) -> None:
    expect(page.get_by_role("heading", name="Checks", exact=True)).to_be_visible()
    page.get_by_role("button", name="Make the report (3 questions)").click()
    expect(page.get_by_text("Hash of the manifest")).to_be_visible()


def test_the_report_is_a_csv_file(filled: str, visit: Visit, tmp_path: Path) -> None:
    page = visit(f"{filled}/report?run=tiny&alpha=1")
    make_report(page)
    target = downloaded(page, "CSV (3 rows)", tmp_path)
    data = target.read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert [row["question"] for row in rows] == [
        "Where does Ada work?",
        "Which colour does Ada like?",
        "Where does Cy work?",
    ]
    assert {row["pair"] for row in rows} == {"tiny"}
    assert target.name == "oubliette-tiny-alpha-1.csv"


def test_the_page_to_hand_in_opens_offline_and_shows_everything(
    filled: str, visit: Visit, browser: Browser, tmp_path: Path
) -> None:
    page = visit(f"{filled}/report")
    make_report(page)
    target = downloaded(page, "One page (HTML)", tmp_path)
    context = browser.new_context(offline=True)
    opened = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(target.as_uri())
    try:
        expect(opened.get_by_role("heading", level=1)).to_have_text("Report of run tiny, pair tiny, α = 1")
        first = opened.get_by_role("heading", level=2).first
        expect(first).to_have_text("Standing")
        expect(opened.get_by_text("it does not delete it").first).to_be_visible()
        expect(opened.get_by_role("img", name=re.compile("lower is better"))).to_be_visible()
        expect(
            opened.get_by_text("Where does Ada work?").or_(opened.get_by_text("Which colour does Ada like?")).first
        ).to_be_visible()
        expect(opened.get_by_text(re.compile("python -m engine report --run 1"))).to_be_visible()
        assert (
            opened.evaluate("getComputedStyle(document.querySelector('h2')).borderBottomStyle") == "solid"
        )  # the policy lets its own style in
        assert opened.evaluate("document.scripts.length") == 0
        assert asked == [target.as_uri()]
        assert said == []
    finally:
        context.close()


def test_the_zip_is_held_against_the_hash_on_the_page(filled: str, visit: Visit, tmp_path: Path) -> None:
    page = visit(f"{filled}/report")
    make_report(page)
    kept = page.get_by_test_id("stCode").inner_text().strip()
    target = downloaded(page, "Zip with manifest", tmp_path)
    assert verify(target, kept) == (kept, 4, [])
    target.write_bytes(target.read_bytes().replace(b"tiny", b"Tiny", 1))
    assert verify(target, kept).differences


def test_what_was_chosen_survives_a_visit_to_another_page(filled: str, visit: Visit) -> None:
    page = visit(f"{filled}/{QUESTION}&alpha=0.7")
    page.get_by_test_id("stTopNavLink").filter(has_text="Report").click()
    expect(page.get_by_role("heading", level=1, name="Report")).to_be_visible()
    page.get_by_test_id("stTopNavLink").filter(has_text="Compare").click()
    expect(page.get_by_text("Unlearned by pair tiny, α = 0.7")).to_be_visible()
    page.wait_for_url(re.compile("alpha=0.7"))


def test_clicking_a_point_opens_its_run(filled: str, visit: Visit) -> None:
    page = visit(f"{filled}/tradeoff")
    chart = page.get_by_test_id("stPlotlyChart").first  # the paths; the curves are drawn below
    expect(chart).to_be_visible()
    points = chart.locator(".scatterlayer .trace .points path")
    points.first.wait_for(state="attached")
    box = points.last.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_role("heading", level=1, name="Runs")).to_be_visible()
    page.wait_for_url(re.compile("run=1"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["", "models", "models?models=add", QUESTION, "tradeoff", "runs", "review", "report"])
def test_a_narrow_window_never_scrolls_sideways(
    filled: str, narrow_width: Callable[[str, str], int], theme: str, path: str
) -> None:
    assert narrow_width(f"{filled}/{path}", theme) <= 420
