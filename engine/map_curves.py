"""Exact curves over alpha from stored maps: each measure is a step function, and so is its mean over questions."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from engine import history
from engine.audit.leaks import find_leak
from engine.errors import RunError, SettingError
from engine.evaluation.curves import Steps
from engine.maps import HIGH, LOW, QuestionMap, Threshold, stored_map, threshold
from engine.models.identity import map_key
from engine.models.manifest import manifest_of


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
    question_id: int = 0  # of the stored question; 0 where it is none


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


def mapped_share(run_id: int) -> tuple[int, int]:
    """How many questions of a map run are mapped, of how many; both 0 where it was stopped before it knew them."""
    detail = history.run_detail(run_id)
    key, asked = maps_key(detail), history.asked(run_id)
    low, high, limit = min(detail.spec.alphas), max(detail.spec.alphas), detail.spec.max_new_tokens
    known = [stored_map(key, example.question, limit, low, high) for example, _ in asked]
    return sum(found is not None for found in known), len(asked)


def mapped_questions(run_id: int, low: float = LOW, high: float = HIGH) -> list[MappedQuestion]:
    """The questions of a map run whose maps cover `low` to `high`, judged as answers of that run. Loads no model."""
    detail = history.run_detail(run_id)
    found, key = list[MappedQuestion](), maps_key(detail)
    for (example, terms), place in zip(history.asked(run_id), history.question_places(run_id), strict=True):
        known = stored_map(key, example.question, detail.spec.max_new_tokens, low, high)
        if known is None:
            continue
        judged = [find_leak(example, answer.text, terms) for answer in known.answers]
        flags = [finding.leaks or not answer.followed for answer, finding in zip(known.answers, judged, strict=True)]
        found.append(
            MappedQuestion(
                example.question, example.split, example.half, example.subject, known,
                tuple(finding.rouge for finding in judged), tuple(flags),
                threshold(known.answers, flags), place.question_id,
            )
        )  # fmt: skip
    return found


def mean_steps(
    questions: Sequence[MappedQuestion],
    values: Callable[[MappedQuestion], Sequence[float]],
    low: float = LOW,
    high: float = HIGH,
) -> Steps:
    """The mean over questions of a measure that has one value per answer of a map: exact, by adding up its steps.

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
    return Steps(tuple(alphas), tuple(float(value) for value in totals), high)


def threshold_table(questions: Sequence[MappedQuestion]) -> pd.DataFrame:
    """One row per question, the largest threshold first: question, subject, split, forgotten from, error, comes back at."""
    rows = [
        (item.question, item.subject, item.split, item.threshold.alpha, item.threshold.error, item.threshold.returns)
        for item in questions
    ]
    frame = pd.DataFrame(rows, columns=["question", "subject", "split", "forgotten from", "error", "comes back at"])
    return frame.sort_values("forgotten from", ascending=False, na_position="first", kind="stable").reset_index(
        drop=True
    )
