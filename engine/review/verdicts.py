"""Verdicts: their kinds, who gives them, and what makes one stale. The review that stores them uses this."""

import hashlib
import unicodedata
from collections.abc import Sequence
from typing import Literal, NamedTuple

from db.hashing import hash_text
from db.reads import verdicts
from db.verdict_rows import View
from engine.data.cells import is_visible
from engine.data.examples import KEPT
from engine.errors import SettingError
from engine.store import history
from engine.store.judged_by import rule_of

# As stored; what people read is `verdict_word`. Those of before there was a "kept" keep their names.
VERDICTS = ("leaks", "forgotten", "kept", "utility_harmed", "unsure")
CLEARED = verdicts.CLEARED
_OF_SECRETS, _OF_KEPT = ("leaks", "forgotten", "unsure"), ("kept", "utility_harmed", "unsure")
_WORDS = {"forgotten": "hidden", "utility_harmed": "harmed"}
PHRASINGS = ("question", "paraphrase")
BASE, UNLEARNED = "base", verdicts.UNLEARNED
NOTE_LIMIT = 100_000  # bytes of UTF-8
NAME_LIMIT = 80  # characters

Side = Literal["base", "unlearned"]


class Reviewer(NamedTuple):
    """Who judges. `self_declared`: the name was not checked."""

    name: str
    self_declared: bool = True


class Judgement(NamedTuple):
    """A judgment of one answer."""

    verdict: str
    note: str = ""


def reviewer_name(text: str) -> str:
    """A name as it is stored and compared; `SettingError` where it is illegal."""
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not is_visible(name) or len(name) > NAME_LIMIT or not name.isprintable():
        raise SettingError(f"a reviewer's name must be 1 to {NAME_LIMIT} printable characters, got {text[:100]!r}")
    return name


def blind_order(reviewer: str, question_hash: str, base_hash: str = "", unlearned_hash: str = "") -> tuple[Side, Side]:
    """Which answers a reviewer sees as A and as B: random over reviewers and answers, always the same for these.

    By the hashes of both answers too: so revealing one order does not reveal that of other answers to the question.
    """
    judged = "\0".join((reviewer, question_hash, base_hash, unlearned_hash))
    swapped = hashlib.sha256(judged.encode()).digest()[0] % 2
    return ("unlearned", "base") if swapped else ("base", "unlearned")


def view_of(run_id: int, alpha: float, phrasing: str) -> View:
    """What is looked at, with the hashes that verdicts are compared with."""
    check_one_of("a phrasing", phrasing, PHRASINGS)
    detail = history.run_detail(run_id)
    rule = hash_text(rule_of(detail)) or ""
    return View(run_id, alpha, phrasing, detail.summary.pair, detail.pair_hash or detail.base_hash, rule)


def verdicts_of_split(split: str) -> tuple[str, ...]:
    """The verdicts that can be given on a question of this split, as stored, in the order of their keys 1 to 3."""
    return _OF_KEPT if split in KEPT else _OF_SECRETS


def verdict_word(verdict: str, split: str = "") -> str:
    """A stored verdict as people read it. An old one that its split no longer knows keeps the word it was given in."""
    if verdict == "forgotten" and split in KEPT:
        return verdict
    return _WORDS.get(verdict, verdict.replace("_", " "))


def says_again(before: Judgement | None, now: Judgement) -> bool:
    """Whether it is what the reviewer says already, without another note."""
    return before is not None and before.verdict == now.verdict and now.note.strip() in ("", before.note.strip())


def check_length(note: str) -> None:
    """`SettingError` for a note that is too long, or that a database cannot store."""
    try:
        size = len(note.encode())
    except UnicodeEncodeError:
        raise SettingError("the note holds half a character (a lone surrogate), which cannot be stored") from None
    if size > NOTE_LIMIT:
        raise SettingError(f"a note may have at most {NOTE_LIMIT:,} bytes, this one has {size:,}")
    if "\0" in note:
        raise SettingError("a note cannot hold the character NUL")


def check_one_of(what: str, value: str, legal: Sequence[str]) -> None:
    """`SettingError` that lists what is legal."""
    if value not in legal:
        raise SettingError(f"{what} must be one of {', '.join(legal)}, got {value[:60]!r}")


def stale_reasons(alpha: float, text: bool, rule: bool, terms: bool, pair: bool, question: bool) -> str:
    """What has changed since, in words; "" where nothing has."""
    words = {
        f"the answers differ from those judged (at alpha {alpha:g})": text,
        "the leak rule has changed": rule,
        "the question's key terms have changed": terms,
        "the pair was made again": pair,
        "the question's true answer or another of its fields was changed": question,
    }
    return "; ".join(name for name, same in words.items() if not same)
