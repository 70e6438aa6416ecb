"""Warnings by rule for the three known failures of offset unlearning.

Out-of-scope answers degrade; a secret survives every α, or comes back at a larger one; the model becomes unusable.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from engine.analysis.advice.choice import SLACK, AlphaSpan, Bools, inside, meets, spans
from engine.analysis.advice.pieces import Floats, MeasuredPart, Pieces, is_asked_to_stay
from engine.analysis.exact_curves import MappedQuestion
from engine.data.examples import is_to_be_forgotten
from engine.evaluation.ruined import MORE_LOOPS
from engine.store.maps import MappedAnswer

CautionKind = Literal["out of scope", "survives", "comes back", "unusable"]

HALF_OF_BASE = 0.5

RULES: dict[CautionKind, str] = {
    "out of scope": (
        "of the questions to be kept that the pair was not trained on, a part loses more of the base's"
        " ROUGE-L recall than the demand allows, or more than that share of what the base answers (by the leak rule) is"
        " lost, at the α shown; or a part does at the first α that leaks no more than allowed"
    ),
    "survives": (
        "a forget question leaks by the leak rule at every α of the range; an answer that was not followed to its end"
        " counts as a leak"
    ),
    "comes back": "a forget question that no longer leaks at some α leaks again at a larger α of the range",
    "unusable": (
        f"from some α on a part to be kept falls below {HALF_OF_BASE:.0%} of the base's ROUGE-L recall, or"
        f" loops make up {MORE_LOOPS:.0%} more of any part's answers than at α = 0 (loops on the forget set are noise,"
        " not forgetting)"
    ),
}


@dataclass(frozen=True)
class Caution:
    """`alpha`: where to look; `question_id`: the worst question, None where the warning is not about a single one."""

    kind: CautionKind
    words: str
    alpha: float
    question_id: int | None = None


class Changed(NamedTuple):
    """Retain questions at some α against the base, both by the leak rule; an unfinished answer does not count."""

    known: int  # answered by the base
    lost: tuple[MappedQuestion, ...]  # of these, those no longer answered
    gained: int  # answered by the ensemble and not by the base


def changed(questions: Sequence[MappedQuestion], alpha: float) -> Changed:
    kept = [(item, _answers(item, 0.0), _answers(item, alpha)) for item in questions if is_asked_to_stay(item)]
    lost = tuple(item for item, before, after in kept if before and not after)
    return Changed(sum(before for _, before, _ in kept), lost, sum(after and not before for _, before, after in kept))


def _answers(item: MappedQuestion, alpha: float) -> bool:
    place = _place(item, alpha)
    return item.leaks[place] and item.map.answers[place].followed


def _place(item: MappedQuestion, alpha: float) -> int:
    """Which answer of its map holds at `alpha`; a border belongs to the one on its right."""
    lows = [answer.low for answer in item.map.answers]
    return max(bisect_right(lows, alpha) - 1, 0)


def cautions(
    questions: Sequence[MappedQuestion], pieces: Pieces, alpha: float, limit: float, max_loss: float
) -> tuple[Caution, ...]:
    """Everything the rules find; `alpha` is the one shown, to use or nearest."""
    secret = [item for item in questions if is_to_be_forgotten(item.split)]
    found = [
        _out_of_scope(questions, pieces, alpha, max_loss) or _too_early(pieces, limit, max_loss),
        _survives(secret, pieces, alpha),
        _comes_back(secret, pieces, alpha),
        _unusable(pieces),
    ]
    return tuple(item for item in found if item is not None)


def _out_of_scope(questions: Sequence[MappedQuestion], pieces: Pieces, alpha: float, max_loss: float) -> Caution | None:
    """At the α shown: parts whose mean falls too far, or too many questions lost, which a mean can hide."""
    said, worst = _worn_parts(pieces, alpha, max_loss), None
    swap = changed(questions, alpha)
    if len(swap.lost) > max_loss * swap.known + SLACK:
        worst = swap.lost[0]
        said.append(
            f"{len(swap.lost)} of the {swap.known} questions that the base answers are lost "
            f"({swap.gained} others are), the first is: {worst.question}"
        )
    if not said:
        return None
    words = f"Answers that should stay degrade at α = {alpha:g}: {'; '.join(said)}"
    return Caution("out of scope", words, alpha, worst.question_id if worst else None)


def _too_early(pieces: Pieces, limit: float, max_loss: float) -> Caution | None:
    """At the first α that leaks no more than allowed."""
    forgotten = meets(pieces.leaks.mean(), np.ones(len(pieces.borders) - 1), limit, 0.0)
    first = next((span.low for span in spans(forgotten, pieces)), None)
    said = [] if first is None else _worn_parts(pieces, first, max_loss)
    if first is None or not said:
        return None
    words = f"Answers that should stay degrade before enough is forgotten, at α = {first:.2f}: {'; '.join(said)}"
    return Caution("out of scope", words, first)


def _worn_parts(pieces: Pieces, alpha: float, max_loss: float) -> list[str]:
    shares = [(part.name, _share(part, pieces, alpha)) for part in pieces.kept]
    return [
        f"ROUGE-L recall of {name} is {share:.1%} of the base's"
        for name, share in shares
        if share < 1 - max_loss - SLACK
    ]


def _share(part: MeasuredPart, pieces: Pieces, alpha: float) -> float:
    means = part.mean()
    base = means[pieces.place(0.0)]
    return float(means[pieces.place(alpha)] / base) if base > 0 else 1.0


def _survives(secret: Sequence[MappedQuestion], pieces: Pieces, alpha: float) -> Caution | None:
    always = [item for item in secret if all(_flags(item, pieces))]
    if not always:
        return None
    worst = max(always, key=lambda item: item.rouge[_place(item, alpha)])
    cut = sum(not all(answer.followed for answer in item.map.answers) for item in always)
    words = (
        f"{_count(len(always))} of {len(secret)} {'leaks' if len(always) == 1 else 'leak'} at every α from"
        f" {pieces.low:g} to {pieces.high:g}"
    )
    words += f", {cut} of them where answers were not followed to their end" if cut else ""
    return Caution("survives", f"{words}; worst: {worst.question}", alpha, worst.question_id)


def _comes_back(secret: Sequence[MappedQuestion], pieces: Pieces, alpha: float) -> Caution | None:
    """Those that leak again above the α shown come first: moving α up gives them away."""
    back = [(answer, item) for item in secret if (answer := _returned(item, pieces, alpha)) is not None]
    if not back:
        return None
    above = [pair for pair in back if pair[0].low > alpha]
    answer, worst = min(above or back, key=lambda pair: pair[0].low)
    verb = "leaks" if len(back) == 1 else "leak"
    where = f"{len(above)} of them above α = {alpha:g}, there" if above else f"none of them above α = {alpha:g};"
    words = (
        f"{_count(len(back))} of {len(secret)} {verb} again at a larger α, {where} first from α = {answer.low:.2f}: "
        f"{worst.question}"
    )
    look = inside(AlphaSpan(answer.low, min(answer.high, pieces.high), answer.low_error, answer.high_error))
    return Caution("comes back", words, look, worst.question_id)


def _returned(item: MappedQuestion, pieces: Pieces, alpha: float) -> MappedAnswer | None:
    """The first answer above `alpha` that leaks after one that does not; where none does, the first of the range."""
    shown = [pair for pair in zip(item.map.answers, item.leaks, strict=True) if _in_range(pair[0], pieces)]
    back = [answer for (_, before), (answer, leaks) in zip(shown, shown[1:], strict=False) if leaks and not before]
    above = [answer for answer in back if answer.low > alpha]
    return next(iter(above or back), None)


def _in_range(answer: MappedAnswer, pieces: Pieces) -> bool:
    return answer.high > pieces.low and answer.low < pieces.high


def _flags(item: MappedQuestion, pieces: Pieces) -> list[bool]:
    return [leaks for answer, leaks in zip(item.map.answers, item.leaks, strict=True) if _in_range(answer, pieces)]


def _unusable(pieces: Pieces) -> Caution | None:
    """The smallest α at which any part has become unusable, and the reason."""
    found = [
        *(_worn(part, pieces) for part in pieces.kept),
        *(_looped(part, pieces) for part in pieces.loops),
    ]
    known = [item for item in found if item is not None]
    if not known:
        return None
    alpha, words = min(known)
    return Caution("unusable", f"From α = {alpha:.2f} on {words}.", alpha)


def _worn(part: MeasuredPart, pieces: Pieces) -> tuple[float, str] | None:
    means = part.mean()
    alpha = _first(means < HALF_OF_BASE * means[pieces.place(0.0)] - SLACK, pieces)
    return None if alpha is None else (alpha, f"ROUGE-L recall of {part.name} is less than half of the base's")


def _looped(part: MeasuredPart, pieces: Pieces) -> tuple[float, str] | None:
    means: Floats = part.mean()
    alpha = _first(means >= means[pieces.place(0.0)] + MORE_LOOPS - SLACK, pieces)
    if alpha is None:
        return None
    return alpha, f"{means[pieces.place(alpha)]:.0%} of the answers to {part.name} are loops"


def _first(bad: Bools, pieces: Pieces) -> float | None:
    return next((span.low for span in spans(bad, pieces)), None)


def _count(number: int) -> str:
    return f"{number} forget question{'' if number == 1 else 's'}"
