"""A page of HTML without its words."""

import re
from html.parser import HTMLParser

SPOKEN = frozenset(("aria-label", "title", "alt", "aria-description"))  # attributes that hold words
PASSING = re.compile(r"\d+(\.\d+){2,}|\d{4}-\d\d-\d\d [\d:]+")  # a version or a moment

# How a check ended that depends on the packages installed here; a failed one stays what it is.
VERSIONED: dict[str | None, str] = {"mark pass": "mark", "mark note": "mark"}


class _Skeleton(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.verbatim = self.figure = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        shown = [f'{name}="{"*" if name in SPOKEN else VERSIONED.get(value, value)}"' for name, value in sorted(attrs)]
        self.lines.append(f"<{' '.join([tag, *shown])}>")
        self.verbatim = tag == "style"
        self.figure = "num" in (dict(attrs).get("class") or "").split()

    def handle_endtag(self, tag: str) -> None:
        self.lines.append(f"</{tag}>")
        self.verbatim = self.figure = False

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if not text:
            return
        if self.figure:
            text = re.sub(r"[^\W\d_]+", "*", text)
        worded = any(letter.isalpha() for letter in text) or PASSING.fullmatch(text) is not None
        worded = worded and not (self.verbatim or self.figure)
        shown = "*" if worded else text
        if not (worded and self.lines[-1:] == ["*"]):
            self.lines.append(shown)


def skeleton(page: str) -> list[str]:
    """The page as one line per tag with its sorted attributes and one per text, from top to bottom.

    A text with a letter in it becomes `*`, and so do attributes that are read aloud. Figures, and the style, stay; in a
    cell of figures (class `num`) only the words among them go.
    """
    parser = _Skeleton()
    parser.feed(page)
    parser.close()
    return parser.lines
