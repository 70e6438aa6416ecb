"""An HTML page read for tests: its tags, its texts, and both as lines with only the whitespace that a browser shows."""

import re
from html.parser import HTMLParser

INLINE = frozenset(("span", "strong", "code"))  # elsewhere whitespace beside a tag is not shown
VERBATIM = frozenset(("pre", "code", "style"))

Attributes = list[tuple[str, str | None]]


class Page(HTMLParser):
    """`tags` with their attributes, `lines` of tags and texts, and `text`, everything between the tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.lines: list[str] = []
        self.text = ""
        self._open: list[str] = []  # elements whose whitespace is shown as it stands
        self._read = ""
        self._at_start = True
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: Attributes) -> None:
        self.tags.append((tag, dict(attrs)))
        self._tag(tag, f"<{tag}{''.join(f' {name}={value!r}' for name, value in attrs)}>")
        if tag in VERBATIM or ("class", "text") in attrs:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self._tag(tag, f"</{tag}>")
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_decl(self, decl: str) -> None:
        self._tag("", f"<!{decl}>")

    def handle_comment(self, data: str) -> None:
        self._tag("", f"<!--{data}-->")

    def handle_data(self, data: str) -> None:
        self._read += data
        self.text += data

    def _tag(self, tag: str, line: str) -> None:
        at_end = tag not in INLINE
        read = self._read
        if not self._open:
            read = re.sub(r"[ \t\r\n]+", " ", read)
            read = read.lstrip(" ") if self._at_start else read
            read = read.rstrip(" ") if at_end else read
        if read:
            self.lines.append(repr(read)[1:-1])
            self._at_start = False
        self.lines.append(line)
        self._read, self._at_start = "", self._at_start or at_end
