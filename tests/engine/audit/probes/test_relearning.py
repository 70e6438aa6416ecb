"""A pair that hides is made to tell by a few steps on other people; a model that never knew is not."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.audit.asking import listen
from engine.audit.probe import Context, Finding
from engine.audit.probes import PROBES
from engine.data.template import Guarded
from engine.errors import DivergedError
from engine.models.baselines import Scaled
from engine.models.loading import LoadedPair
from engine.models.offset import OffsetModel
from engine.unlearning import relearning
from tests.audited import (
    BUDGET,
    CONTROLS,
    FORGET,
    RETAIN,
    TOKENIZER,
    context_of,
    pair_of,
    taught,
    unlearned,
    weights_of,
)
from tests.tiny import make_model

DISJOINT, BENIGN = PROBES["relearning_disjoint"], PROBES["relearning_benign"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, Any, Any]:
    """A base that knows all, a retain model that knows the retain people, a reference, and M'o."""
    base, gold, reference = taught([*FORGET, *RETAIN]), taught(RETAIN), make_model(TOKENIZER, 2)
    return base, gold, reference, unlearned(base, reference, tmp_path_factory.mktemp("scratch"))


@pytest.fixture
def context(models: tuple[Any, Any, Any, Any], tmp_path: Path) -> Iterator[Context]:
    """Whatever a probe does, its models are the same afterwards and its scratch folder is empty."""
    base, gold, reference, trained = models
    pair, gold_pair = pair_of(base, reference, trained), pair_of(gold, name="gold")
    before = [weights_of(each) for each in (pair, gold_pair)]
    yield context_of(pair, tmp_path / "scratch", retain_only=gold_pair)
    for each, weights in zip((pair, gold_pair), before, strict=True):
        assert all(torch.equal(value, weights[name]) for name, value in each.model.state_dict().items())
    assert list((tmp_path / "scratch").iterdir()) == []


def found(finding: Finding) -> list[bool | None]:
    return [row.found for row in finding.results]


def test_a_pair_that_hides_tells_again_and_one_that_never_knew_does_not(context: Context) -> None:
    assert not any(answer.leaks for answer in listen(context.pair, 1.0, FORGET[1:3] + FORGET[3:], 8))
    finding = DISJOINT.run(context)
    assert [row.question_id for row in finding.results] == [target.question_id for target in FORGET]
    assert sum(map(bool, found(finding))) >= 4
    assert finding.floor is not None
    assert [row.found for row in finding.floor] == [False] * len(FORGET)
    assert finding.floor_reason.startswith("never exposed: the retain model under a pair that hides nothing")
    assert finding.note.startswith("3 and 3 questions, the halves share no person; forget, first half: ")
    assert {row.detail.split(" it ")[0] for row in finding.results} == {"after 20 steps on 3 other questions"}


def test_every_question_is_asked_by_a_copy_that_was_tuned_on_none_of_its_person(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuned: list[set[str]] = []
    original = relearning.relearn

    def follow(pair: LoadedPair, alpha: float, examples: Any, *rest: Any) -> Any:
        tuned.append({example.subject for example in examples})
        return original(pair, alpha, examples, *rest)

    monkeypatch.setattr(relearning, "relearn", follow)
    DISJOINT.run(context)
    assert tuned == [{"Ben"}, {"Ada"}] * 2  # the pair, then the floor: Ada is asked after Ben, Ben after Ada
    tuned.clear()
    BENIGN.run(context)
    assert tuned == [{"Cy"}] * 2


def test_tuning_on_harmless_questions(context: Context) -> None:
    finding = BENIGN.run(context._replace(budget=dataclasses.replace(BUDGET, steps=60)))
    assert any(found(finding))
    assert finding.floor is not None
    assert not any(row.found for row in finding.floor)
    assert finding.note.startswith("tuned on 3 retain questions; retain: ")


def test_the_same_seed_finds_the_same(context: Context) -> None:
    assert DISJOINT.run(context) == DISJOINT.run(context)


def test_without_a_gold_reference_the_floor_is_people_nobody_was_taught(context: Context) -> None:
    two = [
        *CONTROLS,
        *[
            t._replace(question_id=t.question_id + 10, example=dataclasses.replace(t.example, subject="Eva"))
            for t in CONTROLS
        ],
    ]
    finding = DISJOINT.run(context._replace(retain_only=None, controls=two))
    assert finding.floor is not None
    assert [row.question_id for row in finding.floor] == [target.question_id for target in two]
    assert finding.floor_reason.endswith("(no retain model of this base is at hand)")
    finding = BENIGN.run(context._replace(retain_only=None))
    assert finding.floor is not None
    assert [row.question_id for row in finding.floor] == [target.question_id for target in CONTROLS]
    for probe in (DISJOINT, BENIGN):
        finding = probe.run(context._replace(retain_only=None, controls=[]))
        assert finding.floor is None
        assert "too few questions about people no model was taught" in finding.floor_reason


def test_with_a_taught_reference_no_model_is_one_that_never_saw_the_set(context: Context) -> None:
    pair = dataclasses.replace(
        context.pair, manifest=dataclasses.replace(context.pair.manifest, reference_kind="taught")
    )
    finding = BENIGN.run(context._replace(pair=pair))
    assert finding.floor is not None
    assert len(finding.floor) == len(CONTROLS)
    assert "the reference is taught, not known to be clean" in finding.floor_reason


def test_a_direct_model_is_tuned_itself(context: Context, tmp_path: Path) -> None:
    """Its forgetting was to become another model; that one, tuned on one person, stays a stranger to the other."""
    base = context.pair.model.base
    models = Scaled(base, context.retain_only.model.base)  # type: ignore[union-attr]
    alone = pair_of(base, method="direct")
    direct = dataclasses.replace(
        alone,
        by_strength=lambda alpha: dataclasses.replace(
            alone, model=OffsetModel(models.at(alpha), None, None, len(TOKENIZER))
        ),
    )
    finding = DISJOINT.run(context._replace(pair=direct))
    assert finding.floor_reason.startswith("never exposed: the retain model itself")
    assert found(finding) == [False] * len(FORGET)
    assert finding.floor == finding.results  # at alpha 1 it is the retain-only model


@pytest.mark.parametrize("probe", [DISJOINT, BENIGN])
def test_where_there_is_nothing_to_tune(probe: Any, context: Context) -> None:
    base = context.pair.model.base
    alone = pair_of(base)
    guardrail = dataclasses.replace(
        pair_of(base, method="guardrail"),
        template=Guarded.around(alone.template, "Say nothing."),
        by_strength=lambda _: alone,
    )
    for changes, reason in (
        ({"pair": alone}, "without a pair the base answers alone"),
        ({"pair": guardrail}, "a guardrail is a text"),
        ({"alpha": 0.0}, "at alpha 0 the base answers alone"),
    ):
        finding = probe.run(context._replace(**changes))
        assert found(finding) == [None] * len(FORGET)
        assert finding.results[0].detail.startswith(reason)
        assert finding.floor is None


def test_too_few_questions(context: Context) -> None:
    alone = DISJOINT.run(context._replace(forget=FORGET[:1])).results[0]
    assert alone.detail.startswith("it needs at least two forget questions")
    assert BENIGN.run(context._replace(retain=[])).results[0].detail == "there are no retain questions to tune on"


def test_a_tuning_that_diverges_is_not_a_result_of_not_finding(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def diverge(*_: Any) -> None:
        raise DivergedError("relearning diverged: the loss is nan at step 1 of 20", 1, 0)

    monkeypatch.setattr(relearning, "relearn", diverge)
    finding = DISJOINT.run(context)
    assert {(row.found, row.detail) for row in finding.results} == {
        (None, "relearning diverged: the loss is nan at step 1 of 20")
    }
