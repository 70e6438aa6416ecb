"""Verdicts are events: this file adds them, and nothing changes or removes one."""

from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from db.review_tables import Verdict
from db.writes import now


def add_verdict(session: Session, **fields: Any) -> None:
    """`fields` are the columns of a verdict but `id` and `created`."""
    session.execute(insert(Verdict), [{**fields, "created": now()}])
