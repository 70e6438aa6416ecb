"""One question for review: both answers, their scores, the verdicts on them, and related questions."""

from typing import NamedTuple

from db.hashing import hash_text
from db.reads import leaks, runs, verdicts
from db.rows import QuestionRow
from db.session import Session
from db.verdict_rows import QueueRow, View
from engine.errors import RunError
from engine.review import queue
from engine.review.queue import Event, ReviewRow
from engine.review.verdicts import Side, blind_order, view_of
from engine.store.session import reading

NEIGHBOURS = 12


class BothScores(NamedTuple):
    """One measure on both sides; None is n/a."""

    metric: str
    base: float | None
    unlearned: float | None
    retain_only: float | None


class Item(NamedTuple):
    """One question with everything that a reviewer looks at."""

    question: QuestionRow
    set: str
    asked: str  # the phrasing asked
    terms: tuple[str, ...]
    base: str | None
    unlearned: str | None
    scores: list[BothScores]
    events: list[Event]  # the newest first
    standing: list[ReviewRow]  # one per reviewer who has any

    def own(self, reviewer: str) -> ReviewRow | None:
        """A reviewer's verdict on the present answer."""
        return next((row for row in self.standing if row.reviewer == reviewer and not row.stale), None)

    def blind_order(self, reviewer: str) -> tuple[Side, Side]:
        """Which answer a reviewer sees as A and which as B; see `verdicts.blind_order`."""
        return blind_order(
            reviewer, self.question.content_hash, hash_text(self.base) or "", hash_text(self.unlearned) or ""
        )


def item(run_id: int, alpha: float, question_id: int, phrasing: str = "question") -> Item:
    """`RunError` where the run does not ask the question."""
    view = view_of(run_id, alpha, phrasing)
    with reading() as session:
        found = next((row for row in runs.asked_questions(session, run_id) if row.id == question_id), None)
        if found is None:
            raise RunError(f"run {run_id} asks no question {question_id}")
        terms = {key: words for key, _, words in runs.run_questions(session, run_id)}[question_id]
        place = next(row for row in runs.question_places(session, run_id) if row.question_id == question_id)
        (said,) = verdicts.sides(session, view, question_id)
        scores = _scores(session, view, question_id)
    return Item(
        question=found,
        set=place.set,
        asked=found.paraphrased_question if phrasing == "paraphrase" else found.question,
        terms=tuple(terms),
        base=said.base,
        unlearned=said.unlearned,
        scores=scores,
        events=queue.history_of(run_id, alpha, question_id, phrasing),
        standing=queue.verdicts_of(run_id, alpha, question_id, phrasing),
    )


def neighbours(run_id: int, alpha: float, question_id: int, phrasing: str = "question") -> dict[str, list[QueueRow]]:
    """Other questions about the same person, and of the same group: of each the `NEIGHBOURS` nearest in the set."""
    rows = queue.queue(run_id, alpha, sort="set", phrasing=phrasing).rows
    here = next((place for place, row in enumerate(rows) if row.question_id == question_id), None)
    if here is None:
        return {}
    own = rows[here]
    near = sorted((abs(place - here), place) for place in range(len(rows)) if place != here)
    others = [rows[place] for _, place in near]
    kinds = {
        "person": [row for row in others if own.subject and row.subject == own.subject],
        "group": [row for row in others if own.group and row.group == own.group and row.subject != own.subject],
    }
    order = {row.question_id: place for place, row in enumerate(rows)}
    return {
        kind: sorted(found[:NEIGHBOURS], key=lambda row: order[row.question_id])
        for kind, found in kinds.items()
        if found
    }


def _scores(session: Session, view: View, question_id: int) -> list[BothScores]:
    ending = "" if view.phrasing == "question" else f"_{view.phrasing}"
    found = {(alpha, metric): value for alpha, metric, value in verdicts.scores_of(session, view, question_id)}
    metrics = [f"rouge{ending}", f"leak{ending}", "probability"]
    floors = {metric: leaks.floor_scores(session, view.run_id, metric).get(question_id) for metric in metrics}
    return [BothScores(name, found.get((0.0, name)), found.get((view.alpha, name)), floors[name]) for name in metrics]
