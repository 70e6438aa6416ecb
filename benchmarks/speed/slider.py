"""How soon a move of α shows on a mapped question: `python -m benchmarks.speed.slider [--moves 20] [--json]`.

Starts the app on a separate folder, maps the demo's first question and opens Compare in headless Chromium.
`follow_ms`: the answer follows the thumb without the server; what the browser takes for one input, handler and layout,
by its own clock. `slider_ms`: the thumb is let go (by arrow keys), and what is said below follows; the server's time on
the wire, from the frame that carries the move to the frame that carries the findings at the new α.
"""

import argparse
import base64
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.browser import chromium
from benchmarks.pictures import settle
from benchmarks.speed.startup import ROOT, free_port, is_up, serve, stop
from benchmarks.speed.timing import spread

if TYPE_CHECKING:
    from playwright.sync_api import Page

START, STEP = 0.2, 0.05
INPUTS = 200
# Every input is one position further, up and down the whole range; reading a height makes the browser lay out the page.
_FOLLOW = """([inputs, range]) => {
  const low = Number(range.min), high = Number(range.max), found = [];
  for (let place = 0; place < inputs; place++) {
    const turn = (2 * place) / inputs, share = turn <= 1 ? turn : 2 - turn;
    const began = performance.now();
    range.value = low + share * (high - low);
    range.dispatchEvent(new Event("input", { bubbles: true }));
    document.body.getBoundingClientRect();
    range.getRootNode().querySelector(".cards").getBoundingClientRect();
    found.push(performance.now() - began);
  }
  return found;
}"""


class Wire:
    """Frames of the page's web socket, with the moment each passed by the browser's own clock."""

    def __init__(self, page: "Page") -> None:
        self.sent: list[float] = []
        self.received: list[tuple[float, bytes]] = []
        session = page.context.new_cdp_session(page)
        session.on("Network.webSocketFrameSent", lambda event: self.sent.append(event["timestamp"]))
        session.on("Network.webSocketFrameReceived", self._receive)
        session.send("Network.enable")

    def _receive(self, event: dict[str, Any]) -> None:
        frame = event["response"]
        data = frame["payloadData"]
        self.received.append((event["timestamp"], base64.b64decode(data) if frame["opcode"] == 2 else data.encode()))

    def clear(self) -> None:
        self.sent.clear()
        self.received.clear()

    def until(self, words: bytes) -> float | None:
        """Seconds from the first frame sent to the first received with `words`."""
        held = [moment for moment, frame in self.received if words in frame]
        return held[0] - self.sent[0] if held and self.sent else None


class Measured(NamedTuple):
    """Milliseconds, one an input."""

    follow: list[float]
    release: list[float]

    @property
    def slowest(self) -> float:
        """The 95th percentile of `follow`."""
        return sorted(self.follow)[math.ceil(0.95 * len(self.follow)) - 1]


def follows(page: "Page", address: str) -> list[float]:
    """Milliseconds of each input while the thumb moves, handler and layout; `SystemExit` where the answer does not
    follow, or the server was asked.
    """
    wire = Wire(page)
    page.goto(f"{address}/compare?set=demo&pair=demo&split=forget&q=1&alpha={START:g}")
    settle(page)
    thumb, card = page.get_by_role("slider").first, page.locator(".cards .card").last
    before = card.inner_text()
    wire.clear()
    found: list[float] = page.evaluate(_FOLLOW, [INPUTS, thumb.element_handle()])
    page.wait_for_timeout(400)
    if wire.sent:
        raise SystemExit("the server was asked while the thumb moved")
    if card.inner_text() == before:
        raise SystemExit("the answer did not follow the thumb")
    return found


def moves(page: "Page", address: str, count: int) -> list[float]:
    """Milliseconds of each move, once the thumb is let go."""
    wire = Wire(page)
    page.goto(f"{address}/compare?set=demo&pair=demo&split=forget&q=1&alpha={START:g}")
    settle(page)
    thumb = page.get_by_role("slider").first
    thumb.focus()
    found = []
    for number in range(1, count + 1):
        wire.clear()
        thumb.press("ArrowRight")
        words = f"α = {START + number * STEP:g}<".encode()
        page.wait_for_timeout(400)
        settle(page)
        seconds = wire.until(words)
        if seconds is None:
            raise SystemExit(f"no findings with {words.decode()!r} came after move {number}")
        found.append(1000 * seconds)
    return found[1:]  # the first move reads what later ones find in memory


def measure(count: int = 20) -> Measured:
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"OUBLIETTE_DATA": folder}
        asked = _engine(environment, "questions", "--split", "forget", "--json")
        _engine(environment, "demo")
        _engine(environment, "map", json.loads(asked)[0]["question"], "--pair", "demo")
        port = free_port()
        server = serve(port, environment)
        try:
            while not is_up(port):
                time.sleep(0.05)
            with chromium() as browser:
                address = f"http://127.0.0.1:{port}"
                return Measured(follows(browser.new_page(), address), moves(browser.new_page(), address, count))
        finally:
            stop(server)


def _engine(environment: dict[str, str], *command: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", "engine", *command],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.slider", description=__doc__.splitlines()[0])
    parser.add_argument("--moves", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = measure(arguments.moves)
    figures = {
        "slider_ms": spread(found.release)._asdict(),
        "follow_ms": spread(found.follow)._asdict(),
        "follow_p95_ms": round(found.slowest, 2),
    }
    print(json.dumps(figures) if arguments.json else "\n".join(f"{name}: {value}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
