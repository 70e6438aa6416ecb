"""How many words a page shows at first: one definition for what the pages were and for what they are.

    python -m tests.e2e.words http://127.0.0.1:8501

counts the words of every page of a server that holds the demo and prints them as JSON, as `words_before.json` has them.
"""

import json
import sys

from playwright.sync_api import Page, sync_playwright

SIZE = {"width": 1440, "height": 900}  # px
PAGES = {
    "Overview": "/",
    "Compare": "/compare?set=demo&pair=demo&split=forget&q=1&alpha=1",
    "Trade-off": "/tradeoff",
    "Review": "/review?review=1",
    "Runs": "/runs",
    "evaluation": "/runs?run=1",
    "map": "/runs?run=4",
    "audit": "/runs?run=5",
    "Report": "/report?report=1",
    "Start training": "/runs?view=train",
    "Start evaluation": "/runs?view=evaluate",
    "Start audit": "/runs?view=audit",
    "Import questions": "/runs?view=import",
    "Erase a person": "/runs?view=erase",
}

# Visible words of main area and sidebar, in shadow roots too: captions, labels, buttons, chips, legends. Left out is
# what is data: cells of tables and cards, the chosen question with its answers (in a `p` that wraps anywhere, `.pane`,
# `.card p`), tokens, the neighbours of a question (tertiary buttons), pictures and their ticks. What is closed
# (Details, tooltips, menus) is not visible. A word has a letter or a digit in it.
COUNT = r"""
() => {
  const DATA = [
    "td", "th", "dd", "[data-testid=stDataFrame]", "p[style*=overflow-wrap]", ".pane", ".card p", ".strip .tok",
    "[data-testid=stBaseButton-tertiary]", "svg", ".js-plotly-plot", ".ticks", "[data-testid=stIconMaterial]",
    "[data-testid=stTooltipContent]", "[data-testid=stSpinner]", "[data-testid=stStatusWidget]",
    "script", "style", "template", "option",
  ].join(",");
  const words = [];
  const seen = (element) => {
    if (getComputedStyle(element).display === "contents") return true;
    const box = element.getBoundingClientRect();
    const shown = element.checkVisibility({visibilityProperty: true, opacityProperty: true});
    return shown && box.width > 1 && box.height > 1;
  };
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      for (const word of node.data.split(/\s+/)) if (/[\p{L}\p{N}]/u.test(word)) words.push(word);
      return;
    }
    if (node.nodeType === Node.ELEMENT_NODE && (node.matches(DATA) || !seen(node))) return;
    if (node.tagName === "SLOT") { for (const part of node.assignedNodes()) walk(part); return; }
    for (const part of (node.shadowRoot || node).childNodes) walk(part);
  };
  for (const part of document.querySelectorAll("[data-testid=stMain],[data-testid=stSidebar]")) walk(part);
  return words;
}
"""
# One list of words must stay the same for this long before it counts: models may be loading.
STILL = 700  # ms


def words_of(page: Page) -> list[str]:
    """The visible words of the page that is open, once nothing moves any more."""
    page.wait_for_selector("h1")
    before: list[str] = []
    while True:
        page.wait_for_function(
            "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
            " && !document.querySelector('[data-testid=stSpinner],[data-testid=stSkeleton]')"
        )
        found: list[str] = page.evaluate(COUNT)
        if found and found == before:
            return found
        before = found
        page.wait_for_timeout(STILL)


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        counts = {}
        for name, path in PAGES.items():
            page = browser.new_page(viewport=SIZE)  # type: ignore[arg-type]
            page.set_default_timeout(180_000)
            page.goto(sys.argv[1] + path)
            words = words_of(page)
            counts[name] = len(words)
            print(f"{name}: {len(words)}: {' '.join(words)}\n", file=sys.stderr)
            page.close()
        browser.close()
    print(json.dumps(counts, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
