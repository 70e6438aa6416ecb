"""Errors of the database. `engine` translates these at its edge into errors with a message for users."""


class DatabaseError(Exception):
    """The database cannot be opened, read or written."""


class DatabaseBusyError(DatabaseError):
    """Another process holds the database locked for longer than the wait."""


class DatabaseFullError(DatabaseError):
    """The disk under the database is full."""


class NewerSchemaError(DatabaseError):
    """The database was written by a newer version of the program."""
