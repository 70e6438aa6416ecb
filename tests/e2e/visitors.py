"""Visitors of a server with a log-in: who they are, what they hold, and the settings that know them."""

import json
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from tests.e2e.conftest import USERS, settled

COOKIE, COOKIE_SECRET = "_streamlit_user", "a secret that is only good for tests"


def secrets_of(folder: Path, provider: str, port: int) -> list[str]:
    """The options with which a server knows its log-in."""
    path = folder / "secrets.toml"
    path.write_text(
        f"""[auth]
redirect_uri = "http://127.0.0.1:{port}/oauth2callback"
cookie_secret = "{COOKIE_SECRET}"
client_id = "oubliette"
client_secret = "any"
server_metadata_url = "{provider}/.well-known/openid-configuration"
[oubliette.access]
operator = ["ada@example.org"]
reviewer = ["ben@example.org"]
reader = ["cy@example.org"]
"""
    )
    return ["--secrets.files", str(path)]


def log_in(page: Page, server: str, name: str) -> Page:
    page.goto(server)
    settled(page)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_url(f"{server}/")
    settled(page)
    return page


def log_out(page: Page) -> None:
    """Here, and then at the provider, which sends its visitor back."""
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="End session").click()
    expect(page.get_by_role("button", name="Log in")).to_be_visible(timeout=30_000)


def expect_only_the_door(page: Page, sentence: str) -> None:
    expect(page.get_by_role("heading", level=1, name="Oubliette")).to_be_visible()
    expect(page.get_by_test_id("stAlert")).to_have_count(1)
    expect(page.get_by_test_id("stAlert")).to_contain_text(sentence)
    for part in ("stTopNavLink", "stSidebar", "stDataFrame", "stSelectbox"):
        expect(page.get_by_test_id(part)).to_have_count(0)
    assert "Ada works" not in page.content()


def cookie_of(server: str, secret: str = COOKIE_SECRET, **more: Any) -> str:
    """A log-in's cookie as the server would write it for the operator."""
    value = {**USERS["ada"], "iat": time.time(), "origin": server, "is_logged_in": True, "provider": "default", **more}
    return create_signed_value(secret, COOKIE, json.dumps(value)).decode()
