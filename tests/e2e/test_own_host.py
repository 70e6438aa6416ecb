"""What the browser does of itself: it asks no host but ours, and Back goes from page to page."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from pages.parts.shared.page_paths import PATHS
from tests.e2e.conftest import settled

pytestmark = pytest.mark.e2e
Visit = Callable[[str], Page]


def test_no_page_asks_another_host(filled: str, page: Page) -> None:
    asked: set[str] = set()
    own = urlsplit(filled).netloc

    def only_ours(route: Route) -> None:
        address = urlsplit(route.request.url)
        if address.scheme in ("http", "https", "ws", "wss") and address.netloc != own:
            asked.add(address.netloc)
            route.abort()
        else:
            route.continue_()

    page.route("**/*", only_ours)
    for path in PATHS:
        page.goto(f"{filled}/{path}")
        settled(page)
        page.wait_for_load_state("networkidle")
        # A browser without a window fetches no icon: what it would fetch is read from the page.
        named = page.eval_on_selector_all(
            "link[href], script[src], img[src], iframe[src]", "all => all.map((one) => one.href || one.src)"
        )
        asked |= {urlsplit(text).netloc for text in named if text.startswith("http")} - {own}
    assert asked == set()


def test_one_press_of_back_is_one_page(filled: str, visit: Visit) -> None:
    page = visit(filled)
    for name in ("Compare", "Trade-off"):
        page.get_by_test_id("stTopNavLink").filter(has_text=name).click()
        expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
        settled(page)
        if name == "Compare":
            for mark in ("base", "as trained", "base"):  # the address follows each of them
                page.get_by_role("button", name=mark).first.click()
                settled(page)
    assert "utility=" in page.url
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Compare")).to_be_visible()
    settled(page)
    assert "alpha=0" in page.url, "with what was chosen there last"
    page.go_back()
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
