"""The hash of a stored text, the same in Python and in SQL, so that a verdict's text is compared inside the
database.
"""

import hashlib
from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

SQLITE_NAME = "oubliette_text_hash"  # registered on every connection by `session`


def hash_text(text: str | None) -> str | None:
    """SHA-256 of the text's UTF-8 bytes in hex; a missing text has none."""
    return None if text is None else hashlib.sha256(text.encode("utf-8")).hexdigest()


class TextHash(GenericFunction[str]):
    """`hash_text` of a column."""

    type = String(64)
    name = SQLITE_NAME
    inherit_cache = True


@compiles(TextHash, "postgresql")
def _postgresql(element: Any, compiler: Any, **more: Any) -> str:
    return f"encode(sha256(convert_to({compiler.process(element.clauses, **more)}, 'UTF8')), 'hex')"


@compiles(TextHash, "mysql")
@compiles(TextHash, "mariadb")
def _mysql(element: Any, compiler: Any, **more: Any) -> str:
    return f"sha2(convert({compiler.process(element.clauses, **more)} using utf8mb4), 256)"
