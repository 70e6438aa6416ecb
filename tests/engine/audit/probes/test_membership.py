"""Membership: the base gives its forget set away, a retain model does not; every AUC is counted pair by pair."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.audit.probe import Context, Target
from engine.audit.probes import PROBES
from engine.errors import ModelError
from engine.evaluation.answer_readings import read_over_alpha
from engine.evaluation.membership import min_k, zlib_score
from engine.models.loading import LoadedPair
from tests.audited import CONTROLS, FORGET, RETAIN, context_of, pair_of, taught, weights_of

MEMBERSHIP = PROBES["membership"]


def also_about(person: str, targets: list[Target]) -> list[Target]:
    return [
        target._replace(
            question_id=target.question_id + 10,
            example=dataclasses.replace(
                target.example, question=target.example.question.replace("Dora", person), subject=person
            ),
        )
        for target in targets
    ]


TWO = [*CONTROLS, *also_about("Lima", CONTROLS)]


@pytest.fixture(scope="module")
def base() -> LoadedPair:
    return pair_of(taught([*FORGET, *RETAIN]))


@pytest.fixture(scope="module")
def gold() -> LoadedPair:
    return pair_of(taught(RETAIN), name="gold")


@pytest.fixture
def context(base: LoadedPair, gold: LoadedPair, tmp_path: Path) -> Context:
    return context_of(base, tmp_path, retain_only=gold, controls=TWO)


def read(pair: LoadedPair, targets: list[Target]) -> list[float]:
    """min-k of each, one pass and one question at a time."""
    found = []
    for target in targets:
        item = (target.example.question, target.example.answer)
        reading = read_over_alpha(pair, [item], [1.0], None)[0].readings[0]
        assert reading.least_likely is not None
        found.append(reading.least_likely)
    return found


def area(forget: list[float], controls: list[float]) -> float:
    """Pairs in which the control scores higher, one by one; ties count half."""
    wins = [1.0 if c > f else 0.5 if c == f else 0.0 for f in forget for c in controls]
    return sum(wins) / len(wins)


def test_a_base_that_knows_its_forget_set_is_found_out(context: Context, base: LoadedPair, gold: LoadedPair) -> None:
    finding = MEMBERSHIP.run(context)
    ours, theirs = (area(read(pair, FORGET), read(pair, TWO)) for pair in (base, gold))
    assert ours > 0.9
    assert finding.value == pytest.approx(ours - theirs)
    assert finding.interval is not None
    assert finding.interval[0] <= ours - theirs <= finding.interval[1]
    privleak = ((1 - ours) - (1 - theirs)) / (1 - theirs) * 100
    assert f"PrivLeak {privleak:+.1f}" in finding.note
    assert f"min-k {ours:.3f} [" in finding.note
    assert finding.note.endswith("1 in 7 is")


def test_one_question_is_found_where_it_is_below_every_control(
    context: Context, base: LoadedPair, gold: LoadedPair
) -> None:
    finding = MEMBERSHIP.run(context)
    assert finding.floor is not None
    for pair, rows in ((base, finding.results), (gold, finding.floor)):
        least = min(read(pair, TWO))
        assert [row.value for row in rows] == pytest.approx(read(pair, FORGET), rel=1e-4, abs=1e-5)
        assert [row.found for row in rows] == [score < least for score in read(pair, FORGET)]
    assert sum(bool(row.found) for row in finding.results) > sum(bool(row.found) for row in finding.floor)


def test_a_pair_that_is_the_gold_reference_is_not_told_from_it(context: Context, gold: LoadedPair) -> None:
    finding = MEMBERSHIP.run(context._replace(pair=gold))
    assert (finding.value, finding.interval) == (0.0, (0.0, 0.0))
    assert finding.results == finding.floor
    assert "PrivLeak +0.0" in finding.note


def test_the_scores_are_those_of_the_definitions(context: Context, base: LoadedPair, gold: LoadedPair) -> None:
    """loss and zlib of the same AUC, where every answer is one word of like length: counted by hand as well."""
    finding = MEMBERSHIP.run(context)
    losses = {}
    for name, pair in (("ours", base), ("theirs", gold)):
        for side, targets in (("forget", FORGET), ("controls", TWO)):
            items = [(target.example.question, target.example.answer) for target in targets]
            readings = [row.readings[0] for row in read_over_alpha(pair, items, [1.0], None)]
            losses[name, side] = [zlib_score(r.loss, a) for r, (_, a) in zip(readings, items, strict=True)]
    ours, theirs = (area(losses[name, "forget"], losses[name, "controls"]) for name in ("ours", "theirs"))
    assert f"zlib {ours:.3f} [" in finding.note
    assert f"difference {ours - theirs:+.3f} [" in finding.note
    assert min_k([-1.0, -3.0]) == 3.0


def test_with_one_person_on_a_side_there_is_nothing_to_resample(context: Context) -> None:
    finding = MEMBERSHIP.run(context._replace(controls=CONTROLS))
    assert finding.value is not None
    assert finding.interval is None


def test_without_a_gold_reference_no_difference_is_stated(context: Context) -> None:
    finding = MEMBERSHIP.run(context._replace(retain_only=None))
    assert (finding.value, finding.interval, finding.floor) == (None, None, None)
    assert finding.note.startswith("AUC of the pair: loss 1.000 [")
    assert finding.floor_reason.startswith("no retain model")


def test_without_controls_it_is_not_tried(context: Context) -> None:
    finding = MEMBERSHIP.run(context._replace(controls=[]))
    assert [row.found for row in finding.results] == [None] * len(FORGET)
    assert "people no model was taught" in finding.results[0].detail


def test_the_budget_holds_the_controls_down_and_the_seed_fixes_the_interval(context: Context) -> None:
    small = dataclasses.replace(context.budget, controls=4)
    finding = MEMBERSHIP.run(context._replace(budget=small))
    assert finding.results[0].detail.endswith("of 4 controls")
    assert finding == MEMBERSHIP.run(context._replace(budget=small))


def test_logits_that_are_no_numbers_are_no_finding(context: Context, gold: LoadedPair) -> None:
    broken = pair_of(taught(RETAIN))
    before = weights_of(gold)
    with torch.no_grad():
        base: Any = broken.model.base
        base.model.norm.weight.fill_(float("nan"))
    with pytest.raises(ModelError, match="are NaN or infinite"):
        MEMBERSHIP.run(context._replace(pair=broken))
    assert all(torch.equal(value, before[name]) for name, value in gold.model.state_dict().items())
