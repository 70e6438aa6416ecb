"""Ranks by the difference of two offsets, worked out by hand: models whose next token hangs on the last one alone."""

import dataclasses
import statistics
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from engine.audit.probe import Context, Target
from engine.audit.probes import PROBES
from engine.data.examples import Example
from engine.models.loading import LoadedPair
from engine.models.offset import OffsetModel
from tests.audited import TOKENIZER, context_of, pair_of
from tests.tiny import make_model

VERSION = PROBES["version_difference"]
V = len(TOKENIZER)


class Bigram(nn.Module):
    """Logits of the next word given the last: `table[last][next]`, 0 where nothing is named."""

    def __init__(self, table: dict[str, dict[str, float]]) -> None:
        super().__init__()
        self.config = make_model(TOKENIZER, 1).config
        self.head = nn.Linear(V, V, bias=False)
        with torch.no_grad():
            self.head.weight.zero_()
            for last, row in table.items():
                for word, value in row.items():
                    self.head.weight[token(word), token(last)] = value
        self.base_model = _OneHot()

    def get_output_embeddings(self) -> nn.Linear:
        return self.head


class _OneHot(nn.Module):
    def forward(self, input_ids: Tensor, **_: Any) -> Any:
        return SimpleNamespace(last_hidden_state=nn.functional.one_hot(input_ids, V).float())


def token(word: str) -> int:
    return int(TOKENIZER.convert_tokens_to_ids(word))


def about(question_id: int, answer: str, secret: str) -> Target:
    return Target(
        question_id,
        Example(f"who is {answer.split()[0]} ?", answer, key_terms=(secret,), subject=answer.split()[0]),
        (secret,),
    )


NEW = about(1, "Ada lives Rome", "Rome")  # what every greedy answer says: after the colon Ada, then lives, then Rome
OLD = [about(2, "Ben works Oslo", "Oslo"), about(3, "Ben likes red", "red")]
CONTROL = [about(4, "Cy works Lima", "Lima"), about(5, "Dora lives Rome", "Rome"), about(6, "Cy likes Paris", "Paris")]
BASE = Bigram({":": {"Ada": 9}, "Ada": {"lives": 9}, "lives": {"Rome": 9}, "Rome": {"<eos>": 9}})
NOTHING = Bigram({})


def version(table: dict[str, dict[str, float]], name: str) -> LoadedPair:
    return pair_of(BASE, NOTHING, Bigram(table), name)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    """The later version lowers Rome by 5 after `lives`, two other words by more; the earlier one lowers red by 1
    after `likes`.
    """
    later = version({":": {"red": 3.0}, "lives": {"Rome": -5, "red": -6, "blue": -7}, "likes": {"red": -1}}, "later")
    earlier = version({"likes": {"red": -1}}, "earlier")
    return context_of(later, tmp_path, forget=[NEW, *OLD], controls=CONTROL, previous=earlier)


def test_the_secret_of_what_is_new_has_the_third_rank(context: Context) -> None:
    finding = VERSION.run(context)
    assert [(row.question_id, row.found, row.value) for row in finding.results] == [
        (1, True, 3.0),
        (2, None, None),
        (3, None, None),
    ]
    assert finding.results[0].detail == "'Rome' has rank 3 by ascending difference, the best of 1 secret tokens"
    assert finding.results[1].detail.startswith("not new in this version")
    assert finding.note.startswith(
        f"1 of 3 questions are new: earlier still gives their answers; found where the rank is at most 10 of {V}"
    )


def test_controls_are_the_floor_and_what_does_not_move_ranks_in_the_middle(context: Context) -> None:
    finding = VERSION.run(context)
    middle = 1 + (V - 1) / 2
    assert finding.floor is not None
    assert [(row.question_id, row.found, row.value) for row in finding.floor] == [
        (4, False, middle),
        (5, True, 3.0),  # Rome is lowered here as well, whoever lives there
        (6, False, middle),
    ]


def test_where_the_earlier_version_gives_nothing_all_are_tried(context: Context) -> None:
    """It says "blue" after the colon and goes on to the end. What both versions do cancels: after `likes` nothing is
    left.
    """
    silent = {":": {"blue": 30.0}, "blue": {"<eos>": 30.0}, "likes": {"red": -1.0}}
    previous = version(silent, "earlier")
    finding = VERSION.run(context._replace(previous=previous))
    middle = 1 + (V - 1) / 2
    assert [row.value for row in finding.results] == [3.0, middle, middle]
    assert [row.found for row in finding.results] == [True, False, False]
    assert finding.note.startswith("earlier gives none of the answers, so the new ones are unknown and all are tried")


def test_eleven_words_that_are_lowered_more_hide_the_secret(context: Context) -> None:
    words = ["red", "blue", "green", "tree", "river", "Oslo", "Paris", "Lima", "doctor", "baker"]
    for count, expected in ((9, True), (10, False)):
        later = version({"lives": {"Rome": -5.0, **dict.fromkeys(words[:count], -6.0)}}, "later")
        row = VERSION.run(context._replace(pair=later)).results[0]
        assert (row.found, row.value) == (expected, count + 1)


def test_a_version_is_not_told_from_itself(context: Context) -> None:
    finding = VERSION.run(context._replace(previous=context.pair))
    assert (finding.results[0].found, finding.results[0].value) == (False, 1 + (V - 1) / 2)
    assert finding.floor is not None
    assert {row.value for row in finding.floor} == {1 + (V - 1) / 2}


def test_how_far_the_versions_are_apart_where_an_answer_begins(context: Context) -> None:
    """There the difference is 3 for one word and 0 for the others, whatever is asked."""
    apart = statistics.pstdev([3.0] + [0.0] * (V - 1))
    assert f"new {apart:.3f} (n 1), not new {apart:.3f} (n 2), controls {apart:.3f} (n 3)" in VERSION.run(context).note


def test_without_controls_there_is_no_floor(context: Context) -> None:
    finding = VERSION.run(context._replace(controls=[]))
    assert finding.floor is None
    assert finding.floor_reason.startswith("there are no questions about people no model was taught")
    assert finding.results[0].value == 3.0


def test_why_it_is_not_tried(context: Context) -> None:
    other = dataclasses.replace(context.pair, base_hash="another")
    alone = dataclasses.replace(context.pair, model=OffsetModel(BASE, None, None, V))
    direct = dataclasses.replace(
        alone, manifest=dataclasses.replace(alone.manifest, method="direct"), by_strength=lambda _: alone
    )
    for changes, reason in (
        ({"previous": None}, "no earlier version of this pair"),
        ({"previous": other}, "the two versions have different bases (tiny and another)"),
        ({"pair": alone}, "without a pair there are no versions"),
        ({"previous": direct}, "the method direct has no offset"),
    ):
        finding = VERSION.run(context._replace(**changes))
        assert [row.found for row in finding.results] == [None] * 3
        assert finding.results[0].detail.startswith(reason)


def test_an_empty_answer_has_no_secret_token(context: Context) -> None:
    empty = NEW._replace(example=dataclasses.replace(NEW.example, answer=""))
    row = VERSION.run(context._replace(forget=[empty, *OLD])).results[0]
    assert (row.found, row.value, row.detail) == (None, None, "the answer has no tokens")
