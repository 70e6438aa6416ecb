"""How long a user waits after a second start: `python -m benchmarks.speed.startup [--rounds 3] [--json]`.

Starts `streamlit run app.py` again each round with the demo in place, opens /compare in headless Chromium and measures,
from the start of the command, until Overview's heading is on the screen and until the first answer is complete.
"""

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.browser import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(port: int, environment: Mapping[str, str] | None = None) -> "subprocess.Popen[bytes]":
    """The app in a process group of its own, which `stop` ends."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    return subprocess.Popen(
        [*command, "--server.headless", "true"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def stop(server: "subprocess.Popen[bytes]") -> None:
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(20)


def measure(browser: "Browser") -> tuple[float, float]:
    """Seconds from the start of the program to the first screen, and to the first complete answer."""
    port = free_port()
    began = time.monotonic()
    server = serve(port)
    try:
        while not is_up(port):
            time.sleep(0.05)
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/", wait_until="commit")
        page.get_by_role("heading", name="Overview").wait_for(timeout=60_000)
        screen = time.monotonic() - began
        page.goto(f"http://127.0.0.1:{port}/compare", wait_until="commit")
        page.get_by_text("First difference:").wait_for(state="attached", timeout=120_000)  # under Details
        return screen, time.monotonic() - began
    finally:
        stop(server)


def is_up(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.startup", description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    with chromium() as browser:
        seen = [measure(browser) for _ in range(arguments.rounds)]
    figures = {
        name: {"median": statistics.median(values), "min": min(values), "max": max(values)}
        for name, values in zip(("first_screen_s", "first_answer_s"), zip(*seen, strict=True), strict=True)
    }
    if arguments.json:
        print(json.dumps(figures))
    else:
        for name, row in figures.items():
            print(f"{name}: median {row['median']:.1f}, min {row['min']:.1f}, max {row['max']:.1f}")


if __name__ == "__main__":
    main()
