"""Headless Chromium for drawing and for timing on the wire; playwright is imported when needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = "/usr/bin/chromium"  # Debian's
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")


def why_missing() -> str:
    """Why a browser cannot be opened here, in one sentence; "" where it can."""
    if find_spec("playwright") is None:
        return "the Python package playwright is not installed"
    return "" if Path(CHROMIUM).exists() else f"{CHROMIUM} does not exist"


@contextmanager
def chromium() -> "Iterator[Browser]":
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def screenshot(html: str, picture: Path, width: int, height: int) -> None:
    """Draw a page with one plotly figure."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_content(html)
        page.wait_for_selector(".main-svg")
        page.screenshot(path=str(picture))
