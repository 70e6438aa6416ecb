"""Headless Chromium for what is drawn and for what is timed on the wire; playwright is loaded when it is asked for."""

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
    """Why no browser can be opened here, in one sentence; "" where one can."""
    if find_spec("playwright") is None:
        return "the Python package playwright is not installed"
    return "" if Path(CHROMIUM).exists() else f"there is no {CHROMIUM}"


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
    """Draw a page that holds one of plotly's figures."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_content(html)
        page.wait_for_selector(".main-svg")
        page.screenshot(path=str(picture))
