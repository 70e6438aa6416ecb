"""One evaluation of a pair: every question answered and scored at every alpha. Stores nothing."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

from engine.data.examples import Example
from engine.decoding.answers import answer_questions
from engine.errors import DataError
from engine.evaluation.answer_curves import QuestionCurves
from engine.evaluation.answer_readings import encode_items
from engine.evaluation.fluency import base_log_probabilities, repetition, zlib_ratio
from engine.evaluation.rouge import rouge_recall
from engine.evaluation.scoring import Score, curve_span, forced_items, teacher_forced
from engine.settings import check_alpha

if TYPE_CHECKING:
    from engine.models.loading import LoadedPair

Phrasing = Literal["question", "paraphrase"]
Leaks = Callable[[Example, str], bool]

DECODED, REREAD = 0.8, 0.85  # shares of an evaluation's time, only for the progress bar

READING = "reading the answers with the base"

_SUFFIX: dict[Phrasing, str] = {"question": "", "paraphrase": "_paraphrase"}


class GeneratedAnswer(NamedTuple):
    """One generated answer; `degenerate` marks one that was cut because it repeated itself in a loop."""

    question_index: int
    alpha: float
    phrasing: Phrasing
    text: str
    degenerate: bool


class Evaluation(NamedTuple):
    scores: list[Score]
    answers: list[GeneratedAnswer]
    curves: list[QuestionCurves | None]  # one per question; all None without a pair, or where none were asked for


def evaluate_examples(
    pair: "LoadedPair",
    examples: Sequence[Example],
    alphas: Sequence[float],
    max_new_tokens: int = 64,
    progress: Callable[[float, str], None] | None = None,
    *,
    leaks: Leaks,
    curves: bool = True,
) -> Evaluation:
    """Answer `examples`, and their paraphrases where they have one, greedily at each of `alphas`; score all of it.

    `question_index` is the place in `examples`. `leaks` is the leak rule.
    Without `curves` the true answers are read only at `alphas`, which takes a fraction of the time.
    `progress` gets a share from 0 to 1 and what is being done. Raises `DataError` without questions or alphas,
    and where a question with an answer is longer than the models can read.
    """
    strengths = tuple(dict.fromkeys(check_alpha(alpha) for alpha in alphas))
    if not examples or not strengths:
        raise DataError(f"an evaluation needs a question and an alpha, got {len(examples)} and {len(strengths)}")
    encode_items(pair, forced_items(examples))  # refuse what is too long before hours of decoding
    report = progress or _silent
    answers = [
        row
        for place, alpha in enumerate(strengths)
        for row in _answer(pair, examples, alpha, max_new_tokens, _part(report, place, len(strengths), alpha))
    ]
    scores = _score_answers(examples, strengths, answers, leaks)
    scores += _fluency(pair, examples, answers, lambda share: report(DECODED + (REREAD - DECODED) * share, READING))
    forced = teacher_forced(
        pair,
        examples,
        strengths,
        curve_span(strengths) if curves and pair.model.reference is not None else None,
        lambda done, total: report(REREAD + (1 - REREAD) * done / total, "scoring true answers"),
    )
    return Evaluation(scores + forced.scores, answers, forced.curves)


def _silent(share: float, stage: str) -> None:
    """Ignore progress."""


def _part(report: Callable[[float, str], None], place: int, parts: int, alpha: float) -> Callable[[int, int], None]:
    """The progress of one alpha as part of the whole."""

    def hear(done: int, total: int) -> None:
        report(DECODED * (place + done / total) / parts, f"answering at alpha {alpha:g}")

    return hear


def _answer(
    pair: "LoadedPair",
    examples: Sequence[Example],
    alpha: float,
    max_new_tokens: int,
    progress: Callable[[int, int], None],
) -> list[GeneratedAnswer]:
    asked: list[tuple[int, Phrasing, str]] = []
    for index, example in enumerate(examples):
        asked.append((index, "question", example.question))
        if example.paraphrased_question:
            asked.append((index, "paraphrase", example.paraphrased_question))
    questions = [question for _, _, question in asked]
    answers = answer_questions(pair, questions, alpha, max_new_tokens=max_new_tokens, progress=progress)
    return [
        GeneratedAnswer(index, alpha, phrasing, answer.text, answer.degenerate)
        for (index, phrasing, _), answer in zip(asked, answers, strict=True)
    ]


def _score_answers(
    examples: Sequence[Example], alphas: Sequence[float], answers: Sequence[GeneratedAnswer], leaks: Leaks
) -> list[Score]:
    """ROUGE and leak of every question, alpha and phrasing; None where a question has no paraphrase. And loops."""
    texts = {(row.question_index, row.alpha, row.phrasing): row.text for row in answers}
    loops = {(row.question_index, row.alpha) for row in answers if row.degenerate and row.phrasing == "question"}
    scores: list[Score] = []
    for index, example in enumerate(examples):
        for alpha in alphas:
            scores.append(Score(index, alpha, "degenerate", float((index, alpha) in loops)))
            for phrasing, suffix in _SUFFIX.items():
                text = texts.get((index, alpha, phrasing))
                rouge = None if text is None else rouge_recall(example.answer, text)
                leak = None if text is None else float(leaks(example, text))
                scores += [Score(index, alpha, f"rouge{suffix}", rouge), Score(index, alpha, f"leak{suffix}", leak)]
    return scores


def _fluency(
    pair: "LoadedPair",
    examples: Sequence[Example],
    answers: Sequence[GeneratedAnswer],
    progress: Callable[[float], None],
) -> list[Score]:
    """Fluency of the answers to the original questions; None for an empty one."""
    rows = [row for row in answers if row.phrasing == "question"]
    items = [(examples[row.question_index].question, row.text) for row in rows]
    likely = base_log_probabilities(pair, items, progress=lambda done, total: progress(done / total))
    scores: list[Score] = []
    for row, value in zip(rows, likely, strict=True):
        found = {
            "repetition": repetition(row.text),
            "zlib_ratio": zlib_ratio(row.text),
            "base_log_probability": value,
        }
        scores += [Score(row.question_index, row.alpha, metric, each) for metric, each in found.items()]
    return scores
