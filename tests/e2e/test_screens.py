"""Every page on the real demo: how many words stand on it, what axe finds, and what a narrow window shows first."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from pages.parts.shared.page_paths import PATHS
from tests.e2e.conftest import WAIT, settled
from tests.e2e.words import PAGES, SIZE, words_of

pytestmark = [pytest.mark.e2e, pytest.mark.demo]

BEFORE: dict[str, int] = json.loads((Path(__file__).parent / "words_before.json").read_text(encoding="utf-8"))["words"]
THIRD = ("Overview", "Compare", "Trade-off", "Review", "Runs", "evaluation", "audit", "Report")
NEW = {"models": 150}  # pages that did not exist then, by path, and the words they may have
NARROW = {"width": 420, "height": 800}  # px
# What of it is Streamlit's own and cannot be mended by a theme or CSS: rule and selector, with the reason.
STREAMLITS: dict[tuple[str, str], str] = {}


class Seen(NamedTuple):
    words: int
    serious: list[str]  # what axe finds


def opened(browser: Browser, address: str, size: dict[str, int], theme: str = "light") -> Page:
    context = browser.new_context(viewport=size, color_scheme=theme)  # type: ignore[arg-type]
    context.set_default_timeout(2 * WAIT)  # Compare loads three models
    page = context.new_page()
    page.goto(address)
    return page


def findings(page: Page) -> list[str]:
    """What axe calls serious or critical, less what is known of Streamlit."""
    said = []
    for rule in Axe().run(page).response["violations"]:
        for node in rule["nodes"] if rule["impact"] in ("serious", "critical") else ():
            target = str(node["target"])
            if not any(rule["id"] == known and part in target for known, part in STREAMLITS):
                said.append(f"{rule['id']}: {target}: {node['html'][:200]}")
    return said


@pytest.fixture(scope="module")
def walk(demo: str, browser: Browser) -> Callable[[str], dict[str, Seen]]:
    """Every page, opened once in a theme."""

    @cache
    def through(theme: str) -> dict[str, Seen]:
        page, seen = opened(browser, demo, SIZE, theme), {}
        for name, path in {**PAGES, **{path: f"/{path}" for path in NEW if path in PATHS}}.items():
            page.goto(f"{demo}{path}")
            seen[name] = Seen(len(words_of(page)), findings(page))
        page.context.close()
        return seen

    return through


def test_every_page_has_at_most_a_third_of_the_words_it_had(walk: Callable[[str], dict[str, Seen]]) -> None:
    most = {name: BEFORE[name] // 3 for name in THIRD} | {path: most for path, most in NEW.items() if path in PATHS}
    counts = {name: (walk("light")[name].words, bound) for name, bound in most.items()}
    assert {name: found for name, found in counts.items() if found[0] > found[1]} == {}
    assert min(found for found, _ in counts.values()) > 30, "the pages are there"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(walk: Callable[[str], dict[str, Seen]], theme: str) -> None:
    assert {name: seen.serious for name, seen in walk(theme).items() if seen.serious} == {}


def test_axe_is_heard(demo: str, browser: Browser) -> None:
    page = opened(browser, demo, SIZE)
    settled(page)
    page.evaluate("document.querySelector('[data-testid=stMain] p').style.color = '#ddd'")
    assert [said for said in findings(page) if said.startswith("color-contrast")]
    page.context.close()


@pytest.mark.parametrize(
    ("path", "first"), [("/review?review=1", "tbody tr"), ("/report?report=1", ".standing tbody tr")]
)
def test_a_narrow_window_shows_the_first_answer_or_figure_at_once(
    demo: str, browser: Browser, path: str, first: str
) -> None:
    page = opened(browser, f"{demo}{path}", NARROW)
    settled(page)
    row = page.locator(first).first
    expect(row).to_be_visible()
    box = row.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < NARROW["height"]
    page.context.close()
