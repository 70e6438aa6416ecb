"""What still leaks by the judgments of stored runs, and the baseline beside it. Reads only; imports no model
library.
"""

from typing import NamedTuple, cast

import pandas as pd

from engine.analysis.leak_floor import floor_over, retain_only_leaks
from engine.store import history


class LeakShare(NamedTuple):
    """Share of one part of a run's questions that the leak rule flags at one alpha, beside the retain model's."""

    split: str
    half: str
    alpha: float
    share: float
    questions: int
    floor: float | None  # None where no retain model was asked any of them
    floor_questions: int


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
