"""Reads of sets. The cost of a page's rerun depends on the number of sets, not of their questions."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.rows import SetRow
from db.tables import QuestionTable, SetTable

SPLITS_KEPT = 4096  # sets whose counts are remembered

_splits: dict[str, dict[str, int]] = {}  # by content hash, which covers the questions' splits and halves too


def set_hashes(session: Session) -> dict[str, str]:
    """The content hash of every set, by name and in the order of names."""
    query = select(SetTable.name, SetTable.content_hash).order_by(SetTable.name)
    return {row[0]: row[1] for row in session.execute(query)}


def set_source(session: Session, name: str) -> str | None:
    """Where the questions of a set came from; None where there is no set of this name."""
    return session.execute(select(SetTable.source).where(SetTable.name == name)).scalar()


def sets(session: Session) -> list[SetRow]:
    """All sets by name. Questions are counted once for each content hash, so changes by other processes are seen."""
    found = []
    for row in session.scalars(select(SetTable).order_by(SetTable.name)):
        counts = _splits.get(row.content_hash)
        if counts is None:
            counts = _count_splits(session, row.id)
            if len(_splits) >= SPLITS_KEPT:
                _splits.clear()
            _splits[row.content_hash] = counts
        found.append(SetRow(row.name, row.source, sum(counts.values()), dict(counts), row.content_hash, row.created))
    return found


def _count_splits(session: Session, set_id: int) -> dict[str, int]:
    """Questions by split, halves as `retain/train`, in the order of the set."""
    query = (
        select(QuestionTable.split, QuestionTable.half, func.count())
        .where(QuestionTable.set_id == set_id, QuestionTable.position.is_not(None))
        .group_by(QuestionTable.split, QuestionTable.half)
        .order_by(func.min(QuestionTable.position))
    )
    return {f"{split}/{half}" if half else split: count for split, half, count in session.execute(query)}
