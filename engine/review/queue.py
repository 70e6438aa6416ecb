"""Review: the verdicts on answers, which of them still apply, and the queue of questions to look at.

A verdict is about texts. It applies wherever the same two texts occur under the same rule, pair and question, at any
alpha; once one of these has changed it is stale, and says why. Verdicts are events, never changed or removed.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from db import writes
from db.reads import runs, verdicts
from db.reads.verdicts import SplitParts, Wanted
from db.session import Session
from db.verdict_rows import EventRow, JudgedHashes, QueueRow, StandingRow, View
from engine.data.examples import KEPT
from engine.errors import RunError, SettingError
from engine.review.verdicts import (
    BASE,
    CLEARED,
    PHRASINGS,
    UNLEARNED,
    VERDICTS,
    Judgement,
    Reviewer,
    Side,
    blind_order,
    check_length,
    check_one_of,
    reviewer_name,
    says_again,
    stale_reasons,
    view_of,
)
from engine.store.session import reading, writing

FILTERS = ("leaks", "loss", "different", "unreviewed", "disputed")
SORTS = ("leak", "loss", "difference", "set")
QueuedQuestion = QueueRow  # for pages, which import nothing of `db`
_PARTS = SplitParts(("forget", ""), KEPT)  # as in `data.examples.is_to_be_forgotten`


class ReviewRow(NamedTuple):
    """The verdict of one reviewer on one question. An unjudged question has a row with verdict and reviewer ""."""

    question_id: int
    verdict: str
    reviewer: str
    note: str
    created: datetime | None
    stale: str  # why it is not about the present answer, in words; "" where it is
    disputed: bool  # two reviewers' verdicts on the present answer differ
    self_declared: bool = False  # the name was typed, and not checked


class Event(NamedTuple):
    """One event of a question's history, with `stale` as in `ReviewRow`."""

    id: int
    verdict: str
    reviewer: str
    self_declared: bool
    note: str
    created: datetime
    alpha: float
    side: str
    shown_as: str  # A or B where it was given blind, else ""
    stale: str


class Queue(NamedTuple):
    """`counts`: all, and one entry per filter. `rows`: the requested questions, most important first."""

    counts: dict[str, int]
    rows: list[QueueRow]


def queue(
    run_id: int,
    alpha: float,
    filters: Collection[str] = (),
    sort: str = "leak",
    *,
    phrasing: str = "question",
    among: Collection[int] | None = None,
    subject: str | None = None,
    keep: int | None = None,
) -> Queue:
    """The questions of a run that meet all filters, are in `among` and about `subject`, where these are given.

    `keep` is a question that is included despite the filters. `SettingError` names what is allowed.
    """
    for name in filters:
        check_one_of("a filter", name, FILTERS)
    check_one_of("the order", sort, SORTS)
    view = view_of(run_id, alpha, phrasing)
    wanted = Wanted(tuple(filters), among, subject, sort, keep)
    with reading() as session:
        counted = verdicts.counts(session, view, _PARTS, FILTERS)
        return Queue(counted, verdicts.queue(session, view, _PARTS, wanted))


def phrasings_of(run_id: int) -> list[str]:
    """The phrasings with stored answers of a run."""
    with reading() as session:
        return [name for name in PHRASINGS if name in verdicts.phrasings(session, run_id)]


def record_verdict(
    run_id: int, alpha: float, question_id: int, judgement: Judgement, reviewer: Reviewer, phrasing: str = "question"
) -> Judgement | None:
    """Add an event about the present unlearned answer: the reviewer's verdict from now on.

    A verdict that the reviewer already has, given again without another note, changes nothing: no key takes a verdict
    back but `undo`. `SettingError` for an unknown verdict, a too long note, or an empty name; `RunError` without an
    answer to judge. Returns what was in force before, for `undo`.
    """
    who = reviewer._replace(name=reviewer_name(reviewer.name))
    check_one_of("a verdict", judgement.verdict, VERDICTS)
    check_length(judgement.note)
    view = view_of(run_id, alpha, phrasing)
    with writing() as session:  # one transaction: no other event comes between read and write
        now = _judged(session, view, question_id)
        own = _own(session, view, question_id, who)
        if not says_again(own, judgement):
            _add(session, view, question_id, now, judgement, who)
    return own


def undo(
    run_id: int,
    alpha: float,
    question_id: int,
    before: Judgement | None,
    reviewer: Reviewer,
    phrasing: str = "question",
) -> bool:
    """Put back what a reviewer had said of an answer `before` (None: nothing), as one more event; whether that
    changed anything.
    """
    who = reviewer._replace(name=reviewer_name(reviewer.name))
    view = view_of(run_id, alpha, phrasing)
    with writing() as session:
        now = _judged(session, view, question_id)
        changed = _own(session, view, question_id, who) != before
        if changed:
            _add(session, view, question_id, now, before or Judgement(CLEARED), who)
    return changed


def _own(session: Session, view: View, question_id: int, who: Reviewer) -> Judgement | None:
    """What a reviewer says of the present answer; None where nothing does, or what they said is stale."""
    standing = verdicts.standing(session, view, question_id)
    rows = [row for row in standing if Reviewer(row.reviewer, row.self_declared) == who and not _stale(row)]
    return Judgement(rows[0].verdict, rows[0].note) if rows else None


def record_blind(
    run_id: int,
    alpha: float,
    question_id: int,
    judgements: dict[Side, Judgement],
    reviewer: Reviewer,
    phrasing: str = "question",
) -> None:
    """Add a reviewer's verdicts on both answers, given without knowing which is which; both or none are stored."""
    name = reviewer_name(reviewer.name)
    for side in (BASE, UNLEARNED):
        if side not in judgements:
            raise SettingError("blind review needs a verdict on each of the two answers")
    for judgement in judgements.values():
        check_one_of("a verdict", judgement.verdict, VERDICTS)
        check_length(judgement.note)
    view = view_of(run_id, alpha, phrasing)
    with writing() as session:
        now = _judged(session, view, question_id)
        order = blind_order(name, now.question_hash, now.base_text_hash or "", now.unlearned_text_hash or "")
        for letter, side in zip("AB", order, strict=True):
            _add(
                session, view, question_id, now, judgements[side], Reviewer(name, reviewer.self_declared), side, letter
            )


def history_of(run_id: int, alpha: float, question_id: int, phrasing: str = "question") -> list[Event]:
    """Every event about a question's answers by this pair, the newest first; none where the run does not ask it."""
    view = view_of(run_id, alpha, phrasing)
    with reading() as session:
        now = verdicts.judged_hashes(session, view, question_id)
        found = [] if now is None else verdicts.events_of(session, view, question_id)
        return [_event(row, view, now) for row in found if now is not None]


def verdicts_of(run_id: int, alpha: float, question_id: int, phrasing: str = "question") -> list[ReviewRow]:
    """The verdicts that count for one question, one per reviewer who has any."""
    view = view_of(run_id, alpha, phrasing)
    with reading() as session:
        return _rows(verdicts.standing(session, view, question_id))


def report_verdicts(run_id: int, alpha: float, phrasing: str = "question") -> list[ReviewRow]:
    """The verdicts that count for a run at one alpha, in the order of its questions: one row per question and
    reviewer.
    """
    view = view_of(run_id, alpha, phrasing)
    with reading() as session:
        found = _rows(verdicts.standing(session, view))
        asked = [place.question_id for place in runs.question_places(session, run_id)]
    by_question: dict[int, list[ReviewRow]] = {}
    for row in found:
        by_question.setdefault(row.question_id, []).append(row)
    none = ("", "", "", None, "", False)
    return [row for key in asked for row in by_question.get(key, [ReviewRow(key, *none)])]


def events_of_run(run_id: int) -> list[EventRow]:
    """Every event that was added while looking at a run, the oldest first, with the hashes of what was judged."""
    with reading() as session:
        return verdicts.events_of_run(session, run_id)


def _judged(session: Session, view: View, question_id: int) -> JudgedHashes:
    now = verdicts.judged_hashes(session, view, question_id)
    if now is None:
        raise RunError(f"run {view.run_id} asks no question {question_id}")
    if now.base_text_hash is None or now.unlearned_text_hash is None:
        raise RunError(
            f"run {view.run_id} holds no answer to question {question_id} at alpha {view.alpha:g}: there is nothing to"
            " judge"
        )
    return now


def _add(
    session: Session,
    view: View,
    question_id: int,
    now: JudgedHashes,
    judgement: Judgement,
    reviewer: Reviewer,
    side: Side = "unlearned",
    shown_as: str = "",
) -> None:
    writes.add_verdict(
        session,
        run_id=view.run_id,
        question_id=question_id,
        pair_name=view.pair_name,
        alpha=view.alpha,
        phrasing=view.phrasing,
        side=side,
        verdict=judgement.verdict,
        reviewer=reviewer.name,
        self_declared=reviewer.self_declared,
        note=judgement.note,
        blind=bool(shown_as),
        shown_as=shown_as,
        rule_hash=view.rule_hash,
        pair_hash=view.pair_hash,
        **now._asdict(),
    )


def _rows(standing: Sequence[StandingRow]) -> list[ReviewRow]:
    said: dict[int, set[str]] = {}
    for row in standing:
        if not _stale(row):
            said.setdefault(row.question_id, set()).add(row.verdict)
    return [
        ReviewRow(
            row.question_id,
            row.verdict,
            row.reviewer,
            row.note,
            row.created,
            _stale(row),
            len(said.get(row.question_id, ())) > 1,
            row.self_declared,
        )
        for row in standing
    ]


def _stale(row: StandingRow) -> str:
    return stale_reasons(row.alpha, row.same_text, row.same_rule, row.same_terms, row.same_pair, row.same_question)


def _event(row: EventRow, view: View, now: JudgedHashes) -> Event:
    texts = (row.base_text_hash, row.unlearned_text_hash) == (now.base_text_hash, now.unlearned_text_hash)
    stale = stale_reasons(
        row.alpha,
        texts,
        row.rule_hash == view.rule_hash,
        row.terms_hash == now.terms_hash,
        row.pair_hash == view.pair_hash,
        row.question_hash == now.question_hash,
    )
    return Event._make([*(getattr(row, name) for name in Event._fields[:-1]), stale])
