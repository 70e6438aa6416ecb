"""Short names of sources, and what a wrong one is answered with."""

from pathlib import Path

import pytest

from engine.data.demo.questions import FORGET_FIRST, demo_examples
from engine.data.examples import Example
from engine.data.sources import filter_examples, resolve
from engine.errors import DataError

STORED = [Example("Q1", "A", split="forget"), Example("Q2", "A", split="retain", half="eval"), Example("Q3", "A")]


def stored(name: str) -> list[Example]:
    if name != "mine":
        raise DataError(f"there is no set {name!r}; there is mine")
    return STORED


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("demo", 480),
        ("demo:forget", 72),
        ("demo:retain", 216),
        ("demo:retain/train", 144),
        ("demo:retain/eval", 72),
        ("demo:world/train", 60),
        (" demo:holdout ", 72),
        ("demo:forget/first", 36),
    ],
)
def test_parts_of_the_demo(source: str, count: int) -> None:
    assert len(resolve(source)) == count


def test_the_first_half_of_forget_is_the_first_persons() -> None:
    assert {e.subject for e in resolve("demo:forget/first")} == set(FORGET_FIRST)


def test_bystanders_are_sixty_people_and_always_the_same() -> None:
    rows = resolve("demo:bystander")
    assert len({e.subject for e in rows}) == 60
    assert rows == resolve("demo:bystander")
    assert not {e.subject for e in rows} & {e.subject for e in demo_examples()}


def test_parts_of_a_stored_set() -> None:
    assert resolve("mine", stored) == STORED
    assert resolve("mine:forget", stored) == STORED[:1]
    assert resolve("mine:retain/eval", stored) == STORED[1:2]


def test_a_path_is_read(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("question,answer\nQ,A\n")
    assert resolve(str(path)) == [Example("Q", "A")]
    with pytest.raises(DataError, match=r"nowhere\.jsonl is not there"):
        resolve(str(tmp_path / "nowhere.jsonl"))


def test_tofu_is_read_from_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "retain99.json").write_text('{"question": "Q", "answer": "A"}\n')
    monkeypatch.setenv("OUBLIETTE_TOFU", str(tmp_path))
    assert [(e.question, e.split, e.subject) for e in resolve("tofu:retain99")] == [("Q", "retain", "author 0")]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (
            "demo:forgotten",
            "no questions in demo:forgotten; there are in demo, demo:forget, demo:retain, demo:holdout, demo:world",
        ),
        ("demo:forget/train", "demo:retain/train"),
        ("mine:holdout", "no questions in mine:holdout; there are in mine, mine:forget, mine:retain, mine:retain/eval"),
        ("yours:forget", "there is no set 'yours'"),
        ("", "there is no source ''; a source is demo:SPLIT"),
        (":forget", "there is no source ':forget'"),
        ("tofu:nothing", "TOFU has no part 'nothing'"),
    ],
)
def test_a_wrong_source_lists_what_exists(source: str, words: str) -> None:
    with pytest.raises(DataError) as caught:
        resolve(source, stored)
    assert words in str(caught.value)


def test_without_stored_sets_another_name_is_refused() -> None:
    with pytest.raises(DataError, match="no source 'mine:forget'"):
        resolve("mine:forget")


def test_filter_takes_split_and_half() -> None:
    assert filter_examples(STORED) == STORED
    assert filter_examples(STORED, "retain", "train") == []
    assert filter_examples(STORED, half="eval") == STORED[1:2]
