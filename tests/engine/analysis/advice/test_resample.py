"""The bootstrap draws persons, and says nothing where there are too few."""

import numpy as np
import pytest

from engine.analysis.advice.advise import Advice, LeakBaseline, advise
from engine.analysis.advice.pieces import make_pieces
from engine.analysis.advice.resample import resample
from engine.analysis.exact_curves import MappedQuestion
from engine.settings import Demand
from tests.mapped import kept, secret
from tests.one_interval import mean_interval

PERSONS = [
    secret(f"{name}{i}", name, (0.0, True), (edge, False))
    for name, edge in zip("abcdef", (0.2, 0.3, 0.4, 0.5, 0.7, 1.9), strict=True)
    for i in range(3)
]
KEPT = [kept(f"k{i}", f"q{i}", (0.0, 1.0), (1.0 + i / 20, 0.0)) for i in range(8)]


def advice(*items: MappedQuestion, seed: int = 0) -> Advice:
    return advise(items, Demand(), LeakBaseline(0.2, 18), 1.0, 0.0, 2.0, seed=seed)


def test_leaks_vary_as_a_bootstrap_over_persons_says() -> None:
    """Held to the interval that the other measures have, for the same values and persons."""
    found = resample(make_pieces([*PERSONS, *KEPT], 0.0, 2.0), 0.45, 1.0, 0.2, 0.02, seed=0, resamples=4000)
    values = [float(item.leaks[0] and item.map.answers[0].high > 0.45) for item in PERSONS]
    plain = mean_interval(values, [item.subject for item in PERSONS], np.random.default_rng(1))
    assert found.leaks is not None
    assert (found.leaks.low, found.leaks.high) == pytest.approx((plain.low, plain.high), abs=0.01)
    assert found.leaks.high - found.leaks.low > 0.5  # six persons; eighteen questions would promise more


def test_the_same_seed_gives_the_same_intervals() -> None:
    first, again, other = (advice(*PERSONS, *KEPT, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first.resampled != other.resampled
    assert other.resampled.seed == 1
    assert first.alpha == other.alpha


def test_one_person_who_holds_the_choice_is_seen() -> None:
    """Only f leaks past .7: with the floor at .2 the demand fails wherever f is drawn twice or more."""
    found = advice(*PERSONS, *KEPT)
    assert found.met
    drawn = found.resampled
    assert drawn.alpha is not None
    assert drawn.alpha.low < found.alpha <= drawn.alpha.high
    assert drawn.met is not None
    assert drawn.unmet is not None
    assert 0.1 < drawn.unmet < 0.5
    assert drawn.met <= 1 - drawn.unmet


def test_too_few_persons_give_no_interval() -> None:
    two = [item for item in PERSONS if item.subject in "ab"]
    drawn = advice(*two, *KEPT).resampled
    assert (drawn.leaks, drawn.alpha, drawn.knee, drawn.met, drawn.unmet) == (None,) * 5
    assert drawn.utility is not None
    assert advice(*PERSONS, *KEPT[:2]).resampled.utility is None


def test_a_question_without_a_person_stands_for_itself() -> None:
    facts = [kept(f"w{i}", "", (0.0, 1.0), split="world") for i in range(5)]
    assert [part.persons for part in advice(*PERSONS, *facts).parts] == [5]


def test_resamples_in_pieces_are_the_same_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.analysis.advice.resample.PIECES_AT_ONCE", 50)
    assert advice(*PERSONS, *KEPT).resampled.resamples == 1000
