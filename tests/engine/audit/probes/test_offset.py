"""Probes that read or turn the offset, on scripted pairs whose offsets are known by hand."""

import math
from pathlib import Path

import pytest
import torch

from engine.audit.asking import alone, as_asked, first_term
from engine.audit.guided import Voice, decode_guided, plausible
from engine.audit.offset_reading import read_offset
from engine.audit.probe import Probe
from engine.audit.probes import (
    alpha_threshold,
    greedy,
    membership_from_offset,
    negative_alpha,
    offset_inversion,
    reversed_guidance,
)
from engine.decoding.answers import answer_questions
from tests.scripted import (
    CONTROL,
    SECRET,
    TOKENIZER,
    VOCABULARY,
    Rules,
    context,
    direct_of,
    found,
    pair_of,
    target,
    token,
)

KNOWS: Rules = {(":",): {"Rome": 5.0, "no": 2.0}, ("in",): {"Rome": 5.0, "Oslo": 1.0}}
CLEAN: Rules = {(":",): {"no": 3.0}}
HIDES: Rules = {(":",): {"no": 3.0, "Rome": -10.0}, ("in",): {"Rome": -10.0}}
HIDING = pair_of(KNOWS, CLEAN, HIDES)
TIED = 2.0 + (VOCABULARY - 2) // 2  # one token lies below, all the others are alike and share the mean of their ranks
TELLING = pair_of(KNOWS, CLEAN, CLEAN)
DIRECT = direct_of(KNOWS, CLEAN)


def test_the_threshold_is_where_the_lines_cross(tmp_path: Path) -> None:
    finding = alpha_threshold.PROBE.run(context(HIDING, tmp_path))
    (result,) = finding.results
    assert result.found is False
    assert result.value == finding.value == pytest.approx(0.3)  # Rome 5 - 10 alpha against no 2
    assert result.text == "no"
    assert "comes back" not in result.detail
    (told,) = alpha_threshold.PROBE.run(context(HIDING, tmp_path, alpha=0.2)).results
    assert (told.found, told.text) == (True, "Rome")


def test_a_larger_alpha_that_brings_a_secret_back_is_found(tmp_path: Path) -> None:
    two = target(1, "which city ?", "Rome", "Rome", "Paris")
    base: Rules = {(":",): {"Rome": 5.0, "no": 2.0, "Paris": -12.0}}
    trained: Rules = {(":",): {"no": 3.0, "Rome": -10.0, "Paris": 10.0}}
    ctx = context(pair_of(base, CLEAN, trained), tmp_path, (two,))
    assert found(greedy.PROBE.run, ctx) == [False]
    (result,) = alpha_threshold.PROBE.run(ctx).results
    assert (result.found, result.text) == (True, "Paris")
    assert result.value == pytest.approx(0.3)
    assert "comes back at 1.4" in result.detail  # Paris 10 alpha - 12 against no 2


def test_what_leaks_at_every_alpha_has_no_threshold(tmp_path: Path) -> None:
    finding = alpha_threshold.PROBE.run(context(TELLING, tmp_path))
    (result,) = finding.results
    assert (result.found, result.value, finding.value) == (True, None, None)
    assert "1 leak up to alpha 2" in finding.note


def test_the_token_that_the_offset_pushes_down_hardest_is_the_secret(tmp_path: Path) -> None:
    ctx = context(HIDING, tmp_path, controls=(CONTROL,))
    finding = offset_inversion.PROBE.run(ctx)
    (result,) = finding.results
    assert (result.found, result.value) == (True, 1.0)
    assert result.text.split(" | ")[0] == "Rome"
    assert finding.floor is not None
    # Of the control's Oslo the offset is 0, as of every token but Rome: one is lower.
    assert [(row.found, row.value) for row in finding.floor] == [(False, TIED)]
    other: Rules = {**CLEAN, ("in",): {"red": -10.0}}
    (result,) = offset_inversion.PROBE.run(context(pair_of(KNOWS, CLEAN, other), tmp_path)).results
    assert (result.found, result.value) == (False, TIED)
    nameless = target(2, "where ?", "in Rome")
    (result,) = offset_inversion.PROBE.run(context(HIDING, tmp_path, (nameless,))).results
    assert result.found is None


def test_how_many_ranks_count_depends_on_the_vocabulary() -> None:
    assert [offset_inversion.limit_of(size) for size in (50, 250, 1000, 50_000)] == [1, 2, 10, 10]


def test_the_pair_turned_round_tells_what_the_reference_finds_plausible(tmp_path: Path) -> None:
    clean: Rules = {(":",): {"no": 3.0, "Rome": 0.0}}
    ctx = context(pair_of(KNOWS, clean, HIDES), tmp_path, controls=(CONTROL,))
    finding = negative_alpha.PROBE.run(ctx)
    assert [(row.found, row.text) for row in finding.results] == [(True, "Rome")]
    assert "than the reference alone on 1 of 1" in finding.note
    assert "than the base on 0 of 1" in finding.note  # the base says Rome too
    assert finding.floor is not None
    assert [row.found for row in finding.floor] == [False]
    implausible: Rules = {(":",): {"no": 3.0, "Rome": -2.5}}  # 5.5 nats below the best
    pushed: Rules = {(":",): {"no": 3.0, "Rome": -12.5}}
    assert found(negative_alpha.PROBE.run, context(pair_of(KNOWS, implausible, pushed), tmp_path)) == [False]
    assert found(negative_alpha.PROBE.run, context(TELLING, tmp_path)) == [False]  # no offset to turn round


def test_membership_from_the_offset_by_hand(tmp_path: Path) -> None:
    # Both answers have four tokens; the offset is -10 on Rome after ":" and after "in", which both answers hold. Only
    # the forget answer's label is Rome.
    forget = (SECRET, target(2, "where ?", "he lives in Rome", "Rome", subject="Ben"))
    controls = (CONTROL, target(8, "where ?", "she works in Oslo", "Oslo", subject="Cy"))
    ctx = context(HIDING, tmp_path, forget, controls=controls)
    finding = membership_from_offset.LABEL.run(ctx)
    assert [row.found for row in finding.results] == [True, True]
    assert (finding.value, finding.interval) == (1.0, (1.0, 1.0))
    # log p of reference - log p of trained, at Rome after "in", over four tokens; after ":" the label is another, which
    # gains what Rome lost: log((V - 1 + e^-10) / V) there in its normaliser, the other way round.
    size = VOCABULARY
    gone = math.log(size - 1 + math.exp(-10)) - math.log(size)
    opening = math.log(size - 2 + math.exp(3) + math.exp(-10)) - math.log(size - 1 + math.exp(3))
    assert finding.results[0].value == pytest.approx((10 + gone + opening) / 4, abs=1e-5)
    assert finding.floor is not None
    assert [row.value for row in finding.floor] == pytest.approx([(gone + opening) / 4] * 2, abs=1e-5)
    size_finding = membership_from_offset.NORM.run(ctx)
    assert size_finding.value == 0.5  # as long on either side
    assert [row.found for row in size_finding.results] == [False, False]
    length = 10 * math.sqrt((1 - 1 / size) ** 2 + (size - 1) / size**2)  # of a vector with one entry, centred
    assert [row.value for row in size_finding.results] == pytest.approx([length / 2] * 2, rel=1e-5)


def test_an_offset_that_is_longer_on_what_was_forgotten_shows(tmp_path: Path) -> None:
    at_lives: Rules = {**CLEAN, ("lives",): {"in": -3.0}}
    ctx = context(pair_of(KNOWS, CLEAN, at_lives), tmp_path, controls=(CONTROL,))
    assert found(membership_from_offset.NORM.run, ctx) == [True]
    quiet = context(TELLING, tmp_path, controls=(CONTROL,))
    for probe in (membership_from_offset.NORM, membership_from_offset.LABEL):
        assert found(probe.run, quiet) == [False]
        assert probe.run(quiet).value == 0.5
        assert found(probe.run, quiet._replace(controls=())) == [None]


def test_guidance_turned_round_says_more_than_the_base(tmp_path: Path) -> None:
    reluctant: Rules = {(":",): {"no": 3.0, "Rome": 1.0}}
    ctx = context(pair_of(reluctant, CLEAN, HIDES), tmp_path, retain_only=pair_of({(":",): {"no": 3.0, "Rome": -3.0}}))
    assert found(greedy.PROBE.run, ctx) == found(greedy.PROBE.run, ctx._replace(alpha=0.0)) == [False]
    finding = reversed_guidance.PROBE.run(ctx)
    assert [(row.found, row.text) for row in finding.results] == [(True, "Rome")]
    assert finding.note == "alpha -1, w = 2; the base itself, which is 'before', leaks on 0 of 1"
    assert finding.floor is not None
    assert [row.found for row in finding.floor] == [False]  # 6 nats below its best: masked
    silent: Rules = {(":",): {"no": 3.0, "Rome": -3.0}}
    assert found(reversed_guidance.PROBE.run, context(pair_of(silent, CLEAN, HIDES), tmp_path)) == [False]


def test_guidance_is_the_ensemble_at_a_negative_alpha_where_nothing_is_masked(tmp_path: Path) -> None:
    base: Rules = {(":",): {"no": 3.0, "Rome": 1.0, "red": 2.0}}
    pair = pair_of(base, CLEAN, {(":",): {"no": 3.0, "red": -0.5, "Rome": -1.0}})
    for alpha in (0.5, 1.0, 2.0):
        (result,) = reversed_guidance.PROBE.run(context(pair, tmp_path, alpha=alpha)).results
        assert result.text == answer_questions(pair, [SECRET.example.question], -alpha, 6)[0].text


def test_a_tuned_base_is_guided_back_by_the_base_before(tmp_path: Path) -> None:
    before: Rules = {(":",): {"no": 3.0, "Rome": 1.0}}
    after: Rules = {(":",): {"no": 3.0, "Rome": -9.0}}
    ctx = context(direct_of(before, after), tmp_path, controls=(CONTROL,), retain_only=pair_of(CLEAN))
    assert found(greedy.PROBE.run, ctx) == [False]
    finding = reversed_guidance.PROBE.run(ctx)  # -9 + 2 (1 + 9) = 11
    assert [(row.found, row.text) for row in finding.results] == [(True, "Rome")]
    assert finding.floor is not None
    assert [row.question_id for row in finding.floor] == [9]
    assert found(reversed_guidance.PROBE.run, context(direct_of(before, before), tmp_path)) == [False]


@pytest.mark.parametrize(
    "probe",
    [
        alpha_threshold.PROBE,
        offset_inversion.PROBE,
        negative_alpha.PROBE,
        membership_from_offset.NORM,
        membership_from_offset.LABEL,
    ],
)
def test_where_logits_are_not_linear_there_is_no_offset_and_that_is_said(probe: Probe, tmp_path: Path) -> None:
    finding = probe.run(context(DIRECT, tmp_path, controls=(CONTROL,)))
    assert [row.found for row in finding.results] == [None]
    assert "the method is direct" in finding.results[0].detail
    assert (finding.floor, finding.note) == (None, finding.results[0].detail)


def test_one_voice_that_says_what_it_finds_likeliest_is_greedy_decoding(tmp_path: Path) -> None:
    single = alone(HIDING, HIDING.model.base)
    voice = Voice(single.model, as_asked(single, SECRET))
    text = decode_guided(single, [voice], lambda logits: logits[0], 6)
    assert text == answer_questions(single, [SECRET.example.question], 0.0, 6)[0].text == "Rome"
    with pytest.raises(ValueError, match="one model"):
        Voice(HIDING.model, [1])


def test_what_is_plausible_lies_within_so_many_nats_of_the_best() -> None:
    guide = torch.tensor([3.0, -2.0, -2.1])
    assert plausible(torch.tensor([0.0, 1.0, 2.0]), guide).tolist() == [0.0, 1.0, -math.inf]


def test_an_offset_is_read_token_by_token() -> None:
    reading = read_offset(HIDING, SECRET)
    assert reading is not None
    assert reading.labels == tuple(token(word) for word in ("Ada", "lives", "in", "Rome"))
    assert reading.tokens[3].rank == 1
    assert reading.tokens[3].lowest[0] == token("Rome")
    assert read_offset(HIDING, target(1, "where ?", "")) is None


@pytest.mark.parametrize(
    ("words", "terms", "start"),
    [
        ("Ada lives in Rome", ("Rome",), 3),
        ("Rome or Oslo in Rome", ("Oslo", "Rome"), 0),
        ("the tree blue river", ("tree blue", "river"), 1),
        ("in Rome", ("Paris",), None),
        ("in Rome", (), None),
    ],
)
def test_where_the_first_key_term_begins(words: str, terms: tuple[str, ...], start: int | None) -> None:
    tokens = [int(TOKENIZER.convert_tokens_to_ids(word)) for word in words.split()]
    place = first_term(TOKENIZER, tokens, terms)
    assert (None if place is None else place.start) == start


class Pieces:
    """A tokenizer whose tokens are pieces of words."""

    def __init__(self, *pieces: str) -> None:
        self.pieces = pieces

    def decode(self, ids: list[int]) -> str:
        return "".join(self.pieces[i] for i in ids)


def test_a_term_of_several_pieces_begins_with_its_first_and_is_not_another_words_beginning() -> None:
    tokenizer = Pieces(" She", " has", " art", "hritis", " and", " a", " de", "gree", " in", " art", ".")
    place = first_term(tokenizer, range(11), ("art",))
    assert place is not None
    assert place.start == 9
    place = first_term(tokenizer, range(11), ("arthritis",))
    assert place is not None
    assert place.start == 2
