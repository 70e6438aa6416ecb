"""What looks like a log-in but is not: misspelt tables and keys of secrets.toml and lists of people, which would
leave a door open.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TABLES = (
    "auth",
    "oauth",
    "oauth2",
    "oidc",
    "openid",
    "login",
    "signin",
    "authentication",
    "authorization",
    "oubliette",
    "access",
    "sso",
    "singlesignon",
    "idp",
    "identityprovider",
    "saml",
    "keycloak",
    "okta",
    "entra",
)
_KEYS_OF_NO_CONNECTION = ("cookiesecret", "servermetadataurl")  # a database's account may well have the others
_KEYS = (
    *_KEYS_OF_NO_CONNECTION,
    "clientsecret",
    "redirecturi",
    "clientid",
    "issuer",
    "issuerurl",
    "realm",
    "discoveryurl",
)
_PARTS = {"auth", "oauth", "oubliette"}  # of a table's name: [auth_google], ["oubliette.access"]


def like_a_log_in(secrets: Mapping[str, Any]) -> str:
    """The first key that resembles one of a log-in's, as it is written there; empty where there is none.

    A few letters more, less, other or swapped, and any case or punctuation, still resemble; and a list of people
    does under any name. `[connections]` is Streamlit's own table of databases: in it only what no database has
    counts.
    """
    for name, value in secrets.items():
        is_table = isinstance(value, Mapping | list)
        parts = set(re.split(r"[^a-z0-9]+", name.casefold())) if is_table else set()
        if _PARTS & parts or _resembles(name, _TABLES if is_table else ("auth", "oauth")):
            return name
        of_databases = name == "connections"
        for key, inner in _entries({name: value}):
            lists_people = not of_databases and (_is_address(key) or _holds_address(inner))
            is_value = not isinstance(
                inner, Mapping
            )  # a table is held against the names of tables: [client] is Streamlit's
            if lists_people or (is_value and _resembles(key, _KEYS_OF_NO_CONNECTION if of_databases else _KEYS)):
                return "an email address" if "@" in key else key or "a list of people"  # strangers read it
    return ""


def _entries(value: object) -> Iterator[tuple[str, object]]:
    """Every key with its value, at every depth; of a service account of Google's its client_id is not one of a
    log-in.
    """
    if isinstance(value, Mapping):
        is_service = value.get("type") == "service_account"
        for key, inner in value.items():
            if not (is_service and key == "client_id"):
                yield str(key), inner
            yield from _entries(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _entries(inner)


def _holds_address(value: object) -> bool:
    """Whether this is a list with an email address in it, also one of tables."""
    if not isinstance(value, list):
        return False
    return any(
        _holds_address(item) or any(map(_is_address, item.values() if isinstance(item, Mapping) else [item]))
        for item in value
    )


def _is_address(value: object) -> bool:
    return (
        isinstance(value, str) and "@" in value and "://" not in value
    )  # an address with a user's name is of a server


def _resembles(name: str, words: tuple[str, ...]) -> bool:
    plain = "".join(letter for letter in name.casefold() if letter.isalnum())[:40]
    return any(_edits(plain, word) <= (0 if len(word) < 4 else 1 if len(word) < 8 else 2) for word in words)


def _edits(one: str, other: str) -> int:
    """How many letters must be put in, taken out, replaced or swapped with their neighbour to make one the other."""
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for place, wanted in enumerate(other, 1):
            cost = min(last[place] + 1, line[-1] + 1, last[place - 1] + (letter != wanted))
            if row > 1 and place > 1 and letter == other[place - 2] and one[row - 2] == wanted:
                cost = min(cost, before[place - 2] + 1)
            line.append(cost)
        before, last = last, line
    return last[-1]
