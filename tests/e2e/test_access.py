"""Who may come in, with a real browser that logs in at a real identity provider running beside the server."""

import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import itsdangerous.timed
import pytest
from playwright.sync_api import Page, expect

from engine.kinds import EvaluateSpec
from engine.runs.execute import store_spec
from engine.store import history
from tests.e2e.conftest import free_port, settled, start_server, stop_server, surroundings
from tests.e2e.visitors import COOKIE, cookie_of, expect_only_the_door, log_in, log_out, secrets_of

pytestmark = pytest.mark.e2e
# Keeps what the page sends to its server, and the socket, so that a message of one visitor can be sent by another.
TAP = """
const send = WebSocket.prototype.send;
window.sent = []; window.held = false;
WebSocket.prototype.send = function (message) {
  window.socket = this;
  if (message instanceof Uint8Array) window.sent.push(Array.from(message));
  if (!window.held) send.call(this, message);
};
window.forge = message => send.call(window.socket, new Uint8Array(message));
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, filled_folder: Path) -> Path:
    return Path(shutil.copytree(filled_folder, tmp_path_factory.mktemp("server") / "copy"))


@pytest.fixture(scope="module")
def server(folder: Path, provider: str) -> Iterator[str]:
    """Address of a server with set, pair, run and a log-in."""
    port = free_port()
    running = start_server(folder, port, options=secrets_of(folder, provider, port))
    yield f"http://127.0.0.1:{port}"
    stop_server(running)


@pytest.fixture
def cold(tmp_path: Path, filled_folder: Path, provider: str) -> Iterator[str]:
    """The same, and nobody was there yet."""
    mine, port = Path(shutil.copytree(filled_folder, tmp_path / "cold")), free_port()
    running = start_server(mine, port, options=secrets_of(mine, provider, port))
    yield f"http://127.0.0.1:{port}"
    stop_server(running)


@pytest.mark.parametrize(
    "link", ["compare?set=folk&pair=tiny&split=forget&q=1&alpha=0", "runs?run=1", "report?report=1"]
)
def test_the_first_visitor_of_a_cold_server_sees_nothing_by_a_link(
    cold: str, visit: Callable[[str], Page], link: str
) -> None:
    page = visit(f"{cold}/{link}")
    expect_only_the_door(page, "Log in to see anything here")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
    expect(page.get_by_text("open the link again afterwards")).to_be_visible()
    assert urlsplit(page.url).path == f"/{link.partition('?')[0]}"


def test_a_reader_looks_and_starts_nothing(server: str, page: Page, visit: Callable[[str], Page]) -> None:
    log_in(page, server, "cy")
    expect(page.get_by_text("Cy *Reader* <b>, reader: may look.")).to_be_visible()
    visit(f"{server}/runs?run=1")
    expect(page.get_by_text("tiny (run 1): ✔ finished")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("Start|Cancel|Import"))).to_have_count(0)
    expect(page.get_by_role("radiogroup")).to_have_count(0)
    for view in ("train", "evaluate", "import"):
        visit(f"{server}/runs?view={view}")
        expect(page.get_by_text("need the role operator")).to_be_visible()
        expect(page.get_by_test_id("stTextInput")).to_have_count(0)
        expect(page.get_by_test_id("stFileUploader")).to_have_count(0)
    page.goto(f"{server}/compare?set=folk&pair=tiny&split=forget&q=2&alpha=1")
    expect(page.get_by_text("a reviewer or an operator can make one")).to_be_visible(timeout=90_000)
    expect(page.get_by_role("button", name="Map this question")).to_have_count(0)


def test_a_reviewer_maps_and_starts_nothing(server: str, page: Page, visit: Callable[[str], Page]) -> None:
    log_in(page, server, "ben")
    expect(page.get_by_text("Ben Reviewer, reviewer: may look, map questions and give verdicts.")).to_be_visible()
    visit(f"{server}/runs?run=1")
    expect(page.get_by_role("button", name="Start again")).to_have_count(0)
    visit(f"{server}/compare?set=folk&pair=tiny&split=forget&q=2&alpha=1")
    expect(page.get_by_role("button", name="Map this question")).to_be_visible()


def test_an_operator_is_offered_everything(server: str, page: Page, visit: Callable[[str], Page]) -> None:
    log_in(page, server, "ada")
    expect(page.get_by_text("Ada Operator, operator: may do everything")).to_be_visible()
    visit(f"{server}/runs?run=1")
    expect(page.get_by_role("button", name="Start again")).to_be_visible()
    visit(f"{server}/runs?view=train")
    expect(page.get_by_role("textbox", name="Name of the new pair")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("eve", "eve@example.org is not on the list"),
        ("mallory", "has not confirmed your email address"),
        ("trent", "has not confirmed your email address"),
        ("nobody", "gave no email address"),
    ],
)
def test_a_stranger_sees_only_why_and_the_way_out(
    server: str, page: Page, visit: Callable[[str], Page], name: str, sentence: str
) -> None:
    log_in(page, server, name)
    for path in ("", "compare?set=folk&q=1", "runs", "report"):
        visit(f"{server}/{path}")
        expect_only_the_door(page, sentence)
        expect(page.get_by_test_id("stButton")).to_have_count(1)
    log_out(page)


def test_logging_out_closes_the_door(server: str, page: Page, visit: Callable[[str], Page]) -> None:
    log_in(page, server, "cy")
    log_out(page)
    assert COOKIE not in {cookie["name"] for cookie in page.context.cookies()}
    visit(f"{server}/report?report=1")
    expect_only_the_door(page, "Log in to see anything here")


def held_click(page: Page, button: str, key: str) -> list[int]:
    """The message that a click on `button` would have sent; it is kept back. Others come by: the page polls."""
    page.evaluate("window.held = true; window.sent = []")
    page.get_by_role("button", name=button).first.click()
    find = "key => window.sent.find(message => String.fromCharCode(...message).includes(key))"
    page.wait_for_function(find, arg=key)
    message: list[int] = page.evaluate(find, key)
    return message


def test_an_operators_message_sent_by_a_reader_does_nothing(
    server: str, folder: Path, others: Callable[[], Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The very bytes that cancel a run when the operator's browser sends them."""
    for name in ("OUBLIETTE_DATA", "OUBLIETTE_DATABASE"):
        monkeypatch.setenv(name, surroundings(folder)[name])
    spec = EvaluateSpec(name="waits", pair="tiny", evaluate_on=("folk:forget",))
    run_id = store_spec(spec, "elsewhere")  # another machine's: nothing here starts it
    ada, cy = others(), others()
    for page, name in ((ada, "ada"), (cy, "cy")):
        page.add_init_script(TAP)
        log_in(page, server, name)
        page.goto(f"{server}/runs?run={run_id}")
        settled(page)
    message = held_click(ada, "Cancel", f"cancel-{run_id}")
    cy.evaluate("message => window.forge(message)", message)
    cy.reload()  # everything sent before has been worked on once the page is drawn anew
    settled(cy)
    assert history.run_detail(run_id).summary.status == "queued"
    ada.evaluate("message => { window.held = false; window.forge(message); }", message)
    deadline = time.monotonic() + 60
    while history.run_detail(run_id).summary.status != "cancelled":
        assert time.monotonic() < deadline, "the operator's own message does nothing either: the test proves nothing"
        time.sleep(0.1)


def come_with(page: Page, server: str, cookie: str) -> None:
    page.context.add_cookies([{"name": COOKIE, "value": cookie, "url": server}])
    page.goto(f"{server}/runs?view=train")
    settled(page)


def test_a_cookie_with_the_servers_own_secret_would_do(server: str, page: Page) -> None:
    """So that the tests below fail for the reason they name."""
    come_with(page, server, cookie_of(server))
    expect(page.get_by_role("textbox", name="Name of the new pair")).to_be_visible()


def test_a_forged_cookie_opens_nothing(server: str, page: Page) -> None:
    come_with(page, server, cookie_of(server, secret="a secret that somebody guessed wrong"))
    expect_only_the_door(page, "Log in to see anything here")


def test_a_changed_cookie_opens_nothing(server: str, page: Page) -> None:
    log_in(page, server, "cy")
    real = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == COOKIE)
    signed = real.rsplit(".", 2)[1:]  # time and signature
    operators = cookie_of(server).rsplit(".", 2)[0]
    page.context.clear_cookies(name=COOKIE)
    come_with(page, server, ".".join([operators, *signed]))
    expect_only_the_door(page, "Log in to see anything here")


def test_a_cookie_of_another_server_opens_nothing(server: str, page: Page) -> None:
    come_with(page, server, cookie_of(server, origin="http://127.0.0.1:1"))
    expect_only_the_door(page, "Log in to see anything here")


def test_a_log_in_that_is_too_old_opens_nothing(server: str, page: Page) -> None:
    come_with(page, server, cookie_of(server, iat=time.time() - 13 * 3600))
    expect_only_the_door(page, "a log-in holds for 12 hours")
    expect(page.get_by_role("button", name="Log in")).to_be_visible()


def test_an_expired_cookie_opens_nothing(server: str, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as then:
        long_ago = int(time.time()) - 32 * 24 * 3600
        then.setattr(itsdangerous.timed.TimestampSigner, "get_timestamp", lambda self: long_ago)
        cookie = cookie_of(server)
    come_with(page, server, cookie)
    expect_only_the_door(page, "Log in to see anything here")


@pytest.mark.parametrize("options", [["--server.address", "0.0.0.0"], ["--server.address", ""]], ids=["all", "unset"])
def test_an_open_server_without_a_log_in_shows_only_the_reason(
    tmp_path: Path, filled_folder: Path, visit: Callable[[str], Page], options: list[str]
) -> None:
    mine, port = Path(shutil.copytree(filled_folder, tmp_path / "open")), free_port()
    running = start_server(mine, port, options=options)
    try:
        for path in ("compare?set=folk&q=1", "", "runs", "report"):
            page = visit(f"http://127.0.0.1:{port}/{path}")
            expect_only_the_door(page, "it asks nobody to log in")
            expect(page.get_by_test_id("stButton")).to_have_count(0)
    finally:
        stop_server(running)


def test_an_open_server_may_be_meant(
    tmp_path: Path, filled_folder: Path, visit: Callable[[str], Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(os.environ, "OUBLIETTE_ALLOW_OPEN", "1")
    mine, port = Path(shutil.copytree(filled_folder, tmp_path / "open")), free_port()
    running = start_server(mine, port, options=["--server.address", "0.0.0.0"])
    try:
        page = visit(f"http://127.0.0.1:{port}/runs")
        expect(page.get_by_role("heading", level=1, name="Runs")).to_be_visible()
        expect(page.get_by_role("button", name="Log out")).to_have_count(0)
    finally:
        stop_server(running)
