"""Overview in a real browser, on the demo: the worst finding on the first screen, and the barcode that leads to it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import WAIT, settled

pytestmark = [pytest.mark.e2e, pytest.mark.demo]
Visit = Callable[[str], Page]


def bottom(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


def test_the_first_screen_is_complete_and_the_worst_finding_is_on_it(demo: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.goto(demo)
    settled(page)
    block = page.locator(".standing").first
    expect(block).to_contain_text("HOLDS WHEN ASKED, FAILS WHEN PUSHED")
    expect(block).to_contain_text("Answer begun: 11 of 12 come out, of a model that never knew 0 of 12.")
    expect(page.locator(".barcode .row").first).to_be_visible()
    expect(page.locator(".barcode .row")).to_have_count(72)
    for part in (".standing", ".barcode"):
        assert bottom(page, part) <= 900, part
    expect(page.get_by_role("link", name="Look at the 11")).to_be_in_viewport(ratio=1)
    context.close()


def test_a_click_on_the_barcode_opens_the_answer_on_compare(demo: str, visit: Visit) -> None:
    page = visit(demo)
    field = page.locator(".barcode .field")
    box = field.bounding_box()
    assert box is not None
    field.hover(position={"x": box["width"] * 0.25, "y": 2})
    said = page.locator(".barcode .said")
    expect(said).to_contain_text("α = 0.50: ✖ tells it")
    question = said.locator("b").inner_text()
    field.click(position={"x": box["width"] * 0.25, "y": 2})
    page.wait_for_url(re.compile(r"compare\?.*alpha=0\.5"))
    expect(page.get_by_text(question).first).to_be_visible()


def test_the_worst_finding_leads_to_its_answers(demo: str, visit: Visit) -> None:
    page = visit(demo)
    page.get_by_role("link", name="Look at the 11").click()
    page.wait_for_url(re.compile("probe=phrasing_prefix"))
    expect(page.locator("section.card").first).to_be_in_viewport(ratio=1)
    expect(page.locator("section.card mark").first).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("question 1 of 12")).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("The probes of this audit, the worst first")).to_be_visible()
