"""Which addresses only this machine can reach, and what is refused on the others."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import streamlit as st
from streamlit.runtime.secrets import Secrets

from engine.errors import SettingError
from pages.parts import doors

ROOT = Path(__file__).resolve().parents[2]
AUTH = f"""[auth]
redirect_uri = "https://bench.example.org/oauth2callback"
cookie_secret = "{"k" * 32}"
client_id = "bench"
client_secret = "s"
server_metadata_url = "https://id.example.org/.well-known/openid-configuration"
[oubliette.access]
reader = ["cy@example.org"]
"""


@pytest.fixture(autouse=True)
def asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(doors.ALLOW_OPEN, raising=False)
    doors.is_loopback.cache_clear()


@pytest.mark.parametrize("address", ["127.0.0.1", "127.3.2.1", "localhost", "127.1"])
def test_only_this_machine_reaches_loopback(address: str) -> None:
    assert doors.is_loopback(address)
    assert doors.why_closed(address, False) == ""


@pytest.mark.parametrize(
    "address",
    ["", "0.0.0.0", "0", "::", "10.0.0.7", "fe80::1", "::ffff:10.0.0.7", "unix:///tmp/s", "no such name", "x" * 400],
)
def test_everything_else_counts_as_open(address: str) -> None:
    assert not doors.is_loopback(address)
    assert (address or "every network interface") in doors.why_closed(address, False)


def test_an_unset_address_is_every_interface() -> None:
    assert "every network interface" in doors.why_closed(None, False)


@pytest.mark.parametrize(
    ("stands_for", "alone"),
    [
        (["::1"], True),
        (["127.0.1.1", "::1"], True),
        (["127.0.0.1", "10.0.0.7"], False),
        (["fe80::1%eth0"], False),
        ([], False),
    ],
)
def test_a_name_counts_by_all_that_it_stands_for(
    monkeypatch: pytest.MonkeyPatch, stands_for: list[str], alone: bool
) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 0)) for host in stands_for]
    monkeypatch.setattr(doors.socket, "getaddrinfo", lambda *_: found)
    assert doors.is_loopback("bench") is alone


@pytest.mark.parametrize(("value", "opens"), [("1", True), ("0", False), ("yes", False), ("", False)])
def test_only_a_one_opens_the_door_to_everyone(monkeypatch: pytest.MonkeyPatch, value: str, opens: bool) -> None:
    monkeypatch.setenv(doors.ALLOW_OPEN, value)
    assert (doors.why_closed("0.0.0.0", False) == "") is opens


def test_a_log_in_opens_every_address() -> None:
    assert doors.why_closed("0.0.0.0", True) == ""


def refused_by_make(address: str, folder: Path, secrets: str = "", **more: str) -> tuple[int, str]:
    """Exit status and standard error of what `make run` asks first, with these secrets in force."""
    (folder / ".streamlit").mkdir()
    if secrets:
        (folder / ".streamlit" / "secrets.toml").write_text(secrets)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder), **more}
    command = [sys.executable, "-m", "pages.parts.doors", address]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("address", "secrets", "open_to_all", "status", "says"),
    [
        ("127.0.0.1", "", "", 0, ""),
        ("0.0.0.0", "", "", 1, "asks nobody to log in"),
        ("", "", "", 1, "every network interface"),
        ("0.0.0.0", AUTH, "", 0, ""),
        ("0.0.0.0", "", "1", 0, ""),
        ("0.0.0.0", AUTH.replace("k" * 32, "short"), "", 1, "cookie_secret"),
        ("0.0.0.0", "[auth", "", 1, "cannot be read"),
    ],
)
def test_make_run_asks_before_it_starts_a_server(
    tmp_path: Path, address: str, secrets: str, open_to_all: str, status: int, says: str
) -> None:
    found = refused_by_make(address, tmp_path, secrets, OUBLIETTE_ALLOW_OPEN=open_to_all)
    assert found[0] == status
    assert says in found[1]
    assert bool(found[1]) is bool(status)


def test_the_makefile_asks_it_with_the_address_that_it_serves() -> None:
    recipe = (ROOT / "Makefile").read_text().partition("\nrun: ")[2].partition("\n\n")[0].splitlines()
    assert recipe[1] == '\t@$(BIN)/python -m pages.parts.doors "$(ADDRESS)"'
    assert '--server.address "$(ADDRESS)"' in recipe[-1]


def test_secrets_that_cannot_be_read_are_not_taken_for_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path, get_option = tmp_path / "secrets.toml", st.get_option
    monkeypatch.setattr(st, "secrets", Secrets())
    monkeypatch.setattr(st, "get_option", lambda key: [str(path)] if key == "secrets.files" else get_option(key))
    monkeypatch.setattr("streamlit.runtime.secrets.config.get_option", st.get_option)
    assert doors.read_secrets() == {}
    path.write_text("[auth")
    with pytest.raises(SettingError, match="cannot be read"):
        doors.read_secrets()
