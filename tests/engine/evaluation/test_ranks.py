import random

import numpy as np
import pytest
import torch

from engine.evaluation.ranks import BestRank, RankCurve, rank_curves
from engine.models.offset import AnswerLogits, combine_logits


@pytest.mark.parametrize("span", [(0.0, 2.0), (-4.0, 8.0)])
@pytest.mark.parametrize("vocabulary", [2, 2000])
def test_rank_at_fifty_random_alphas_is_the_count_of_higher_logits(vocabulary: int, span: tuple[float, float]) -> None:
    generator = torch.Generator().manual_seed(vocabulary)
    logits = AnswerLogits(*(3 * torch.randn(5, vocabulary, generator=generator) for _ in range(3)))
    labels = torch.randint(0, vocabulary, (5,), generator=generator)
    curves = rank_curves(logits, labels, *span)
    draw = random.Random(0)
    for alpha in (*span, 0.0, *(draw.uniform(*span) for _ in range(50))):
        combined = combine_logits(*(logits.base, logits.trained, logits.reference), alpha)
        direct = 1 + (combined > combined.gather(-1, labels[:, None])).sum(-1)
        assert [curve.at(alpha) for curve in curves] == direct.tolist()
    for curve in curves:
        best = curve.best()
        assert curve.at((best.low + best.high) / 2) == best.rank
        assert best.rank <= min(curve.at(float(alpha)) for alpha in np.linspace(*span, 300))


def test_three_lines_by_hand() -> None:
    """The answer's token stays at 0; one falls from 1 by 2 per alpha, one rises from −3 by 2: above until .5, from
    1.5.
    """
    logits = AnswerLogits(torch.tensor([[0.0, 1.0, -3.0]]), torch.zeros(1, 3), torch.tensor([[0.0, -2.0, 2.0]]))
    (curve,) = rank_curves(logits, torch.tensor([0]), 0.0, 2.0)
    assert [curve.at(alpha) for alpha in (0.0, 0.49, 0.5, 1.0, 1.5, 1.51, 2.0)] == [2, 2, 1, 1, 1, 2, 2]
    assert curve.best() == BestRank(1, 0.5, 1.5)


def test_a_rank_that_nothing_changes() -> None:
    curve = RankCurve(3, np.array([]), np.array([]), 0.0, 2.0)
    assert (curve.at(1.0), curve.best()) == (3, BestRank(3, 0.0, 2.0))
    with pytest.raises(ValueError, match="outside the curve"):
        curve.at(2.5)
