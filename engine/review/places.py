"""Which stored answer is the one on screen, so that a verdict given anywhere is about an answer that a run holds."""

from typing import NamedTuple

from db.reads import verdicts
from engine.review.verdicts import view_of
from engine.store import history
from engine.store.session import reading


class Shown(NamedTuple):
    """A question of a set as a pair answers it at an α, beside the base."""

    pair: str
    set: str
    question: str
    alpha: float
    base: str
    unlearned: str


class JudgedPlace(NamedTuple):
    """Where these two texts are stored."""

    run_id: int
    alpha: float
    question_id: int
    split: str


def place_of(shown: Shown) -> JudgedPlace | None:
    """The newest run of the pair that gives both texts, at the nearest of its α; None where none does.

    A verdict is about two texts and holds wherever they occur, so another α of the same texts is as good.
    """
    for run in history.list_runs():
        if run.pair == shown.pair and run.status == "finished" and run.facts.finds == "answers":
            found = _in_run(run.id, shown)
            if found is not None:
                return found
    return None


def _in_run(run_id: int, shown: Shown) -> JudgedPlace | None:
    places = zip(history.question_places(run_id), history.asked(run_id), strict=True)
    asked = next(
        (place for place, (example, _) in places if place.set == shown.set and example.question == shown.question), None
    )
    if asked is None:
        return None
    for alpha in sorted(history.alphas_of(run_id), key=lambda one: abs(one - shown.alpha)):
        with reading() as session:
            (said,) = verdicts.sides(session, view_of(run_id, alpha, "question"), asked.question_id)
        if (said.base, said.unlearned) == (shown.base, shown.unlearned):
            return JudgedPlace(run_id, alpha, asked.question_id, asked.split)
    return None
