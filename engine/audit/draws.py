"""The answers that a probe drew to one question: stored beside the one that its result shows, and read back.

They are answers of the audit's run at its alpha, whose phrasing says which probe drew them: "sampling#3".
"""

from collections.abc import Sequence
from typing import NamedTuple

from db.reads import runs
from db.rows import AnswerRow
from engine.audit.probe import Result
from engine.evaluation.leak_rule import find_leak
from engine.evaluation.marked_terms import marked_pieces
from engine.store import history
from engine.store.session import reading

SIGN = "#"


class ShownDraw(NamedTuple):
    """One draw. `pieces`, joined, are its text; every second one is a key term."""

    number: int  # in the order of drawing, from 1
    pieces: tuple[str, ...]
    leaks: bool
    degenerate: bool


def drawn_rows(probe: str, alpha: float, results: Sequence[Result]) -> list[AnswerRow]:
    """What is stored of the draws of a probe."""
    return [
        AnswerRow(result.question_id, alpha, f"{probe}{SIGN}{number}", draw.text, draw.degenerate)
        for result in results
        for number, draw in enumerate(result.draws, 1)
    ]


def draw_of(phrasing: str, probe: str) -> int:
    """The number of a draw of this probe; 0 for any other answer."""
    name, _, number = phrasing.partition(SIGN)
    return int(number) if name == probe and number.isdecimal() else 0


def draws_of(run_id: int, probe: str, question_id: int) -> list[ShownDraw]:
    """Every stored draw of a probe of an audit to one question, those that leak first; [] where none are stored.

    They are judged by the leak rule of now and the key terms of the run. What was erased has no text and no draws.
    """
    pairs = zip(history.question_places(run_id), history.asked(run_id), strict=True)
    known = {place.question_id: one for place, one in pairs}
    if question_id not in known or known[question_id][0].erased:
        return []
    example, terms = known[question_id]
    with reading() as session:
        rows = runs.answers(session, run_id, question_id)
    drawn = sorted((number, row) for row in rows if (number := draw_of(row.phrasing, probe)))
    found = [
        ShownDraw(number, marked_pieces(row.text, terms), find_leak(example, row.text, terms).leaks, row.degenerate)
        for number, row in drawn
    ]
    return sorted(found, key=lambda draw: not draw.leaks)
