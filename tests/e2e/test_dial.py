"""The dial of a mapped question in a real browser: the answer follows the thumb, and the server hears of it once."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import ROOT, free_port, settled, start_server, stop_server, surroundings

pytestmark = pytest.mark.e2e
Visit = Callable[[str], Page]
QUESTION = "compare?set=folk&pair=tiny&split=forget&q=1"


@pytest.fixture(scope="module")
def mapped(filled_copy: Path) -> Iterator[str]:
    """Address of a server whose first question is mapped."""
    command = [sys.executable, "-m", "engine", "map", "Where does Ada work?", "--pair", "tiny"]
    subprocess.run(command, cwd=ROOT, env=surroundings(filled_copy), check=True, capture_output=True)
    port = free_port()
    server = start_server(filled_copy, port)
    yield f"http://127.0.0.1:{port}"
    stop_server(server)


def thumb(page: Page) -> Locator:
    return page.get_by_role("slider", name="α, the strength of the offset")


def sent(page: Page) -> list[str]:
    """What goes to the server from now on."""
    frames: list[str] = []
    session = page.context.new_cdp_session(page)
    session.on("Network.webSocketFrameSent", lambda event: frames.append(event["response"]["payloadData"]))
    session.send("Network.enable")
    return frames


def test_the_answer_follows_the_thumb_without_the_server_and_alpha_is_sent_when_it_is_let_go(
    mapped: str, visit: Visit
) -> None:
    page = visit(f"{mapped}/{QUESTION}&alpha=0")
    base, unlearned = page.locator(".cards .card").all()
    expect(unlearned).to_contain_text(base.locator("p").inner_text())
    told = unlearned.locator("p").inner_text()
    frames, box = sent(page), thumb(page).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 8, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 8, box["y"] + box["height"] / 2, steps=20)
    expect(unlearned).to_contain_text("α = 2")
    assert unlearned.locator("p").inner_text() != told
    page.wait_for_timeout(300)
    assert frames == []
    page.mouse.up()
    page.wait_for_url(re.compile("alpha=2(&|$)"))
    expect(page.get_by_text("At α = 2", exact=True)).to_be_attached()  # under Details
    assert len(frames) == 1


def test_keys_the_strip_and_the_named_places_turn_it_too(mapped: str, visit: Visit) -> None:
    page = visit(f"{mapped}/{QUESTION}&alpha=1")
    thumb(page).press("ArrowLeft")
    page.wait_for_url(re.compile("alpha=0.95(&|$)"))
    strip = page.locator(".astrip")
    box = strip.bounding_box()
    assert box is not None
    strip.click(position={"x": box["width"] / 4, "y": 5})
    page.wait_for_url(re.compile(r"alpha=0\.(49|50?|51)\d*(&|$)"))
    page.get_by_role("button", name="1 · as trained, recommended").click()
    page.wait_for_url(re.compile("alpha=1(&|$)"))
    expect(page.get_by_text("At α = 1", exact=True)).to_be_attached()
    thumb(page).press("ArrowRight")
    page.wait_for_url(re.compile(r"alpha=1\.05(&|$)"))
    settled(page)
    page.get_by_role("button", name="1 · as trained, recommended").click()  # the same α a second time
    page.wait_for_url(re.compile("alpha=1(&|$)"))


def test_widening_keeps_alpha_and_the_strip_shares_the_sliders_scale(mapped: str, visit: Visit) -> None:
    page = visit(f"{mapped}/{QUESTION}&alpha=0.4")
    page.get_by_text("wide range").click()
    expect(thumb(page)).to_have_attribute("max", "8")
    expect(thumb(page)).to_have_value("0.4")
    settled(page)
    assert "alpha=0.4" in page.url
    strip, marker = page.locator(".astrip").bounding_box(), page.locator(".astrip b").bounding_box()
    zero = page.locator(".ticks span", has_text=re.compile("^0$")).bounding_box()
    assert strip is not None
    assert marker is not None
    assert zero is not None
    at = strip["x"] + strip["width"] * 4.4 / 12
    assert marker["x"] + marker["width"] / 2 == pytest.approx(at, abs=1)
    assert zero["x"] + zero["width"] / 2 == pytest.approx(strip["x"] + strip["width"] * 4 / 12, abs=1)


def test_each_kind_is_said_in_words(mapped: str, visit: Visit) -> None:
    page = visit(f"{mapped}/{QUESTION}&alpha=0")
    for word in ("tells it", "says something false", "refuses", "base does not know either"):
        expect(page.locator(".legend").get_by_text(word)).to_be_visible()
    assert re.fullmatch(
        r"0, (tells it|base does not know either|refuses)", thumb(page).get_attribute("aria-valuetext") or ""
    )
