"""Exact curves over alpha from stored maps: each measure is a step function, and so is its mean over questions."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from engine.data.examples import Example, wordings
from engine.evaluation.curves import Steps
from engine.evaluation.leak_rule import Leak, find_leak
from engine.store import history
from engine.store.maps import HIGH, LOW, MappedAnswer, QuestionMap, Threshold, maps_key, stored_map, threshold


class MappedQuestion(NamedTuple):
    """One mapped question with what the leak rule and ROUGE-L recall say of each answer of its map."""

    question: str
    split: str
    half: str
    subject: str
    map: QuestionMap
    rouge: tuple[float, ...]
    leaks: tuple[bool, ...]
    threshold: Threshold
    question_id: int = 0  # of the stored question; 0 where it is not stored
    reworded: bool = False  # `leaks` are those of either phrasing, and the pieces of `map` are cut where they change


AskedTerms = Sequence[tuple[Example, tuple[str, ...]]]  # as `history.asked` gives them


def _stored_maps(
    detail: history.RunDetail, asked: AskedTerms, low: float, high: float
) -> list[list[QuestionMap | None]]:
    """For every question `asked` by a run, the map of each phrasing."""
    key, limit = maps_key(detail), detail.spec.max_new_tokens
    return [[stored_map(key, text, limit, low, high) for text in wordings(example)] for example, _ in asked]


def mapped_share(run_id: int) -> tuple[int, int]:
    """How many questions of a map run are mapped, of how many; both 0 where it stopped before it had them."""
    detail = history.run_detail(run_id)
    asked = [item for item in history.asked(run_id) if not item[0].erased]
    found = _stored_maps(detail, asked, min(detail.spec.alphas), max(detail.spec.alphas))
    return sum(None not in maps for maps in found), len(found)


def mapped_questions(run_id: int, low: float = LOW, high: float = HIGH) -> list[MappedQuestion]:
    """The questions of a map run whose maps cover `low` to `high`, judged as answers of that run. Loads no model."""
    detail, found = history.run_detail(run_id), list[MappedQuestion]()
    asked, places = history.asked(run_id), history.question_places(run_id)
    for (example, terms), place, maps in zip(asked, places, _stored_maps(detail, asked, low, high), strict=True):
        if maps[0] is None:
            continue
        texts = {answer.text for known in maps if known is not None for answer in known.answers}
        judged = {text: find_leak(example, text, terms) for text in texts}
        reworded = [_flags(other, judged) for other in maps[1:] if other is not None]
        known, flags = _either(maps[0], _flags(maps[0], judged), reworded)
        rouge = tuple(judged[answer.text].rouge for answer in known.answers)
        found.append(
            MappedQuestion(
                question=example.question,
                split=example.split,
                half=example.half,
                subject=example.subject,
                map=known,
                rouge=rouge,
                leaks=flags,
                threshold=threshold(known.answers, flags),
                question_id=place.question_id,
                reworded=bool(reworded),
            )
        )
    return found


def _flags(known: QuestionMap, judged: Mapping[str, Leak]) -> list[tuple[MappedAnswer, bool]]:
    """Which answers of a map leak; one that was not followed to its end counts as a leak."""
    return [(answer, judged[answer.text].leaks or not answer.followed) for answer in known.answers]


def _either(
    known: QuestionMap,
    flags: Sequence[tuple[MappedAnswer, bool]],
    others: Sequence[Sequence[tuple[MappedAnswer, bool]]],
) -> tuple[QuestionMap, tuple[bool, ...]]:
    """A map cut where the leaks of another phrasing change, and on each piece whether any phrasing leaks."""
    for other in others:
        pieces = []
        for answer, leaks in flags:
            for theirs, also in other:
                low, high = max(answer.low, theirs.low), min(answer.high, theirs.high)
                if low < high:
                    low_error = (answer if low == answer.low else theirs).low_error
                    high_error = (answer if high == answer.high else theirs).high_error
                    piece = answer._replace(low=low, high=high, low_error=low_error, high_error=high_error)
                    pieces.append((piece, leaks or also))
        flags = _joined(pieces)
    return known._replace(answers=tuple(answer for answer, _ in flags)), tuple(leaks for _, leaks in flags)


def _joined(pieces: Sequence[tuple[MappedAnswer, bool]]) -> list[tuple[MappedAnswer, bool]]:
    """Adjacent pieces with equal answer and finding, joined."""
    found: list[tuple[MappedAnswer, bool]] = []
    for piece, leaks in pieces:
        if found and found[-1][1] == leaks and found[-1][0].tokens == piece.tokens:
            before = found.pop()[0]
            piece = piece._replace(low=before.low, low_error=before.low_error)
        found.append((piece, leaks))
    return found


def mean_steps(
    questions: Sequence[MappedQuestion],
    values: Callable[[MappedQuestion], Sequence[float]],
    low: float = LOW,
    high: float = HIGH,
) -> Steps:
    """The mean over questions of a measure that has one value per answer of a map: exact, by adding its steps.

    Raises `ValueError` without questions.
    """
    if not questions:
        raise ValueError("a mean needs at least one question")
    changes: dict[float, float] = {}
    for item in questions:
        before = 0.0
        for answer, value in zip(item.map.answers, values(item), strict=True):
            if answer.high > low and answer.low < high:
                place = max(answer.low, low)
                changes[place] = changes.get(place, 0.0) + value - before
                before = value
    alphas = sorted(changes)
    totals = np.cumsum([changes[alpha] for alpha in alphas]) / len(questions)
    totals = np.round(totals, 12) + 0.0  # sums of steps drift: a share is never -1e-17 or -0
    return Steps(tuple(alphas), tuple(float(value) for value in totals), high)


def threshold_table(questions: Sequence[MappedQuestion]) -> pd.DataFrame:
    """One row per question, the largest threshold first: question, subject, split, forgotten from, error, comes back
    at.
    """
    rows = [
        (item.question, item.subject, item.split, item.threshold.alpha, item.threshold.error, item.threshold.returns)
        for item in questions
    ]
    frame = pd.DataFrame(rows, columns=["question", "subject", "split", "forgotten from", "error", "comes back at"])
    return frame.sort_values("forgotten from", ascending=False, na_position="first", kind="stable").reset_index(
        drop=True
    )
