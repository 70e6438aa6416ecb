"""The gate before the server: names, paths and who may fetch what; Streamlit behind it stands as one answer that
says so.
"""

import asyncio
import json
import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from streamlit.runtime.secrets import secrets_singleton
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from pages.parts.shared import access, doors, gate, log_outs
from pages.parts.shared.access_list import User
from tests.pages.parts.shared.test_access_list import ACCESS, AUTH

BASE = "http://127.0.0.1:8501"
HEADERS = {"x-frame-options": "DENY", "content-security-policy": "frame-ancestors 'none'"}
EMAILS = {"operator": "ada@example.org", "reviewer": "ben@example.org", "reader": "cy@example.org"}
FILES = [
    "/media/abc.html",
    "/component/x/index.html",
    "/_stcore/metrics",
    "/_stcore/bidi-components/x/y",
    "/_stcore/upload_file/a/b",
]


async def behind(request: Request) -> PlainTextResponse:
    if request.url.path == "/media/broken":
        raise RuntimeError("a text that nobody shall read")
    return PlainTextResponse("behind", headers={"X-Frame-Options": "SAMEORIGIN"})


def client_of(base_url: str = BASE) -> TestClient:
    inner = Starlette(
        routes=[Route("/{path:path}", behind, methods=["GET", "PUT", "HEAD"])],
        middleware=gate.GATE,
        exception_handlers={Exception: gate.broken},
    )
    return TestClient(inner, base_url=base_url, follow_redirects=False, raise_server_exceptions=False)


@pytest.fixture
def client() -> TestClient:
    return client_of()


@pytest.fixture
def log_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log-in is in force."""
    monkeypatch.setattr(secrets_singleton, "_secrets", {"auth": AUTH, "oubliette": {"access": ACCESS}})


def cookie(email: str = EMAILS["reader"], **more: Any) -> dict[str, str]:
    claims = {
        "email": email,
        "email_verified": True,
        "iat": time.time(),
        "origin": BASE,
        "is_logged_in": True,
        "provider": "default",
        **more,
    }
    return {
        "_streamlit_user": create_signed_value(AUTH["cookie_secret"], "_streamlit_user", json.dumps(claims)).decode()
    }


@pytest.mark.parametrize("path", ["/", "/compare", "/tradeoff", "/report", "/favicon.png", "/_stcore/health", *FILES])
def test_this_machine_without_a_log_in_has_everything(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.text) == (200, "behind")
    assert {key: answer.headers[key] for key in HEADERS} == HEADERS


@pytest.mark.parametrize("path", ["/", "/compare", "/compare/x", "/_stcore/health", "/auth/login", *FILES])
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "127.0.0.1@evil.example",
        "localhost:8501x",
        "",
        "10.0.0.7:8501",
        "[::2]",
    ],
)
def test_another_name_is_refused_on_every_route(client: TestClient, path: str, host: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert (answer.status_code, "behind" in answer.text) == (400, False)
    assert {key: answer.headers[key] for key in HEADERS} == HEADERS


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8501", "localhost:9", "LOCALHOST", "[::1]:8501"])
def test_the_names_of_this_machine_pass(client: TestClient, host: str) -> None:
    assert client.get("/media/abc.html", headers={"Host": host}).status_code == 200


def test_two_names_at_once_are_refused(client: TestClient) -> None:
    assert client.get("/", headers=[("Host", "127.0.0.1"), ("Host", "evil.example")]).status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        "/compare/x",
        "/compare/static/js/x.js",
        "/overview",
        "/Compare",
        "/static/nothing.js",
        "/static",
        "/x<b>",
        "/auth",
        "/auth/x",
        "/%2e%2e/x",
        "/mediax/a",
        "/app/static/x",
    ],
)
def test_an_unknown_path_is_a_page_with_a_way_back(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert '<a href="/">Go to Overview</a>' in answer.text
    assert "<b>" not in answer.text
    assert {key: answer.headers[key] for key in HEADERS} == HEADERS


def status_of(path: str) -> int:
    """The answer to a path as it stands, which a client would have tidied up."""
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    async def passed(scope: Any, receive: Any, send: Any) -> None:
        await PlainTextResponse("behind")(scope, receive, send)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "root_path": "",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
    }
    asyncio.run(gate.Gate(passed)(scope, receive, send))
    status: int = sent[0]["status"]
    return status


PARTS = ["media", "compare", "report", "..", ".", "%2f", "static", "_stcore", "health", "a b", "\u00e9", "\\", "\0", ""]


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=60, deadline=None
)
@given(some.lists(some.sampled_from(PARTS), max_size=4))
def test_no_path_gets_past_the_question_who_asks(log_in: None, parts: list[str]) -> None:
    """Without a cookie only pages and what the door needs are behind the gate."""
    path = "/" + "/".join(parts)
    passes = path in ("/", "/compare", "/compare/", "/report", "/report/", "/_stcore/health")
    assert status_of(path) == (200 if passes else 401 if path.startswith(("/media", "/_stcore")) else 404)


def test_a_failure_says_nothing_of_itself(client: TestClient) -> None:
    answer = client.get("/media/broken")
    assert answer.status_code == 500
    assert "nobody shall read" not in answer.text
    assert {key: answer.headers[key] for key in HEADERS} == HEADERS


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD"])
def test_whoever_is_not_logged_in_gets_no_file(client: TestClient, log_in: None, path: str, method: str) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, "behind" in answer.text) == (401, False)
    assert {key: answer.headers[key] for key in HEADERS} == HEADERS


@pytest.mark.parametrize("role", EMAILS)
def test_whoever_is_on_the_list_gets_every_file(log_in: None, role: str) -> None:
    client = client_of()
    client.cookies.update(cookie(EMAILS[role]))
    assert [client.get(path).status_code for path in FILES] == [200] * len(FILES)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"email": "eve@example.org"}, 403),
        ({"email": "\u212aim@example.org"}, 403),
        ({"email_verified": False}, 403),
        ({"email": None}, 403),
        ({"iat": 0}, 401),
        ({"iat": 4_000_000_000}, 401),
        ({"origin": "http://127.0.0.1:1"}, 401),
        ({"is_logged_in": False}, 401),
    ],
)
def test_whoever_may_not_see_a_page_gets_no_file(log_in: None, more: dict[str, Any], status: int) -> None:
    client = client_of()
    client.cookies.update(cookie(**more))
    assert {client.get(path).status_code for path in FILES} == {status}
    assert client.get("/").status_code == 200  # the door


@pytest.mark.parametrize("value", ["", "x", "a|b|c", "2|1:0|10:1|15:_streamlit_user|0:|0"])
def test_a_cookie_that_nobody_signed_opens_nothing(log_in: None, value: str) -> None:
    client = client_of()
    client.cookies.set("_streamlit_user", value)
    assert client.get("/media/abc.html").status_code == 401


def test_a_cookie_is_dead_once_its_owner_logged_out_and_stays_so(log_in: None) -> None:
    own, copied = client_of(), client_of()
    for each in (own, copied):
        each.cookies.update(cookie(iat=time.time() - 2))
    assert copied.get("/media/abc.html").status_code == 200
    assert own.get("/auth/logout").status_code == 200
    assert copied.get("/media/abc.html").status_code == 401
    assert client_of().get("/auth/logout").status_code == 200  # of nobody: notes nothing
    again = client_of()  # as after a restart: what is known lies in the data folder
    again.cookies.update(cookie())
    assert again.get("/media/abc.html").status_code == 200


@pytest.mark.parametrize("more", [{"email": "eve@example.org"}, {"email": EMAILS["operator"], "email_verified": False}])
def test_a_stranger_who_logs_out_ends_nobodys_log_in(log_in: None, own_folders: Path, more: dict[str, Any]) -> None:
    client = client_of()
    client.cookies.update(cookie(**more))
    client.get("/auth/logout")
    assert not (own_folders / "log-outs.json").exists()


def test_a_log_out_that_cannot_be_kept_is_said(log_in: None, own_folders: Path) -> None:
    own_folders.parent.mkdir(parents=True, exist_ok=True)
    own_folders.write_text("a file where the folder should be")
    client = client_of()
    client.cookies.update(cookie())
    assert client.get("/auth/logout").status_code == 503


def refuse(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    if how == "half a log-in":
        monkeypatch.setattr(secrets_singleton, "_secrets", {"oauth": AUTH, "oubliette": {"access": ACCESS}})
    if how == "every interface":
        monkeypatch.setattr(doors, "is_loopback", lambda address: False)
    get_option = st.get_option
    changed: dict[str, Any] = {
        "HOSTS": {"server.allowedHosts": ["127.0.0.1", "bench.example.org"]},
        "any": {"server.allowedHosts": []},
    }
    own = changed.get(how, {})
    monkeypatch.setattr(st, "get_option", lambda key: own.get(key, get_option(key)))


@pytest.mark.parametrize("how", ["half a log-in", "every interface", "HOSTS", "any"])
def test_a_server_that_lets_nobody_in_gives_no_file(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    refuse(monkeypatch, how)
    client = client_of()
    assert {client.get(path).status_code for path in FILES} == {403}
    assert client.get("/").status_code == 200


def test_a_socket_by_another_name_is_refused(client: TestClient) -> None:
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        client.websocket_connect("/_stcore/stream", headers={"Host": "evil.example"}),
    ):
        pass
    assert refused.value.code == 1008


def test_below_another_path_everything_is_asked_alike(monkeypatch: pytest.MonkeyPatch, log_in: None) -> None:
    get_option = st.get_option
    monkeypatch.setattr(st, "get_option", lambda key: "bench" if key == "server.baseUrlPath" else get_option(key))
    client = client_of()
    found = {
        path: client.get(path).status_code
        for path in ("/bench", "/bench/compare", "/bench/media/a", "/media/a", "/", "/benchmedia/a")
    }
    assert found == {
        "/bench": 200,
        "/bench/compare": 200,
        "/bench/media/a": 401,
        "/media/a": 404,
        "/": 404,
        "/benchmedia/a": 404,
    }
    assert '<a href="/bench">' in client.get("/bench/x").text


def test_no_file_is_kept_on_its_way(client: TestClient) -> None:
    assert {client.get(path).headers["cache-control"] for path in FILES} == {"private, no-store"}
    assert "cache-control" not in client.get("/favicon.png").headers


def test_the_cookies_of_the_door_are_those_of_the_pages() -> None:
    """One rule for both: what `user_of` refuses, `current_user` refuses, for they share it."""
    assert access.user_of({}) == User("", "", "operator", True)
    assert not log_outs.is_over({"email": "x@y.z", "iat": 1})


async def html(request: Request) -> HTMLResponse:
    packed = "accept-encoding" in request.headers
    return HTMLResponse("packed" if packed else "<html><head><title>x</title></head></html>")


def test_pages_carry_the_script_of_the_history_and_files_do_not() -> None:
    """A file is handed out as it is, whatever is in it."""
    inner = Starlette(routes=[Route("/{path:path}", html, methods=["GET", "HEAD"])], middleware=gate.GATE)
    found = TestClient(inner, base_url=BASE)
    for path in ("/", "/compare", "/compare/"):
        page = found.get(path)
        assert page.text.startswith("<html><head><script>"), path
        assert page.text.count("history.pushState =") == 1
        assert int(page.headers["content-length"]) == len(page.content)
        assert page.headers["x-frame-options"] == "DENY"
    assert found.get("/media/abc.html").text == "packed"
