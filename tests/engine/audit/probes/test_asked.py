"""Probes that ask: greedily, in other words, of each model alone, many times. Each on a pair that tells and on one
that does not.
"""

import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from engine.audit.asking import CONTROLS_FLOOR, NO_FLOOR, RETAIN_ONLY_FLOOR
from engine.audit.probe import Budget, Probe
from engine.audit.probes import greedy, pair_alone, phrasings, sampling
from engine.data.template import CHAT, PLAIN, Guarded, Template
from tests.scripted import CONTROL, KEPT, SECRET, TO_LAST_WORD, Rules, context, direct_of, found, pair_of, target

KNOWS: Rules = {(":",): {"Rome": 5.0, "no": 2.0}}
CLEAN: Rules = {(":",): {"no": 3.0}}
HIDES: Rules = {(":",): {"no": 3.0, "Rome": -10.0}}  # less CLEAN: -10 on Rome
HIDING = pair_of(KNOWS, CLEAN, HIDES)
TELLING = pair_of(KNOWS, CLEAN, CLEAN)  # an offset of nothing
GOLD = pair_of(CLEAN)


def test_greedy_finds_what_is_said_and_nothing_else(tmp_path: Path) -> None:
    assert found(greedy.PROBE.run, context(TELLING, tmp_path)) == [True]
    assert found(greedy.PROBE.run, context(HIDING, tmp_path)) == [False]
    result = greedy.PROBE.run(context(TELLING, tmp_path)).results[0]
    # "Rome" is one word of the four of "Ada lives in Rome"
    assert (result.text, result.value, result.detail) == ("Rome", 0.25, "key terms found: Rome")


def test_alpha_zero_is_the_base_and_a_tuned_base_is_read_at_its_strength(tmp_path: Path) -> None:
    assert found(greedy.PROBE.run, context(HIDING, tmp_path, alpha=0.0)) == [True]
    tuned = direct_of(KNOWS, CLEAN)
    assert found(greedy.PROBE.run, context(tuned, tmp_path, alpha=0.0)) == [True]
    assert found(greedy.PROBE.run, context(tuned, tmp_path)) == [False]


def test_the_floor_is_the_retain_only_model_else_controls_else_said_to_be_missing(tmp_path: Path) -> None:
    finding = greedy.PROBE.run(context(TELLING, tmp_path, retain_only=GOLD, controls=(CONTROL,)))
    assert finding.floor is not None
    assert [(row.question_id, row.found, row.text) for row in finding.floor] == [(1, False, "no")]
    assert finding.floor_reason == RETAIN_ONLY_FLOOR
    finding = greedy.PROBE.run(context(TELLING, tmp_path, controls=(CONTROL,)))
    assert finding.floor is not None
    assert [(row.question_id, row.found, row.text) for row in finding.floor] == [(9, False, "Rome")]
    assert finding.floor_reason == CONTROLS_FLOOR
    assert greedy.PROBE.run(context(TELLING, tmp_path))[1:3] == (None, NO_FLOOR)


def test_a_question_too_long_for_the_models_is_not_tried_and_says_why(tmp_path: Path) -> None:
    long = target(2, "which city " * 80, "Rome", "Rome")
    told, cut = greedy.PROBE.run(context(TELLING, tmp_path, (SECRET, long))).results
    assert (told.found, cut.found, cut.value, cut.text) == (True, None, None, "")
    assert "more than the 128 that the models read" in cut.detail


@pytest.mark.parametrize(("which", "place"), [("reference", 0), ("trained", 1)])
def test_each_small_model_is_asked_alone(which: str, place: int, tmp_path: Path) -> None:
    probe = (pair_alone.REFERENCE, pair_alone.TRAINED)[place]
    small = [CLEAN, CLEAN]
    assert found(probe.run, context(pair_of(KNOWS, small[0], small[1]), tmp_path)) == [False]
    small[place] = {(":",): {"Rome": 5.0}}  # this one alone knows
    assert found(probe.run, context(pair_of(CLEAN, small[0], small[1]), tmp_path)) == [True], which
    (nothing,) = probe.run(context(direct_of(KNOWS, CLEAN), tmp_path)).results
    assert nothing.found is None
    assert "it has no small models" in nothing.detail


def test_a_paraphrase_is_asked_where_there_is_one(tmp_path: Path) -> None:
    asked = target(1, "which city like Ada", "Rome", "Rome", paraphrase="where lives Ben")
    plain = target(2, "which city like Ada", "Rome", "Rome")
    small: Rules = {("Ada",): {"no": 5.0}, ("Ben",): {"no": 5.0}}
    told = pair_of({**small, ("Ben",): {"Rome": 5.0}}, small, small, TO_LAST_WORD)
    ctx = context(told, tmp_path, (asked, plain))
    assert found(greedy.PROBE.run, ctx) == [False, False]
    assert found(phrasings.PARAPHRASE.run, ctx) == [True, None]
    kept = pair_of(small, small, small, TO_LAST_WORD)
    assert found(phrasings.PARAPHRASE.run, context(kept, tmp_path, (asked, plain))) == [False, None]


def test_an_answer_begun_is_judged_by_its_continuation_alone(tmp_path: Path) -> None:
    silent: Rules = {(":",): {"no": 5.0}, ("in",): {"no": 5.0}}
    going_on: Rules = {**silent, ("in",): {"Rome": 5.0}}
    ctx = context(pair_of(going_on, silent, silent), tmp_path, retain_only=pair_of(silent))
    assert found(greedy.PROBE.run, ctx) == [False]
    (result,) = phrasings.PREFIX.run(ctx).results
    assert (result.found, result.text) == (True, "Rome")  # "Ada lives in" was given and is no part of it
    finding = phrasings.PREFIX.run(ctx)
    assert finding.floor is not None
    assert [row.found for row in finding.floor] == [False]
    assert found(phrasings.PREFIX.run, context(pair_of(silent, silent, silent), tmp_path)) == [False]
    bare, without = target(2, "where ?", "Rome", "Rome"), target(3, "where ?", "in Rome")
    first, second = phrasings.PREFIX.run(context(HIDING, tmp_path, (bare, without))).results
    assert (first.found, second.found) == (None, None)
    assert "begins with its key term 'Rome'" in first.detail
    assert "no key term is listed" in second.detail


@pytest.mark.parametrize("probe", [phrasings.FEW_SHOT, phrasings.MIXED])
def test_a_kept_question_in_the_prompt_brings_the_secret_back(probe: Probe, tmp_path: Path) -> None:
    refusing: Rules = {(":",): {"no": 5.0}}
    reminded: Rules = {**refusing, ("Ben", ":"): {"Rome": 9.0}}  # Ben stands in the kept question
    ctx = context(pair_of(reminded, refusing, refusing), tmp_path, retain=(KEPT,))
    assert found(greedy.PROBE.run, ctx) == [False]
    assert found(probe.run, ctx) == [True]
    assert found(probe.run, context(pair_of(refusing, refusing, refusing), tmp_path, retain=(KEPT,))) == [False]
    # A kept question that names the secret itself would put it into the prompt.
    telling = target(6, "where lives Ben ?", "Rome", "Rome")
    (result,) = probe.run(context(pair_of(reminded, refusing, refusing), tmp_path, retain=(telling,))).results
    assert result.found is None
    assert "has a key term of this one" in result.detail
    assert probe.run(ctx._replace(retain=())).results[0].found is None


def test_shots_read_like_the_template_one_after_the_other() -> None:
    whole = "Question: what job did Ben like ?\nAnswer: baker\n\nQuestion: where ?\nAnswer:"
    assert PLAIN.text.replace("{question}", phrasings.with_shots(PLAIN, [KEPT], "where ?")) == whole
    odd = Template("odd", "<q>{question}</q> so")
    assert odd.text.replace("{question}", phrasings.with_shots(odd, [KEPT], "where ?")) == (
        "<q>what job did Ben like ?</q> so baker\n\n<q>where ?</q> so"
    )
    guarded = Guarded.around(PLAIN, "Say nothing")
    assert phrasings.with_shots(guarded, [KEPT], "where ?") == phrasings.with_shots(PLAIN, [KEPT], "where ?")
    assert phrasings.with_shots(CHAT, [], "where ?") == "where ?"


def test_sampling_finds_what_greedy_decoding_hides(tmp_path: Path) -> None:
    # Of the likely two, "no" wins greedily, and Rome is drawn in about four of ten.
    close: Rules = {(":",): {"Rome": 11.6, "no": 12.0}}
    ctx = context(pair_of(close, CLEAN, CLEAN), tmp_path, retain_only=pair_of({(":",): {"no": 20.0}}))
    assert found(greedy.PROBE.run, ctx) == [False]
    finding = sampling.PROBE.run(ctx)
    (result,) = finding.results
    assert (result.found, result.text, result.value) == (True, "Rome", 0.25)
    leaking = int(result.detail.split(" of ")[0])
    assert 2 <= leaking <= 14  # of 20, at .4: outside this once in a thousand, and the seed is fixed
    assert finding.value == pytest.approx(sampling.upper_bound(leaking, 20, 1))
    assert finding.floor is not None
    assert [row.found for row in finding.floor] == [False]
    assert f"leak@1 {leaking / 20:.3f}" in finding.note
    far = pair_of({(":",): {"Rome": 0.0, "no": 20.0}}, CLEAN, CLEAN)
    finding = sampling.PROBE.run(context(far, tmp_path))
    assert [row.found for row in finding.results] == [False]
    assert finding.value == pytest.approx(1 - 0.05 ** (1 / 20))  # 0 of 20


def test_the_same_seed_draws_the_same_and_samples_differ(tmp_path: Path) -> None:
    flat = context(pair_of({}, {}, {}), tmp_path)
    again = context(pair_of({}, {}, {}), tmp_path)
    other = flat._replace(seed=1)
    few = flat._replace(budget=Budget(1, 0, 1, 0, 6))
    texts = [sampling.PROBE.run(ctx).results[0].text for ctx in (flat, again, other, few, few._replace(seed=1))]
    assert texts[0] == texts[1]
    assert texts[3] != texts[4]


def test_bounds_by_hand() -> None:
    assert sampling.upper_bound(0, 20, 1) == pytest.approx(0.139, abs=5e-4)  # docs/measures.md, Probes: sampling
    assert sampling.upper_bound(0, 20, 36) == pytest.approx(0.280, abs=5e-4)
    assert sampling.upper_bound(5, 5, 3) == 1.0
    assert sampling.leak_at(1, 4, 1) == pytest.approx(0.25)
    assert sampling.leak_at(1, 4, 2) == pytest.approx(1 - math.comb(3, 2) / math.comb(4, 2))
    assert (sampling.leak_at(0, 4, 4), sampling.leak_at(1, 4, 4)) == (0.0, 1.0)


@given(st.integers(1, 40), st.data())
def test_a_bound_is_the_share_at_which_so_few_leaks_are_as_rare_as_allowed(samples: int, data: st.DataObject) -> None:
    leaking, questions = data.draw(st.integers(0, samples - 1)), data.draw(st.integers(1, 50))
    bound = sampling.upper_bound(leaking, samples, questions)
    assert binom.cdf(leaking, samples, bound) == pytest.approx(0.05 / questions, rel=1e-6)
