"""Who may come in and as what, by secrets.toml and what the identity provider says. Knows no screen."""

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, get_args

from engine.errors import AccessError, LogInError, SettingError

Role = Literal["reader", "reviewer", "operator"]
ROLES: tuple[Role, ...] = get_args(Role)  # ascending: whoever has one may do what those before it may
WHAT_EACH_MAY = {
    "reader": "look",
    "reviewer": "look, map questions and give verdicts",
    "operator": "do everything, starting runs and erasing included",
}
DEFAULT_HOURS = 12.0
SECRET_LETTERS = 32
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


class User(NamedTuple):
    """Who is here. `self_declared`: the name is what they typed, nobody checked it, and there is no email."""

    name: str
    email: str
    role: Role
    self_declared: bool


class Rules(NamedTuple):
    """What secrets.toml says: roles by address in lower case, how long a log-in holds, and the providers (None: the only one)."""

    roles: dict[str, Role]
    hours: float
    providers: tuple[str | None, ...]


def read_rules(secrets: Mapping[str, Any]) -> Rules | None:
    """The rules of `[auth]` and `[oubliette.access]`; None without `[auth]`. Raises `SettingError` where they cannot hold."""
    if "auth" not in secrets:
        return None
    auth, access = secrets["auth"], secrets.get("oubliette", {})
    access = access.get("access") if isinstance(access, Mapping) else None
    if not isinstance(auth, Mapping) or not isinstance(access, Mapping):
        raise SettingError(
            "secrets.toml must have the tables [auth] and [oubliette.access], the list of who may come in"
        )
    if len(str(auth.get("cookie_secret", ""))) < SECRET_LETTERS:  # whoever guesses it can sign a log-in of their own
        raise SettingError(f"cookie_secret in [auth] must have at least {SECRET_LETTERS} random characters")
    unknown = sorted(set(access) - {*ROLES, "hours"})
    if unknown:
        raise SettingError(f"[oubliette.access] knows {', '.join(ROLES)} and hours, got {unknown[0]!r}")
    named = tuple(name for name, value in auth.items() if isinstance(value, Mapping) and "client_id" in value)
    providers = (None,) if "client_id" in auth else named
    if not providers:
        raise SettingError("[auth] names no provider: client_id, client_secret and server_metadata_url are missing")
    return Rules(_roles(access), _hours(access.get("hours", DEFAULT_HOURS)), providers)


def _roles(access: Mapping[str, Any]) -> dict[str, Role]:
    found: dict[str, Role] = {}
    for role in ROLES:
        addresses = access.get(role, [])
        if not isinstance(addresses, list):
            raise SettingError(f"{role} in [oubliette.access] must be a list of email addresses")
        for place, address in enumerate(addresses, 1):  # by its place: the sentence is shown to whoever comes
            if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
                raise SettingError(f"entry {place} of {role} in [oubliette.access] is no email address")
            if address.lower() in found:
                raise SettingError(f"entry {place} of {role} in [oubliette.access] is listed twice; one role each")
            found[address.lower()] = role
    return found


def _hours(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 720:
        raise SettingError("hours in [oubliette.access] must be a number above 0 and at most 720")
    return float(value)


def admit(claims: Mapping[str, Any], rules: Rules, now: float) -> User:
    """The user whom these claims of an identity token make. `now` in seconds since 1970.

    Raises `LogInError` where logging in would help and `AccessError` where it would not. A claim that is missing is never
    taken for a good one: an email that its provider has not confirmed may be anybody's.
    """
    if claims.get("is_logged_in") is not True:
        raise LogInError("Log in to see anything here")
    email = claims.get("email")
    if not isinstance(email, str) or not email.strip():
        raise AccessError("the identity provider gave no email address, so nobody can say who you are")
    if claims.get("email_verified") is not True:
        raise AccessError("the identity provider has not confirmed your email address, so it proves nothing")
    issued = claims.get("iat")
    if isinstance(issued, bool) or not isinstance(issued, int | float) or now - issued > rules.hours * 3600:
        raise LogInError(f"Log in again: a log-in holds for {rules.hours:g} hours")
    role = rules.roles.get(email.strip().lower())
    if role is None:
        raise AccessError(f"{email.strip()} is not on the list of those who may come in")
    name = claims.get("name")
    return User(
        name.strip() if isinstance(name, str) and name.strip() else email.strip(), email.strip().lower(), role, False
    )


def is_enough(has: Role, needed: Role) -> bool:
    return ROLES.index(has) >= ROLES.index(needed)
