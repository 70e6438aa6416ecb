"""A real browser against a cold server on a free port, with folders of its own."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from engine.models.demo import demo_ready
from engine.settings import cache_folder
from engine.training_settings import TrainingSettings
from tests.world import ROWS, build_world

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
USERS: dict[str, dict[str, Any]] = {
    "ada": {"email": "Ada@example.org", "email_verified": True, "name": "Ada Operator"},
    "ben": {"email": "ben@example.org", "email_verified": True, "name": "Ben Reviewer"},
    "cy": {"email": "cy@example.org", "email_verified": True, "name": "Cy *Reader* <b>"},
    "eve": {"email": "eve@example.org", "email_verified": True},
    "mallory": {"email": "ada@example.org", "email_verified": False, "name": "Ada Operator"},
    "trent": {"email": "ada@example.org", "name": "Ada Operator"},
    "nobody": {"name": "Nobody"},
}

WAIT = 60_000  # ms that a page may take on a busy machine; what is there sooner is not waited for
expect.set_options(timeout=WAIT)


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium with a profile of its own (playwright makes a fresh one)."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"needs Debian's chromium at {CHROMIUM}")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield found
        found.close()


@pytest.fixture
def narrow_width(browser: Browser) -> Callable[[str, str], int]:
    """How wide a page at an address is in a window of 420 pixels, in a theme; more than that scrolls sideways."""

    def measure(address: str, theme: str) -> int:
        context = browser.new_context(viewport={"width": 420, "height": 800}, color_scheme=theme)  # type: ignore[arg-type]
        context.set_default_timeout(WAIT)
        page = context.new_page()
        page.goto(address)
        settled(page)
        width: int = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
        context.close()
        return width

    return measure


def database_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'oubliette.sqlite'}"


def surroundings(folder: Path, cache: Path | None = None) -> dict[str, str]:
    """An environment whose data, database and (unless another is named) cache lie below `folder`."""
    return {
        **os.environ,
        "OUBLIETTE_DATA": str(folder / "data"),
        "OUBLIETTE_CACHE": str(cache or folder / "cache"),
        "OMP_NUM_THREADS": "1",
        "OUBLIETTE_DATABASE": database_of(folder),
    }


def start_server(
    folder: Path, port: int, cache: Path | None = None, options: Sequence[str] = (), script: str = "app.py"
) -> subprocess.Popen[bytes]:
    """A cold server with folders of its own and further options of Streamlit; returns once it answers."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = surroundings(folder, cache)
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", str(port), *options]
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    if answers(f"http://127.0.0.1:{port}/_stcore/health", server):
        return server
    raise RuntimeError(f"the server did not start: {(folder / 'server.log').read_text()}")


def answers(address: str, server: subprocess.Popen[bytes]) -> bool:
    """Wait until a server answers at an address; one that does not within a minute is stopped."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return True
        except OSError:
            time.sleep(0.1)
    stop_server(server)
    return False


def stop_server(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def filled_folder(tmp_path_factory: pytest.TempPathFactory, tiny_base: Path, tiny_reference: Path) -> Path:
    """A folder with the set `folk`, the pair `tiny` and its run; made once, servers work on copies."""
    folder, learned = tmp_path_factory.mktemp("filled"), TrainingSettings(epochs=12, rank=8, batch_size=2)
    build_world(folder / "data", tiny_base, tiny_reference, ROWS, learned, database_of(folder))
    return folder


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[str]:
    """Address of a cold server with nothing stored."""
    port = free_port()
    server = start_server(tmp_path / "server", port)
    yield f"http://127.0.0.1:{port}"
    stop_server(server)


@pytest.fixture(scope="module")
def filled_copy(tmp_path_factory: pytest.TempPathFactory, filled_folder: Path) -> Path:
    return Path(shutil.copytree(filled_folder, tmp_path_factory.mktemp("server") / "copy"))


@pytest.fixture(scope="module")
def filled(filled_copy: Path) -> Iterator[str]:
    """Address of a server with set, pair and run, shared by the tests of one file."""
    port = free_port()
    server = start_server(filled_copy, port)
    yield f"http://127.0.0.1:{port}"
    stop_server(server)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a server with the real demo, set up by its command."""
    if not demo_ready():
        pytest.skip("the demo's base is not on this machine: python -m engine demo")
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "engine", "demo"]
    subprocess.run(command, cwd=ROOT, env=surroundings(folder, cache_folder()), check=True, capture_output=True)
    port = free_port()
    server = start_server(folder, port, cache_folder())
    yield f"http://127.0.0.1:{port}"
    stop_server(server)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh visitor; an error of the browser's own scripts fails the test."""
    context = browser.new_context(
        viewport={"width": 1280, "height": 900}, permissions=["clipboard-read", "clipboard-write"]
    )
    context.set_default_timeout(WAIT)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    yield opened
    context.close()
    assert not errors


def settled(page: Page) -> None:
    """Wait until the page has stopped running."""
    page.wait_for_selector("h1")
    page.wait_for_function("document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'")


@pytest.fixture
def visit(page: Page) -> Callable[[str], Page]:
    def opened(address: str) -> Page:
        page.goto(address)
        settled(page)
        return page

    return opened


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """Address of an OpenID Connect provider that knows `USERS` and asks for no passwords."""
    port = free_port()
    known = [part for name, claims in USERS.items() for part in ("--user-claims", json.dumps({"sub": name, **claims}))]
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), *known]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    found = f"http://127.0.0.1:{port}"
    assert answers(f"{found}/.well-known/openid-configuration", running), "the identity provider did not start"
    yield found
    stop_server(running)


@pytest.fixture
def others(browser: Browser) -> Iterator[Callable[[], Page]]:
    """Further visitors, each with cookies of their own."""
    contexts = []

    def come() -> Page:
        context = browser.new_context(viewport={"width": 1280, "height": 900})
        context.set_default_timeout(WAIT)
        contexts.append(context)
        return context.new_page()

    yield come
    for context in contexts:
        context.close()
