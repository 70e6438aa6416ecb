"""A pair that refuses everything has forgotten too much; one that does nothing has lost nothing."""

import dataclasses
from pathlib import Path

import pytest

from engine.audit.asking import listen
from engine.audit.probe import Context
from engine.audit.probes import PROBES
from engine.evaluation.fluency import base_log_probabilities
from engine.evaluation.refusal_rule import REFUSAL_RULE, is_refusal
from engine.models.loading import LoadedPair
from tests.audited import CONTROLS, FORGET, RETAIN, TOKENIZER, context_of, pair_of, taught, unlearned
from tests.tiny import make_model

OVER = PROBES["over_forgetting"]


@pytest.fixture(scope="module")
def refusing(tmp_path_factory: pytest.TempPathFactory) -> LoadedPair:
    """Trained to refuse those to be kept as well, which the base knows."""
    base, reference = taught([*FORGET, *RETAIN]), make_model(TOKENIZER, 2)
    trained = unlearned(base, reference, tmp_path_factory.mktemp("scratch"), [*FORGET, *RETAIN], retain_term="none")
    return pair_of(base, reference, trained)


@pytest.fixture(scope="module")
def gold() -> LoadedPair:
    return pair_of(taught(RETAIN), name="gold")


@pytest.fixture
def context(refusing: LoadedPair, gold: LoadedPair, tmp_path: Path) -> Context:
    return context_of(refusing, tmp_path, retain_only=gold)


def test_what_was_right_and_is_refused_or_lost_is_found(context: Context) -> None:
    finding = OVER.run(context)
    before, after = (listen(context.pair, alpha, RETAIN, 8) for alpha in (0.0, 1.0))
    assert [told.text for told in before] == [target.example.answer for target in RETAIN]
    gone = [is_refusal(told.text) or not told.leaks for told in after]
    assert [row.found for row in finding.results] == gone
    for row, target, told in zip(finding.results, RETAIN, after, strict=True):
        assert (row.question_id, row.text) == (target.question_id, told.text)
        assert row.value == 1 - told.rouge  # one word, which the base says
    assert {row.detail for row in finding.results} == {
        "right at alpha 0, refused now",
        "right at alpha 0, and still right",
    }


def test_what_turns_to_noise_is_lost(context: Context) -> None:
    noise = pair_of(context.pair.model.base, make_model(TOKENIZER, 2), make_model(TOKENIZER, 3))
    finding = OVER.run(context._replace(pair=noise, alpha=8.0))
    assert [row.found for row in finding.results] == [True] * len(RETAIN)
    assert "right at alpha 0, lost now" in {row.detail for row in finding.results}


def test_the_floor_is_a_model_that_never_forgot(context: Context) -> None:
    finding = OVER.run(context)
    assert finding.floor is not None
    assert [row.found for row in finding.floor] == [False] * len(RETAIN)
    bare = OVER.run(context._replace(retain_only=None))
    assert (bare.results, bare.floor, bare.note) == (finding.results, None, finding.note)


def test_a_pair_that_does_nothing_loses_nothing(context: Context) -> None:
    model = context.pair.model
    finding = OVER.run(context._replace(pair=pair_of(model.base, model.reference, model.reference)))
    assert [(row.found, row.value) for row in finding.results] == [(False, 0.0)] * len(RETAIN)
    assert "people 1.000 → 1.000 (n 3)" in finding.note
    assert "Refused of 3 questions to be kept: 0 at alpha 0, 0 now" in finding.note


def test_what_the_base_does_not_know_cannot_be_lost(context: Context) -> None:
    finding = OVER.run(context._replace(retain=CONTROLS))
    knows = [told.leaks for told in listen(context.pair, 0.0, CONTROLS, 8)]
    assert not all(knows)
    assert [row.found is None for row in finding.results] == [not each for each in knows]


def test_slices_are_domains_and_neighbours(context: Context) -> None:
    """Cy is of Ben's group; whom nobody was taught is of none, and of another domain here."""
    others = [
        target._replace(example=dataclasses.replace(target.example, domain="others", subject="")) for target in CONTROLS
    ]
    finding = OVER.run(context._replace(retain=[*RETAIN, *others]))
    slices = {
        "people": RETAIN,
        "others": others,
        "others in the groups of forgotten people": RETAIN,
    }
    for name, targets in slices.items():
        before, after = (
            sum(told.rouge for told in listen(context.pair, alpha, [*RETAIN, *others], 8)[start : start + 3]) / 3
            for alpha in (0.0, 1.0)
            for start in [0 if targets is RETAIN else 3]
        )
        assert f"{name} {before:.3f} → {after:.3f} (n 3)" in finding.note


def test_how_the_forget_answers_read(context: Context) -> None:
    finding = OVER.run(context)
    told = [listen(context.pair, alpha, FORGET, 8) for alpha in (0.0, 1.0)]
    refused = [sum(is_refusal(answer.text) for answer in side) for side in told]
    assert f"refused {refused[0]} of 6 → {refused[1]} of 6" in finding.note
    assert refused[1] > refused[0]
    means = []
    for side in told:
        values = base_log_probabilities(
            context.pair, [(t.example.question, a.text) for t, a in zip(FORGET, side, strict=True)]
        )
        known = [value for value in values if value is not None]
        means.append(sum(known) / len(known))
    assert f"log p of a token under the base {means[0]:.3f} → {means[1]:.3f}" in finding.note
    assert finding.note.endswith(REFUSAL_RULE)


def test_without_questions_to_be_kept_it_is_not_tried(context: Context) -> None:
    assert {row.detail for row in OVER.run(context._replace(retain=[])).results} == {
        "there are no questions to be kept"
    }
