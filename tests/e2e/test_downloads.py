"""What leaves by an address: who gets a report's files, by raw requests beside a real browser; and what is refused
to all.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import free_port, settled, start_server, stop_server
from tests.e2e.visitors import COOKIE, cookie_of, expect_only_the_door, log_in, log_out, secrets_of

pytestmark = pytest.mark.e2e
Visit = Callable[[str], Page]
FRAMES = {"x-frame-options": "DENY", "content-security-policy": "frame-ancestors 'none'"}


def address_of_report(page: Page, server: str) -> str:
    """Make the report, download it as its reader does, and tell from where it came."""
    page.goto(f"{server}/report?run=tiny&alpha=1")
    settled(page)
    page.get_by_role("button", name="Make the report (3 questions)").click()
    expect(page.get_by_text("Hash of the manifest")).to_be_visible()
    with page.expect_download() as waiting:
        page.get_by_role("button", name=re.compile(r"^(download )?One page \(HTML\)$")).click()
    assert b"Ada works in Rome" in Path(waiting.value.path()).read_bytes()
    return waiting.value.url


def fetched(address: str, cookie: str = "", **headers: str) -> httpx.Response:
    return httpx.get(address, cookies={COOKIE: cookie} if cookie else {}, headers=headers, timeout=30)


@pytest.fixture
def own(tmp_path: Path, filled_folder: Path) -> Path:
    return Path(shutil.copytree(filled_folder, tmp_path / "own"))


def test_a_reports_address_serves_those_on_the_list_until_they_log_out(
    own: Path, provider: str, page: Page, others: Callable[[], Page]
) -> None:
    port = free_port()
    server, options = f"http://127.0.0.1:{port}", secrets_of(own, provider, port)
    running = start_server(own, port, options=options)
    try:
        log_in(page, server, "cy")
        address = address_of_report(page, server)
        assert urlsplit(address).netloc == f"127.0.0.1:{port}"
        copied = next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == COOKIE)
        eve: dict[str, Any] = {"email": "eve@example.org", "email_verified": True, "name": "Eve"}
        found = {
            "nobody": fetched(address),
            "a stranger": fetched(address, cookie_of(server, **eve)),
            "of another secret": fetched(address, cookie_of(server, secret="another secret that somebody guessed")),
            "another on the list": fetched(address, cookie_of(server, email="ben@example.org")),
            "its reader": fetched(address, copied),
        }
        assert {who: answer.status_code for who, answer in found.items()} == {
            "nobody": 401,
            "a stranger": 403,
            "of another secret": 401,
            "another on the list": 200,
            "its reader": 200,
        }
        assert [who for who, answer in found.items() if b"Ada works" in answer.content] == [
            "another on the list",
            "its reader",
        ]
        assert "no-store" in found["its reader"].headers["cache-control"]
        tab = page.context.new_page()  # the same person's other tab stays open
        tab.goto(f"{server}/compare?set=folk&pair=tiny&split=forget&q=1&alpha=0")
        settled(tab)
        log_out(page)
        assert fetched(address, copied).status_code == 401
        tab.get_by_test_id("stTopNavLink").filter(has_text="Runs").click()
        expect(tab.get_by_test_id("stAlert")).to_contain_text("you have logged out")
        settled(tab)
        expect(tab.get_by_test_id("stSidebar").get_by_test_id("stElementContainer")).to_have_count(0)
        expect(tab.get_by_test_id("stTopNavLink")).to_have_count(0)
        assert "Ada works" not in tab.content()
        stop_server(running)
        running = start_server(own, port, options=options)
        assert fetched(f"{server}/media/any", copied).status_code == 401
        assert fetched(f"{server}/media/any", cookie_of(server)).status_code == 404
        thief = others()
        thief.context.add_cookies([{"name": COOKIE, "value": copied, "url": server}])
        thief.goto(f"{server}/report?run=tiny&alpha=1")
        settled(thief)
        expect_only_the_door(thief, "you have logged out")
        log_in(page, server, "cy")
        expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    finally:
        stop_server(running)


def test_this_machine_alone_downloads_without_a_log_in(filled: str, page: Page) -> None:
    address = address_of_report(page, filled)
    answer = fetched(address)
    assert (answer.status_code, b"Ada works in Rome" in answer.content) == (200, True)
    assert fetched(address, Host="evil.example").status_code == 400


PATHS = [
    "",
    "compare",
    "compare/x",
    "_stcore/health",
    "media/x",
    "component/x/y",
    "auth/logout",
    "static/x.js",
    "index.html",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_answer_is_for_another_name_or_for_a_frame(filled: str, path: str) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example:80"):
        refused = fetched(f"{filled}/{path}", Host=host)
        assert (refused.status_code, "evil" in refused.text) == (400, False)
        assert FRAMES.items() <= dict(refused.headers).items()
    answer = fetched(f"{filled}/{path}")
    assert answer.status_code != 400
    assert FRAMES.items() <= dict(answer.headers).items()


@pytest.mark.parametrize(("host", "status"), [("evil.example", 403), ("localhost", 101)])
def test_no_socket_is_for_another_name(filled: str, host: str, status: int) -> None:
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
    }
    with httpx.stream("GET", f"{filled}/_stcore/stream", headers={"Host": host, **upgrade}, timeout=30) as answer:
        assert answer.status_code == status


@pytest.mark.parametrize("framed", [True, False])
def test_a_site_that_frames_it_shows_nothing(filled: str, page: Page, framed: bool) -> None:
    """Held against the same page without the two headers, which is shown: so the test can fail."""
    site = filled.replace("127.0.0.1", "localhost")
    page.route(
        f"{site}/", lambda route: route.fulfill(body=f"<iframe src='{filled}/'></iframe>", content_type="text/html")
    )
    if framed:
        page.route(f"{filled}/", lambda route: route.fulfill(body="all is shown here", content_type="text/html"))
    page.goto(f"{site}/")
    frame = page.main_frame.child_frames[0]
    frame.wait_for_load_state()
    assert (frame.url == f"{filled}/") is framed
    assert ("all is shown here" in frame.content()) is framed


@pytest.mark.parametrize("path", ["compare/x", "nothing", "compare/static/js/x.js", "runs/1?run=1"])
def test_an_unknown_path_leads_back(filled: str, page: Page, path: str) -> None:
    answer = page.goto(f"{filled}/{path}")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_text("There is no page /")).to_be_visible()
    page.get_by_role("link", name="Go to Overview").click()
    settled(page)
    expect(page.get_by_role("heading", level=1, name="Overview")).to_be_visible()


GOOD = """redirect_uri = "http://127.0.0.1/oauth2callback"
cookie_secret = "a secret that is only good for tests"
client_id = "oubliette"
client_secret = "any"
server_metadata_url = "http://127.0.0.1:9/.well-known/openid-configuration"
"""
LIST = '[oubliette.access]\noperator = ["ada@example.org"]\n'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (f"[Auth]\n{GOOD}{LIST}".encode(), "'Auth', which looks like a log-in"),
        (f"[oauth]\n{GOOD}{LIST}".encode(), "'oauth', which looks like a log-in"),
        (LIST.encode(), "'oubliette', which looks like a log-in"),
        (f'auth = "yes"\n{LIST}'.encode(), "must have the tables"),
        (f"[auth]\n{GOOD.replace('client_secret', 'clientsecret')}{LIST}".encode(), "lacks client_secret"),
        (f"[auth]\n{GOOD.replace('redirect_uri', '#')}{LIST}".encode(), "redirect_uri"),
        (f"[auth]\n{GOOD}{LIST}".encode("utf-16"), "it is not UTF-8 text"),
        (b"[auth", "it is not TOML"),
        (None, "it is a folder"),
    ],
    ids=["Auth", "oauth", "list alone", "text", "no client_secret", "no redirect_uri", "UTF-16", "no TOML", "folder"],
)
def test_half_a_log_in_lets_nobody_in_and_says_why(own: Path, visit: Visit, content: bytes | None, says: str) -> None:
    path, port = own / "secrets.toml", free_port()
    path.mkdir() if content is None else path.write_bytes(content)
    running = start_server(own, port, options=["--secrets.files", str(path)])
    try:
        server = f"http://127.0.0.1:{port}"
        for link in ("report?report=1", ""):
            page = visit(f"{server}/{link}")
            expect_only_the_door(page, says)
            expect(page.get_by_test_id("stButton")).to_have_count(0)
            assert "only good for tests" not in page.content()
        assert fetched(f"{server}/media/any").status_code == 403
        log = (own / "server.log").read_text()
        assert says in log
        assert "Traceback" not in log
    finally:
        stop_server(running)


def test_a_server_for_other_names_needs_a_log_in(own: Path, visit: Visit) -> None:
    port = free_port()
    names = ("bench.example.org", "127.0.0.1")
    running = start_server(own, port, options=[part for name in names for part in ("--server.allowedHosts", name)])
    try:
        server = f"http://127.0.0.1:{port}"
        expect_only_the_door(visit(f"{server}/runs"), "answers to bench.example.org")
        assert fetched(f"{server}/media/any").status_code == 403
        assert fetched(f"{server}/media/any", Host="bench.example.org").status_code == 403
        assert fetched(f"{server}/media/any", Host="localhost").status_code == 400
    finally:
        stop_server(running)


@pytest.mark.parametrize("script", ["pages/router.py", "pages/report.py"])
def test_a_server_without_its_gate_lets_nobody_in(own: Path, page: Page, script: str) -> None:
    port = free_port()
    running = start_server(own, port, script=script)
    try:
        page.goto(f"http://127.0.0.1:{port}")
        expect(page.get_by_text("streamlit run app.py")).to_be_visible()
        expect(page.get_by_role("button")).to_have_count(0)
        assert "Ada works" not in page.content()
    finally:
        stop_server(running)


@pytest.fixture
def unrelated(own: Path) -> Iterator[str]:
    """A server whose secrets are of something else."""
    path, port = own / "secrets.toml", free_port()
    path.write_text('[connections.sql]\nurl = "sqlite://"\n')
    running = start_server(own, port, options=["--secrets.files", str(path)])
    yield f"http://127.0.0.1:{port}"
    stop_server(running)


def test_secrets_of_something_else_close_nothing(unrelated: str, visit: Visit) -> None:
    expect(visit(f"{unrelated}/runs").get_by_role("heading", level=1, name="Runs")).to_be_visible()
