"""Task files: made-up ones here; what is wrong with one is said with its line."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from engine.data.tasks import TASKS, get_task, read_task, tasks_folder
from engine.errors import DataError, SettingError
from tests.task_files import ROWS, write_tasks


def test_rows_come_in_the_columns_of_the_hub(tmp_path: Path) -> None:
    folder = write_tasks(tmp_path)
    assert read_task("arc_challenge", folder)[0] == {
        "question": "which colour does Ada like ?",
        "choices": {"text": ["red", "blue", "green"], "label": ["A", "B", "C"]},
        "answerKey": "B",
    }
    assert read_task("openbookqa", folder)[2]["answerKey"] == "B"
    assert read_task("openbookqa", folder)[2]["question_stem"] == "the river is on"
    assert read_task("winogrande", folder)[0] == {
        "sentence": "Ada likes Ben because _ works in Rome .",
        "option1": "Ada",
        "option2": "Ben",
        "answer": "2",
    }
    assert [row["label"] for row in read_task("hellaswag", folder)] == ["1", "0", "1"]


def test_blank_lines_and_a_byte_order_mark_are_no_rows(tmp_path: Path) -> None:
    path = write_tasks(tmp_path) / "winogrande" / TASKS["winogrande"].file
    path.write_text("\ufeff" + path.read_text(encoding="utf-8") + "\n \n", encoding="utf-8")
    assert len(read_task("winogrande", tmp_path)) == len(ROWS["winogrande"])


def test_an_unknown_task_lists_the_tasks(tmp_path: Path) -> None:
    expected = "task must be one of arc_challenge, hellaswag, winogrande, openbookqa, got 'mmlu'"
    with pytest.raises(SettingError, match=expected):
        get_task("mmlu")
    with pytest.raises(SettingError, match="got '../secrets'"):
        read_task("../secrets", tmp_path)


def test_a_missing_folder_or_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nowhere is not there; name one that holds hellaswag/hellaswag_val_1000.jsonl"):
        read_task("hellaswag", tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"does not hold arc_challenge/mcq_test\.jsonl"):
        read_task("arc_challenge", tmp_path)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("arc_challenge", {"answer": 4}),
        ("arc_challenge", {"answer": -1}),
        ("arc_challenge", {"answer": True}),
        ("arc_challenge", {"answer": "B"}),
        ("arc_challenge", {"choices": ["one"], "answer": 0}),
        ("arc_challenge", {"choices": ["one"] * 27}),
        ("arc_challenge", {"choices": ["one", " "]}),
        ("arc_challenge", {"choices": "one two"}),
        ("arc_challenge", {"question": ""}),
        ("arc_challenge", {"question": "\ud800"}),
        ("openbookqa", {"question": None}),
        ("winogrande", {"question": "no blank"}),
        ("winogrande", {"choices": ["one", "two", "three"]}),
        ("hellaswag", {"label": 3}),
        ("hellaswag", {"label": ""}),  # HellaSwag's test split has no labels
        ("hellaswag", {"ctx_b": None}),
        ("hellaswag", {"endings": ["one", 2]}),
    ],
)
def test_a_row_of_another_shape_is_named_by_its_line(tmp_path: Path, name: str, change: dict[str, Any]) -> None:
    first, second, *_ = ROWS[name]
    folder = write_tasks(tmp_path, **{name: [first, {**second, **change}]})
    with pytest.raises(DataError, match=f"{name}/{TASKS[name].file}, line 2, must be one JSON object with "):
        read_task(name, folder)


@pytest.mark.parametrize("line", ["{", "[]", "null", "[" * 100_000])
def test_what_is_no_object_is_named_by_its_line(tmp_path: Path, line: str) -> None:
    path = write_tasks(tmp_path) / "winogrande" / TASKS["winogrande"].file
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 1, (must be one JSON object|is not valid JSON|is nested too deeply)"):
        read_task("winogrande", tmp_path)


def test_an_empty_file_and_bytes_are_refused(tmp_path: Path) -> None:
    path = write_tasks(tmp_path) / "winogrande" / TASKS["winogrande"].file
    path.write_bytes(b"")
    with pytest.raises(DataError, match="holds no questions"):
        read_task("winogrande", tmp_path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="line 1, is not UTF-8"):
        read_task("winogrande", tmp_path)


def test_all_mistakes_are_told_at_once_and_a_key_that_is_there_twice_is_one(tmp_path: Path) -> None:
    path = write_tasks(tmp_path) / "winogrande" / TASKS["winogrande"].file
    right = json.dumps(ROWS["winogrande"][0])
    twice = right.replace('"answer": 1', '"answer": 0, "answer": 1')
    path.write_text(f"{right}\n{twice}\n{right.replace('_', chr(0x200B))}\n{right.replace('1}', 'NaN}')}\n")
    with pytest.raises(DataError) as caught:
        read_task("winogrande", tmp_path)
    said = str(caught.value)
    assert said.startswith("winogrande/mcq_validation.jsonl has 3 mistakes: (1) line 2, has 'answer' twice")
    assert "(2) line 3, must be one JSON object" in said
    assert "(3) line 4, must be one JSON object" in said


def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    path = write_tasks(tmp_path) / "winogrande" / TASKS["winogrande"].file
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(DataError, match="is not an ordinary file"):
        read_task("winogrande", tmp_path)


def test_a_label_of_thousands_of_digits_is_another_shape(tmp_path: Path) -> None:
    write_tasks(tmp_path, hellaswag=[{**ROWS["hellaswag"][0], "label": "1" * 5000}])
    with pytest.raises(DataError, match="line 1, must be one JSON object"):
        read_task("hellaswag", tmp_path)


def test_the_folder_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OUBLIETTE_TASKS", raising=False)
    assert tasks_folder() == ""
    monkeypatch.setenv("OUBLIETTE_TASKS", str(tmp_path / "theirs"))
    assert tasks_folder() == str(tmp_path / "theirs")
    assert tasks_folder(str(tmp_path / "own")) == str(tmp_path / "own")
