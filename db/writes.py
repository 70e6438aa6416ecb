"""Writes. Each takes a session opened with `session.writing`; nothing here commits."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from db.probe_rows import ProbeResultRow, ProbeSummaryRow
from db.review_tables import ExportTable, VerdictTable
from db.rows import AnswerRow, CurveRow, FigureRow, IntervalRow, ScoreRow, StepRow
from db.tables import (
    AnswerTable,
    CurveTable,
    FigureTable,
    MapIntervalTable,
    MapTable,
    PairTable,
    ProbeResultTable,
    ProbeSummaryTable,
    QuestionTable,
    RunQuestionTable,
    RunTable,
    ScoreTable,
    SetTable,
    StepTable,
)

ENDED = ("finished", "failed", "cancelled", "interrupted")


def now() -> datetime:
    return datetime.now(UTC)


def put_set(
    session: Session,
    name: str,
    source: str,
    questions: Sequence[dict[str, Any]],
    *,
    keep: bool = False,
    unplaced: Collection[str] = (),
) -> list[int]:
    """Make the set hold these questions, in this order; their ids, one per given question.

    A question carries the fields of `rows.QuestionRow` but `id` and `position`. Known ones keep their id (and so
    their scores). The set's other questions lose their position and stay stored; with `keep` they keep their position
    too, new questions follow, and the source of a stored set stays as it was. Questions whose content hash is among
    `unplaced` are stored without a position.
    """
    known = session.execute(select(SetTable).where(SetTable.name == name)).scalar()
    if known is None:
        known = SetTable(name=name, source=source, content_hash="", created=now())
        session.add(known)
        session.flush()
    ids = _add_questions(session, known.id, questions)
    held: list[int] = []
    if keep:
        placed = select(QuestionTable.id).where(QuestionTable.set_id == known.id, QuestionTable.position.is_not(None))
        held = list(session.scalars(placed.order_by(QuestionTable.position)))
    left_out = {key for key, row in zip(ids, questions, strict=True) if row["content_hash"] in unplaced}
    arrange_set(session, known.id, [key for key in dict.fromkeys([*held, *ids]) if key not in left_out])
    if not keep:
        known.source = source
    return ids


def arrange_set(session: Session, set_id: int, order: Sequence[int]) -> None:
    """Make a set hold these of its questions, in this order, and bring its hash up to date."""
    session.execute(update(QuestionTable).where(QuestionTable.set_id == set_id).values(position=None))
    if order:
        places = [{"id": question_id, "position": position} for position, question_id in enumerate(order)]
        session.execute(update(QuestionTable), places)
    hashes = select(QuestionTable.content_hash).where(
        QuestionTable.set_id == set_id, QuestionTable.position.is_not(None)
    )
    text = "".join(session.scalars(hashes.order_by(QuestionTable.position)))
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    session.execute(update(SetTable).where(SetTable.id == set_id).values(content_hash=digest))


def _add_questions(session: Session, set_id: int, questions: Sequence[dict[str, Any]]) -> list[int]:
    """Add questions new to the set, without a position; the ids of all, in order."""
    query = select(QuestionTable.content_hash, QuestionTable.id).where(QuestionTable.set_id == set_id)
    known = {row[0]: row[1] for row in session.execute(query)}
    new = {q["content_hash"]: q for q in questions if q["content_hash"] not in known}
    if new:
        session.execute(insert(QuestionTable), [{**q, "set_id": set_id, "position": None} for q in new.values()])
        known = {row[0]: row[1] for row in session.execute(query)}
    return [known[q["content_hash"]] for q in questions]


def put_pair(
    session: Session,
    *,
    name: str,
    pair_hash: str,
    parent: str,
    base_hash: str,
    recommended_alpha: float,
    manifest: dict[str, Any],
) -> int:
    """The id of the pair with this hash, stored if it is new."""
    known = session.execute(select(PairTable.id).where(PairTable.hash == pair_hash)).scalar()
    if known is not None:
        return known
    row = PairTable(name=name, hash=pair_hash, parent=parent, base_hash=base_hash, recommended_alpha=recommended_alpha)
    row.manifest = manifest
    row.created = now()
    session.add(row)
    session.flush()
    return row.id


def add_run(session: Session, **fields: Any) -> int:
    """Store a run; `fields` are columns of `runs`. Status `queued` and the time are set unless given."""
    row = RunTable(**{"status": "queued", "created": now(), **fields})
    session.add(row)
    session.flush()
    return row.id


def claim_run(session: Session, run_id: int) -> bool:
    """Turn a queued run into a running one; False if it is not queued any more."""
    return _changes(session, run_id, ("queued",), status="running", started=now(), stage="starting", progress=0.0)


def update_run(session: Session, run_id: int, **fields: Any) -> None:
    session.execute(update(RunTable).where(RunTable.id == run_id).values(**fields))


def set_advice(session: Session, run_id: int, advice: dict[str, Any]) -> None:
    """Store which alpha a run advises; an earlier value is replaced."""
    update_run(session, run_id, advice=advice)


def end_run(session: Session, run_id: int, status: str, message: str = "") -> bool:
    """Give a run its last status; False (and nothing changed) if it already had one."""
    assert status in ENDED
    fields: dict[str, Any] = {
        "status": status,
        "message": message,
        "finished": now(),
        "stage": "",
        "seconds_left": None,
    }
    if status == "finished":
        fields["progress"] = 1.0
    return _changes(session, run_id, ("queued", "running"), **fields)


def request_cancel(session: Session, run_id: int) -> None:
    """A queued run is cancelled at once, a running one is asked to stop, an ended one stays."""
    if not _changes(session, run_id, ("queued",), status="cancelled", finished=now(), stage=""):
        _changes(session, run_id, ("running",), cancel_requested=True)


def end_abandoned(session: Session, name: str, message: str) -> None:
    """End the unfinished runs of a name that no data folder tends: their worker is gone."""
    stale = select(RunTable.id).where(
        RunTable.name == name, RunTable.place == "", RunTable.status.in_(("queued", "running"))
    )
    for run_id in session.scalars(stale).all():
        end_run(session, run_id, "interrupted", message)


def _changes(session: Session, run_id: int, statuses: Sequence[str], **fields: Any) -> bool:
    query = update(RunTable).where(RunTable.id == run_id, RunTable.status.in_(statuses)).values(**fields)
    result = session.execute(query)
    assert isinstance(result, CursorResult)
    return bool(result.rowcount)


def add_step(session: Session, run_id: int, step: StepRow) -> None:
    session.execute(insert(StepTable), [{"run_id": run_id, **step._asdict()}])


def add_run_questions(session: Session, run_id: int, terms: Sequence[tuple[int, Sequence[str]]]) -> None:
    """`terms` are question ids with the key terms that the leak rule looks for."""
    rows = [{"run_id": run_id, "question_id": question, "key_terms": list(words)} for question, words in terms]
    if rows:
        session.execute(insert(RunQuestionTable), rows)


def add_scores(session: Session, run_id: int, scores: Sequence[ScoreRow]) -> None:
    if scores:
        session.execute(insert(ScoreTable), [{"run_id": run_id, **score._asdict()} for score in scores])


def add_answers(session: Session, run_id: int, answers: Sequence[AnswerRow]) -> None:
    if answers:
        session.execute(insert(AnswerTable), [{"run_id": run_id, **answer._asdict()} for answer in answers])


def add_curves(session: Session, run_id: int, curves: Sequence[CurveRow]) -> None:
    if curves:
        session.execute(insert(CurveTable), [{"run_id": run_id, **curve._asdict()} for curve in curves])


def add_figures(session: Session, run_id: int, figures: Sequence[FigureRow]) -> None:
    if figures:
        session.execute(insert(FigureTable), [{"run_id": run_id, **figure._asdict()} for figure in figures])


def add_probe(session: Session, run_id: int, summary: ProbeSummaryRow, results: Sequence[ProbeResultRow]) -> None:
    """Store what a probe found, whole: its summary and every result."""
    session.execute(insert(ProbeSummaryTable), [{"run_id": run_id, **summary._asdict()}])
    if results:
        session.execute(insert(ProbeResultTable), [{"run_id": run_id, **result._asdict()} for result in results])


def put_map(session: Session, intervals: Sequence[IntervalRow], **fields: Any) -> int:
    """Store a map with its intervals; one of the same pair, question and settings is replaced. `fields` are columns."""
    key = ("pair_hash", "question_hash", "low", "high", "max_new_tokens")
    session.execute(delete(MapTable).where(*(getattr(MapTable, name) == fields[name] for name in key)))
    row = MapTable(**fields, created=now())
    session.add(row)
    session.flush()
    rows = [{"map_id": row.id, "place": place, **item._asdict()} for place, item in enumerate(intervals)]
    session.execute(insert(MapIntervalTable), rows)
    return row.id


def add_export(
    session: Session,
    *,
    run_id: int,
    alpha: float,
    filename: str,
    rows: int,
    sha256: str,
    created: datetime | None = None,
) -> None:
    values = {"run_id": run_id, "alpha": alpha, "filename": filename, "rows": rows, "sha256": sha256}
    session.execute(insert(ExportTable), [{**values, "created": created or now()}])


def remove_export(session: Session, sha256: str, created: datetime) -> None:
    """Remove the note of a file that was never handed out."""
    session.execute(delete(ExportTable).where(ExportTable.sha256 == sha256, ExportTable.created == created))


def delete_recorded(session: Session, name: str) -> None:
    """Remove the recorded run of this name with all that depends on it except the note of its exports.

    Runs made here are never deleted.
    """
    session.execute(delete(RunTable).where(RunTable.name == name, RunTable.recording.is_not(None)))


def add_verdict(session: Session, **fields: Any) -> None:
    """`fields` are the columns of a verdict except `id` and `created`. A verdict is an event: it is never changed or
    removed.
    """
    session.execute(insert(VerdictTable), [{**fields, "created": now()}])
