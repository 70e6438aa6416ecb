"""Reads of stored maps over alpha."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.rows import IntervalRow, MapRow
from db.tables import AlphaMap, MapInterval


def find_map(
    session: Session, pair_hash: str, question_hash: str, low: float, high: float, max_new_tokens: int
) -> MapRow | None:
    """The widest stored map that covers `low` to `high`."""
    columns = [getattr(AlphaMap, name) for name in MapRow._fields]
    query = select(*columns).where(AlphaMap.pair_hash == pair_hash, AlphaMap.question_hash == question_hash)
    query = query.where(AlphaMap.max_new_tokens == max_new_tokens, AlphaMap.low <= low, AlphaMap.high >= high)
    row = session.execute(query.order_by((AlphaMap.high - AlphaMap.low).desc())).first()
    return None if row is None else MapRow(*row)


def map_intervals(session: Session, map_id: int) -> list[IntervalRow]:
    """In the order of alpha."""
    columns = [getattr(MapInterval, name) for name in IntervalRow._fields]
    query = select(*columns).where(MapInterval.map_id == map_id).order_by(MapInterval.place)
    return [IntervalRow(*row) for row in session.execute(query)]
