"""Which addresses only this machine can reach, and what is refused on the others."""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import streamlit as st
from streamlit.runtime.secrets import Secrets

from engine.errors import SettingError
from pages.parts.shared import doors

ROOT = Path(__file__).resolve().parents[4]
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


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "127.0.0.1", "::1", "[::1]", "127.9.9.9"])
def test_a_name_of_this_machine_alone_needs_no_log_in(host: str) -> None:
    assert doors.why_closed("127.0.0.1", False, [host]) == ""


@pytest.mark.parametrize(
    "host", ["bench.example.org", "*", "*.example.org", "10.0.0.7", "0.0.0.0", "", "localhost.example.org"]
)
def test_another_name_is_for_other_machines(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """Whatever the name stands for here: others look it up elsewhere."""
    monkeypatch.setattr(doors, "is_loopback", lambda address: True)
    assert "asks nobody to log in" in doors.why_closed("127.0.0.1", False, ["localhost", host])
    assert doors.why_closed("127.0.0.1", True, [host]) == ""


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
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: found)
    assert doors.is_loopback("bench") is alone


@pytest.mark.parametrize(("value", "opens"), [("1", True), ("0", False), ("yes", False), ("", False)])
def test_only_a_one_opens_the_door_to_everyone(monkeypatch: pytest.MonkeyPatch, value: str, opens: bool) -> None:
    monkeypatch.setenv(doors.ALLOW_OPEN, value)
    assert (doors.why_closed("0.0.0.0", False) == "") is opens


def test_a_log_in_opens_every_address() -> None:
    assert doors.why_closed("0.0.0.0", True) == ""


def refused_by_make(
    address: str,
    folder: Path,
    hosts: Sequence[str] = (),
    file: bytes | None = None,
    home: bytes | None = None,
    **more: str,
) -> tuple[int, str]:
    """Exit status and standard error of what `make run` asks first, with this secrets.toml of the project and of the
    home folder.
    """
    for place, content in ((folder / "project", file), (folder / "home", home)):
        (place / ".streamlit").mkdir(parents=True, exist_ok=True)
        if content is not None:
            (place / ".streamlit" / "secrets.toml").write_bytes(content)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(folder / "home"), **more}
    command = [sys.executable, "-m", "pages.parts.shared.doors", address, *hosts]
    done = subprocess.run(command, cwd=folder / "project", env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("address", "hosts", "secrets", "open_to_all", "says"),
    [
        ("127.0.0.1", "", "", "", ""),
        ("127.0.0.1", "localhost [::1]", "", "", ""),
        ("127.0.0.1", "bench.example.org", "", "", "asks nobody to log in"),
        ("127.0.0.1", "bench.example.org", "", "1", ""),
        ("127.0.0.1", "bench.example.org", AUTH, "", ""),
        ("0.0.0.0", "", "", "", "asks nobody to log in"),
        ("", "", "", "", "every network interface"),
        ("0.0.0.0", "", AUTH, "", ""),
        ("0.0.0.0", "", "", "1", ""),
        ("0.0.0.0", "", AUTH.replace("k" * 32, "short"), "1", "cookie_secret"),
        ("127.0.0.1", "", AUTH.replace("[auth]", "[Auth]"), "", "'Auth'"),
        ("127.0.0.1", "", '[connections.sql]\nurl = "sqlite://"', "", ""),
    ],
)
def test_make_run_asks_before_it_starts_a_server(
    tmp_path: Path, address: str, hosts: str, secrets: str, open_to_all: str, says: str
) -> None:
    status, said = refused_by_make(
        address, tmp_path, hosts.split(), secrets.encode() or None, OUBLIETTE_ALLOW_OPEN=open_to_all
    )
    assert (status, bool(said)) == (bool(says), bool(says))
    assert says in said
    assert said.count("\n") == bool(says)
    assert "k" * 32 not in said


@pytest.mark.parametrize("place", ["project", "home"])
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[auth", "not TOML"),
        (AUTH.encode("utf-16"), "not UTF-8"),
        (b"\xef\xbb\xbf" + AUTH.encode(), "not TOML"),
        (b'name = "Andr\xe9"', "not UTF-8"),
    ],
)
def test_secrets_that_nobody_can_read_refuse_a_start_from_either_place(
    tmp_path: Path, place: str, content: bytes, says: str
) -> None:
    status, said = refused_by_make(
        "127.0.0.1", tmp_path, file=content if place == "project" else None, home=content if place == "home" else None
    )
    assert status == 1
    assert says in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("place", ["project", "home"])
@pytest.mark.parametrize("kind", ["folder", "link to nowhere", "link to itself"])
def test_secrets_that_are_not_a_file_refuse_a_start(tmp_path: Path, place: str, kind: str) -> None:
    path = tmp_path / place / ".streamlit" / "secrets.toml"
    path.parent.mkdir(parents=True)
    if kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(path if kind == "link to itself" else path.parent / "nowhere.toml")
    status, said = refused_by_make("127.0.0.1", tmp_path)
    assert status == 1
    assert "secrets.toml cannot be read" in said


def test_a_list_in_one_place_and_a_log_in_in_the_other_are_one(tmp_path: Path) -> None:
    auth, access = AUTH.partition("[oubliette")[::2]
    assert refused_by_make("0.0.0.0", tmp_path, file=f"[oubliette{access}".encode(), home=auth.encode()) == (0, "")
    assert "'oubliette'" in refused_by_make("127.0.0.1", tmp_path, home=b"")[1]


@pytest.mark.parametrize(
    ("name", "content", "refused"),
    [
        ("secret.toml", AUTH, True),
        ("Secrets.toml", AUTH, True),
        ("secrets.toml.txt", AUTH, True),
        ("config.toml", AUTH, True),
        ("secrets.local.toml", "[auth", True),
        ("secrets.toml.example", AUTH, False),
        ("config.toml", '[server]\ncookieSecret = "x"', False),
        ("credentials.toml", '[general]\nemail = ""', False),
    ],
)
def test_a_log_in_in_a_file_of_another_name_is_not_taken_for_none(
    tmp_path: Path, name: str, content: str, refused: bool
) -> None:
    (tmp_path / "project" / ".streamlit").mkdir(parents=True)
    (tmp_path / "project" / ".streamlit" / name).write_text(content)
    status, said = refused_by_make("127.0.0.1", tmp_path)
    assert status == refused
    assert (name in said) is refused


def test_a_place_of_secrets_that_was_named_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "project" / ".streamlit").mkdir(parents=True)
    (tmp_path / "project" / ".streamlit" / "config.toml").write_text(f"[secrets]\nfiles = ['{tmp_path / 'none.toml'}']")
    status, said = refused_by_make("127.0.0.1", tmp_path)
    assert status == 1
    assert "not there" in said


def test_the_makefile_asks_it_with_the_address_that_it_serves() -> None:
    recipe = (ROOT / "Makefile").read_text().partition("\nrun: ")[2].partition("\n\n")[0].splitlines()
    assert recipe[1] == '\t@$(BIN)/python -m pages.parts.shared.doors "$(ADDRESS)" $(HOSTS:%="%")'
    assert '--server.address "$(ADDRESS)"' in recipe[-1]


@pytest.fixture
def secrets_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one place of secrets, read anew; there is nothing yet."""
    path, get_option = tmp_path / "secrets.toml", st.get_option
    monkeypatch.setattr(st, "secrets", Secrets())
    monkeypatch.setattr(st, "get_option", lambda key: [str(path)] if key == "secrets.files" else get_option(key))
    monkeypatch.setattr("streamlit.runtime.secrets.config.get_option", st.get_option)
    return path


def test_secrets_that_cannot_be_read_are_not_taken_for_none(secrets_file: Path) -> None:
    assert doors.read_secrets() == {}
    secrets_file.write_text("[auth")
    with pytest.raises(SettingError, match="cannot be read"):
        doors.read_secrets()


def test_a_server_that_asked_does_not_stop_asking(secrets_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An editor that empties the file before it writes, or a file taken away, opens nothing while the server runs."""
    monkeypatch.setattr(doors, "_Start", type("_Start", (doors._Start,), {}))
    secrets_file.write_text(AUTH)
    doors.note_start()
    assert doors.rules_in_force() is not None
    for rest in ("", None):
        monkeypatch.setattr(st, "secrets", Secrets())
        secrets_file.unlink() if rest is None else secrets_file.write_text(rest)
        with pytest.raises(SettingError, match="is gone from secrets.toml"):
            doors.rules_in_force()


@pytest.mark.parametrize("content", [b'auth = "yes"', b"\xff", b"[auth", AUTH.replace("[auth]", "[oauth]").encode()])
def test_a_server_that_refused_goes_on_refusing(
    secrets_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    monkeypatch.setattr(doors, "_Start", type("_Start", (doors._Start,), {}))
    monkeypatch.setattr("streamlit.runtime.secrets.secrets_singleton", st.secrets)
    set_to: list[object] = []
    monkeypatch.setattr("streamlit.config.set_option", lambda key, value: set_to.append((key, value)))
    secrets_file.write_bytes(content)
    doors.note_start()
    assert set_to == [("secrets.files", [])]
    assert capsys.readouterr().err.count("\n") == 1
    secrets_file.unlink()
    with pytest.raises(SettingError, match="secrets.toml"):
        doors.rules_in_force()
