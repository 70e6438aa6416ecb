"""Which stored answer is the one on screen, so that a verdict given anywhere is about an answer that a run holds."""

from typing import NamedTuple

from db.reads.places import PlaceOfAnswer, place_of_texts
from engine.store.session import reading


class OnScreen(NamedTuple):
    """A question of a set as a pair answers it at an α, beside the base."""

    pair: str
    set: str
    question: str
    alpha: float
    base: str
    unlearned: str


def stored_answer(shown: OnScreen) -> PlaceOfAnswer | None:
    """The newest run of the pair that gives both texts, at the nearest of its α; None where none does.

    A verdict is about two texts and holds wherever they occur, so another α of the same texts is as good.
    """
    with reading() as session:
        asked, texts = (shown.set, shown.question), (shown.base, shown.unlearned)
        return place_of_texts(session, shown.pair, asked, shown.alpha, texts)
