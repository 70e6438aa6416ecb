"""Who logged out, and when: a cookie that its browser threw away is dead, also for whoever kept a copy of it.

One small file in the data folder, so that it holds after a restart. It knows people and log-ins by keyed hashes alone.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock
from streamlit.web.server.server_util import get_cookie_secret

from engine.errors import AccessError, StorageError
from engine.settings import data_folder
from engine.whole_files import part_of, write_new
from pages.parts.shared.access_list import LONGEST_HOURS, fold_address, issued_at

_NOT_OF_THE_LOG_IN = {"origin", "is_logged_in", "tokens"}  # what the cookie and a session add each in their own way


def note(claims: Mapping[str, Any], now: float) -> None:
    """This log-in is over at `now` (seconds since 1970), and every older one of the same person.

    Raises `AccessError` where that cannot be stored.
    """
    path = _path()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with FileLock(f"{path}.lock", mode=0o600, timeout=10):
            kept = {key: at for key, at in _read(path).items() if at > now - LONGEST_HOURS * 3600}
            with part_of(path) as part:
                write_new(part, json.dumps(kept | {_login(claims): now, _person(claims): now}).encode())
    except (OSError, TimeoutError, StorageError) as error:
        raise AccessError(
            f"that you log out could not be stored ({error.__class__.__name__}); close this browser"
        ) from error


def is_over(claims: Mapping[str, Any]) -> bool:
    """Whether this log-in has ended: it was logged out of, or its person logged out in a later second than it began.

    Raises `AccessError` where the file is there and cannot be read: nobody can say then who logged out.
    """
    try:
        ended = _read(_path())
    except OSError as error:
        raise AccessError("the list of those who logged out cannot be read, so nobody can come in") from error
    issued = issued_at(claims)
    return _login(claims) in ended or issued is None or issued < int(ended.get(_person(claims), 0))


def _path() -> Path:
    return data_folder() / "log-outs.json"


def _read(path: Path) -> dict[str, float]:
    """Times by hash; raises `OSError` where the file is there and is not what `note` wrote."""
    try:
        found = json.loads(path.read_text(encoding="ascii"))
        return {str(key): float(at) for key, at in found.items()}
    except FileNotFoundError:
        return {}
    except (AttributeError, TypeError, ValueError) as error:
        raise OSError(f"{path.name} is damaged") from error


def _login(claims: Mapping[str, Any]) -> str:
    own = {key: value for key, value in claims.items() if key not in _NOT_OF_THE_LOG_IN}
    return _hash("log-in", json.dumps(own, sort_keys=True, default=str))


def _person(claims: Mapping[str, Any]) -> str:
    return _hash("person", fold_address(str(claims.get("email", "")).strip(" ")))


def _hash(kind: str, text: str) -> str:
    return hmac.new(get_cookie_secret().encode(), f"{kind} {text}".encode(), hashlib.sha256).hexdigest()
