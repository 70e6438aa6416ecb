"""Which two measures Trade-off begins with: two that one run has, so that there is something to see."""

from collections.abc import Sequence

import pandas as pd

from engine.analysis.trade_off import Measure


def first_measures(
    means: pd.DataFrame, forgets: Sequence[Measure], utilities: Sequence[Measure]
) -> tuple[Measure, Measure]:
    """What to begin with: a pair of measures that one run has at the same α, of one set where there is such a pair;
    of the sets the one with the most forget questions. The first of each where no run has two of them.
    """
    both = [(forget, utility) for forget in forgets for utility in _beside(means, forget, utilities)]
    if not both:
        return forgets[0], utilities[0]
    metrics = [item.metric for item in forgets]

    def rank(pair: tuple[Measure, Measure]) -> tuple[int, bool, int, int]:
        forget, utility = pair
        apart = forget.set != utility.set
        return metrics.index(forget.metric), apart, -_questions(means, forget), utilities.index(utility)

    return min(both, key=rank)


def utility_beside(means: pd.DataFrame, forget: Measure, utilities: Sequence[Measure]) -> Measure:
    """The first of `utilities` that a run has beside `forget`, of the same set where there is one."""
    found = _beside(means, forget, utilities)
    return min(found, key=lambda item: item.set != forget.set) if found else utilities[0]


def _beside(means: pd.DataFrame, forget: Measure, utilities: Sequence[Measure]) -> list[Measure]:
    """Those of `utilities` that some run has at an α at which it has `forget`; figures made of many are not in
    `means`.
    """
    there = _places(means, forget)
    return [item for item in utilities if there & _places(means, item)]


def _places(means: pd.DataFrame, measure: Measure) -> set[tuple[int, float]]:
    """Run and α."""
    rows = _rows(means, measure)[["run_id", "alpha"]].itertuples(index=False, name=None)
    return {(int(run_id), float(alpha)) for run_id, alpha in rows}


def _questions(means: pd.DataFrame, measure: Measure) -> int:
    return int(_rows(means, measure)["count"].max())


def _rows(means: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    wanted = means["mean"].notna()
    for column, value in measure._asdict().items():
        wanted &= means[column] == value
    return means[wanted]
