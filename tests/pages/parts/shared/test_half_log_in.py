"""What looks like a log-in but is not one: a misspelt or half-made secrets.toml must not leave the door open."""

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from streamlit import config

from engine.errors import SettingError
from pages.parts.shared.access_list import read_rules
from pages.parts.shared.half_log_in import like_a_log_in
from tests.pages.parts.shared.test_access_list import ACCESS, AUTH, rules_of

ROOT = Path(__file__).resolve().parents[4]
UNRELATED: list[dict[str, Any]] = [
    {"connections": {"sql": {"url": "sqlite:///a.db", "username": "ada", "password": "s"}}},
    {"connections": {"snowflake": {"authenticator": "oauth", "client_id": "c", "client_secret": "s", "access": "x"}}},
    {"OPENAI_API_KEY": "sk-1", "db_username": "ada", "login": "ada", "AUTH_TOKEN": "t"},
    {
        "gcp_service_account": {
            "type": "service_account",
            "client_id": "1",
            "client_email": "a@b.c",
            "auth_uri": "https://a.b",
        }
    },
    {"smtp": {"user": "ada@example.org", "servers": ["smtp://ada:s@example.org"]}, "path": {"x": 1}, "ssh": {}},
    {"connections": {"sheet": {"clientid": "c", "realm": "r", "shared_with": ["ben@example.org"]}}},
]


@pytest.mark.parametrize("secrets", UNRELATED, ids=[next(iter(item)) for item in UNRELATED])
def test_what_cannot_be_a_log_in_is_none(secrets: dict[str, Any]) -> None:
    assert read_rules(secrets) is None


LETTERS = "abcdefghijklmnopqrstuvwxyz"


def swapped(word: str, place: int, letter: str) -> str:
    return word[:place] + word[place : place + 2][::-1] + word[place + 2 :]


SLIPS: dict[str, Callable[[str, int, str], str]] = {
    "none": lambda word, place, letter: word,
    "left out": lambda word, place, letter: word[:place] + word[place + 1 :],
    "put in": lambda word, place, letter: word[:place] + letter + word[place:],
    "another": lambda word, place, letter: word[:place] + letter + word[place + 1 :],
    "swapped": swapped,
    "doubled": lambda word, place, letter: word[:place] + word[place : place + 1] * 2 + word[place + 1 :],
    "dashed": lambda word, place, letter: word[:place] + "-" + word[place:],
    "prefixed": lambda word, place, letter: "o" + word,
    "spaced": lambda word, place, letter: f" {word}",
}
CASES: tuple[Callable[[str], str], ...] = (str, str.upper, str.title, str.swapcase, str.capitalize)


@some.composite
def misspelt(draw: some.DrawFn, word: str) -> str:
    slip = SLIPS[draw(some.sampled_from(sorted(SLIPS)))]
    return draw(some.sampled_from(CASES))(
        slip(word, draw(some.integers(0, len(word) - 1)), draw(some.sampled_from(LETTERS)))
    )


def renamed(table: dict[str, Any], draw: Callable[[Any], str]) -> dict[str, Any]:
    return {draw(misspelt(key)): value for key, value in table.items()}


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(
    some.data(),
    some.sampled_from(["auth", "access", "auth's keys", "all", "only the list", "no list", "in another", "bare"]),
)
def test_a_log_in_with_any_name_misspelt_lets_nobody_in(data: some.DataObject, where: str) -> None:
    """Whatever was misspelt, the answer is a refusal or the whole rules; never None, which is an open door."""
    auth: dict[str, Any] = renamed(AUTH, data.draw) if where in ("auth's keys", "all") else AUTH
    access = renamed(ACCESS, data.draw) if where == "all" else ACCESS
    secrets: dict[str, Any] = {
        data.draw(misspelt("auth")) if where in ("auth", "all") else "auth": auth,
        data.draw(misspelt("oubliette")) if where in ("access", "all") else "oubliette": {
            data.draw(misspelt("access")) if where in ("access", "all") else "access": access
        },
    }
    if where == "only the list":
        secrets = {data.draw(misspelt("oubliette")): {data.draw(misspelt("access")): ACCESS}}
    if where == "no list":
        secrets = {data.draw(misspelt("auth")): AUTH}
    if where == "in another":
        secrets = {"bench": renamed(AUTH, data.draw), "connections": {"sql": {"url": "sqlite://"}}}
    if where == "bare":
        secrets = renamed(AUTH, data.draw)
    said, found = "", None
    try:
        found = read_rules(secrets)
    except SettingError as refused:
        said = str(refused)
    assert said or found == rules_of()
    assert [part for part in ("\n", "k" * 32, "@") if part in said] == []


HALF: list[tuple[dict[str, Any], str]] = [
    ({"providers": {"client_id": "c", "issuer": "https://id.example.org"}}, "'client_id'"),
    ({"providers": {"issuer": "https://id.example.org"}}, "'issuer'"),
    ({"bench": {"realm": "r", "client": "c"}}, "'realm'"),
    ({"keycloak": {"realm": "r", "client_id": "c"}}, "'keycloak'"),
    ({"google": {"clientid": "c"}}, "'clientid'"),
    ({"sso": {"x": 1}}, "'sso'"),
    ({"users": ["a@b.c"]}, "'users'"),
    ({"allowed": ["x", "a@b.c"]}, "'allowed'"),
    ({"access_list": ["a@b.c"]}, "'access_list'"),
    ({"roles": {"admins": ["a@b.c"]}}, "'admins'"),
    ({"people": [{"email": "a@b.c", "role": "reader"}]}, "'people'"),
    ({"people": [["a@b.c"]]}, "'people'"),
    ({"people": {"a@b.c": "reader"}}, "an email address"),
    ({"a@b.c": "reader"}, "an email address"),
]


@pytest.mark.parametrize(("secrets", "says"), HALF)
def test_half_a_log_in_lets_nobody_in(secrets: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingError, match=says) as refused:
        read_rules(secrets)
    assert "@" not in str(refused.value)


@given(some.text(max_size=12))
def test_a_list_of_people_is_half_a_log_in_under_any_name(name: str) -> None:
    with pytest.raises(SettingError):
        read_rules({name: ["a@b.c"]})


def test_no_option_of_streamlits_own_is_a_log_in() -> None:
    """config.toml lies beside secrets.toml, and is looked at for a log-in that somebody put into the wrong file."""
    options: dict[str, dict[str, Any]] = {}
    for name in config.get_config_options():
        section, _, option = name.partition(".")
        options.setdefault(section, {})[option] = "x"
    del options["server"]  # doors.py leaves it out: server.cookieSecret is one, and not of a log-in's
    assert like_a_log_in(options) == ""
    own = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert like_a_log_in({**own, "server": {}}) == ""
