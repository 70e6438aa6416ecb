"""TOFU from a folder: made-up files here, the real ones where they are, the hub by its documented call."""

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from engine.data.tofu import FOLDER_NAMES, NAMES, load_tofu
from engine.errors import DataError

REAL = os.environ.get("OUBLIETTE_TOFU", "")
real_tofu = pytest.mark.skipif(not REAL, reason="OUBLIETTE_TOFU names no folder with TOFU's files")


@pytest.fixture(autouse=True)
def _no_folder_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OUBLIETTE_TOFU", raising=False)


def write_rows(folder: Path, name: str, rows: list[dict[str, Any]]) -> None:
    (folder / f"{name}.json").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_a_row_keeps_its_columns(tmp_path: Path) -> None:
    row = {
        "question": "Q?",
        "answer": "A.",
        "paraphrased_question": "PQ?",
        "paraphrased_answer": "PA.",
        "perturbed_answer": ["W1.", "W2."],
    }
    write_rows(tmp_path, "forget01_perturbed", [row])
    (example,) = load_tofu("forget01_perturbed", tmp_path)
    assert (example.question, example.answer) == ("Q?", "A.")
    assert (example.paraphrased_question, example.paraphrased_answer) == ("PQ?", "PA.")
    assert example.perturbed_answer == ("W1.", "W2.")
    assert (example.split, example.group, example.subject) == ("forget", "forget01", "author 198")


def test_the_folder_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_rows(tmp_path, "world_facts", [{"question": "Q?", "answer": "A", "option1": "A"}])
    monkeypatch.setenv("OUBLIETTE_TOFU", str(tmp_path))
    assert [(e.split, e.subject) for e in load_tofu("world_facts")] == [("world", "")]


def test_an_unknown_name_lists_the_names(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no part 'forget02'; it has full, forget01"):
        load_tofu("forget02", tmp_path)
    with pytest.raises(DataError, match="no part '../secrets'"):
        load_tofu("../secrets", tmp_path)


def test_a_missing_folder_or_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="OUBLIETTE_TOFU"):
        load_tofu("full", tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"does not hold full\.json"):
        load_tofu("full", tmp_path)


def test_a_broken_row_is_named(tmp_path: Path) -> None:
    (tmp_path / "full.json").write_text('{"question": "Q?", "answer": "A"}\n{"question"\n')
    with pytest.raises(DataError, match=r"full\.json, line 2"):
        load_tofu("full", tmp_path)
    write_rows(tmp_path, "retain99", [{"question": "Q?", "answer": " "}])
    with pytest.raises(DataError, match="row 1 of TOFU's retain99"):
        load_tofu("retain99", tmp_path)


def test_all_broken_rows_are_named_with_their_column(tmp_path: Path) -> None:
    right = {"question": "Q?", "answer": "A"}
    rows: list[dict[str, Any]] = [
        {**right, "perturbed_answer": ["B", None]},
        {**right, "answer": "\u200b"},
        {**right, "paraphrased_question": 1987.0},
        {**right, "paraphrased_answer": float("nan"), "perturbed_answer": float("nan")},  # pandas' missing values: none
    ]
    write_rows(tmp_path, "retain99", rows)
    with pytest.raises(DataError) as caught:
        load_tofu("retain99", tmp_path)
    assert str(caught.value) == (
        "TOFU's retain99 has 3 mistakes: (1) row 1 of TOFU's retain99, column 'perturbed_answer', must be texts; "
        "(2) row 2 of TOFU's retain99 lacks a question or an answer; "
        "(3) row 3 of TOFU's retain99, column 'paraphrased_question', must be a text or null"
    )
    write_rows(tmp_path, "retain99", rows[3:])
    assert load_tofu("retain99", tmp_path)[0].perturbed_answer == ()


def test_a_key_that_is_there_twice_and_a_pipe_are_refused(tmp_path: Path) -> None:
    (tmp_path / "full.json").write_text('{"question": "Q?", "answer": "A", "answer": "B"}\n')
    with pytest.raises(DataError, match=r"full\.json, line 1, has 'answer' twice"):
        load_tofu("full", tmp_path)
    os.mkfifo(tmp_path / "forget01.json")
    with pytest.raises(DataError, match="is not an ordinary file"):
        load_tofu("forget01", tmp_path)


def test_without_a_folder_the_hub_is_asked_by_its_documented_call(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[Any, ...]] = []

    def load_dataset(path: str, name: str, split: str) -> list[dict[str, Any]]:
        calls.append((path, name, split))
        return [{"question": "Q?", "answer": "A", "perturbed_answer": ["B"]}]

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    assert load_tofu("forget01_perturbed")[0].perturbed_answer == ("B",)
    assert calls == [("locuslab/TOFU", "forget01_perturbed", "train")]


def test_a_hub_that_cannot_be_reached_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def load_dataset(*_: object, **__: object) -> None:
        raise ConnectionError("no route")

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    with pytest.raises(DataError, match=r"hub dataset locuslab/TOFU \(ConnectionError\); set OUBLIETTE_TOFU"):
        load_tofu("forget01")


@real_tofu
@pytest.mark.parametrize("name", NAMES + FOLDER_NAMES)
def test_every_real_file_is_read(name: str) -> None:
    examples = load_tofu(name, REAL)
    digits = "".join(filter(str.isdigit, name))
    rows = {"full": 4000, "retain_perturbed": 400, "real_authors": 100, "world_facts": 117}
    expected = rows.get(name) or rows.get(name.removesuffix("_perturbed")) or 40 * int(digits)
    assert len(examples) == expected
    if name.endswith("_perturbed"):
        wrong = 5 if examples[0].split in ("forget", "retain") else 3
        assert {len(e.perturbed_answer) for e in examples} == {wrong}


@real_tofu
def test_a_subject_is_the_same_author_in_every_real_file() -> None:
    authors = {(e.question, e.answer): e.subject for e in load_tofu("full", REAL)}
    assert len(set(authors.values())) == 200
    for name in ("forget01", "forget05_perturbed", "forget10", "forget90", "retain90", "retain10", "retain_perturbed"):
        for example in load_tofu(name, REAL):
            assert authors[example.question, example.answer] == example.subject


@real_tofu
def test_the_last_two_real_authors_are_the_known_ones() -> None:
    rows = load_tofu("forget01", REAL)
    assert all("Basil" in e.question + e.answer or "Al-Kuwaiti" in e.question + e.answer for e in rows[:3])
    assert {e.subject for e in rows} == {"author 198", "author 199"}
