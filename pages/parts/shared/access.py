"""Who is here and what they may do: `current_user` is asked before every page is run, `require` before every action.

Hiding a button is a courtesy. What keeps a visitor out is that the function behind it asks first.
`user_of` asks the same of whoever fetches a file, `log_out` ends a log-in for good.
"""

import time
from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.auth_util import get_origin_from_redirect_uri
from streamlit.web.server.server_util import AUTH_COOKIE_NAME
from streamlit.web.server.starlette import starlette_websocket

from engine.errors import AccessError, LogInError, SettingError
from pages.parts.shared import log_outs
from pages.parts.shared.access_list import WHAT_EACH_MAY, Role, Rules, User, admit, is_enough
from pages.parts.shared.doors import rules_in_force, why_closed
from pages.parts.shared.wording import plain, sentence

REVIEWER = "reviewer"  # the key of the field in which whoever works without a log-in writes their name


def current_user() -> User:
    """Who is here. Without a log-in everyone is an operator, by the name they wrote themselves (empty: none yet).

    Raises `AccessError` where nobody may come in, or not this visitor, and `LogInError` where logging in would help.
    """
    rules = _rules()
    if rules is None:
        return User(str(st.session_state.get(REVIEWER, "")).strip(), "", "operator", True)
    return _known(st.user.to_dict(), rules)


def user_of(cookies: Mapping[str, str]) -> User:
    """Who sends a request with these cookies, outside any page; raises as `current_user` does."""
    rules = _rules()
    return User("", "", "operator", True) if rules is None else _known(_claims_of(cookies), rules)


def log_out(cookies: Mapping[str, str] | None = None) -> None:
    """End the log-in of these cookies (None: of this session), and whatever log-in of this person is older, for
    good.
    """
    rules = _rules()
    claims = st.user.to_dict() if cookies is None else _claims_of(cookies)
    if rules is None:
        return
    try:
        admit(claims, rules, time.time())
    except AccessError:
        return  # could not come in anyway, and shall end nobody's log-in by an address that is not confirmed
    log_outs.note(claims, time.time())


def _known(claims: Mapping[str, Any], rules: Rules) -> User:
    user = admit(claims, rules, time.time())
    if log_outs.is_over(claims):
        raise LogInError("Log in again: you have logged out")
    return user


def _claims_of(cookies: Mapping[str, str]) -> Mapping[str, Any]:
    """What the log-in's cookie says, read as Streamlit reads it for a session; nothing where it is not this
    server's.
    """
    raw = starlette_websocket._get_signed_cookie_with_chunks(dict(cookies), AUTH_COOKIE_NAME)
    origin = get_origin_from_redirect_uri()
    return starlette_websocket._parse_decoded_user_cookie(raw, origin) if raw and origin else {}


def require(role: Role, what: str) -> User:
    """Who is here, if they have that role or a higher one; else `AccessError`. `what` begins the sentence: "Starting
    a run".
    """
    user = current_user()
    if not is_enough(user.role, role):
        raise AccessError(f"{what} needs the role {role}; {user.email} has the role {user.role}")
    return user


def may(role: Role) -> bool:
    """Whether to draw what needs that role."""
    return is_enough(current_user().role, role)


def show_door(refused: AccessError, asked: str) -> None:
    """All that a visitor sees who may not come in; `asked`: the page whose link they followed, "" for the first."""
    st.title("Oubliette", anchor=False)
    log_in = isinstance(refused, LogInError)
    (st.info if log_in else st.error)(
        plain(sentence(str(refused))), icon=":material/login:" if log_in else ":material/block:"
    )
    if log_in:
        if asked or st.query_params:
            st.caption("You followed a link. Logging in leads to the first page: open the link again afterwards.")
        rules = _rules()
        for provider in rules.providers if rules else ():
            label = plain(f"Log in with {provider}") if provider else "Log in"
            st.button(label, key=f"log-in-{provider or ''}", type="primary", on_click=st.login, args=(provider,))
    elif st.user.get("is_logged_in"):
        st.button("Log out", key="log-out", on_click=_leave)


def show_user(user: User) -> None:
    """Who is logged in, as what, and the way out; nothing where nobody has to log in."""
    if user.self_declared:
        return
    st.caption(plain(f"{user.name}, {user.role}: may {WHAT_EACH_MAY[user.role]}."))
    st.button("Log out", key="log-out", icon=":material/logout:", on_click=_leave)


def _leave() -> None:
    try:
        log_out()
    except AccessError as error:  # the cookie goes even where that it is dead cannot be kept, but not in silence
        st.error(plain(sentence(str(error))))
    st.logout()


def _rules() -> Rules | None:
    """Raises `AccessError` where nobody comes in: the settings cannot hold, or others reach a server that asks
    nobody.
    """
    try:
        rules = rules_in_force()
    except SettingError as error:
        raise AccessError(str(error)) from error
    if rules is not None and st.get_option("server.trustedUserHeaders"):
        raise AccessError(
            "server.trustedUserHeaders is set, so a header that anyone can send would outdo the log-in; unset it"
        )
    hosts = st.get_option("server.allowedHosts") or ["*"]  # an empty list lets every name in
    reason = why_closed(st.get_option("server.address"), rules is not None, hosts)
    if reason:
        raise AccessError(reason)
    return rules
