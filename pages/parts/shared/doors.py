"""Where a server can be reached from, and whether it may be without a log-in: `python -m pages.parts.shared.doors
ADDRESS HOST...` for `make run`.
"""

import os
import socket
import sys
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from engine.errors import SettingError
from engine.terminal import visible
from pages.parts.shared.access_list import Rules, read_rules
from pages.parts.shared.half_log_in import like_a_log_in

ALLOW_OPEN = "OUBLIETTE_ALLOW_OPEN"
_NOT_SECRETS = {"secrets.toml", "credentials.toml"}  # the second is Streamlit's own, for an email address


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


def why_closed(address: str | None, has_log_in: bool, hosts: Sequence[str] = ()) -> str:
    """Why nobody may come in through `address` (None: every interface) by the names `hosts`; empty where they may."""
    if has_log_in or os.environ.get(ALLOW_OPEN) == "1":
        return ""
    others = [host for host in hosts if not _is_this_machine(host)]
    if is_loopback(address or "") and not others:
        return ""
    where = f"listens on {address or 'every network interface'}, so other machines can reach it,"
    if is_loopback(address or ""):
        where = f"answers to {others[0]}, a name by which other machines reach it (HOSTS),"
    return (
        f"This server {where} and it asks nobody to log in. Whoever runs it can "
        "start it for this machine alone (make run), set up a log-in (docs/access.md), or let everyone who reaches "
        f"it do everything ({ALLOW_OPEN}=1)."
    )


def _is_this_machine(host: str) -> bool:
    """By the name alone, which is not looked up: what a public name stands for here is not what it stands for
    elsewhere.
    """
    name = host.strip().lower().rstrip(".").strip("[]")
    try:
        return name == "localhost" or ip_address(name).is_loopback
    except ValueError:
        return False


def read_secrets() -> Mapping[str, Any]:
    """What secrets.toml says; nothing where there is none.

    Raises `SettingError` where there is one that cannot be read: Streamlit takes it for none, and the log-in would
    be gone.
    """
    import streamlit as st
    from streamlit import config
    from streamlit.errors import StreamlitSecretNotFoundError

    paths = [Path(path) for path in st.get_option("secrets.files")]
    for path in paths:
        if path.is_symlink() and not path.exists():
            raise SettingError(f"{path.name} cannot be read (it is a link that leads nowhere)")
    try:
        return st.secrets.to_dict()
    except (StreamlitSecretNotFoundError, OSError, UnicodeError):
        found = [(path, reason) for path in paths if (reason := _why_unread(path))]
    if found:
        path, reason = found[0]
        raise SettingError(f"{path.name} cannot be read ({reason}), so nobody can come in until it is mended")
    if config.is_manually_set("secrets.files"):
        raise SettingError("secrets.files names a file that is not there, so nobody can come in until it is")
    return {}


def _why_unread(path: Path) -> str:
    """Why Streamlit cannot take this for secrets, in words without anything of the file; empty where it is not
    there.
    """
    try:
        tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return ""
    except IsADirectoryError:
        return "it is a folder"
    except OSError:
        return "this program may not open it"
    except UnicodeError:
        return "it is not UTF-8 text"
    except tomllib.TOMLDecodeError:
        return "it is not TOML"
    return "it is not what Streamlit takes for secrets"


def rules_of_files() -> Rules | None:
    """What holds when a server starts; None without a log-in. Raises `SettingError` where there is half of one, also
    in a wrong file.
    """
    import streamlit as st

    rules = read_rules(read_secrets())
    if rules is None:
        for folder in {Path(path).parent for path in st.get_option("secrets.files")}:
            _look_beside(folder)
    return rules


def _look_beside(folder: Path) -> None:
    """Raises `SettingError` for a log-in that stands in a file of another name, where nothing reads it."""
    beside = folder.iterdir() if folder.is_dir() else ()
    for path in sorted(path for path in beside if path.name not in _NOT_SECRETS):
        name = path.name.casefold()
        if not name.endswith((".toml", ".toml.txt")):
            continue
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeError, tomllib.TOMLDecodeError):
            content = {"auth": {}} if name.startswith("secret") else {}
        if like_a_log_in({key: value for key, value in content.items() if key != "server"}):  # server.cookieSecret
            raise SettingError(f"{path.name} looks like a log-in, which is read from secrets.toml alone")


class _Start:
    """What was so when the server started. Tests of single pages start none."""

    noted = False
    refused = ""
    had_log_in = False


def note_start() -> None:
    """Look at the log-in before Streamlit does; called once, by app.py.

    Where it cannot hold, Streamlit is kept from reading it, over which it would end with a traceback: then the pages
    say why.
    """
    from streamlit import config
    from streamlit.runtime.secrets import secrets_singleton

    _Start.noted = True
    try:
        _Start.had_log_in = rules_of_files() is not None
    except SettingError as error:
        _Start.refused = str(error)
        print(visible(_Start.refused), file=sys.stderr)
        config.set_option("secrets.files", [])
        secrets_singleton._reset()


def rules_in_force() -> Rules | None:
    """What secrets.toml says now. A server that began with a log-in never goes on without one, nor one that refused."""
    if _has_no_gate():
        raise SettingError("a server without its gate lets nobody in; start it with: streamlit run app.py")
    if _Start.refused:
        raise SettingError(_Start.refused)
    rules = read_rules(read_secrets())
    if rules is None and _Start.had_log_in:
        raise SettingError(
            "the log-in with which this server was started is gone from secrets.toml; put it back or start the server"
            " again"
        )
    return rules


def _has_no_gate() -> bool:
    """Whether a server runs that app.py did not start (`streamlit run pages/router.py`): nobody asks there who
    fetches a file.
    """
    from streamlit import runtime

    return (
        not _Start.noted and runtime.exists() and type(runtime.get_instance()) is runtime.Runtime
    )  # not a test's stand-in


def main() -> int:
    """0 where a server may be started on the address and for the hosts given, else 1 and the reason on standard
    error.
    """
    address, hosts = (sys.argv[1] if len(sys.argv) > 1 else ""), sys.argv[2:]
    try:
        reason = why_closed(address, rules_of_files() is not None, hosts)
    except SettingError as error:
        reason = str(error)
    if reason:
        print(visible(str(reason)), file=sys.stderr)
    return bool(reason)


if __name__ == "__main__":
    sys.exit(main())
