"""The one door from the engine to the database: opens a session, turns what the database refuses into a sentence."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from db import session as database
from db.errors import DatabaseBusyError, DatabaseError
from db.session import Session
from engine.errors import StorageError
from engine.settings import database_url, make_data_folder, names_database

PATIENCE_SECONDS = 60.0  # for writes without which hours of work are lost
PAUSE_SECONDS = 0.5

Result = TypeVar("Result")


def _url() -> str:
    """The URL. The folder of our own database is made where it is missing; a URL that a person wrote may be
    mistyped.
    """
    if not names_database():
        make_data_folder()
    return database_url()


@contextmanager
def reading() -> Iterator[Session]:
    """A session for reads; `StorageError` if the database refuses."""
    try:
        with database.reading(_url()) as session:
            yield session
    except DatabaseError as error:
        raise StorageError(str(error)) from error


@contextmanager
def writing() -> Iterator[Session]:
    """A session for one unit of work: committed at the end, rolled back on any error."""
    try:
        with database.writing(_url()) as session:
            yield session
    except DatabaseError as error:
        raise StorageError(str(error)) from error


def write_patiently(work: Callable[[Session], Result]) -> Result:
    """Do one unit of work and return its result; again and again for a minute while another process has the lock."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with writing() as session:
                return work(session)
        except StorageError as error:
            if not isinstance(error.__cause__, DatabaseBusyError) or time.monotonic() > end:
                raise
        time.sleep(PAUSE_SECONDS)
