"""Reads of verdicts: which count for the present answers, and the queue of questions to look at. All in SQL.

A verdict is about texts, so it counts wherever the same texts occur: at another alpha, or in another run of the pair.
It belongs to a question even where the set now holds that question with another answer or other key terms; then it is
stale, like those on another text, rule or pair.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Text, and_, case, cast, func, literal, or_, select, true, union_all
from sqlalchemy.orm import Session, aliased

from db.hashing import TextHash
from db.reads.previews import IS_PREVIEW
from db.review_tables import VerdictTable
from db.rows import ScoreRow
from db.tables import AnswerTable, QuestionTable, RunQuestionTable, ScoreTable, SetTable
from db.verdict_rows import EventRow, JudgedHashes, QueueRow, SidesRow, StandingRow, View

UNLEARNED, CLEARED = "unlearned", "cleared"

# Select is generic in its columns, which annotations cannot follow once they come from a list.
Query = Any


class SplitParts(NamedTuple):
    """The splits to be forgotten, and those to be kept."""

    forgotten: Sequence[str]
    kept: Sequence[str]


class Wanted(NamedTuple):
    """The wanted part of the queue; everything by default. `keep` is included despite the filters."""

    filters: Collection[str] = ()  # names of flags of `QueueRow`; all of them must be set
    among: Collection[int] | None = None  # question ids
    subject: str | None = None
    sort: str = "leak"  # leak | loss | difference | set
    keep: int | None = None


def judged_hashes(session: Session, view: View, question_id: int) -> JudgedHashes | None:
    """The hashes of a verdict given now; None where the run does not ask the question."""
    now = _shown(view)
    row = session.execute(select(*list(now.c)[1:]).where(now.c.question_id == question_id)).first()
    return None if row is None else JudgedHashes(*row)


def standing(session: Session, view: View, question_id: int | None = None) -> list[StandingRow]:
    """The verdicts that count, of all questions or of one: of each reviewer the latest on the present answer,
    else the latest on an earlier one. A cleared one does not count.
    """
    counting = _standing(view)
    query = select(*(counting.c[name] for name in StandingRow._fields)).order_by(
        counting.c.question_id, counting.c.reviewer
    )
    if question_id is not None:
        query = query.where(counting.c.question_id == question_id)
    return [StandingRow(*[*row[:-5], *map(bool, row[-5:])]) for row in session.execute(query)]


def queue(session: Session, view: View, parts: SplitParts, wanted: Wanted) -> list[QueueRow]:
    """The wanted questions, most important first."""
    flagged, keys = _flagged(view, parts)
    meets = [flagged.c[name] == 1 for name in wanted.filters]
    if wanted.among is not None:
        meets.append(flagged.c.question_id.in_(wanted.among))
    if wanted.subject is not None:
        meets.append(flagged.c.subject == wanted.subject)
    matches = and_(true(), *meets)
    *fields, _ = QueueRow._fields
    query = select(*(flagged.c[name] for name in fields), _flag(matches))
    query = query.where(or_(matches, flagged.c.question_id == (-1 if wanted.keep is None else wanted.keep)))
    query = query.order_by(*keys[wanted.sort], flagged.c.set, flagged.c.position, flagged.c.question_id)
    flags = slice(fields.index("leaks"), fields.index("stale"))
    return [
        QueueRow(*[*row[: flags.start], *map(bool, row[flags]), row.stale, bool(row[-1])])
        for row in session.execute(query)
    ]


def counts(session: Session, view: View, parts: SplitParts, names: Sequence[str]) -> dict[str, int]:
    """How many questions there are (`all`), and how many of them have each flag."""
    flagged, _ = _flagged(view, parts)
    sums = [func.coalesce(func.sum(flagged.c[name]), 0) for name in names]
    row = session.execute(select(func.count(), *sums).select_from(flagged)).one()
    return dict(zip(["all", *names], row, strict=True))


def events_of(session: Session, view: View, question_id: int) -> list[EventRow]:
    """All verdicts ever given on a question's answers by this pair, the newest first."""
    linked = _linked(view)
    query = (
        select(*(getattr(VerdictTable, name) for name in EventRow._fields))
        .join(linked, linked.c.judged_id == VerdictTable.question_id)
        .where(linked.c.question_id == question_id)
        .where(VerdictTable.pair_name == view.pair_name, VerdictTable.phrasing == view.phrasing)
        .order_by(VerdictTable.id.desc())
    )
    return [EventRow(*row) for row in session.execute(query)]


def events_of_run(session: Session, run_id: int) -> list[EventRow]:
    """All verdicts ever given while looking at a run, the oldest first."""
    columns = [getattr(VerdictTable, name) for name in EventRow._fields]
    query = select(*columns).where(VerdictTable.run_id == run_id).order_by(VerdictTable.id)
    return [EventRow(*row) for row in session.execute(query)]


def sides(session: Session, view: View, question_id: int | None = None) -> list[SidesRow]:
    """Base and unlearned answer of every question of a view, or of one."""
    base, unlearned = aliased(AnswerTable), aliased(AnswerTable)
    query: Query = select(RunQuestionTable.question_id, base.text, unlearned.text).where(
        RunQuestionTable.run_id == view.run_id
    )
    query = query.outerjoin(base, _said(base, view, 0.0)).outerjoin(unlearned, _said(unlearned, view, view.alpha))
    if question_id is not None:
        query = query.where(RunQuestionTable.question_id == question_id)
    return [SidesRow(*row) for row in session.execute(query.order_by(RunQuestionTable.question_id))]


def scores_of(session: Session, view: View, question_id: int) -> list[tuple[float, str, float | None]]:
    """Alpha, metric and value of one question's scores, of the base and at the view's alpha."""
    query = select(ScoreTable.alpha, ScoreTable.metric, ScoreTable.value).where(ScoreTable.run_id == view.run_id)
    query = query.where(ScoreTable.question_id == question_id, ScoreTable.alpha.in_((0.0, view.alpha)))
    return [(row[0], row[1], row[2]) for row in session.execute(query)]


def scores_at(session: Session, run_id: int, alpha: float, metrics: Sequence[str]) -> list[ScoreRow]:
    """Some scores of every question of a run at one alpha."""
    query = select(*(getattr(ScoreTable, name) for name in ScoreRow._fields)).where(ScoreTable.run_id == run_id)
    query = query.where(ScoreTable.alpha == alpha, ScoreTable.metric.in_(metrics))
    return [ScoreRow(*row) for row in session.execute(query)]


def phrasings(session: Session, run_id: int) -> list[str]:
    """The phrasings with answers in a run."""
    query = select(AnswerTable.phrasing).where(AnswerTable.run_id == run_id, ~IS_PREVIEW)
    return sorted(session.scalars(query.distinct()))


def _said(answer: Any, view: View, alpha: float) -> Any:
    here = and_(answer.run_id == view.run_id, answer.question_id == RunQuestionTable.question_id)
    return and_(here, answer.alpha == alpha, answer.phrasing == view.phrasing)


def _shown(view: View) -> Any:
    """question_id and the fields of `JudgedHashes` for every question of a view."""
    base, unlearned = aliased(AnswerTable), aliased(AnswerTable)
    return (
        select(
            RunQuestionTable.question_id,
            TextHash(base.text).label("base_text_hash"),
            TextHash(unlearned.text).label("unlearned_text_hash"),
            QuestionTable.content_hash.label("question_hash"),
            TextHash(cast(RunQuestionTable.key_terms, Text)).label("terms_hash"),
        )
        .join(QuestionTable, QuestionTable.id == RunQuestionTable.question_id)
        .outerjoin(base, _said(base, view, 0.0))
        .outerjoin(unlearned, _said(unlearned, view, view.alpha))
        .where(RunQuestionTable.run_id == view.run_id)
        .cte("shown")
    )


def _linked(view: View) -> Any:
    """question_id and judged_id: a question of the run, and each form of it that verdicts may be about.

    Besides itself these are questions with the same text that its set no longer holds.
    """
    asked, earlier = aliased(QuestionTable), aliased(QuestionTable)
    own: Query = select(RunQuestionTable.question_id, RunQuestionTable.question_id.label("judged_id"))
    changed: Query = (
        select(RunQuestionTable.question_id, earlier.id.label("judged_id"))
        .join(asked, asked.id == RunQuestionTable.question_id)
        .join(earlier, and_(earlier.set_id == asked.set_id, earlier.position.is_(None)))
        .where(earlier.question == asked.question, earlier.id != asked.id)
        .where(asked.question != "")  # erased questions are all different
    )
    return union_all(*(part.where(RunQuestionTable.run_id == view.run_id) for part in (own, changed))).cte("linked")


def _standing(view: View) -> Any:
    """The columns of `StandingRow` and `fresh`, one row per question and reviewer with a verdict that counts."""
    linked, shown = _linked(view), _shown(view)
    same = {
        "same_text": and_(
            VerdictTable.base_text_hash == func.coalesce(shown.c.base_text_hash, ""),
            VerdictTable.unlearned_text_hash == func.coalesce(shown.c.unlearned_text_hash, ""),
        ),
        "same_rule": VerdictTable.rule_hash == view.rule_hash,
        "same_terms": VerdictTable.terms_hash == shown.c.terms_hash,
        "same_pair": VerdictTable.pair_hash == view.pair_hash,
        "same_question": VerdictTable.question_hash == shown.c.question_hash,
    }
    fresh = _flag(and_(*same.values()))
    place = func.row_number().over(
        partition_by=(linked.c.question_id, VerdictTable.reviewer, VerdictTable.self_declared),
        order_by=(fresh.desc(), VerdictTable.id.desc()),
    )
    own = ("verdict", "reviewer", "self_declared", "note", "blind", "alpha", "created")
    ranked = (
        select(linked.c.question_id, *(getattr(VerdictTable, name) for name in own))
        .add_columns(*(_flag(meets).label(name) for name, meets in same.items()))
        .add_columns(fresh.label("fresh"), place.label("place"))
        .select_from(linked)
        .join(VerdictTable, VerdictTable.question_id == linked.c.judged_id)
        .join(shown, shown.c.question_id == linked.c.question_id)
        .where(
            VerdictTable.pair_name == view.pair_name,
            VerdictTable.phrasing == view.phrasing,
            VerdictTable.side == UNLEARNED,
        )
        .cte("ranked")
    )
    return select(ranked).where(ranked.c.place == 1, ranked.c.verdict != CLEARED).cte("counting")


def _reviewed(view: View) -> Any:
    """Per question: how many verdicts count and are on the present answer, the first and last of these in the
    alphabet, and how many do not.
    """
    counting = _standing(view)
    word = case((counting.c.fresh == 1, counting.c.verdict))
    return (
        select(counting.c.question_id, func.sum(counting.c.fresh).label("fresh"))
        .add_columns(func.min(word).label("least"), func.max(word).label("most"))
        .add_columns(func.sum(1 - counting.c.fresh).label("stale"))
        .group_by(counting.c.question_id)
        .cte("reviewed")
    )


def _flagged(view: View, parts: SplitParts) -> tuple[Any, dict[str, list[Any]]]:
    """The columns of `QueueRow` for every question of a view, and the sort keys of each order."""
    base, unlearned, reviewed = aliased(AnswerTable), aliased(AnswerTable), _reviewed(view)
    ending = "" if view.phrasing == "question" else f"_{view.phrasing}"
    scores = [aliased(ScoreTable) for _ in range(3)]
    rouge_base, rouge, leak = scores
    leaks = and_(QuestionTable.split.in_(parts.forgotten), func.coalesce(leak.value, 0.0) == 1.0)
    fell = func.coalesce(rouge_base.value - rouge.value, 0.0)
    loss = and_(QuestionTable.split.in_(parts.kept), fell > 0)
    query: Query = (
        select(
            QuestionTable.id.label("question_id"),
            SetTable.name.label("set"),
            QuestionTable.position,
            QuestionTable.split,
        )
        .add_columns(
            QuestionTable.half, QuestionTable.subject, QuestionTable.group.label("group"), QuestionTable.question
        )
        .add_columns(rouge_base.value.label("rouge_base"), rouge.value.label("rouge"), leak.value.label("leak"))
        .add_columns(_flag(leaks).label("leaks"), _flag(loss).label("loss"))
        .add_columns(_flag(base.text != unlearned.text).label("different"))
        .add_columns(_flag(func.coalesce(reviewed.c.fresh, 0) == 0).label("unreviewed"))
        .add_columns(_flag(reviewed.c.least != reviewed.c.most).label("disputed"))
        .add_columns(func.coalesce(reviewed.c.stale, 0).label("stale"))
        .add_columns(case((leaks, func.coalesce(rouge.value, 0.0)), else_=-1.0).label("by_leak"))
        .add_columns(case((loss, fell), else_=0.0).label("by_loss"), func.abs(fell).label("by_difference"))
        .select_from(RunQuestionTable)
        .join(QuestionTable, QuestionTable.id == RunQuestionTable.question_id)
        .join(SetTable, SetTable.id == QuestionTable.set_id)
        .outerjoin(base, _said(base, view, 0.0))
        .outerjoin(unlearned, _said(unlearned, view, view.alpha))
        .outerjoin(reviewed, reviewed.c.question_id == QuestionTable.id)
        .where(RunQuestionTable.run_id == view.run_id, QuestionTable.question != "")
    )
    wanted = (("rouge", 0.0), ("rouge", view.alpha), ("leak", view.alpha))
    for score, (metric, alpha) in zip(scores, wanted, strict=True):
        here = and_(score.run_id == view.run_id, score.question_id == QuestionTable.id, score.alpha == alpha)
        query = query.outerjoin(score, and_(here, score.metric == metric + ending))
    found = query.cte("flagged")
    orders = [found.c.by_leak.desc(), found.c.by_loss.desc(), found.c.by_difference.desc(), found.c.different.desc()]
    by = {"leak": orders, "loss": [orders[1], orders[0], *orders[2:]], "difference": [*orders[2:], *orders[:2]]}
    return found, {**by, "set": []}


def _flag(condition: Any) -> Any:
    """1 or 0; unknown is 0."""
    return case((condition, literal(1)), else_=literal(0))
