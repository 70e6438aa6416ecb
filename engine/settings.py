"""Settings that check themselves, and where things lie on this machine."""

import contextlib
import math
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path, user_data_path

from engine.bounds import check_between
from engine.errors import SettingError, StorageError

ALPHA_MIN, ALPHA_MAX = -4.0, 8.0
FORMATS = "CSV, TSV, JSON, JSONL, Parquet or XLSX"  # of question files

AlphaChoice = Literal["recommended", "retain-only"]


def _named_folder(variable: str) -> Path | None:
    """The folder that an environment variable names, None where it names none; `SettingError` for text that cannot
    be a path.
    """
    named = os.environ.get(variable)
    return local_path(named) if named else None


def data_folder() -> Path:
    """Where pairs, the database and run logs lie; `OUBLIETTE_DATA` overrides. Creates nothing."""
    return _named_folder("OUBLIETTE_DATA") or user_data_path("oubliette", appauthor=False)


def make_data_folder() -> Path:
    """The data folder, made where it is not there yet; `StorageError` where it cannot be."""
    try:
        data_folder().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"the data folder {data_folder()} cannot be made: {error.strerror}") from error
    return data_folder()


def keep_private() -> None:
    """Only the person who runs this process may read what it writes from now on; a stricter umask stays as it is.

    The data folder that the program itself chose is closed to others where an older version left it open. One that
    `OUBLIETTE_DATA` names is a person's own and stays as it is.
    """
    os.umask(os.umask(0o077) | 0o077)
    if os.environ.get("OUBLIETTE_DATA") or not hasattr(os, "getuid"):
        return
    folder = data_folder()
    with contextlib.suppress(OSError):  # what is wrong with the folder is said where it is used
        found = folder.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and found.st_mode & 0o077:
            folder.chmod(found.st_mode & 0o700)


def local_path(text: str) -> Path:
    """A path as a person writes it, with `~`; need not exist. `SettingError` for text that cannot be a path here."""
    try:
        path = Path(text).expanduser()
        path.exists()  # raises for a name that is too long
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingError(f"{text[:60]!r} cannot be a path on this machine: {reason}") from error
    return path


def cache_folder() -> Path:
    """Where the converted base model lies; `OUBLIETTE_CACHE` overrides. Creates nothing."""
    return _named_folder("OUBLIETTE_CACHE") or user_cache_path("oubliette", appauthor=False)


def demo_folder() -> Path:
    """Where the demo's weights lie: `demo/` beside the engine; `OUBLIETTE_DEMO` overrides."""
    return _named_folder("OUBLIETTE_DEMO") or Path(__file__).resolve().parent.parent / "demo"


def names_database() -> bool:
    """Whether a person names the database instead of leaving it to the data folder."""
    return bool(os.environ.get("OUBLIETTE_DATABASE"))


def database_url() -> str:
    """The SQLAlchemy URL: `OUBLIETTE_DATABASE`, or a SQLite file in the data folder."""
    return os.environ.get("OUBLIETTE_DATABASE") or f"sqlite:///{data_folder() / 'oubliette.sqlite'}"


def check_alpha(value: object) -> float:
    """Return `value` as an offset strength, or raise `SettingError` naming it and the legal range."""
    try:
        alpha = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise SettingError(f"alpha must be a number between {ALPHA_MIN:g} and {ALPHA_MAX:g}, got {value!r}") from None
    if not math.isfinite(alpha) or not ALPHA_MIN <= alpha <= ALPHA_MAX:
        raise SettingError(f"alpha must be between {ALPHA_MIN:g} and {ALPHA_MAX:g}, got {value}")
    return alpha + 0.0  # -0.0 becomes 0.0, so that equal strengths are stored once


LEAST_RANGE = 1e-3  # of alpha: narrower, a border is hardly known better than the range is wide


def check_range(low: object, high: object) -> tuple[float, float]:
    """Return both as offset strengths; raise `SettingError` unless both are legal and `low` is clearly the smaller."""
    first, last = check_alpha(low), check_alpha(high)
    if first >= last:
        raise SettingError(f"a range of alpha must go up, got {first:g} to {last:g}")
    if last - first < LEAST_RANGE:
        raise SettingError(f"a range of alpha must be at least {LEAST_RANGE:g} wide, got {first:g} to {last:g}")
    return first, last


def parse_alphas(text: str) -> tuple[float, ...]:
    """Read `"0,0.5,1"` as sorted, distinct strengths."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts:
        raise SettingError(f"alphas must be numbers separated by commas, such as 0,0.5,1, got {text!r}")
    return tuple(sorted({check_alpha(part) for part in parts}))


@dataclass(frozen=True)
class Demand:
    """What an alpha must meet. `max_loss`: share of the base's utility that may be lost. `max_leaks`: share of the
    forget questions that may leak, None for at most the retain model's share.
    """

    max_loss: float = 0.02
    max_leaks: float | None = None

    def __post_init__(self) -> None:
        check_between("the utility that may be lost", self.max_loss, 0.0, 0.5)
        if self.max_leaks is not None:
            check_between("the leak share that is allowed", self.max_leaks, 0.0, 1.0)
