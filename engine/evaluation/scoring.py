"""Teacher-forced scores: how likely the ensemble finds the true and the wrong answers of every question."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from engine.data.examples import Example
from engine.evaluation.answer_curves import QuestionCurves
from engine.evaluation.answer_lines import AnswerCurve
from engine.evaluation.answer_readings import AnswerReading, CountProgress, Item, Span, read_over_alpha
from engine.evaluation.curves import FIRST_STEP
from engine.evaluation.membership import zlib_score
from engine.evaluation.metrics import normalised_probability, probability, truth_ratio, truth_ratio_score

if TYPE_CHECKING:
    from engine.models.loading import LoadedPair

CURVE_LOW, CURVE_HIGH = 0.0, 2.0  # curves reach at least this far


def curve_span(alphas: Sequence[float]) -> Span:
    """The range of the curves of an evaluation at `alphas`: from 0 to 2, and over all of them."""
    low, high = min((CURVE_LOW, *alphas)), max((CURVE_HIGH, *alphas))
    return math.floor(low / FIRST_STEP) * FIRST_STEP, math.ceil(high / FIRST_STEP) * FIRST_STEP


class Score(NamedTuple):
    """One stored number; `value` is None where this question cannot have this metric."""

    question_index: int
    alpha: float
    metric: str
    value: float | None


def _answers_of(example: Example) -> list[str]:
    """The true answer, the right answer of the truth ratio, then the wrong ones."""
    return [example.answer, example.paraphrased_answer or example.answer, *example.perturbed_answer]


def forced_items(examples: Sequence[Example]) -> list[Item]:
    """Every question with each of its answers that is read under teacher forcing."""
    return list(dict.fromkeys((example.question, text) for example in examples for text in _answers_of(example)))


class Forced(NamedTuple):
    """The readings of questions under teacher forcing."""

    scores: list[Score]
    curves: list[
        QuestionCurves | None
    ]  # one per question; None where `AnswerOverAlpha.curve` is, for one of its answers


def teacher_forced_scores(
    pair: "LoadedPair",
    examples: Sequence[Example],
    alphas: Sequence[float],
    progress: CountProgress | None = None,
    batch_size: int = 8,
) -> list[Score]:
    """Every measure without a generated answer, of every question at every alpha.

    Where an example has no wrong answers, its normalized probability and truth ratio are None.
    """
    return teacher_forced(pair, examples, alphas, None, progress, batch_size).scores


def teacher_forced(
    pair: "LoadedPair",
    examples: Sequence[Example],
    alphas: Sequence[float],
    span: Span | None,
    progress: CountProgress | None = None,
    batch_size: int = 8,
) -> Forced:
    """The scores of `teacher_forced_scores`, and from the same passes every question's curves over `span`."""
    items = forced_items(examples)
    true = {(example.question, example.answer) for example in examples}
    read = read_over_alpha(pair, items, alphas, span, batch_size, progress, expected=true)
    found = dict(zip(items, read, strict=True))
    forced = Forced([], [])
    for index, example in enumerate(examples):
        answers = [found[example.question, text] for text in _answers_of(example)]
        for column, alpha in enumerate(alphas):
            forced.scores.extend(_scores(index, example, alpha, [item.readings[column] for item in answers]))
        forced.curves.append(_curves_of([item.curve for item in answers]))
    return forced


def _curves_of(found: Sequence[AnswerCurve | None]) -> QuestionCurves | None:
    known = [curve for curve in found if curve is not None]
    if len(known) < len(found):
        return None
    return QuestionCurves(known[0].loss, known[1].loss, tuple(item.loss for item in known[2:]), known[0].memorized)


def _scores(index: int, example: Example, alpha: float, readings: Sequence[AnswerReading]) -> list[Score]:
    answer, right = readings[:2]
    wrong = [reading.loss for reading in readings[2:]]
    ratio = truth_ratio(right.loss, wrong)
    values = {
        "probability": probability(answer.loss),
        "probability_normalised": normalised_probability(answer.loss, wrong),
        "truth_ratio": ratio,
        "truth_ratio_score": truth_ratio_score(ratio, example.split),
        "exact_memorization": answer.memorized,
        "extraction_strength": answer.extracted,
        **membership_scores(answer, example.answer),
    }
    return [Score(index, alpha, metric, value) for metric, value in values.items()]


def membership_scores(reading: AnswerReading, answer: str) -> dict[str, float | None]:
    """The membership suite of one true answer, by metric."""
    return {
        "mia_loss": finite(reading.loss),
        "mia_zlib": finite(zlib_score(reading.loss, answer.strip())),
        "mia_min_k": finite(reading.least_likely),
        "mia_min_k_plus_plus": finite(reading.least_expected),
    }


def finite(value: float | None) -> float | None:
    """None for NaN and infinities, which databases and JSON cannot store."""
    return value if value is not None and math.isfinite(value) else None
