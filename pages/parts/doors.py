"""Where a server can be reached from, and whether it may be without a log-in: `python -m pages.parts.doors ADDRESS` for `make run`."""

import os
import socket
import sys
from collections.abc import Mapping
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from engine.errors import SettingError
from pages.parts.access_list import read_rules

ALLOW_OPEN = "OUBLIETTE_ALLOW_OPEN"


@cache
def is_loopback(address: str) -> bool:
    """Whether a server bound to `address` can be reached from this machine alone.

    A name counts by everything it stands for here, as the server itself looks it up; asked once per process, so that a
    name which comes to stand for something else opens nothing.
    """
    if not address:  # unset binds every interface, while the look-up below would take it for loopback
        return False
    try:
        found = {str(item[4][0]).partition("%")[0] for item in socket.getaddrinfo(address, None)}
    except (OSError, UnicodeError):
        return False  # also `unix://`: who can reach the socket's file, or a proxy before it, is not known
    return bool(found) and all(ip_address(host).is_loopback for host in found)


def why_closed(address: str | None, has_log_in: bool) -> str:
    """Why nobody may come in through `address` (None: every interface); empty where they may."""
    if has_log_in or os.environ.get(ALLOW_OPEN) == "1" or is_loopback(address or ""):
        return ""
    where = address or "every network interface"
    return (
        f"This server listens on {where}, so other machines can reach it, and it asks nobody to log in. Whoever runs it can "
        "start it for this machine alone (make run), set up a log-in (README, Who may come in), or let everyone who reaches "
        f"it do everything ({ALLOW_OPEN}=1)."
    )


def read_secrets() -> Mapping[str, Any]:
    """What secrets.toml says; nothing where there is none.

    Raises `SettingError` where there is one that cannot be read: Streamlit takes it for none, and the log-in would be gone.
    """
    import streamlit as st  # not above: `make run` on this machine alone need not wait for it
    from streamlit.errors import StreamlitSecretNotFoundError

    try:
        return st.secrets.to_dict()
    except StreamlitSecretNotFoundError:
        there = [path for path in st.get_option("secrets.files") if Path(path).exists()]
    if there:
        raise SettingError("secrets.toml is there but cannot be read as TOML, so nobody can come in until it is mended")
    return {}


def main() -> int:
    """0 where a server may be started on the address given, else 1 and the reason on standard error."""
    address = sys.argv[1] if len(sys.argv) > 1 else ""
    if is_loopback(address):
        return 0
    try:
        reason = why_closed(address, read_rules(read_secrets()) is not None)
    except SettingError as error:
        reason = str(error)
    if reason:
        print(reason, file=sys.stderr)
    return bool(reason)


if __name__ == "__main__":
    sys.exit(main())
