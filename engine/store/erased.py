"""Who was erased, known again by hash: so that a later import, or the demo, does not bring a person back by itself.

A name is kept as a salted scrypt hash (RFC 7914), not as a plain one: names are few, and a plain hash of one is
found by hashing a telephone directory. Salt and slowness make every guess cost some 20 ms and serve for one database
alone; they do not make a guess impossible. The salt is one for all erasures of a database: a person is then looked
up at the price of one hash, however many were erased.
"""

import hashlib
import secrets
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from db.rows import ErasureRow
from engine.data.examples import Example
from engine.evaluation.words import without_unseen

PSEUDONYM = "erased person {}"  # stands for the name, so that means over persons stay what they were
_COST = {"n": 2**13, "r": 8, "p": 1, "dklen": 32}


class Sorted(NamedTuple):
    """Examples that may be used, and those that are about somebody who was erased here."""

    kept: list[Example]
    gone: list[Example]
    pseudonyms: dict[str, str]  # of those that are gone, by content hash

    @property
    def words(self) -> str:
        """A sentence on what was left out; "" where nothing was."""
        number = len(self.gone)
        if not number:
            return ""
        those = f"{number} {'question was' if number == 1 else 'questions were'}"
        return f"{those} left out: the data of the person they are about was erased here"


def name_key(name: str) -> str:
    """A name without what does not make it another: case, spaces, invisible characters, how its letters are encoded."""
    return _earlier_key(without_unseen(name))


def _earlier_key(name: str) -> str:
    """As erasures were stored that left invisible characters in."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def new_salt() -> str:
    return secrets.token_hex(16)


@lru_cache(maxsize=4096)
def subject_hash(name: str, salt: str) -> str:
    """64 hex digits; `name` is a `name_key`."""
    return hashlib.scrypt(name.encode(errors="replace"), salt=bytes.fromhex(salt), **_COST).hex()


def erasure_of(name: str, known: Sequence[ErasureRow]) -> ErasureRow | None:
    """The newest of these erasures that was of this person."""
    keys = dict.fromkeys((name_key(name), _earlier_key(name)))
    return next((row for row in known for key in keys if subject_hash(key, row.salt) == row.subject_hash), None)
