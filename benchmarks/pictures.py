"""The README's pictures: `python -m benchmarks.pictures [--address http://127.0.0.1:8501] [--out docs]`.

Needs a running app with the demo, and Chromium. `--theme dark` and `--width 420` show other views of a user.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.browser import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGES = {
    "overview": "",
    "models": "models",
    "compare": "compare?set=demo&pair=demo&split=forget&q=1&alpha=1",
    "tradeoff": "tradeoff",
    "audit": "runs?run=5",  # the demo's audit, the last of its recorded runs
    "review": "review?review=1&at=0.5&filter=leaks",
    "report": "report",
}
TALLEST = 1700


def settle(page: "Page") -> None:
    """Wait until the script has run and every answer is complete."""
    page.wait_for_selector("h1")
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'", timeout=180_000
    )
    page.wait_for_timeout(1500)  # charts fade in


def take(address: str, out: Path, theme: str, width: int) -> None:
    with chromium() as browser:
        context = browser.new_context(color_scheme=theme, viewport={"width": width, "height": 900})  # type: ignore[arg-type]
        for name, path in PAGES.items():
            page = context.new_page()
            page.goto(f"{address}/{path}")
            settle(page)
            unmapped = page.get_by_role("button", name="Map this question")
            if unmapped.count():
                unmapped.click()
                page.locator(".astrip").wait_for(timeout=120_000)
                settle(page)
            height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
            page.set_viewport_size({"width": width, "height": max(900, min(int(height) + 20, TALLEST))})
            page.wait_for_timeout(800)
            page.screenshot(path=str(out / f"{name}.png"))
            page.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pictures", description=__doc__.splitlines()[0])
    parser.add_argument("--address", default="http://127.0.0.1:8501")
    parser.add_argument("--out", type=Path, default=Path("docs"))
    parser.add_argument("--theme", choices=["light", "dark"], default="light")
    parser.add_argument("--width", type=int, default=1280)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    take(arguments.address, arguments.out, arguments.theme, arguments.width)


if __name__ == "__main__":
    main()
