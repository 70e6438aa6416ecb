"""Brings a database to the newest schema, with Alembic; refuses one that a newer version, or another program, wrote."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from db.errors import DatabaseError, NewerSchemaError

HEAD = "0007"  # the newest revision in versions/; known here so that an up-to-date database needs no Alembic


def migrate(connection: Connection, shown: str) -> None:
    """Upgrade in one transaction (all or nothing on SQLite and PostgreSQL). `shown` names the database in errors."""
    if _revision(connection) == HEAD:
        return
    connection.rollback()
    # Two processes may start on an empty database: the second waits here, and then finds the work done.
    connection.execution_options(oubliette_write=True)
    with connection.begin():
        found = _revision(connection)
        if found != HEAD:
            _upgrade(connection, found, shown)


def _revision(connection: Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _check_empty(connection: Connection, shown: str) -> None:
    """A file with tables and no revision is another program's. A server's database may hold tables of its
    extensions.
    """
    tables = sa.inspect(connection).get_table_names() if connection.dialect.name == "sqlite" else []
    if tables:
        raise DatabaseError(
            f"the database {shown} was made by another program (it holds a table {tables[0]!r}) and is left alone: "
            "name another one in OUBLIETTE_DATABASE"
        )


def _upgrade(connection: Connection, found: str | None, shown: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise NewerSchemaError(
            f"the database {shown} has schema {found}, and the newest that this version knows is {HEAD}: "
            "update the program, or name another database in OUBLIETTE_DATABASE"
        )
    if found is None:
        _check_empty(connection, shown)
    command.upgrade(config, "head")
