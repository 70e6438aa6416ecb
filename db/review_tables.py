"""The tables of what people did with a run: reports handed out, verdicts, erasures. Rows of these never leave `db`."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from db.base import HASH, NAME, Base, Text
from db.checked import WordsColumn
from db.tables import QuestionTable, RunTable


class ExportTable(Base):
    """A report that left the program. It outlives its run: a file that is out is out."""

    __tablename__ = "exports"

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey(RunTable.id, ondelete="SET NULL"), index=True)
    alpha: Mapped[float]
    filename: Mapped[str] = mapped_column(Text)
    rows: Mapped[int]
    sha256: Mapped[str] = mapped_column(HASH)
    created: Mapped[datetime]


class VerdictTable(Base):
    """What a reviewer said of one answer, as an event: only ever added, never changed or taken back.

    The hashes are of what was judged, by which a later reader sees whether it is still what stands there. Verdicts
    outlive run and question, and go on to another run of the pair in which the same texts stand.
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
    shown_as: Mapped[str] = mapped_column(
        WordsColumn(1)
    )  # A or B, by what name the reviewer saw it; "" where not blind
    base_text_hash: Mapped[str] = mapped_column(HASH)
    unlearned_text_hash: Mapped[str] = mapped_column(HASH)
    question_hash: Mapped[str] = mapped_column(HASH)  # the question's content hash
    terms_hash: Mapped[str] = mapped_column(HASH)  # of the key terms that the leak rule looked for
    rule_hash: Mapped[str] = mapped_column(HASH)
    pair_hash: Mapped[str] = mapped_column(HASH)  # where no pair is read, the base's
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
    everywhere: Mapped[bool]  # what merely names the person was emptied too
    operator: Mapped[str] = mapped_column(NAME)
