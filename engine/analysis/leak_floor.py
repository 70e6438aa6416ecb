"""The baseline of leaks by question: what a retain model of the same base gives away of what a run asked."""

from collections.abc import Iterable

from db.reads import leaks as leak_reads
from engine.data.examples import is_to_be_forgotten
from engine.store import history
from engine.store.session import reading


def retain_only_leaks(run_id: int) -> dict[int, float]:
    """The baseline of a run's leaks: question id to 0 or 1, for those that a retain model of its base was asked."""
    with reading() as session:
        return leak_reads.floor_leaks(session, run_id)


def forget_floor(run_id: int) -> tuple[float | None, int]:
    """Share of a run's forget questions that leak on the retain model, and how many of them it was asked."""
    forget = [place.question_id for place in history.question_places(run_id) if is_to_be_forgotten(place.split)]
    return floor_over(forget, retain_only_leaks(run_id))


def floor_over(questions: Iterable[int], floors: dict[int, float]) -> tuple[float | None, int]:
    """Share of these questions that leak by `floors`, and how many of them it has."""
    known = [floors[question] for question in questions if question in floors]
    return (sum(known) / len(known) if known else None), len(known)
