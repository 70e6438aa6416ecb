"""Where a pair's answer on screen is stored."""

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from db.tables import AnswerTable, QuestionTable, RunTable, SetTable


class PlaceOfAnswer(NamedTuple):
    run_id: int
    alpha: float
    question_id: int
    split: str


def place_of_texts(
    session: Session, pair: str, asked: tuple[str, str], alpha: float, texts: tuple[str, str]
) -> PlaceOfAnswer | None:
    """The newest finished run of the pair that gives both texts (the base's, the unlearned one) to a question of a set
    (`asked`), at the nearest of its alphas.
    """
    base, unlearned = aliased(AnswerTable), aliased(AnswerTable)
    question = (
        select(QuestionTable.id, QuestionTable.split)
        .join(SetTable, SetTable.id == QuestionTable.set_id)
        .where(SetTable.name == asked[0], QuestionTable.question == asked[1])
        .subquery()
    )
    query = (
        select(unlearned.run_id, unlearned.alpha, unlearned.question_id, question.c.split)
        .join(question, question.c.id == unlearned.question_id)
        .join(RunTable, RunTable.id == unlearned.run_id)
        .join(base, (base.run_id == unlearned.run_id) & (base.question_id == unlearned.question_id))
        .where(RunTable.pair_name == pair, RunTable.status == "finished", base.alpha == 0.0)
        .where(base.phrasing == "question", unlearned.phrasing == "question")
        .where(base.text == texts[0], unlearned.text == texts[1])
        .order_by(unlearned.run_id.desc(), func.abs(unlearned.alpha - alpha))
        .limit(1)
    )
    row = session.execute(query).first()
    return None if row is None else PlaceOfAnswer(*row)
