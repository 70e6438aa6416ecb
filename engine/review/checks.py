"""Reviewers' own checks: key terms or a regular expression, run over the answers of both sides of a whole set."""

import time
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import regex

from db.reads import verdicts
from engine.errors import SettingError
from engine.evaluation.leak_rule import find_terms
from engine.review.verdicts import view_of
from engine.store.session import reading

CheckKind = Literal["terms", "regex"]
PATTERN_LIMIT = 500  # characters
SECONDS = 2.0  # for one check over all texts


class PatternFound(NamedTuple):
    """Whether a check finds something in the base's answer to a question, and in the unlearned one."""

    base: bool
    unlearned: bool


def find_pattern(
    kind: CheckKind, pattern: str, answers: Sequence[tuple[str | None, str | None]], seconds: float = SECONDS
) -> list[PatternFound]:
    """Look for `pattern` in base and unlearned answer of every question; nothing is found where an answer is missing.

    `terms`: words or numbers, several separated by commas, found as the leak rule finds key terms. `regex`: a regular
    expression, case ignored. `SettingError` for one that cannot be read, with the position, and for one that has not
    ended after `seconds` over all answers.
    """
    if not 0 < len(pattern) <= PATTERN_LIMIT:
        raise SettingError(f"a check must have 1 to {PATTERN_LIMIT} characters, got {len(pattern)}")
    finds = _terms_finder(pattern) if kind == "terms" else _regex_finder(pattern, seconds)
    known = {text: finds(text) for text in dict.fromkeys(text for pair in answers for text in pair if text is not None)}
    return [PatternFound(*(text is not None and known[text] for text in pair)) for pair in answers]


def run_check(
    run_id: int, alpha: float, kind: CheckKind, pattern: str, phrasing: str = "question"
) -> dict[int, PatternFound]:
    """A reviewer's own check over all answers of a run, by question id; see `find_pattern`."""
    with reading() as session:
        rows = verdicts.sides(session, view_of(run_id, alpha, phrasing))
    found = find_pattern(kind, pattern, [(row.base, row.unlearned) for row in rows])
    return {row.question_id: item for row, item in zip(rows, found, strict=True)}


_RECURSION = regex.compile(r"\(\?(?:R|[+-]?\d|&|P>)")


def _terms_finder(pattern: str) -> Callable[[str], bool]:
    terms = [term for term in map(str.strip, pattern.split(",")) if term]
    hollow = [term for term in terms if not find_terms(term, [term])]
    if hollow or not terms:
        raise SettingError(f"a key term must hold a letter or a digit, got {(hollow or [pattern])[0]!r}")
    return lambda text: bool(find_terms(text, terms))


def _regex_finder(pattern: str, seconds: float) -> Callable[[str], bool]:
    if _RECURSION.search(pattern):
        raise SettingError(
            f"the regular expression {_short(pattern)} calls itself, which could take all memory of the server"
        )
    try:
        compiled = regex.compile(pattern, regex.IGNORECASE)
    except regex.error as error:
        place = "" if error.pos is None else f" at character {error.pos + 1}"
        raise SettingError(f"the regular expression {_short(pattern)} cannot be read: {error.msg}{place}") from error
    except (RecursionError, OverflowError, MemoryError, ValueError) as error:
        raise SettingError(f"the regular expression {_short(pattern)} cannot be read: {error}") from error
    end = time.monotonic() + seconds

    def finds(text: str) -> bool:
        left = end - time.monotonic()
        try:
            if left > 0:
                # Concurrent: the interpreter continues meanwhile, so that other users' pages do not freeze.
                return compiled.search(text, timeout=left, concurrent=True) is not None
        except (TimeoutError, MemoryError):
            pass
        raise SettingError(
            f"the regular expression {_short(pattern)} was stopped: it had not ended after {seconds:g} s; "
            "repetition inside repetition, as in (a+)+, is the usual reason"
        )

    return finds


def _short(pattern: str) -> str:
    return repr(pattern if len(pattern) <= 60 else pattern[:57] + "...")
