"""One Back press = one page: the browser's history holds changes of page, not every value that the address follows.

Streamlit adds an entry whenever the query changes, so that leaving Compare took as many presses as α had moves. A
script that comes with the page, before Streamlit's own, lets such an entry take the place of the one before.
"""

from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

SCRIPT = b"""<script>(() => {
  const push = history.pushState.bind(history), replace = history.replaceState.bind(history);
  const page = (path) => path.replace(/\\/+$/, "");
  history.pushState = (state, title, url) => {
    const same = page(new URL(url ?? location.href, location.href).pathname) === page(location.pathname);
    (same ? replace : push)(state, title, url);
  };
})();</script>"""
# What would let the server answer without the text that the script goes into: packed, or not at all where it is known.
_LEFT_OUT = (b"accept-encoding", b"if-none-match", b"if-modified-since", b"range")


class PageHistory:
    """ASGI middleware for the addresses of pages; puts `SCRIPT` first into what they answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: MutableMapping[str, Any] = {}
        parts: list[bytes] = []

        async def collect(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            parts.append(message.get("body", b""))
            if message.get("more_body"):
                return
            body = b"".join(parts).replace(b"<head>", b"<head>" + SCRIPT, 1)
            headers = MutableHeaders(scope=start)
            if "content-length" in headers:
                headers["content-length"] = str(len(body))
            await send(start)
            await send({"type": "http.response.body", "body": body})

        headers = [item for item in scope["headers"] if item[0] not in _LEFT_OUT]
        await self._app({**scope, "headers": headers, "extensions": {}}, receive, collect)
