"""The page of a report: it needs nothing but itself, nobody's text gets out unescaped, and it looks as it did."""

import base64
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError

from engine.audit.found import ProbeOutput
from engine.report import gather
from engine.report.files import HTML, JSON, QUESTIONS, make_files
from engine.report.html_page import CONTROL_PICTURES, html_bytes
from engine.report.inputs import FoundReviews
from engine.report.parts import Report
from engine.report.selection import Selection
from tests.html_lines import Page
from tests.reports import EVIL, SAID, gathered, made, reviews, rows_of, store_report

KEPT_PAGE = Path(__file__).parent / "page.txt"
OURS = frozenset(
    ("state", "word", "model", "metric", "split", "half", "wording", "verdict", "made")
)  # words of this program


@pytest.mark.parametrize(
    "note", ["=1+1", "-2", "@SUM(A1)", "\t=1", EVIL, "🦊 ünïcödé\nnext line", "x" * 100_000, "a\x00b"]
)
def test_a_note_comes_out_right_everywhere(note: str) -> None:
    run_id = store_report()
    found = reviews()
    rows = [found.rows[0]._replace(note=note)]
    chosen = gather.choose(run_id, None, Selection(), FoundReviews(rows, ""))
    files = make_files(gather.gather(chosen)).files
    row = rows_of(files[QUESTIONS])[0]
    assert row["note"] == (f"'{note}" if note[:1] in "=-@\t" else note)
    data = json.loads(files[JSON])
    assert data["verdicts"]["rows"][0]["note"] == data["questions"][0]["note"] == note
    page = files[HTML].decode()
    assert note.replace("\x00", "␀") in Page(page).text
    assert EVIL not in page


def test_the_page_needs_nothing_but_itself() -> None:
    page = made(store_report()).files[HTML].decode()
    reader = Page(page)
    tags = {tag for tag, _ in reader.tags}
    assert not tags & {"script", "img", "link", "iframe", "object", "form", "base"}
    assert all(
        str(attrs[name]).startswith("#") for _, attrs in reader.tags for name in ("href", "src") if name in attrs
    )
    assert not [attrs for _, attrs in reader.tags if any(name.startswith("on") or name == "style" for name in attrs)]
    policy = next(str(attrs["content"]) for tag, attrs in reader.tags if tag == "meta" and "http-equiv" in attrs)
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    (style,) = re.findall("<style>(.*?)</style>", page, re.DOTALL)
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in policy, "else a browser shows no style"
    (svg,) = [attrs for tag, attrs in reader.tags if tag == "svg"]
    assert "forget 0.450, utility 0.250" in str(svg["aria-label"])
    assert "url(" not in page


def test_the_page_shows_verbatim_and_escaped() -> None:
    page = made(store_report()).files[HTML].decode()
    assert repr(SAID[0].unlearned)[1:-1] in Page(page).lines
    assert repr(SAID[1].unlearned)[1:-1] in Page(page).lines
    assert EVIL not in page
    headings = re.findall("<h2>([^<]*)</h2>", page)
    assert headings[:3] == ["Standing", "Checks", "The claim, and what would count as failure"]
    assert "python -m engine report --run" in page


def test_ten_thousand_verdicts_leave_a_page_that_can_be_read() -> None:
    run_id = store_report()
    row = reviews().rows[0]
    rows = [row._replace(reviewer=f"reviewer {number:05}") for number in range(10_000)]
    chosen = gather.choose(run_id, None, Selection(), FoundReviews(rows, ""))
    report = gather.gather(chosen)
    page = html_bytes(report._replace(verdicts=report.verdicts._replace(reviewers={}))).decode()
    assert "9900 more are in" in page


@cache
def everything() -> Report:
    """A report that has every section, without what this machine and day bring."""
    run_id = store_report()
    store_report("gold", pair_name="retain-only:b")
    store_report("direct", manifest={"method": "direct", "seed": 7})
    said = SAID[0]._replace(unlearned="I cannot say", leaks=(1, 0), rouge=(1, 0))
    found = gathered(run_id, other=store_report("second", (said, *SAID[1:]), seed=5))
    told = ProbeOutput(
        9,
        "prefix",
        "Answer begun",
        1,
        "folk",
        "forget",
        "Ada Quill",
        "Where does Ada Quill live?",
        "Zanzibar",
        ("Zanzibar",),
        True,
        1.0,
        f"{EVIL} in Zanzibar.",
        "tells Zanzibar",
    )
    return found._replace(
        outputs=(told, told._replace(subject="", set="")),
        made="2026-01-01T00:00:00+00:00",
        checks=tuple(check for check in found.checks if "versions" not in check.words),
        origin=found.origin._replace(versions_here={"torch": "3"}, times={"created": "2026-01-01T00:00:00"}),
    )


def test_the_page_is_the_one_that_was_looked_at(tmp_path: Path) -> None:
    """Tags, attributes and texts, figures and drawing. Where a change is meant, the new page becomes the kept one."""
    lines = Page(html_bytes(everything()).decode()).lines
    lines.remove(next(line for line in lines if line.startswith(":root")))  # the style; its hash stands in the policy
    page = re.sub("(?=<(tr|p|section|h[1-3]|dt|li|line|text|meta|a)[ >])", "\n", "".join(lines)) + "\n"
    found = tmp_path / KEPT_PAGE.name
    found.write_text(page, encoding="utf-8")
    assert page == KEPT_PAGE.read_text(encoding="utf-8"), f"{found} is not {KEPT_PAGE}"


def written_by_people(value: Any, text: str) -> Any:
    """A report with `text` in place of everything in it that came from outside this program, or might have."""
    if isinstance(value, str):
        return text
    if isinstance(value, dict):
        return {name: written_by_people(item, text) for name, item in value.items()}
    if hasattr(value, "_asdict"):
        fields = value._asdict().items()
        return value._replace(**{name: written_by_people(item, text) for name, item in fields if name not in OURS})
    return tuple(written_by_people(item, text) for item in value) if isinstance(value, tuple) else value


def numbered(text: str) -> Report:
    """Of names that are keys there is one for each."""
    report: Report = written_by_people(everything(), text)
    names = {f"{text}{number}": count for number, count in enumerate(report.verdicts.reviewers.values())}
    machine = {f"{text}cores": text}
    return report._replace(
        verdicts=report.verdicts._replace(reviewers=names, counts=names, questions=names),
        origin=report.origin._replace(machine=machine),
        outputs=tuple(item._replace(key_terms=()) for item in report.outputs),  # what is marked hangs on the text
    )


def shape(page: Page) -> list[tuple[str, list[str]]]:
    return [(tag, [*attributes]) for tag, attributes in page.tags]


@settings(max_examples=60)
@given(st.text(st.characters() | st.sampled_from("<>&\"'`=/!-{}%#\r\n\0"), min_size=1, max_size=12))
@example(EVIL)
@example("{{ report }}{% for x in y %}{# a #}")
@example("]]></style></svg><script>alert(1)</script>")
@example("\" onload=alert(1) x='")
@example("&lt;b&gt; &#60;")
@example("\ud800")
def test_nobodys_text_can_become_markup(text: str) -> None:
    """Whatever people write, the page has the tags and attributes of a harmless one, and shows the text."""
    page = Page(html_bytes(numbered(text)).decode())
    assert shape(page) == shape(Page(html_bytes(numbered("harmless")).decode()))
    shown = text.translate(CONTROL_PICTURES).encode(errors="replace").decode()
    assert page.text.count(shown) >= 100
    assert shown in str(dict(page.tags)["svg"]["aria-label"])


def test_a_value_that_does_not_exist_stops_the_page() -> None:
    with pytest.raises(UndefinedError, match="words"):
        html_bytes(everything()._replace(claim=everything().verdicts))  # type: ignore[arg-type]
