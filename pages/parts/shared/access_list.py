"""Who may come in and as what, by secrets.toml and what the identity provider says. Knows no screen."""

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any, Literal, NamedTuple, get_args
from urllib.parse import urlsplit

from engine.errors import AccessError, LogInError, SettingError
from pages.parts.shared.half_log_in import like_a_log_in

Role = Literal["reader", "reviewer", "operator"]
ROLES: tuple[Role, ...] = get_args(Role)  # ascending: whoever has one may do what those before it may
WHAT_EACH_MAY = {
    "reader": "look",
    "reviewer": "look, map questions and give verdicts",
    "operator": "do everything, starting runs and erasing included",
}
DEFAULT_HOURS, LONGEST_HOURS = 12.0, 720.0
SECRET_LETTERS = 32
SKEW = 60.0  # seconds by which the provider's clock may be ahead of this one
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_PROVIDER = ("client_id", "client_secret", "server_metadata_url")
_LOWER = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


class User(NamedTuple):
    """Who is here. `self_declared`: the name is what they typed, nobody checked it, and there is no email."""

    name: str
    email: str
    role: Role
    self_declared: bool


class Rules(NamedTuple):
    """What secrets.toml says: roles by folded address, how long a log-in holds, and the providers (None: the only
    one).
    """

    roles: dict[str, Role]
    hours: float
    providers: tuple[str | None, ...]


def fold_address(address: str) -> str:
    """What two addresses must share to be one: every character, A to Z as a to z.

    Nothing else is folded or normalised: by Unicode's rules the Kelvin sign is a k and a dotless i may become one,
    and the provider may have given such an address to somebody else.
    """
    return address.translate(_LOWER)


def read_rules(secrets: Mapping[str, Any]) -> Rules | None:
    """The rules of `[auth]` and `[oubliette.access]`; None where nothing of a log-in is there.

    Raises `SettingError` where they cannot hold, and where something only looks like them: nobody may come in by a
    misspelling.
    """
    if "auth" not in secrets:
        like = like_a_log_in(secrets)
        if like:
            raise SettingError(
                f"secrets.toml has {like!r}, which looks like a log-in, but no log-in: that needs the tables [auth] and"
                " [oubliette.access], written like that"
            )
        return None
    auth, access = secrets["auth"], secrets.get("oubliette", {})
    access = access.get("access") if isinstance(access, Mapping) else None
    if not isinstance(auth, Mapping) or not isinstance(access, Mapping):
        raise SettingError(
            "secrets.toml must have the tables [auth] and [oubliette.access], the list of who may come in"
        )
    if len(_text(auth, "cookie_secret")) < SECRET_LETTERS:  # whoever guesses it can sign a log-in of their own
        raise SettingError(f"cookie_secret in [auth] must have at least {SECRET_LETTERS} random characters")
    unknown = sorted(set(access) - {*ROLES, "hours"})
    if unknown:  # said only where it is a word: strangers read it, and a key may be an address
        got = repr(unknown[0]) if re.fullmatch(r"\w{1,30}", unknown[0]) else "another key"
        raise SettingError(f"[oubliette.access] knows {', '.join(ROLES)} and hours, got {got}")
    providers = _providers(auth)
    if not _is_web_address(auth.get("redirect_uri")) or not _text(auth, "redirect_uri").endswith("/oauth2callback"):
        raise SettingError(
            "redirect_uri in [auth] must be the http(s) address of this server and end in /oauth2callback"
        )
    tokens = auth.get("expose_tokens", [])
    if not all(token in ("id", "access") for token in (tokens if isinstance(tokens, list) else [tokens])):
        raise SettingError('expose_tokens in [auth] may name "id" and "access" alone')
    return Rules(_roles(access), _hours(access.get("hours", DEFAULT_HOURS)), providers)


def _text(table: Mapping[str, Any], key: str) -> str:
    """The text under `key`; empty where there is none, or something else."""
    value = table.get(key)
    return value.strip() if isinstance(value, str) else ""


def _is_web_address(value: object) -> bool:
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
    except ValueError:
        return False
    return parts is not None and parts.scheme in ("http", "https") and bool(parts.netloc)


def _providers(auth: Mapping[str, Any]) -> tuple[str | None, ...]:
    """Those whose settings are whole (None: the one of `[auth]` itself); one that is half there is a mistake, not
    none.
    """
    found: dict[str | None, Mapping[str, Any]] = {None: auth} if any(key in auth for key in _PROVIDER) else {}
    found |= {name: value for name, value in auth.items() if isinstance(value, Mapping) and name != "client_kwargs"}
    if not found:
        raise SettingError(f"[auth] names no provider: {', '.join(_PROVIDER[:2])} and {_PROVIDER[2]} are missing")
    for name, table in found.items():
        where = "[auth]" if name is None else f"[auth.{name}]"
        missing = [key for key in _PROVIDER if not _text(table, key)]
        if missing:
            raise SettingError(f"{where} lacks {', '.join(missing)}, without which nobody can log in")
        if not _is_web_address(table["server_metadata_url"]):
            raise SettingError(f"server_metadata_url in {where} must be an http(s) address")
        if name and "_" in name:
            raise SettingError(f"the provider of {where} must have a name without _")
    return (None,) if None in found else tuple(found)


def _roles(access: Mapping[str, Any]) -> dict[str, Role]:
    found: dict[str, Role] = {}
    for role in ROLES:
        addresses = access.get(role, [])
        if not isinstance(addresses, list):
            raise SettingError(f"{role} in [oubliette.access] must be a list of email addresses")
        for place, address in enumerate(addresses, 1):  # by its place: the sentence is shown to whoever comes
            if not isinstance(address, str) or not _ADDRESS.fullmatch(address):
                raise SettingError(f"entry {place} of {role} in [oubliette.access] is not an email address")
            if fold_address(address) in found:
                raise SettingError(f"entry {place} of {role} in [oubliette.access] is listed twice; one role each")
            found[fold_address(address)] = role
    return found


def _hours(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= LONGEST_HOURS:
        raise SettingError(f"hours in [oubliette.access] must be a number above 0 and at most {LONGEST_HOURS:g}")
    return float(value)


def admit(claims: Mapping[str, Any], rules: Rules, now: float) -> User:
    """The user whom these claims of an identity token make. `now` in seconds since 1970.

    Raises `LogInError` where logging in would help and `AccessError` where it would not. A claim that is missing is
    never taken for a good one: an email that its provider has not confirmed may be anybody's.
    """
    if claims.get("is_logged_in") is not True:
        raise LogInError("Log in to see anything here")
    email = claims.get("email")
    if not isinstance(email, str) or not email.strip():
        raise AccessError("the identity provider gave no email address, so nobody can say who you are")
    if claims.get("email_verified") is not True:
        raise AccessError("the identity provider has not confirmed your email address, so it proves nothing")
    issued = issued_at(claims)
    if issued is None or now - issued > rules.hours * 3600:
        raise LogInError(f"Log in again: a log-in holds for {rules.hours:g} hours")
    if issued > now + SKEW:
        raise LogInError("Log in again: this log-in is dated later than this machine's clock says it is")
    email = email.strip(" ")
    role = rules.roles.get(fold_address(email))
    if role is None:
        raise AccessError(f"{email} is not on the list of those who may come in")
    name = claims.get("name")
    return User(name.strip() if isinstance(name, str) and name.strip() else email, fold_address(email), role, False)


def issued_at(claims: Mapping[str, Any]) -> float | None:
    """When the provider issued these claims, in seconds since 1970; None where it does not say so by a number."""
    issued = claims.get("iat")
    if isinstance(issued, bool) or not isinstance(issued, int | float) or not isfinite(issued):
        return None
    return float(issued)


def is_enough(has: Role, needed: Role) -> bool:
    return ROLES.index(has) >= ROLES.index(needed)
