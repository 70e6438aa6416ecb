"""The database that the program of commit f0a745c made, and how it is read."""

import gzip
import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.kept.doors import KEPT, comparable, said

# What each reading command is asked of it; the names are those of `make_old.py.txt`. No `advise`: maps are found by the
# files of their models, which are not here.
EVALUATED = ("taught", "gold", "pair", "pair2", "again")
READ = (
    ("runs",),
    ("questions", "--set", "folk"),
    ("questions", "--set", "folk", "--split", "retain/eval"),
    *(("figures", "--run", name) for name in EVALUATED),
    ("figures", "--run", "pair", "--against", "pair2"),
    ("figures", "--run", "again", "--alpha", "0.5"),
    *(("curves", "--run", name, "--alphas", "0,0.37,1") for name in ("pair", "pair2", "again")),
    ("verdicts", "--run", "again", "--alpha", "1"),
    ("erase", "--subject", "Ben"),
    ("erase", "--subject", "Ada"),
)


def unpack(folder: Path) -> Path:
    """A copy of the database in a data folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "oubliette.sqlite"
    path.write_bytes(gzip.decompress((KEPT / "old.sqlite.gz").read_bytes()))
    return path


def columns_of(path: Path) -> dict[str, list[str]]:
    """The columns of every table that holds data."""
    with closing(sqlite3.connect(path)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        own = [name for name in names if not name.startswith("sqlite_") and name != "alembic_version"]
        return {name: [row[1] for row in connection.execute(f'PRAGMA table_info("{name}")')] for name in sorted(own)}


def contents(path: Path, columns: dict[str, list[str]]) -> dict[str, dict[str, Any]]:
    """Per table its number of rows, and the SHA-256 of these columns of all of them, in an order of their own."""
    found = {}
    with closing(sqlite3.connect(path)) as connection:
        for table, names in columns.items():
            listed = ", ".join(f'"{name}"' for name in names)
            rows = sorted(json.dumps(row) for row in connection.execute(f'SELECT {listed} FROM "{table}"'))
            digest = hashlib.sha256("\n".join(rows).encode()).hexdigest()
            found[table] = {"columns": names, "rows": len(rows), "sha256": digest}
    return found


def asked() -> dict[str, Any]:
    """What every reading command says of the database, by command line."""
    return {" ".join(argv): comparable(said(*argv)) for argv in READ}
