"""Charts in a real browser: the trade-off in one screen, labels that can be read, pictures and tables to take away."""

import csv
import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import WAIT, settled

pytestmark = pytest.mark.e2e
Visit = Callable[[str], Page]
Box = tuple[float, float, float, float]  # left, top, right, bottom, px

_BOXES = """charts => charts.map((chart) => {
  const box = (part) => { const found = part.getBoundingClientRect();
    return [found.left, found.top, found.right, found.bottom]; };
  const seen = (text) => text.textContent.trim() && text.getBoundingClientRect().width > 0
    && getComputedStyle(text).visibility !== "hidden";
  return { name: chart.getAttribute("aria-label").slice(0, 60), edge: box(chart.querySelector(".main-svg")),
    texts: [...chart.querySelectorAll(".main-svg text")].filter(seen).map((text) => [text.textContent, box(text)]) };
})"""


class Labels(NamedTuple):
    chart: str
    edge: Box
    texts: list[tuple[str, Box]]


def labels_of(page: Page, least: int) -> list[Labels]:
    """Every text of every chart of a page, once at least so many are there and whole."""
    charts = page.get_by_test_id("stPlotlyChart")
    if least:
        expect(charts.nth(least - 1)).to_be_visible()
    expect(page.locator("[data-testid=stPlotlyChart]:not(:has(.xtick text))")).to_have_count(0)
    page.evaluate("document.fonts.ready")
    found = charts.evaluate_all(_BOXES)
    return [
        Labels(item["name"], tuple(item["edge"]), [(text, tuple(box)) for text, box in item["texts"]]) for item in found
    ]


def misplaced(labels: Labels) -> list[str]:
    """Labels that lie on one another, and those that the edge of their chart cuts; a pixel is not seen."""
    left, top, right, bottom = labels.edge
    cut = [
        text
        for text, box in labels.texts
        if box[0] < left - 1 or box[1] < top - 1 or box[2] > right + 1 or box[3] > bottom + 1
    ]
    over = [
        f"{one} | {other}"
        for (one, a), (other, b) in combinations(labels.texts, 2)
        if a[0] + 1 < b[2] and b[0] + 1 < a[2] and a[1] + 1 < b[3] and b[1] + 1 < a[3]
    ]
    return cut + over


def expect_labels_apart(browser: Browser, address: str, widths: tuple[int, ...], least: int) -> None:
    """At each width of the window at least so many charts, each with labels, none of them misplaced."""
    context = browser.new_context(viewport={"width": widths[0], "height": 900})
    context.set_default_timeout(WAIT)
    page = context.new_page()
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(address)
        settled(page)
        found = labels_of(page, least)
        assert all(item.texts for item in found)
        assert {item.chart: misplaced(item) for item in found if misplaced(item)} == {}, width
    context.close()


@pytest.mark.demo
def test_no_label_lies_on_another_or_is_cut(demo: str, browser: Browser) -> None:
    expect_labels_apart(browser, f"{demo}/tradeoff?researchers=1", (1280, 420), 8)
    expect_labels_apart(browser, demo, (420,), 0)
    expect_labels_apart(browser, f"{demo}/runs?run=5", (420,), 0)


def test_losses_of_a_training_are_labelled_apart(filled: str, browser: Browser) -> None:
    expect_labels_apart(browser, f"{filled}/runs?run=1", (1280, 420), 1)


@pytest.mark.demo
def test_the_trade_off_is_one_screen_and_its_charts_can_be_taken_away(
    demo: str, browser: Browser, tmp_path: Path
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.goto(f"{demo}/tradeoff")
    settled(page)
    expect(
        page.get_by_text(re.compile(r"^Use α = .*no secret told.*kept\. Uncertain: .* times in 10\."))
    ).to_be_visible()
    expect(page.get_by_text("best: bottom right")).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("For researchers")).to_be_in_viewport(ratio=1)
    charts = page.get_by_test_id("stPlotlyChart")
    expect(charts).to_have_count(2)
    expect(charts.first.locator(".modebar-btn")).to_have_count(2)
    with page.expect_download() as picture:
        charts.first.locator(".modebar-btn").first.click()
    assert picture.value.suggested_filename == "oubliette-told-and-kept.png"
    assert Path(picture.value.path()).read_bytes().startswith(b"\x89PNG")
    with page.expect_download() as table:
        page.get_by_role("button", name="CSV").first.click()
    assert table.value.suggested_filename == "oubliette-told-and-kept.csv"
    rows = list(csv.reader(Path(table.value.path()).read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0] == ["from α", "secrets told", "knowledge kept"]
    assert rows[1][0] == "0.0"
    page.get_by_text("For researchers").click()
    expect(charts).to_have_count(8)
    page.wait_for_url(re.compile("researchers=1"))
    context.close()
