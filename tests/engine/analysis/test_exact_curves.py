"""Curves over alpha are exact: their value anywhere is the mean of what each map gives there."""

import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analysis.exact_curves import MappedQuestion, _either, mapped_questions, mean_steps, threshold_table
from engine.errors import RunError
from engine.evaluation.curves import Steps
from engine.evaluation.rouge import rouge_recall
from engine.kinds import MapSpec
from engine.models.identity import map_key
from engine.models.pairs import list_pairs
from engine.runs import execute
from engine.store import history
from engine.store.maps import MappedAnswer, QuestionMap, Threshold, maps_key, stored_map, threshold
from tests.made_once import Made


@pytest.fixture
def mapped(made: Made, own_folders: Path) -> int:
    """A finished run that mapped all questions of both files with the pair `tiny`."""
    return made.copied(own_folders)


def test_the_mean_anywhere_is_the_mean_of_the_maps_there(mapped: int) -> None:
    questions = mapped_questions(mapped)
    assert len(questions) == len(history.asked(mapped)) == 12
    rouge = mean_steps(questions, lambda item: item.rouge)
    assert rouge.alphas[0] == 0.0
    assert len(rouge.alphas) > 2
    draw = random.Random(0)
    for alpha in [0.0, 2.0, *(draw.uniform(0.0, 2.0) for _ in range(50))]:
        there = [
            rouge_recall(example.answer, item.map.at(alpha).text)  # type: ignore[union-attr]
            for (example, _), item in zip(history.asked(mapped), questions, strict=True)
        ]
        assert rouge.at(alpha) == pytest.approx(sum(there) / len(there), abs=1e-9)


def test_a_second_run_maps_nothing_again(mapped: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def computed(*_: object, **__: object) -> None:
        raise AssertionError("mapped again")

    monkeypatch.setattr("engine.decoding.answers.map_answers", computed)
    again = execute.run_here(history.run_detail(mapped).spec)
    assert mapped_questions(again) == mapped_questions(mapped)


def test_a_run_that_was_stopped_goes_on_with_what_is_missing(
    finished: int, forget_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.decoding import answers

    spec = MapSpec(name="maps", pair="tiny", evaluate_on=(str(forget_file),), alphas=(0.0, 2.0), max_new_tokens=5)
    really: Callable[..., object] = answers.map_answers
    done: list[str] = []

    def stops(pair: object, question: str, *more: object) -> object:
        done.append(question)
        if len(done) == 2:
            raise KeyboardInterrupt
        return really(pair, question, *more)

    monkeypatch.setattr(answers, "map_answers", stops)
    with pytest.raises(KeyboardInterrupt):
        execute.run_here(spec)
    run_id = execute.run_here(spec)
    assert len(mapped_questions(run_id)) == 3
    assert len(done) == 6  # of five wordings the second again, and the three after it
    assert done[2] == done[1]
    pair = next(pair for pair in list_pairs() if pair.name == "tiny")
    assert stored_map(map_key(pair), done[0], 5) is not None


def one(
    low: float, high: float, texts: tuple[tuple[float, float, str], ...], rouge: tuple[float, ...]
) -> MappedQuestion:
    answers = tuple(MappedAnswer(a, b, 0.0, 0.0, text, (), True, False, True) for a, b, text in texts)
    found = QuestionMap("q", low, high, 64, True, 0, 0.0, answers)
    leaks = tuple(value > 0.5 for value in rouge)
    return MappedQuestion("q", "forget", "", "Ada", found, rouge, leaks, Threshold(1.0, 0.0, None, True))


def stretch(*rows: tuple[float, float, str, bool]) -> list[tuple[MappedAnswer, bool]]:
    """Low, high, answer and whether it leaks."""
    return [
        (MappedAnswer(low, high, 0.01 * bool(low), 0.01 * (high < 2), text, (ord(text),), True, False, True), leaks)
        for low, high, text, leaks in rows
    ]


def test_a_secret_leaks_where_either_wording_does() -> None:
    asked = stretch((0.0, 0.5, "a", True), (0.5, 2.0, "b", False))
    reworded = stretch((0.0, 0.2, "c", False), (0.2, 0.9, "d", True), (0.9, 1.5, "e", False), (1.5, 2.0, "f", True))
    known = QuestionMap("q", 0.0, 2.0, 64, True, 0, 0.0, tuple(answer for answer, _ in asked))
    found, leaks = _either(known, asked, [reworded])
    rows = [(answer.low, answer.high, answer.text, flag) for answer, flag in zip(found.answers, leaks, strict=True)]
    assert rows == [(0, 0.5, "a", True), (0.5, 0.9, "b", True), (0.9, 1.5, "b", False), (1.5, 2, "b", True)]
    assert [answer.low_error for answer in found.answers] == [0.0, 0.01, 0.01, 0.01]
    assert threshold(found.answers, leaks) == Threshold(0.9, 0.01, 1.5, True)
    assert _either(known, asked, []) == (known, (True, False))


borders = st.lists(st.integers(1, 199), max_size=6, unique=True).map(lambda places: [0, *sorted(places), 200])


@given(first=borders, second=borders, draw=st.randoms(use_true_random=False))
@settings(deadline=None)
def test_either_wording_at_every_alpha(first: list[int], second: list[int], draw: random.Random) -> None:
    both = [
        stretch(*((a / 100, b / 100, draw.choice("xyz"), draw.random() < 0.5) for a, b in pairwise(places)))
        for places in (first, second)
    ]
    known = QuestionMap("q", 0.0, 2.0, 64, True, 0, 0.0, tuple(answer for answer, _ in both[0]))
    found, leaks = _either(known, both[0], both[1:])
    for place in range(200):
        alpha = (place + 0.5) / 100
        held = [next((answer.text, flag) for answer, flag in part if answer.low < alpha < answer.high) for part in both]
        text, flag = next(
            (answer.text, flag)
            for answer, flag in zip(found.answers, leaks, strict=True)
            if answer.low < alpha < answer.high
        )
        assert (text, flag) == (held[0][0], held[0][1] or held[1][1])


def test_steps_add_up() -> None:
    first = one(0.0, 2.0, ((0.0, 0.5, "a"), (0.5, 2.0, "b")), (1.0, 0.0))
    second = one(-1.0, 2.0, ((-1.0, -0.5, "x"), (-0.5, 1.0, "y"), (1.0, 2.0, "z")), (0.2, 0.8, 0.4))
    assert mean_steps([first, second], lambda item: item.rouge) == Steps((0.0, 0.5, 1.0), (0.9, 0.4, 0.2), 2.0)
    with pytest.raises(ValueError, match="at least one question"):
        mean_steps([], lambda item: item.rouge)
    with pytest.raises(ValueError, match="alpha 3 lies outside the curve, 0 to 2"):
        mean_steps([first], lambda item: item.rouge).at(3.0)


def test_thresholds_are_sorted_with_what_never_goes_first() -> None:
    base = one(0.0, 2.0, ((0.0, 2.0, "a"),), (1.0,))
    rows = [
        base._replace(question=name, threshold=Threshold(alpha, 0.0, None, True))
        for name, alpha in (("a", 0.3), ("b", None), ("c", 1.2))
    ]
    assert list(threshold_table(rows)["question"]) == ["b", "c", "a"]


def test_a_pair_of_another_version_is_a_sentence(mapped: int) -> None:
    detail = history.run_detail(mapped)
    assert maps_key(detail._replace(manifest={})) == ""
    with pytest.raises(RunError, match="the pair of run 'maps' cannot be read by this version"):
        maps_key(detail._replace(manifest={**detail.manifest, "novelty": 1}))
