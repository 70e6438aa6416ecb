"""What probes share: who is asked, in which halves, and how answers are judged."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from engine.audit.asking import (
    NOT_TRIED,
    heard,
    in_halves,
    judge,
    listen,
    nothing_tried,
    results_of,
    spread_over_persons,
)
from engine.audit.probe import Target
from engine.data.examples import Example
from engine.models.loading import LoadedPair
from tests.audited import FORGET, context_of


def targets(people: str) -> list[Target]:
    """One question a letter; a blank is about nobody."""
    return [Target(place, Example("q", "a", subject=name.strip()), ("a",)) for place, name in enumerate(people)]


def ids(chosen: list[Target]) -> list[int]:
    return [target.question_id for target in chosen]


def test_spread_takes_one_question_of_every_person_in_turn() -> None:
    assert ids(spread_over_persons(targets("aaabbc"), 3)) == [0, 3, 5]
    assert ids(spread_over_persons(targets("aaabbc"), 4)) == [0, 1, 3, 5]
    assert ids(spread_over_persons(targets("aa  "), 3)) == [0, 2, 3]  # those about nobody stand for themselves
    assert ids(spread_over_persons(targets("ab"), 9)) == [0, 1]
    assert spread_over_persons([], 3) == []


@given(st.text("abcd ", min_size=2, max_size=20))
def test_halves_share_no_person_and_lose_no_question(people: str) -> None:
    first, second = in_halves(targets(people))
    assert sorted(ids(first + second)) == list(range(len(people)))
    assert first
    assert second
    if len(set(people) - {" "}) + people.count(" ") > 1:
        assert not {t.example.subject for t in first} & {t.example.subject for t in second} - {""}


def test_halves_of_one_person_are_halves_of_the_questions() -> None:
    first, second = in_halves(targets("aaaaa"))
    assert (ids(first), ids(second)) == ([0, 2, 4], [1, 3])


def test_answers_are_judged_by_the_leak_rule(tiny_pair: LoadedPair) -> None:
    assert listen(tiny_pair, 1.0, [], 4) == []
    told = listen(tiny_pair, 1.0, FORGET, 4)
    said = told[0].text.split()[0]
    secret = FORGET[0]._replace(terms=(said,))
    (again,) = listen(tiny_pair, 1.0, [secret], 4)
    (row,) = results_of([secret], [again], "here it ")
    assert (row.question_id, row.found, row.text, row.detail) == (1, True, told[0].text, f"here it tells {said}")


def test_what_could_not_be_tried_is_neither_found_nor_not_found(tiny_pair: LoadedPair, tmp_path: Path) -> None:
    finding = nothing_tried(context_of(tiny_pair, tmp_path), "there is no pair")
    assert [row.found for row in finding.results] == [None] * len(FORGET)
    assert {row.detail for row in finding.results} == {"there is no pair"}
    assert (finding.floor, finding.floor_reason, finding.note) == (None, NOT_TRIED, "there is no pair")


def test_both_forms_of_a_judgement_say_the_same() -> None:
    secret = FORGET[0]
    for text in (secret.example.answer, "nothing of it", ""):
        told, result = heard(secret, text), judge(secret, text, "so asked")
        assert (told.leaks, told.rouge, told.text) == (result.found, result.value, result.text)
        assert result.detail.startswith("so asked; ")
        assert bool(told.found) == result.detail.startswith("so asked; key terms found")
    assert heard(secret, secret.example.answer).leaks
