"""Sessions: one short one per unit of work, on a database that is migrated when first used.

SQLite: foreign keys and WAL are switched on for every connection, and `BEGIN` is sent by us (Python's driver sends it
late and not before schema changes), as `BEGIN IMMEDIATE` where something will be written: a read transaction that
turns into a write one is refused at once instead of waiting.
"""

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from db.checked import DamagedError
from db.errors import DatabaseBusyError, DatabaseError, DatabaseFullError
from db.hashing import SQLITE_NAME, hash_text
from db.migrations import migrate

BUSY_TIMEOUT_MS = 5000
LITTLE_ROOM = 100_000  # bytes; less than the files beside a database need

Session = orm.Session  # by this name the engine knows it: only `db` imports SQLAlchemy

_engines: dict[str, Engine] = {}
_opening = threading.Lock()


@contextmanager
def reading(url: str) -> Iterator[Session]:
    """A session that only reads; rolled back at the end. Raises only `DatabaseError`."""
    with _translated(url), Session(_open(url)) as session:
        yield session


@contextmanager
def writing(url: str) -> Iterator[Session]:
    """A session that writes: committed at the end, rolled back on any error."""
    with _translated(url), Session(_open(url).execution_options(oubliette_write=True)) as session, session.begin():
        yield session


def compact(url: str) -> bool:
    """Rewrite a SQLite database so that neither its file nor its WAL holds a byte of what was removed.

    False for other backends, whose administrators do that. Raises `DatabaseBusyError` while another process
    reads.
    """
    with _translated(url), _open(url).connect() as opened:
        if opened.dialect.name != "sqlite":
            return False
        connection = opened.execution_options(oubliette_bare=True)  # neither command works inside a transaction
        connection.exec_driver_sql("VACUUM")
        (busy, *_) = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    if busy:
        raise DatabaseBusyError(f"the database {shown_url(url)} is being read by another process")
    return True


def copy_to(url: str, place: Path) -> None:
    """Write a whole, compact copy of a SQLite database at one moment. Raises `DatabaseError` for other backends."""
    with _translated(url), _open(url).connect() as opened:
        if opened.dialect.name != "sqlite":
            raise DatabaseError(f"the database {shown_url(url)} is not a SQLite file: use its own way to back it up")
        connection = opened.execution_options(oubliette_bare=True)  # not possible inside a transaction
        connection.exec_driver_sql("VACUUM INTO ?", (str(place),))


def check_file(place: Path) -> None:
    """Raises `DatabaseError` unless the file is a SQLite database without damage."""
    try:
        with closing(sqlite3.connect(f"{place.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            found = opened.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise DatabaseError(str(error)) from error
    if found != "ok":
        raise DatabaseError(found)


def file_of(url: str) -> Path | None:
    """The file of a SQLite database; None for other backends."""
    parsed = sa.make_url(url)
    return Path(parsed.database).absolute() if parsed.get_backend_name() == "sqlite" and parsed.database else None


def shown_url(url: str) -> str:
    """The URL without its password."""
    return sa.make_url(url).render_as_string(hide_password=True)


def _open(url: str) -> Engine:
    """The engine of a URL, migrated. A SQLite file that has been removed is made again."""
    with _opening:
        known = _engines.get(url)
        if known is not None and _still_there(known.url):
            return known
        try:
            engine = _create(url)
            with engine.connect() as connection:
                migrate(connection, shown_url(url))
        except ModuleNotFoundError as error:
            raise DatabaseError(f"the database {shown_url(url)} needs the Python package {error.name}") from error
        except (ValueError, TypeError, OSError) as error:  # a driver's own error, about an option or a name in the URL
            raise DatabaseError(f"the database {shown_url(url)} cannot be opened: {error}") from error
        _engines[url] = engine
        return engine


def _still_there(url: URL) -> bool:
    return url.get_backend_name() != "sqlite" or Path(url.database or "").exists()


def _create(url: str) -> Engine:
    try:
        url.encode()  # bytes of the environment that are not text
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError):  # an unreadable URL is not shown: it may hold a password
        raise DatabaseError(
            "OUBLIETTE_DATABASE must be an SQLAlchemy URL such as sqlite:////srv/oubliette.sqlite, "
            f"and the {len(url)} characters it holds cannot be read as one"
        ) from None
    if parsed.get_backend_name() != "sqlite":
        return _listening(sa.create_engine(parsed, pool_pre_ping=True))
    if parsed.database in (None, "", ":memory:"):
        raise DatabaseError(
            "a database in memory cannot be shared with the worker process: OUBLIETTE_DATABASE must name a file"
        )
    folder = Path(str(parsed.database)).absolute().parent
    if not folder.is_dir():  # not made here: a URL may be mistyped
        raise DatabaseError(f"the folder {folder} of the database {shown_url(url)} does not exist")
    # No pool: a connection is cheap, and must not outlive its unit of work and hold a replaced file.
    return _listening(sa.create_engine(parsed, poolclass=sa.NullPool))


def _listening(engine: Engine) -> Engine:
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_connection)
        sa.event.listen(engine, "begin", _begin)
    return engine


def _prepare_connection(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver does not send BEGIN
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.create_function(SQLITE_NAME, 1, hash_text, deterministic=True)


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("oubliette_bare", False):
        return
    write = connection.get_execution_options().get("oubliette_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


@contextmanager
def _translated(url: str) -> Iterator[None]:
    try:
        yield
    except DamagedError as error:
        raise DatabaseError(f"the database {shown_url(url)} is damaged: {error}") from error
    except SQLAlchemyError as error:
        raise _translate(error, url) from error


def _no_room(url: str) -> bool:
    """Whether a read or write may have failed because the disk is full: SQLite calls some of these an I/O error."""
    try:
        return shutil.disk_usage(Path(sa.make_url(url).database or "").parent).free < LITTLE_ROOM
    except OSError:
        return False


def _translate(error: SQLAlchemyError, url: str) -> DatabaseError:
    origin = getattr(error, "orig", None)
    code = getattr(origin, "sqlite_errorcode", 0) & 0xFF  # the upper bits only refine it
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return DatabaseBusyError(
            f"the database {shown_url(url)} is locked by another process, which has not released it yet"
        )
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _no_room(url)):
        return DatabaseFullError(f"the disk under the database {shown_url(url)} is full")
    return DatabaseError(f"the database {shown_url(url)} refuses: {origin or error}".splitlines()[0])
