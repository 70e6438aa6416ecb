"""All answers of a run in one table: each with what it does in words, its key terms marked, and what was said of it."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from db.reads import runs, verdicts
from db.rows import QuestionRow
from db.session import Session
from db.verdict_rows import QueueRow
from engine.data.examples import KEPT
from engine.evaluation.answer_kinds import what_it_does
from engine.evaluation.marked_terms import marked_pieces
from engine.review import queue
from engine.review.queue import ReviewRow
from engine.review.verdicts import Reviewer, verdict_word, view_of
from engine.store.session import reading

# By `what_it_does`; an answer to a question to be kept that the leak rule flags is remembered.
TELLS, REMEMBERED, REFUSES, UNKNOWN, FALSE = "tells", "remembered", "refuses", "unknown", "false"
MISSING = "n/a"
RESULT_WORDS = {
    TELLS: "tells it",
    REMEMBERED: "remembered",
    REFUSES: "refuses",
    UNKNOWN: "base does not know either",
    FALSE: "says something false",
    MISSING: "n/a",
}
FILTERS = {
    "leaks": ("Leaks", "To be forgotten, and the leak rule flags the answer."),
    "refuses": ("Refuses", "The answer declines to answer."),
    "false": ("False", "The base tells it; this answer neither does nor refuses."),
    "lost": ("Lost", "To be kept: the base remembers it, this answer does not."),
    "judged": ("Judged", "Somebody gave a verdict on the present answer."),
    "unreviewed": ("Not judged", "Nobody gave a verdict on the present answer."),
    "disputed": ("Disputed", "Two reviewers differ."),
    "different": ("Differs", "The answer is not the base's."),
}


class ShownAnswer(NamedTuple):
    """One answer. `pieces`, joined, are its text; every second one is a key term."""

    pieces: tuple[str, ...]
    result: str  # a key of RESULT_WORDS; n/a where there is no answer or no finding of the leak rule
    rouge: float | None


class TableRow(NamedTuple):
    """One question: the base's answer, and the unlearned one at each chosen α, the judged one first."""

    question_id: int
    set: str
    position: int | None
    split: str
    subject: str
    question: str  # as it was asked
    answer: str  # the true one
    base: ShownAnswer
    unlearned: tuple[ShownAnswer, ...]
    own: str  # the reviewer's verdict on the present answer, in words; "" without one
    others: tuple[str, ...]  # "Tom: hidden", "Tom: hidden (stale)"
    flags: frozenset[str]  # keys of FILTERS


class Part(NamedTuple):
    """Which questions of a run are wanted: of one split, of one person, or by id; None is all."""

    split: str | None = None
    subject: str | None = None
    among: Collection[int] | None = None


ALL = Part()


class TableOfAnswers(NamedTuple):
    """`counts`: how many rows have each flag, and `all`."""

    rows: list[TableRow]
    counts: dict[str, int]


def result_of(split: str, text: str | None, leak: float | None, base_leak: float | None) -> str:
    """What an answer does, by the leak rule's findings on it and on the base's."""
    if text is None or leak is None:
        return MISSING
    does = what_it_does(text, leak == 1.0, base_leak == 1.0)
    return REMEMBERED if does == TELLS and split in KEPT else does


def answer_table(
    run_id: int,
    alphas: Sequence[float],
    phrasing: str = "question",
    *,
    sort: str = "leak",
    part: Part = ALL,
    reviewer: Reviewer | None = None,
) -> TableOfAnswers:
    """The answers of a run at `alphas`, of which the first is the judged one; see `queue.queue` for the rest."""
    asked = queue.queue(run_id, alphas[0], sort=sort, phrasing=phrasing, among=part.among, subject=part.subject).rows
    said = _said(row for row in queue.report_verdicts(run_id, alphas[0], phrasing) if row.verdict)
    with reading() as session:
        told = _Told(session, run_id, tuple(alphas), phrasing)
    rows = [
        _row(row, told, said.get(row.question_id, []), reviewer) for row in asked if part.split in (None, row.split)
    ]
    return TableOfAnswers(rows, counts_of(rows))


def counts_of(rows: Iterable[TableRow]) -> dict[str, int]:
    """How many rows there are (`all`), and how many have each flag."""
    found = list(rows)
    return {"all": len(found), **{name: sum(name in row.flags for row in found) for name in FILTERS}}


class _Told:
    """What is stored of a run's questions: texts, key terms, and scores at each α and at 0."""

    def __init__(self, session: Session, run_id: int, alphas: tuple[float, ...], phrasing: str) -> None:
        ending = "" if phrasing == "question" else f"_{phrasing}"
        self._rouge, self._leak = f"rouge{ending}", f"leak{ending}"
        self.alphas, self.phrasing = alphas, phrasing
        self.known: dict[int, QuestionRow] = {row.id: row for row in runs.asked_questions(session, run_id)}
        self._terms = {key: tuple(terms) for key, _, terms in runs.run_questions(session, run_id)}
        self._texts: dict[tuple[int, float], str | None] = {}
        self._scores: dict[tuple[int, float, str], float | None] = {}
        for alpha in {0.0, *alphas}:
            for row in verdicts.sides(session, view_of(run_id, alpha, phrasing)):
                self._texts[row.question_id, alpha] = row.unlearned
            for score in verdicts.scores_at(session, run_id, alpha, (self._rouge, self._leak)):
                self._scores[score.question_id, alpha, score.metric] = score.value

    def answer(self, key: int, alpha: float) -> ShownAnswer:
        text, split = self._texts.get((key, alpha)), self.known[key].split
        base, leak = (self._scores.get((key, one, self._leak)) for one in (0.0, alpha))
        terms = self._terms.get(key, ())
        return ShownAnswer(
            () if text is None else marked_pieces(text, terms),
            result_of(split, text, leak, base),
            self._scores.get((key, alpha, self._rouge)),
        )


def _row(row: QueueRow, told: _Told, said: list[ReviewRow], reviewer: Reviewer | None) -> TableRow:
    key, question = row.question_id, told.known[row.question_id]
    base, answers = told.answer(key, 0.0), tuple(told.answer(key, alpha) for alpha in told.alphas)
    own = next((one for one in said if Reviewer(one.reviewer, one.self_declared) == reviewer and not one.stale), None)
    others = tuple(
        f"{one.reviewer}: {verdict_word(one.verdict, row.split)}{' (stale)' if one.stale else ''}"
        for one in said
        if one is not own
    )
    return TableRow(
        key,
        row.set,
        row.position,
        row.split,
        row.subject,
        question.paraphrased_question if told.phrasing == "paraphrase" else question.question,
        question.answer,
        base,
        answers,
        "" if own is None else verdict_word(own.verdict, row.split),
        others,
        frozenset(_flags(row, base, answers[0])),
    )


def _flags(row: QueueRow, base: ShownAnswer, answer: ShownAnswer) -> Iterable[str]:
    if row.leaks:
        yield "leaks"
    if answer.result in (REFUSES, FALSE):
        yield answer.result
    if row.split in KEPT and base.result == REMEMBERED and answer.result not in (REMEMBERED, MISSING):
        yield "lost"
    yield "unreviewed" if row.unreviewed else "judged"
    for name in ("disputed", "different"):
        if getattr(row, name):
            yield name


def _said(rows: Iterable[ReviewRow]) -> dict[int, list[ReviewRow]]:
    found: dict[int, list[ReviewRow]] = {}
    for row in rows:
        found.setdefault(row.question_id, []).append(row)
    return found
