"""The baseline of a leak share: what the same rule flags on a model that never saw the forget questions."""

from typing import NamedTuple

import pandas as pd

from engine.names import retain_only
from engine.store import history
from engine.store.history import RunDetail, RunSummary


class Floor(NamedTuple):
    """The scores of a retain model's run on the questions it shares with another run.

    `scores`: question_id, set, split, half, metric, value, one row per shared question and metric.
    """

    run_id: int
    scores: pd.DataFrame
    shared: int  # questions
    asked: int  # questions of the run that the baseline is for

    @property
    def words(self) -> str:
        return (
            f"{self.shared} of the {self.asked} questions"
            if self.shared < self.asked
            else f"all {self.asked} questions"
        )


def floor_runs(base: str) -> list[RunSummary]:
    """Finished runs of the retain model of a base, newest first: another base's is not a baseline, as in the report."""
    return [run for run in history.list_runs() if run.status == "finished" and run.pair == retain_only(base)]


def floor_of(detail: RunDetail) -> Floor | None:
    """The retain model's run that shares most questions with `detail`, the newest of equals; None where none shares
    any.
    """
    own = _scores(detail.summary.id)
    asked = set(own["question_id"])
    found = [_shared(run.id, asked) for run in floor_runs(detail.summary.base)]
    best = max(found, key=lambda floor: floor.shared, default=None)
    return best if best is not None and best.shared else None


def _shared(run_id: int, asked: set[int]) -> Floor:
    scores = _scores(run_id)
    scores = scores[scores["question_id"].isin(asked)].reset_index(drop=True)
    return Floor(run_id, scores, scores["question_id"].nunique(), len(asked))


def _scores(run_id: int) -> pd.DataFrame:
    """Scores at the smallest α: a retain model has only one, and every α asks the same questions."""
    alphas = history.alphas_of(run_id)
    scores = history.question_scores(run_id, alphas[0] if alphas else 0.0)
    return scores[["question_id", "set", "split", "half", "metric", "value"]]
