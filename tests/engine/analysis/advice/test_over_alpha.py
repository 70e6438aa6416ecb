"""What is told and kept at every α is what the advice weighs."""

import pytest

from engine.analysis.advice.advise import LeakBaseline, advise
from engine.analysis.advice.over_alpha import told_and_kept
from engine.errors import DataError
from engine.settings import Demand
from tests.mapped import kept, secret

QUESTIONS = [
    secret("a", "Ada", (0.0, True), (0.4, False)),
    secret("b", "Ben", (0.0, True), (0.8, False), (1.5, True)),
    kept("c", "Cy", (0.0, 0.8), (0.6, 0.4)),
    kept("d", "Di", (0.0, 1.0), (1.2, 0.2)),
]


def test_told_and_kept_at_every_alpha() -> None:
    told, kept_ = told_and_kept(QUESTIONS, 0.0, 2.0)
    assert [told.at(alpha) for alpha in (0.0, 0.4, 0.9, 1.6)] == [1.0, 0.5, 0.0, 0.5]
    assert [kept_.at(alpha) for alpha in (0.0, 0.7, 1.3)] == pytest.approx([1.0, 1.4 / 1.8, 0.6 / 1.8])
    found = advise(QUESTIONS, Demand(0.5, 0.0), LeakBaseline(None, 0), 1.0, 0.0, 2.0)
    assert (told.at(found.alpha), kept_.at(found.alpha)) == (found.leaks, found.utility)


def test_without_anything_to_keep_there_is_no_curve() -> None:
    with pytest.raises(DataError, match="nothing is known about what survives"):
        told_and_kept(QUESTIONS[:2], 0.0, 2.0)
