"""What the very first visitor of a server sees: deep links run through the frame, on every page."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.e2e
Visit = Callable[[str], Page]


@pytest.mark.parametrize(("path", "title"), [("compare", "Compare"), ("runs", "Runs"), ("review", "Review")])
def test_a_deep_link_on_a_cold_server_has_the_frame(empty: str, visit: Visit, path: str, title: str) -> None:
    page = visit(f"{empty}/{path}")
    expect(page.get_by_role("heading", level=1, name=title)).to_be_visible()
    expect(page.get_by_test_id("stTopNavLink")).to_have_count(7)
    assert urlsplit(page.url).path.rstrip("/") == f"/{path}"


def test_an_empty_machine_offers_one_button(empty: str, visit: Visit) -> None:
    page = visit(empty)
    expect(page.get_by_text("Three steps")).to_be_visible()
    expect(page.get_by_test_id("stMain").get_by_role("button", name="Set up the demo")).to_be_visible()
    for other in ("Compare", "Trade-off", "Runs", "Review", "Report"):
        page.get_by_test_id("stTopNavLink").filter(has_text=other).click()
        expect(page.get_by_role("heading", level=1, name=other)).to_be_visible()
        expect(page.get_by_text("Go to Overview")).to_be_visible()
