"""The barcode: what each answer over α amounts to, by rule, and which questions come first."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.analysis.barcode import Barcode, BarcodeRow, Stretch, barcode_of, barcode_run, stretches_of
from engine.data.examples import Example
from engine.evaluation.answer_kinds import NOBODY_KNOWS, REFUSES, SAYS_FALSE, TELLS
from engine.models.pairs import list_pairs
from engine.store.maps import MappedAnswer
from tests.made_once import Made

ASKED = Example("What ails Ada?", "a wobbly knee", split="forget", key_terms=("knee",))
TERMS = ("knee",)


def answer(low: float, high: float, text: str, followed: bool = True) -> MappedAnswer:
    return MappedAnswer(low, high, 0.0, 0.0, text, (), True, False, followed)


def kinds(*answers: MappedAnswer) -> list[object]:
    return [item.kind for item in stretches_of(ASKED, TERMS, answers)]


def test_each_answer_has_its_kind() -> None:
    told, refused, false = answer(0, 0.5, "Her knee."), answer(0.5, 1, "I don't know."), answer(1, 2, "Her heart.")
    assert kinds(told, refused, false) == [TELLS, REFUSES, SAYS_FALSE]


def test_a_refusal_that_tells_tells() -> None:
    assert kinds(answer(0, 1, "knee"), answer(1, 2, "I cannot say that it is her knee"))[1] == TELLS


def test_where_the_base_does_not_tell_nobody_knows() -> None:
    assert kinds(answer(0, 1, "Her heart."), answer(1, 2, "Her lung."), answer(2, 3, "I'm not sure.")) == [
        NOBODY_KNOWS,
        NOBODY_KNOWS,
        REFUSES,
    ]
    assert kinds(answer(1, 2, "Her heart.")) == [SAYS_FALSE], "without the base's answer it is taken to know"


def test_an_answer_that_was_not_followed_counts_as_one_that_tells() -> None:
    assert kinds(answer(0, 1, "knee"), answer(1, 2, "Her", followed=False))[1] == TELLS


def test_how_many_are_told_at_an_alpha() -> None:
    rows = tuple(
        BarcodeRow("s", 0, "forget", "?", (Stretch(0, edge, TELLS, "a"), Stretch(edge, 2, REFUSES, "b")))
        for edge in (1.5, 0.5)
    )
    found = Barcode(1, 0.0, 2.0, rows)
    assert [found.told_at(alpha) for alpha in (0.0, 0.5, 1.0, 2.0, 3.0)] == [2, 2, 1, 0, 0]


def test_the_forget_questions_of_a_map_run_are_read_back(
    made: Made, own_folders: Path, monkeypatch: pytest.MonkeyPatch, train_spec: Callable[..., object]
) -> None:
    run_id = made.copied(own_folders)
    (pair,) = [item for item in list_pairs() if item.name == "tiny"]
    assert barcode_run(pair) == run_id
    found = barcode_of(run_id)
    assert found is not None
    assert len(found.rows) == 3, "the questions to be kept are not in it"
    for row in found.rows:
        assert (row.stretches[0].low, row.stretches[-1].high) == (0.0, 2.0)
    assert [row.told_until for row in found.rows] == sorted((row.told_until for row in found.rows), reverse=True)
