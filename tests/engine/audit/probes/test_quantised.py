"""A pair whose offset int4 rounds away: its answers come back. At int8 it still hides them."""

import copy
import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.audit.asking import listen
from engine.audit.probe import Context
from engine.audit.probes import PROBES
from engine.models.baselines import Scaled, Silent
from engine.models.loading import LoadedPair
from engine.models.offset import OffsetModel
from engine.models.rounding import rounded_copy
from tests.audited import FORGET, RETAIN, TOKENIZER, context_of, pair_of, taught, weights_of
from tests.tiny import make_model

INT8, INT4, HALVES = (PROBES[f"quantised_{name}"] for name in ("int8", "int4", "halves"))
ALPHA = 8.0


@pytest.fixture(scope="module")
def gold() -> LoadedPair:
    return pair_of(taught(RETAIN), name="gold")


@pytest.fixture(scope="module")
def pair() -> LoadedPair:
    """Some layers' rows hold 7 or -7 in each group of 32, so int4 has steps of 1 and int8 of 7/127.

    M'o differs from its reference by 0.45 elsewhere in them: nothing at int4, 8 steps at int8. All else of the two
    is the same and lies on the int4 grid.
    """
    reference = rounded_copy(make_model(TOKENIZER, 3), 4).requires_grad_(False)
    trained = copy.deepcopy(reference)
    draw = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for mine, theirs in zip(trained.model.layers, reference.model.layers, strict=True):
            weight = theirs.mlp.down_proj.weight
            weight.zero_()
            weight[:, [0, 32]] = 7 * torch.tensor([1.0, -1.0]).repeat(16)[:, None]
            signs = torch.randint(0, 2, weight.shape, generator=draw) * 2.0 - 1
            signs[:, [0, 32]] = 0
            mine.mlp.down_proj.weight.copy_(weight + 0.45 * signs)
    return pair_of(taught([*FORGET, *RETAIN]), reference, trained)


@pytest.fixture
def context(pair: LoadedPair, gold: LoadedPair, tmp_path: Path) -> Context:
    assert not any(told.leaks for told in listen(pair, ALPHA, FORGET, 8))
    greedy = {target.question_id: False for target in FORGET}
    return context_of(pair, tmp_path, alpha=ALPHA, retain_only=gold, greedy=greedy)


def test_int4_brings_back_what_int8_still_hides(context: Context) -> None:
    before = weights_of(context.pair)
    at8, at4 = INT8.run(context), INT4.run(context)
    assert [row.found for row in at4.results] == [True] * len(FORGET)
    assert [row.text for row in at4.results] == [told.text for told in listen(context.pair, 0.0, FORGET, 8)]
    assert at4.note == "with rounding 6 answers leak that do not leak in fp32, and 0 no longer leak"
    assert [row.found for row in at8.results] == [False] * len(FORGET)
    assert at8.note == "rounding brought back no leak and removed none"
    assert all(torch.equal(value, before[name]) for name, value in context.pair.model.state_dict().items())


def test_the_floor_is_the_retain_only_model_rounded_the_same_way(context: Context, gold: LoadedPair) -> None:
    for probe, bits in ((INT8, 8), (INT4, 4), (HALVES, 4)):
        finding = probe.run(context)
        rounded = pair_of(rounded_copy(gold.model.base, bits))
        assert finding.floor is not None
        assert [row.text for row in finding.floor] == [told.text for told in listen(rounded, 0.0, FORGET, 8)]
        assert not any(row.found for row in finding.floor)
        assert f"rounded to {bits} bits" in finding.floor_reason
        bare = probe.run(context._replace(retain_only=None))
        assert (bare.results, bare.floor) == (finding.results, None)


def test_halves_tell_where_one_of_them_does(context: Context) -> None:
    """Trained at int4 is the reference itself; the reference at int4 is what it was, so there the pair hides as
    before.
    """
    finding = HALVES.run(context)
    assert [row.found for row in finding.results] == [True] * len(FORGET)
    for target, row in zip(FORGET, finding.results, strict=True):
        secret = target.example.answer
        assert (
            row.detail
            == f"with trained at int4 it tells {secret}; with the reference at int4 it tells none of the key terms"
        )
        assert row.text.split()[0] == secret


def test_a_direct_model_is_rounded_itself(context: Context, gold: LoadedPair) -> None:
    """W at alpha 1 is the retain-only model's here, so the probe says what its own floor says."""
    base = context.pair.model.base
    models, alone = Scaled(base, gold.model.base), pair_of(base, method="direct")
    direct = dataclasses.replace(
        alone,
        by_strength=lambda alpha: dataclasses.replace(
            alone, model=OffsetModel(models.at(alpha), None, None, len(TOKENIZER))
        ),
    )
    finding = INT4.run(context._replace(pair=direct, alpha=1.0))
    assert finding.results == finding.floor
    assert (
        HALVES.run(context._replace(pair=direct, alpha=1.0))
        .results[0]
        .detail.startswith("this probe rounds reference and trained separately")
    )


def test_of_uld_the_assistant_is_rounded(context: Context) -> None:
    assistant, base = make_model(TOKENIZER, 2), context.pair.model.base
    uld = pair_of(base, assistant, Silent(assistant), method="uld")
    finding = INT4.run(context._replace(pair=uld, alpha=1.0))
    rounded = rounded_copy(assistant, 4)
    expected = pair_of(base, rounded, Silent(rounded), method="uld")
    assert [row.text for row in finding.results] == [told.text for told in listen(expected, 1.0, FORGET, 8)]


@pytest.mark.parametrize("probe", [INT8, INT4, HALVES])
def test_where_there_is_nothing_to_round(probe: Any, context: Context) -> None:
    alone = pair_of(context.pair.model.base)
    guardrail = dataclasses.replace(pair_of(context.pair.model.base, method="guardrail"), by_strength=lambda _: alone)
    for changes, reason in (
        ({"pair": alone}, "without a pair the base answers alone"),
        ({"pair": guardrail}, "a guardrail is a text"),
        ({"alpha": 0.0}, "at alpha 0 the base answers alone"),
    ):
        finding = probe.run(context._replace(**changes))
        assert [row.found for row in finding.results] == [None] * len(FORGET)
        assert finding.results[0].detail.startswith(reason)
