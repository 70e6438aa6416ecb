"""Who is here and what they may do: `current_user` is asked before every page is run, `require` before every action.

Hiding a button is a courtesy. What keeps a visitor out is that the function behind it asks first.
"""

import time

import streamlit as st

from engine.errors import AccessError, LogInError, SettingError
from pages.parts.access_list import WHAT_EACH_MAY, Role, Rules, User, admit, is_enough, read_rules
from pages.parts.doors import read_secrets, why_closed
from pages.parts.wording import plain, sentence

REVIEWER = "reviewer"  # the key of the field in which whoever works without a log-in writes their name


def current_user() -> User:
    """Who is here. Without a log-in everyone is an operator, by the name they wrote themselves (empty: none yet).

    Raises `AccessError` where nobody may come in, or not this visitor, and `LogInError` where logging in would help.
    """
    rules = _rules()
    reason = why_closed(st.get_option("server.address"), rules is not None)
    if reason:
        raise AccessError(reason)
    if rules is None:
        return User(str(st.session_state.get(REVIEWER, "")).strip(), "", "operator", True)
    return admit(st.user.to_dict(), rules, time.time())


def require(role: Role, what: str) -> User:
    """Who is here, if they have that role or a higher one; else `AccessError`. `what` begins the sentence: "Starting a run"."""
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
        st.button("Log out", key="log-out", on_click=st.logout)


def show_user(user: User) -> None:
    """Who is logged in, as what, and the way out; nothing where nobody has to log in."""
    if user.self_declared:
        return
    st.caption(plain(f"{user.name}, {user.role}: may {WHAT_EACH_MAY[user.role]}."))
    st.button("Log out", key="log-out", icon=":material/logout:", on_click=st.logout)


def _rules() -> Rules | None:
    """Raises `AccessError` where the settings cannot hold: then nobody comes in."""
    try:
        rules = read_rules(read_secrets())
    except SettingError as error:
        raise AccessError(str(error)) from error
    if rules is not None and st.get_option("server.trustedUserHeaders"):
        raise AccessError(
            "server.trustedUserHeaders is set, so a header that anyone can send would outdo the log-in; unset it"
        )
    return rules
