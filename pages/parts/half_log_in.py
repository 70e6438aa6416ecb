"""What looks like a log-in but is not: misspelt tables and keys of secrets.toml, which would leave a door open that somebody closed."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_TABLES = (
    "auth", "oauth", "oauth2", "oidc", "openid", "login", "signin", "authentication", "authorization", "oubliette", "access",
)  # fmt: skip
_KEYS = ("clientsecret", "redirecturi", "cookiesecret", "servermetadataurl")
_KEYS_OF_NO_CONNECTION = ("cookiesecret", "servermetadataurl")  # a database's account may well have the other two
_ROLES = ("operator", "reviewer", "reader")
_PARTS = {"auth", "oauth", "oubliette"}  # of a table's name: [auth_google], ["oubliette.access"]


def like_a_log_in(secrets: Mapping[str, Any]) -> str:
    """The first key that resembles one of a log-in's, as it is written there; empty where there is none.

    A few letters more, less, other or swapped, and any case or punctuation, still resemble. `[connections]` is
    Streamlit's own table of databases: in it only what no database has counts.
    """
    for name, value in secrets.items():
        is_table = isinstance(value, Mapping | list)
        parts = set(re.split(r"[^a-z0-9]+", name.casefold())) if is_table else set()
        if _PARTS & parts or _resembles(name, _TABLES if is_table else ("auth", "oauth")):
            return name
        keys = _KEYS_OF_NO_CONNECTION if name == "connections" else _KEYS
        for key, inner in _entries({name: value}):
            lists_people = isinstance(inner, list) and any(isinstance(item, str) and "@" in item for item in inner)
            if _resembles(key, keys) or (lists_people and _resembles(key, _ROLES)):
                return key
    return ""


def _entries(value: object) -> Iterator[tuple[str, object]]:
    """Every key with its value, at every depth."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key), inner
            yield from _entries(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _entries(inner)


def _resembles(name: str, words: tuple[str, ...]) -> bool:
    plain = "".join(letter for letter in name.casefold() if letter.isalnum())[:40]
    return any(_edits(plain, word) <= (1 if len(word) < 8 else 2) for word in words)


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
