"""The gate before the server: what a request must be before Streamlit sees it. Pages ask again themselves
(`access.py`).

Refused are names by which this server is not meant to be reached (a site that points its own name here would else
read everything through its visitor's browser), paths that lead nowhere, and files for whoever may not come in. No
answer may be framed by another site.
"""

from collections.abc import MutableMapping
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import file_util
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from engine.errors import AccessError, LogInError
from pages.parts.shared import access
from pages.parts.shared.page_history import PageHistory
from pages.parts.shared.page_paths import PATHS
from pages.parts.shared.wording import sentence

# Files, uploads and figures of the server: for whoever may see a page, and for nobody else.
_GUARDED = ("media", "component", "_stcore")
_LOG_OUT = "auth/logout"
_FOR_ALL = {
    "_stcore/health",
    "_stcore/host-config",
    "auth/login",
    _LOG_OUT,
    "oauth2callback",
}  # what the door itself needs
_HEADERS = {
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
_NOT_KEPT = {
    "Cache-Control": "private, no-store"
}  # by no proxy, which would hand it to others, and by no shared browser
_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Oubliette</title><style>:root{color-scheme:light dark}body{font:1rem/1.5 sans-serif;max-width:34rem;margin:4rem auto;
padding:0 1rem;overflow-wrap:anywhere}</style></head><body><h1>Oubliette</h1><p>%s</p><p><a href="%s">Go to Overview</a></p></body></html>"""  # noqa: E501


class Gate:
    """ASGI middleware, before all of Streamlit's own."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._with_history = app, PageHistory(app)
        root = Path(file_util.get_static_dir())
        self._static = frozenset(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
        self._pages = {"", *(path + slash for path in PATHS if path for slash in ("", "/"))}
        self._base = "/" + str(st.get_option("server.baseUrlPath")).strip("/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket" and not _is_asked_by_own_name(HTTPConnection(scope)):
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS | (_NOT_KEPT if guarded else {}))
            await send(message)

        path = self._below_base(scope["path"])
        guarded = path is not None and path not in _FOR_ALL and path.partition("/")[0] in _GUARDED
        is_page = path in self._pages and scope["method"] == "GET"
        answer = await self._refusal(Request(scope), path, guarded) or (self._with_history if is_page else self._app)
        await answer(scope, receive, send_with_headers)

    async def _refusal(self, request: Request, path: str | None, guarded: bool) -> Response | None:
        """What is answered instead of what was asked for; None where the request may pass."""
        if not _is_asked_by_own_name(request):
            return PlainTextResponse("This server is not reached by that name (HOSTS).", 400)
        if guarded:
            return await run_in_threadpool(self._ask, request)
        if path == _LOG_OUT:
            return await run_in_threadpool(self._end, request)
        if path in _FOR_ALL or path in self._static or path in self._pages:
            return None
        return self._page(f"There is no page {request.scope['path'][:80]}", 404)

    def _below_base(self, path: str) -> str | None:
        """The path without its first slash and `server.baseUrlPath`; None outside that."""
        base = self._base.rstrip("/")
        if path == base:
            return ""
        return path[len(base) + 1 :] if path.startswith(f"{base}/") else None

    def _ask(self, request: Request) -> Response | None:
        """Whether who sends this may come in."""
        try:
            access.user_of(request.cookies)
        except LogInError as error:
            return self._page(str(error), 401)
        except AccessError as error:
            return self._page(str(error), 403)
        return None

    def _end(self, request: Request) -> Response | None:
        try:
            access.log_out(request.cookies)
        except AccessError as error:
            return self._page(str(error), 503)
        return None

    def _page(self, words: str, status: int) -> Response:
        return HTMLResponse(_PAGE % (escape(sentence(words)), escape(self._base)), status, _NOT_KEPT)


def _is_asked_by_own_name(connection: HTTPConnection) -> bool:
    hosts = connection.headers.getlist("host")
    return len(hosts) == 1 and is_host_allowed(hosts[0])


async def broken(request: Request, error: Exception) -> Response:
    """What is answered where the server itself fails, outside the gate; the error stands in the terminal."""
    return PlainTextResponse("Something failed here; the server's terminal says what.", 500, _HEADERS)


GATE = [Middleware(Gate)]
