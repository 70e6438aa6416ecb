"""What changed where the answers of a run were judged again: each judgement before and after. Reads only."""

from collections.abc import Mapping
from typing import NamedTuple

from db.reads import runs
from db.rows import AnswerRow, QuestionRow
from db.session import Session
from engine.errors import RunError
from engine.evaluation.leak_rule import find_terms
from engine.review.answers import REMEMBERED, RESULT_WORDS, TELLS, result_of
from engine.store import history
from engine.store.session import reading

TOLD = (RESULT_WORDS[TELLS], RESULT_WORDS[REMEMBERED])
PHRASINGS = {"leak": "question", "leak_paraphrase": "paraphrase"}
VERDICTS_STAY = (
    "Verdicts are not carried over: one that a person gave under other key terms or another rule is marked stale here."
)

Scores = Mapping[tuple[int, float, str], float | None]
Terms = Mapping[int, tuple[str, ...]]


class ChangedJudgement(NamedTuple):
    """An answer of which the leak rule says something else than before. Results are words for a reader."""

    question_id: int
    question: str
    split: str
    alpha: float
    phrasing: str
    answer: str
    before: str
    after: str
    told_before: tuple[str, ...]  # the key terms that were found in it
    told_after: tuple[str, ...]
    terms_before: tuple[str, ...]  # those that were looked for
    terms_after: tuple[str, ...]

    @property
    def no_longer_told(self) -> bool:
        return self.before in TOLD and self.after not in TOLD


class JudgedAgain(NamedTuple):
    """A run that judged another's answers, and what is different. `reason`: why nothing can be compared."""

    judged_from: int
    judged: int  # judgements of both
    changed: tuple[ChangedJudgement, ...]  # what is no longer told first
    other_terms: int  # questions with other key terms
    rules: tuple[str, str]  # the leak rule before and now
    reason: str = ""

    @property
    def words(self) -> str:
        """In one sentence, and what was different about the judging."""
        if self.reason:
            return self.reason
        many = str(len(self.changed)) if self.changed else "None"
        return f"{many} of {self.judged} judgements changed. {self.different}"

    @property
    def different(self) -> str:
        rule = "another leak rule" if self.rules[0] != self.rules[1] else "the same leak rule"
        which = "1 question has" if self.other_terms == 1 else f"{self.other_terms} questions have"
        return f"Judged by {rule}; {which} other key terms than in run {self.judged_from}."


class _Side(NamedTuple):
    """What one of the two runs says."""

    scores: Scores
    terms: Terms

    def result(self, question: QuestionRow, alpha: float, metric: str, text: str) -> str:
        leak, base = (self.scores.get((question.id, one, metric)) for one in (alpha, 0.0))
        return result_of(question.split, text, leak, base)


def judged_again(run_id: int) -> JudgedAgain | None:
    """None for a run that judged its own answers."""
    detail = history.run_detail(run_id)
    before_id = detail.spec.judged_from
    if before_id is None:
        return None
    try:
        before = history.run_detail(before_id)
    except RunError:
        reason = f"Run {before_id}, whose answers were judged again, is not stored any more: what changed is unknown."
        return JudgedAgain(before_id, 0, (), 0, ("", ""), reason)
    with reading() as session:
        # What was erased has no text any more, and kept the judgement it had.
        questions = {row.id: row for row in runs.asked_questions(session, run_id) if row.question}
        answers = [row for row in runs.answers(session, run_id) if row.question_id in questions]
        one, two = _side(session, before_id), _side(session, run_id)
    changed = [found for row in answers if (found := _changed(questions[row.question_id], row, one, two)) is not None]
    changed.sort(key=lambda item: (not item.no_longer_told, item.question_id, item.alpha, item.phrasing))
    rules = tuple(item.versions.get(history.LEAK_RULE, "") for item in (before, detail))
    other = sum(one.terms.get(key) != terms for key, terms in two.terms.items() if key in questions)
    judged = sum(1 for key, value in two.scores.items() if value is not None and key[0] in questions)
    return JudgedAgain(before_id, judged, tuple(changed), other, (rules[0], rules[1]))


def _side(session: Session, run_id: int) -> _Side:
    scores = {
        (row.question_id, row.alpha, row.metric): row.value
        for row in runs.scores(session, run_id)
        if row.metric in PHRASINGS
    }
    return _Side(scores, {key: tuple(terms) for key, _, terms in runs.run_questions(session, run_id)})


def _changed(question: QuestionRow, row: AnswerRow, one: _Side, two: _Side) -> ChangedJudgement | None:
    """None where both say the same of an answer."""
    metric = next(name for name, phrasing in PHRASINGS.items() if phrasing == row.phrasing)
    before, after = (side.result(question, row.alpha, metric, row.text) for side in (one, two))
    if before == after:
        return None
    terms = [side.terms.get(question.id, ()) for side in (one, two)]
    told = [find_terms(row.text, side) for side in terms]
    return ChangedJudgement(
        question.id,
        question.paraphrased_question if row.phrasing == "paraphrase" else question.question,
        question.split,
        row.alpha,
        row.phrasing,
        row.text,
        RESULT_WORDS[before],
        RESULT_WORDS[after],
        told[0],
        told[1],
        terms[0],
        terms[1],
    )
