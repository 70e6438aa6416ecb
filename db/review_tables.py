"""The tables of what users did with a run: reports handed out, verdicts, erasures. Rows of these never leave `db`."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from db.base import HASH, NAME, Base, Text
from db.checked import WordsColumn
from db.tables import QuestionTable, RunTable


class ExportTable(Base):
    """A report that left the program. It outlives its run: the file cannot be called back."""

    __tablename__ = "exports"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey(RunTable.id, ondelete="SET NULL"), index=True)
    alpha: Mapped[float]
    filename: Mapped[str] = mapped_column(Text)
    rows: Mapped[int]
    sha256: Mapped[str] = mapped_column(HASH)
    created: Mapped[datetime]


class VerdictTable(Base):
    """A reviewer's verdict on one answer, as an event: only added, never changed or removed.

    The hashes are of what was judged, and show later whether it is still the same. Verdicts outlive run and question,
    and also count in another run of the pair with the same texts.
    """

    __tablename__ = "verdicts"
    __table_args__ = {"sqlite_autoincrement": True}

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey(RunTable.id, ondelete="SET NULL"), index=True)
    question_id: Mapped[int | None] = mapped_column(ForeignKey(QuestionTable.id, ondelete="SET NULL"), index=True)
    pair_name: Mapped[str] = mapped_column(Text)
    alpha: Mapped[float]
    phrasing: Mapped[str] = mapped_column(WordsColumn(40))
    side: Mapped[str] = mapped_column(WordsColumn(20))  # which of the two answers it is about
    verdict: Mapped[str] = mapped_column(WordsColumn(20))
    reviewer: Mapped[str] = mapped_column(NAME)
    self_declared: Mapped[bool]
    note: Mapped[str] = mapped_column(Text)
    blind: Mapped[bool]
    shown_as: Mapped[str] = mapped_column(WordsColumn(1))  # A or B, as the reviewer saw it; "" where not blind
    base_text_hash: Mapped[str] = mapped_column(HASH)
    unlearned_text_hash: Mapped[str] = mapped_column(HASH)
    question_hash: Mapped[str] = mapped_column(HASH)  # the question's content hash
    terms_hash: Mapped[str] = mapped_column(HASH)  # of the key terms that the leak rule looked for
    rule_hash: Mapped[str] = mapped_column(HASH)
    pair_hash: Mapped[str] = mapped_column(HASH)  # the base's where the model has no pair
    created: Mapped[datetime]


class ErasureTable(Base):
    """That a person was erased, and when. `subject_hash` is salted and slow to guess (engine/store/erased.py)."""

    __tablename__ = "erasures"

    id: Mapped[int] = mapped_column(primary_key=True)
    created: Mapped[datetime]
    salt: Mapped[str] = mapped_column(HASH)
    subject_hash: Mapped[str] = mapped_column(HASH)
    counts: Mapped[dict[str, Any]]  # rows changed, by table
    files: Mapped[int]
    everywhere: Mapped[bool]  # texts that only name the person were emptied too
    operator: Mapped[str] = mapped_column(NAME)
