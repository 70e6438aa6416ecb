"""Reads of the sample answers that a training stores after its epochs."""

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.tables import AnswerTable, QuestionTable

# They are answers whose phrasing is "epoch 3": no evaluation has such a phrasing, and no other read shows them.
EPOCH = "epoch "
IS_PREVIEW = AnswerTable.phrasing.startswith(EPOCH)


class PreviewRow(NamedTuple):
    epoch: int  # 0: before the first step, where the pair answers as its base
    question_id: int
    split: str
    question: str
    text: str
    noise: bool


def previews(session: Session, run_id: int) -> list[PreviewRow]:
    """By question, those to be forgotten first, then by epoch. An erased question is left out."""
    query = (
        select(AnswerTable.phrasing, AnswerTable.question_id, QuestionTable.split, QuestionTable.question)
        .add_columns(AnswerTable.text, AnswerTable.degenerate)
        .join(QuestionTable, QuestionTable.id == AnswerTable.question_id)
        .where(AnswerTable.run_id == run_id, IS_PREVIEW, QuestionTable.question != "")
    )
    found = [PreviewRow(int(row[0].removeprefix(EPOCH)), *row[1:]) for row in session.execute(query)]
    return sorted(found, key=lambda row: (row.split != "forget", row.split, row.question_id, row.epoch))
