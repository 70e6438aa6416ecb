"""Reads of stored maps over alpha."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.rows import IntervalRow, MapRow
from db.tables import MapIntervalTable, MapTable


def find_map(
    session: Session, pair_hash: str, question_hash: str, low: float, high: float, max_new_tokens: int
) -> MapRow | None:
    """The widest stored map that covers `low` to `high`."""
    columns = [getattr(MapTable, name) for name in MapRow._fields]
    query = select(*columns).where(MapTable.pair_hash == pair_hash, MapTable.question_hash == question_hash)
    query = query.where(MapTable.max_new_tokens == max_new_tokens, MapTable.low <= low, MapTable.high >= high)
    row = session.execute(query.order_by((MapTable.high - MapTable.low).desc())).first()
    return None if row is None else MapRow(*row)


def map_intervals(session: Session, map_id: int) -> list[IntervalRow]:
    """In the order of alpha."""
    columns = [getattr(MapIntervalTable, name) for name in IntervalRow._fields]
    query = select(*columns).where(MapIntervalTable.map_id == map_id).order_by(MapIntervalTable.place)
    return [IntervalRow(*row) for row in session.execute(query)]
