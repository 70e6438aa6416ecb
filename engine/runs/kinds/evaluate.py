"""Runs that evaluate a pair, or a model alone, at several strengths."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from db import writes
from db.rows import AnswerRow, CurveRow, ScoreRow
from db.session import Session
from engine.kinds import EvaluateSpec
from engine.runs.kinds.kind import (
    Kind,
    alphas_of_model_or_pair,
    check_model_or_pair,
    check_sources,
    evaluation_work,
)
from engine.runs.progress import Progress
from engine.specification import ExperimentSpec
from engine.store.origin import note_origin
from engine.store.questions import check_gold, evaluated, key_terms
from engine.store.session import write_patiently
from engine.store.sources import SourcedSpec

if TYPE_CHECKING:
    from engine.evaluation.answer_curves import QuestionCurves


def _check(sourced: SourcedSpec[EvaluateSpec]) -> None:
    check_sources(sourced)
    check_model_or_pair(sourced.spec)


def _execute(run_id: int, sourced: SourcedSpec[EvaluateSpec], progress: Progress) -> None:
    evaluate(run_id, sourced, sourced.spec.pair, progress, 0.0, sourced.spec.curves)


def evaluate(
    run_id: int,
    sourced: SourcedSpec[ExperimentSpec],
    pair_name: str,
    progress: Progress,
    low: float,
    curves: bool = True,
) -> None:
    """Read the pair as it lies on the disk, answer and score every question at every alpha, store all of it."""
    progress.part(low, low + 0.05, "loading the pair")
    from engine.evaluation import leak_rule
    from engine.evaluation.evaluate import evaluate_examples
    from engine.models.loading import load_pair

    spec, asked = sourced.spec, evaluated(sourced)
    examples = [item.example for item in asked]
    check_gold(pair_name, examples)
    pair = load_pair(pair_name, lambda text: progress(0.0, text))
    note_origin(run_id, spec, pair, examples)
    progress.part(low + 0.05, 1.0, "evaluating")
    terms = key_terms(asked)
    rule = leak_rule.leak_rule(examples, terms)
    found = evaluate_examples(pair, examples, spec.alphas, spec.max_new_tokens, progress, leaks=rule, curves=curves)
    ids = [item.question_id for item in asked]

    def store(session: Session) -> None:
        writes.add_run_questions(session, run_id, list(zip(ids, terms, strict=True)))
        writes.add_scores(session, run_id, [ScoreRow(ids[row[0]], *row[1:]) for row in found.scores])
        writes.add_answers(session, run_id, [AnswerRow(ids[row[0]], *row[1:]) for row in found.answers])
        writes.add_curves(session, run_id, curve_rows(ids, found.curves))

    write_patiently(store)


def curve_rows(ids: Sequence[int], curves: "Sequence[QuestionCurves | None]") -> list[CurveRow]:
    """The curves of questions as rows; none for a question that has none."""
    from engine.evaluation.answer_curves import to_stored

    pairs = [(key, item) for key, item in zip(ids, curves, strict=True) if item is not None]
    return [CurveRow(key, *stored) for key, item in pairs for stored in to_stored(item)]


KIND = Kind(EvaluateSpec, alphas_of_model_or_pair, _check, evaluation_work, _execute)
