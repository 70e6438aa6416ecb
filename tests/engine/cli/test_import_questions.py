"""`python -m engine import` and `questions`: a file becomes a set, and a set is listed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.cli import main as program
from engine.store import sets


@pytest.mark.parametrize("split", ["forget", "retain", "world", "holdout", "retain/eval"])
def test_questions_of_the_demo(split: str, said: Callable[..., Any]) -> None:
    found = said("questions", "--split", split)
    assert {row["split"] for row in found} == {split.partition("/")[0]}
    assert all(row["question"] and row["answer"] for row in found)


def test_import_stores_a_set_that_questions_then_lists(said: Callable[..., Any], forget_file: Path) -> None:
    found = said("import", str(forget_file), "--name", "own")
    assert (found["name"], found["questions"], found["merged"]) == ("own", 3, 0)
    assert len(said("questions", "--set", "own")) == 3


def test_import_tells_how_columns_of_others_were_read(
    said: Callable[..., Any], refused: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wmdp.jsonl"
    path.write_text(
        '{"question": "Which?", "choices": ["a", "b", "c"], "answer": 2, "source": "x"}\n', encoding="utf-8"
    )
    found = said("import", str(path), "--name", "own")
    words = (
        "the choice that answer names, of those in choices (a number counts from 0), is read as answer, and the others"
        " are not kept"
    )
    assert found["mapping"] == [words]
    assert [note.partition(";")[0] for note in found["notes"]] == [
        "not used: 'source'",
        "places in the choices are counted from 0, but no row has 0",
        "1 answer has no usable key term, so that the leak rule has only ROUGE-L recall above 0.5 to go by",
    ]
    assert [row["answer"] for row in said("questions", "--set", "own")] == ["c"]
    assert program.main(["import", str(path), "--name", "own"]) == 0
    assert words in capsys.readouterr().out.splitlines()
    path.write_text('{"text": "A story."}\n{"question": "Q", "answer": NaN}\n', encoding="utf-8")
    assert (
        refused("import", str(path), "--name", "other", "--json")
        == "wmdp.jsonl has 2 mistakes: (1) line 1: the column 'question' is missing; found are 'text'; needed are"
        " question and answer; (2) line 2, column 'answer' is empty; every row needs a question and an answer"
    )
    assert [item.name for item in sets.list_sets()] == ["own"]


def test_rows_without_a_split_get_the_one_that_is_asked_for(
    said: Callable[..., Any], refused: Callable[..., str], tmp_path: Path
) -> None:
    path = tmp_path / "some.csv"
    path.write_text("question,answer,split\nWho?,Cy,\nWhere?,Rome,retain\n", encoding="utf-8")
    said("import", str(path), "--name", "own", "--split", "forget")
    assert [e["question"] for e in said("questions", "--set", "own", "--split", "forget")] == ["Who?"]
    assert [e["question"] for e in said("questions", "--set", "own", "--split", "retain")] == ["Where?"]
    assert "forget, retain, world, holdout" in refused("import", str(path), "--name", "x", "--split", "lost", "--json")


def test_columns_are_named_on_the_command_line(
    said: Callable[..., Any], refused: Callable[..., str], tmp_path: Path
) -> None:
    path = tmp_path / "german.csv"
    path.write_text("frage;antwort\nWer?;Ida\n", encoding="utf-8")
    assert "needed are question and answer" in refused("import", str(path), "--name", "own")
    said("import", str(path), "--name", "own", "--column", "question=frage", "--column", "answer=antwort")
    assert [(e["question"], e["answer"]) for e in said("questions", "--set", "own")] == [("Wer?", "Ida")]
    assert "OURS=THEIRS" in refused("import", str(path), "--name", "own", "--column", "frage")
    hub = ("import", str(path), "--name", "own", "--hub-split", "test")
    assert refused(*hub).startswith("--hub-split can be given with FILE as hub:OWNER/NAME only, got ")


def test_every_mistake_is_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("question,answer\n" + "".join(f"Q{n},\n" for n in range(30)), encoding="utf-8")
    assert program.main(["import", str(path), "--name", "own"]) == 2
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert (out, lines[0], len(lines)) == ("", "bad.csv has 30 mistakes:", 31)
    assert lines[-1] == "  line 31, column 'answer' is empty; every row needs a question and an answer"
