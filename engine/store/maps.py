"""Maps over alpha: computed once per pair, question and settings, stored, and read back without a model."""

import hashlib
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from db import writes
from db.reads import maps
from db.rows import IntervalRow
from engine.errors import RunError, SettingError
from engine.models.identity import map_key
from engine.models.manifest import manifest_of
from engine.settings import check_range
from engine.store import history
from engine.store.session import reading, write_patiently

if TYPE_CHECKING:
    from engine.models.loading import LoadedPair

LOW, HIGH = 0.0, 2.0  # what the slider shows


class MappedAnswer(NamedTuple):
    """One greedy answer and the alphas that give it; see `decoding.alpha_map.AnswerInterval`."""

    low: float
    high: float
    low_error: float
    high_error: float
    text: str
    tokens: tuple[int, ...]
    ended: bool
    degenerate: bool
    followed: bool


class QuestionMap(NamedTuple):
    """Every greedy answer to one question for alpha from `low` to `high`. `seconds` is what computing it took."""

    question: str
    low: float
    high: float
    max_new_tokens: int
    complete: bool
    merged: int
    seconds: float
    answers: tuple[MappedAnswer, ...]

    def at(self, alpha: float) -> MappedAnswer | None:
        """The answer at `alpha`; None outside the map, and where its answer was not followed to its end."""
        found = next((answer for answer in self.answers if answer.low <= alpha <= answer.high), None)
        return found if found is not None and found.followed else None


class Threshold(NamedTuple):
    """`alpha`: from here on the answer does not leak any more, to within `error`; None where it leaks to the last.

    `returns`: a larger alpha that brings it back, None where none does. `whole`: every answer of the map was
    followed to its end; where not, an answer that was not followed counts as one that leaks.
    """

    alpha: float | None
    error: float
    returns: float | None
    whole: bool


def stored_map(
    key: str, question: str, max_new_tokens: int, low: float = LOW, high: float = HIGH
) -> QuestionMap | None:
    """The stored map that covers this range of alpha, None where there is none. Loads no model.

    `key` is `identity.map_key` of the pair: with another tokenizer, template or reference it is another one.
    """
    with reading() as session:
        row = maps.find_map(session, key, map_question_hash(question), low, high, max_new_tokens)
        if row is None:
            return None
        intervals = maps.map_intervals(session, row.id)
    return QuestionMap(*row[1:], _answers(intervals))


def map_question(
    pair: "LoadedPair",
    question: str,
    max_new_tokens: int = 64,
    low: float = LOW,
    high: float = HIGH,
    progress: Callable[[float, str], None] | None = None,
) -> QuestionMap:
    """The map of a question, computed and stored where it is not yet. `progress(share, text)` after each token.

    Raises `SettingError` for a range that is not legal.
    """
    check_range(low, high)
    key = pair.key  # of the files that were loaded, whatever lies there now
    found = stored_map(key, question, max_new_tokens, low, high)
    if found is not None:
        return found
    from engine.decoding.answers import map_answers

    began = time.monotonic()
    intervals, merged = map_answers(pair, question, low, high, max_new_tokens, progress)
    rows = [
        IntervalRow(i.low, i.high, i.low_error, i.high_error, text, list(i.tokens), *i[5:]) for i, text in intervals
    ]
    complete = all(row.followed for row in rows)
    seconds = time.monotonic() - began
    write_patiently(
        lambda session: writes.put_map(
            session,
            rows,
            pair_hash=key,
            question_hash=map_question_hash(question),
            question=question,
            low=low,
            high=high,
            max_new_tokens=max_new_tokens,
            complete=complete,
            merged=merged,
            seconds=seconds,
        )
    )
    return QuestionMap(
        question=question,
        low=low,
        high=high,
        max_new_tokens=max_new_tokens,
        complete=complete,
        merged=merged,
        seconds=seconds,
        answers=_answers(rows),
    )


def _answers(rows: Sequence[IntervalRow]) -> tuple[MappedAnswer, ...]:
    return tuple(MappedAnswer(**{**row._asdict(), "tokens": tuple(row.tokens)}) for row in rows)


def threshold(answers: Sequence[MappedAnswer], leaks: Sequence[bool]) -> Threshold:
    """`answers` in the order of alpha; `leaks` is what the leak rule says of each."""
    flags = [leak or not answer.followed for answer, leak in zip(answers, leaks, strict=True)]
    whole = all(answer.followed for answer in answers)
    first = next((place for place, flag in enumerate(flags) if not flag), None)
    if first is None:
        return Threshold(None, 0.0, None, whole)
    later = next((answer.low for answer, flag in zip(answers[first:], flags[first:], strict=True) if flag), None)
    return Threshold(answers[first].low, answers[first].low_error, later, whole)


def map_question_hash(question: str) -> str:
    """Under which a question's maps are stored: what was asked, whatever set it stands in."""
    return hashlib.sha256(question.encode()).hexdigest()[:16]


def maps_key(detail: history.RunDetail) -> str:
    """The key of the maps that a run made, as its pair's files are now; "" for a model alone, which is never mapped.

    `RunError` where the pair's manifest is of another version of the program.
    """
    if not detail.manifest:
        return ""
    try:
        return map_key(manifest_of(detail.manifest))
    except (ValueError, TypeError, AttributeError, SettingError) as error:
        raise RunError(f"the pair of run {detail.summary.name!r} cannot be read by this version: {error}") from error
