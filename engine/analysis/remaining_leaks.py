"""What still leaks by the judgments of stored runs, and the baseline beside it. Reads only; imports no model
library.
"""

from typing import NamedTuple, cast

import pandas as pd

from db.reads import leaks as leak_reads
from engine.analysis.leak_floor import floor_over, retain_only_leaks
from engine.analysis.recommended import judged_at
from engine.store import history
from engine.store.session import reading


class LargestLeak(NamedTuple):
    """A forget question whose answer still leaks at the pair's recommended alpha."""

    run_id: int
    run: str
    pair: str
    alpha: float
    set: str
    position: int | None  # position of the question in its set, None where the set no longer holds it
    subject: str
    question: str
    answer: str  # what the ensemble answered
    rouge: float | None


class LeakCount(NamedTuple):
    """Forget questions on which a pair was judged at its recommended alpha, and how many of them leak."""

    pair: str
    metric: str  # leak | leak_paraphrase
    alpha: float
    judged: int
    leaking: int
    floor_judged: int  # of the judged questions, those on which a retain model of the same base was judged
    floor_leaking: int


class LeakShare(NamedTuple):
    """Share of one part of a run's questions that the leak rule flags at one alpha, beside the retain model's."""

    split: str
    half: str
    alpha: float
    share: float
    questions: int
    floor: float | None  # None where no retain model was asked any of them
    floor_questions: int


def leak_counts() -> list[LeakCount]:
    """Per pair, as asked and paraphrased: forget questions judged and leaking at its recommended alpha, and the
    baseline.

    The newest judgment of each question counts; a pair is left out on questions on which a successor was judged.
    """
    moved = judged_at()
    with reading() as session:
        return [LeakCount(*row) for row in leak_reads.leak_counts(session, moved)]


def largest_leaks(limit: int = 5) -> list[LargestLeak]:
    """Forget questions that leak by the judgments that `leak_counts` counts, highest ROUGE-L recall first."""
    moved = judged_at()
    with reading() as session:
        return [LargestLeak(*row) for row in leak_reads.largest_leaks(session, limit, moved)]


def leak_shares(run_id: int) -> list[LeakShare]:
    """Every part of a run's questions at every alpha, in the order of the questions."""
    stored = [history.question_scores(run_id, alpha).assign(alpha=alpha) for alpha in history.alphas_of(run_id)]
    leaks = pd.concat(stored)
    leaks = leaks[(leaks["metric"] == "leak") & leaks["value"].notna()]
    floors = retain_only_leaks(run_id)
    found = []
    for key, part in leaks.groupby(["split", "half", "alpha"], sort=False):
        split, half, alpha = cast(tuple[str, str, float], key)
        share, floor = float(part["value"].mean()), floor_over(part["question_id"], floors)
        found.append(LeakShare(split, half, alpha, share, len(part), *floor))
    return found
