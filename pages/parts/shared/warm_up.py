"""What the first page is made of is imported while the browser still fetches the program's own files."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from threading import Thread

from streamlit import App

FIRST = ("frame", "loading", "run_progress", "standing_block")  # in the order in which Overview needs them


@asynccontextmanager
async def beside_the_server(_app: App) -> AsyncIterator[None]:
    """Begin to import once the server can listen. A part that cannot be imported is left to its page, which says so."""
    Thread(target=_import_parts, name="warm-up", daemon=True).start()
    yield


def _import_parts() -> None:
    for name in FIRST:
        try:
            import_module(f"pages.parts.shared.{name}")
        except Exception:  # whatever it is: the page that needs it meets it again, where a visitor can read it
            return
