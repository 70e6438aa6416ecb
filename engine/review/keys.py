"""Presses of verdict keys, as a browser sends them: each says which answer it is about, and none is done twice.

A browser keeps the list of presses that are not acknowledged yet and sends all of it again with each new one, so that
none is lost while a page works. They are numbered; those up to the last one done are passed over.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from engine.errors import AccessError, SettingError, UnlearningError
from engine.review import queue
from engine.review.verdicts import PHRASINGS, Judgement, Reviewer, says_again, verdict_word, verdicts_of_split
from engine.store import history

UNDO = "z"
LONGEST = 500  # presses in one list
_SHOWN = 60  # characters of a question


class JudgedAnswer(NamedTuple):
    """The answer that is judged."""

    run_id: int
    alpha: float
    phrasing: str
    question_id: int


class Press(NamedTuple):
    """One press. `key` is a digit from 1, or `UNDO`."""

    n: int
    place: JudgedAnswer
    key: str
    note: str


class Given(NamedTuple):
    """A verdict that was given, and what it took the place of, so that it can be undone."""

    place: JudgedAnswer
    before: Judgement | None
    reviewer: Reviewer


class Outcome(NamedTuple):
    """What came of a press, in words; or why nothing did."""

    n: int
    question_id: int
    said: str
    refused: str


class Desk(NamedTuple):
    """What a session remembers of its presses: the last one done, and the verdicts that can be undone."""

    last: int = 0
    given: tuple[Given, ...] = ()
    undone: tuple[int, int] = (0, 0)  # the last press that took a verdict back, and the question it stood on


def read_presses(raw: object) -> list[Press]:
    """Presses as a browser sent them, in order; those that are none are left out, for anybody can send anything."""
    if not isinstance(raw, list):
        return []
    found = [press for item in raw[:LONGEST] if (press := _press(item)) is not None]
    return sorted(found, key=lambda press: press.n)


def _press(item: Any) -> Press | None:
    match item:
        case [int(n), int(question_id), str(key), str(note), [int(run_id), int() | float() as alpha, str(phrasing)]]:
            legal = 0 < n < 2**53 and math.isfinite(alpha) and phrasing in PHRASINGS
            return Press(n, JudgedAnswer(run_id, float(alpha), phrasing, question_id), key, note) if legal else None
    return None


def take(
    presses: Sequence[Press], desk: Desk, reviewer: Reviewer | None, refusal: str = ""
) -> tuple[Desk, list[Outcome]]:
    """Do what is new among the presses, each once; a press that is refused is done too, and says why.

    `refusal`: why there is no reviewer, where it is not that the name is missing.
    """
    done = list[Outcome]()
    for press in presses:
        if press.n <= desk.last:
            continue
        try:
            if reviewer is None:
                raise AccessError(refusal or "a verdict stands beside its reviewer's name: give yours first")
            desk, said = (_undo if press.key == UNDO else _judge)(press, desk, reviewer)
            done.append(Outcome(press.n, press.place.question_id, said, ""))
        except UnlearningError as error:
            done.append(Outcome(press.n, press.place.question_id, "", str(error)))
        desk = desk._replace(last=press.n)
    return desk, done


def _judge(press: Press, desk: Desk, reviewer: Reviewer) -> tuple[Desk, str]:
    run_id, alpha, phrasing, question_id = press.place
    split, words = _question(run_id, question_id)
    legal = verdicts_of_split(split)
    if press.key not in [str(number) for number in range(1, len(legal) + 1)]:
        raise SettingError(f"a verdict key must be 1 to {len(legal)} or {UNDO}, got {press.key[:20]!r}")
    now = Judgement(legal[int(press.key) - 1], press.note)
    before = queue.record_verdict(run_id, alpha, question_id, now, reviewer, phrasing)
    given = desk.given if says_again(before, now) else (*desk.given, Given(press.place, before, reviewer))
    return desk._replace(given=given[-LONGEST:]), f"{verdict_word(now.verdict, split)}: {words}"


def _undo(press: Press, desk: Desk, reviewer: Reviewer) -> tuple[Desk, str]:
    """The reviewer's last verdict in this session; without one, their own on the question in view."""
    own = [at for at, given in enumerate(desk.given) if given.reviewer == reviewer]
    place, before, _ = desk.given[own[-1]] if own else Given(press.place, None, reviewer)
    changed = queue.undo(place.run_id, place.alpha, place.question_id, before, reviewer, place.phrasing)
    if not changed and not own:
        raise SettingError(
            "there is nothing to undo: you gave no verdict in this session, and have none on this answer"
        )
    split, words = _question(place.run_id, place.question_id)
    now = f"{verdict_word(before.verdict, split)} again" if before else "no verdict"
    left = tuple(given for at, given in enumerate(desk.given) if at not in own[-1:])
    return desk._replace(given=left, undone=(press.n, place.question_id)), f"undone, {now}: {words}"


def _question(run_id: int, question_id: int) -> tuple[str, str]:
    """Split and the beginning of a question of a run."""
    places = history.question_places(run_id)
    for place, (example, _) in zip(places, history.asked(run_id), strict=True):
        if place.question_id == question_id:
            short = example.question[: _SHOWN - 1] + "…" if len(example.question) > _SHOWN else example.question
            return place.split, short
    raise SettingError(f"run {run_id} asks no question {question_id}")
