"""Runs that judge the stored answers of another run again, without a model: by the leak rule of now, or other key
terms. That run stays as it is; everything but the findings of the leak rule is taken over from it.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from db import writes
from db.reads import runs, verdicts
from db.rows import AnswerRow, CurveRow, RunRow, ScoreRow
from db.session import Session
from engine.errors import RunError, SettingError
from engine.evaluation.leak_rule import LEAK_RULE, LEAK_RULE_VERSION, is_leak
from engine.kinds import JudgeSpec
from engine.names import LONGEST_NAME
from engine.runs.kinds.kind import Kind, Work, alphas_as_given
from engine.runs.progress import Progress
from engine.store import history
from engine.store.other_terms import Judged, other_terms
from engine.store.session import reading, write_patiently
from engine.store.sources import SourcedSpec
from engine.wording import count, named_run

PHRASING_OF = {"leak": "question", "leak_paraphrase": "paraphrase"}  # of which answer a score is a finding
ANSWERS_A_SECOND = 2_000
TOLD_EVERY = 200  # answers between two words on the progress


class Stored(NamedTuple):
    """What a run has that is to be judged again."""

    run: RunRow
    asked: list[Judged]
    scores: list[ScoreRow]
    answers: list[AnswerRow]
    curves: list[CurveRow]


def _check(sourced: SourcedSpec[JudgeSpec]) -> None:
    asked = asked_of(sourced.spec.judged)
    terms = _terms(sourced, asked)
    detail = history.run_detail(sourced.spec.judged)
    if detail.versions.get(history.LEAK_RULE) == LEAK_RULE and all(
        terms.get(item.question_id, item.terms) == item.terms for item in asked
    ):
        without = "the same key terms" if sourced.spec.key_terms else "no other key terms are named"
        raise SettingError(
            f"{named_run(detail.summary)} was judged by leak rule {LEAK_RULE_VERSION} already, and {without}: nothing"
            " would change"
        )
    _check_answered(_read(sourced.spec.judged, asked))


def asked_of(run_id: int) -> list[Judged]:
    """The questions of a run whose answers can be judged again; `RunError` for any other run, which says why."""
    detail = history.run_detail(run_id)
    run = detail.summary
    if run.facts.finds == "published":
        raise RunError(
            f"{named_run(run)} was imported: it holds figures that others published and no answers, so nothing can be"
            " judged again"
        )
    if run.facts.finds != "answers":
        raise RunError(
            f"{named_run(run)} is of the kind {run.facts.label}: only answers can be judged again, and it stores none"
        )
    if run.status != "finished":
        raise RunError(f"{named_run(run)} is {run.status}: only a finished run can be judged again")
    pairs = zip(history.asked(run_id), history.question_places(run_id), strict=True)
    asked = [Judged(place.question_id, place.set, example, terms) for (example, terms), place in pairs]
    with reading() as session:
        answered = bool(asked and verdicts.phrasings(session, run_id))
    if not answered:
        raise RunError(f"{named_run(run)} stores no answers, so nothing can be judged again")
    return asked


def _terms(sourced: SourcedSpec[JudgeSpec], asked: list[Judged]) -> dict[int, tuple[str, ...]]:
    """Other key terms, by question."""
    run = history.run_detail(sourced.spec.judged).summary
    return other_terms(sourced, sourced.spec.key_terms, asked, named_run(run))


def _read(run_id: int, asked: list[Judged]) -> Stored:
    with reading() as session:
        row = runs.run(session, run_id)
        assert row is not None  # `asked_of` has read it
        scores, answers = runs.scores(session, run_id), runs.answers(session, run_id)
        return Stored(row, asked, scores, answers, runs.curves(session, run_id))


def _check_answered(stored: Stored) -> None:
    """`RunError` where an answer that was judged is not stored any more."""
    erased = {item.question_id for item in stored.asked if item.example.erased}
    told = {(row.question_id, row.alpha, row.phrasing) for row in stored.answers}
    judged = [row for row in stored.scores if row.metric in PHRASING_OF and row.value is not None]
    lacking = [
        row
        for row in judged
        if row.question_id not in erased and (row.question_id, row.alpha, PHRASING_OF[row.metric]) not in told
    ]
    if lacking:
        raise RunError(
            f"{named_run(stored.run)} lacks {count(len(lacking), 'answer')} of the {len(judged)} that it judged, the"
            f" first at α = {lacking[0].alpha:g}: it cannot be judged again"
        )


def judged_scores(stored: Stored, terms: dict[int, tuple[str, ...]], progress: Progress) -> list[ScoreRow]:
    """The scores of a run with the findings of the leak rule anew. What was erased keeps the finding it had."""
    asked = {item.question_id: item for item in stored.asked}
    texts = {(row.question_id, row.alpha, row.phrasing): row.text for row in stored.answers}
    found = []
    for number, row in enumerate(stored.scores):
        item, phrasing = asked.get(row.question_id), PHRASING_OF.get(row.metric)
        if item is None or phrasing is None or row.value is None or item.example.erased:
            found.append(row)
            continue
        if number % TOLD_EVERY == 0:
            progress(number / len(stored.scores), "judging stored answers")
        leaks = is_leak(item.example, texts[row.question_id, row.alpha, phrasing], terms[row.question_id])
        found.append(row._replace(value=float(leaks)))
    return found


def _execute(run_id: int, sourced: SourcedSpec[JudgeSpec], progress: Progress) -> None:
    progress.part(0.0, 1.0, "reading stored answers")
    stored = _read(sourced.spec.judged, asked_of(sourced.spec.judged))
    _check_answered(stored)
    other = _terms(sourced, stored.asked)
    terms = {item.question_id: other.get(item.question_id, item.terms) for item in stored.asked}
    scores = judged_scores(stored, terms, progress)

    def store(session: Session) -> None:
        writes.update_run(session, run_id, **_taken_over(stored.run))
        writes.add_run_questions(session, run_id, list(terms.items()))
        writes.add_scores(session, run_id, scores)
        writes.add_answers(session, run_id, stored.answers)
        writes.add_curves(session, run_id, stored.curves)

    write_patiently(store)


def _taken_over(run: RunRow) -> dict[str, Any]:
    """Where the answers come from is what that run says; only the rule is the one of now."""
    same = ("base", "pair_name", "pair_id", "objective", "seed", "base_hash", "data_hash", "machine")
    return {
        **{name: getattr(run, name) for name in same},
        "versions": {**run.versions, history.LEAK_RULE: LEAK_RULE},
    }


def _work(sourced: SourcedSpec[JudgeSpec]) -> Work:
    asked = asked_of(sourced.spec.judged)
    return Work(1.0 + 2 * len(asked) * len(sourced.spec.alphas) / ANSWERS_A_SECOND, len(asked))


KIND = Kind(JudgeSpec, alphas_as_given, _check, _work, _execute)


def judge_spec(run_id: int, key_terms: Iterable[str] = (), name: str = "") -> JudgeSpec:
    """To judge the answers of a run again; `RunError` for one that has none. The name is made where none is given."""
    asked_of(run_id)
    detail = history.run_detail(run_id)
    run, spec = detail.summary, detail.spec
    return JudgeSpec(
        name=name or again(run.name),
        judged=run_id,
        key_terms=tuple(key_terms),
        base=run.base,
        pair=run.pair,
        evaluate_on=spec.evaluate_on,
        alphas=tuple(history.alphas_of(run_id)),
        max_new_tokens=spec.max_new_tokens,
        alpha_choice=spec.judged_at,
    )


def again(name: str) -> str:
    """ "demo-again" of the run "demo": no longer than a name may be."""
    ending = "-again"
    return name.removesuffix(ending)[: LONGEST_NAME - len(ending)] + ending
