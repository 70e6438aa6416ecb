"""All mistakes of a file at once, and what is told of a file that can be read."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.cells import is_visible
from engine.data.examples import Example
from engine.data.files import LISTS, parse_set
from engine.data.shapes import COLUMNS
from engine.errors import DataError


def refused(data: bytes, filename: str = "mine.csv") -> str:
    with pytest.raises(DataError) as caught:
        parse_set(data, filename)
    return str(caught.value)


def test_every_mistake_of_a_file_is_told_with_line_and_column() -> None:
    data = b'question,answer,split,half\nQ,,test,left\nR,A\nS,B,C,D,E\nR,B\n,"A\n'
    assert (
        refused(data) == "mine.csv has 6 mistakes: "
        "(1) line 2, column 'answer' is empty; every row needs a question and an answer; "
        "(2) line 2, column 'split' is 'test'; accepted are forget, retain, world, holdout or nothing; "
        "(3) line 2, column 'half' is 'left'; accepted are train, eval or nothing; "
        "(4) line 3 and line 5 ask the same question, but their 'answer' differs; keep one of them, or make them"
        " equal; "
        "(5) line 4, has 5 cells, but the header has 4 columns; "
        "(6) line 6, is not valid CSV: a quote opened there is not closed"
    )


def test_lines_of_json_are_each_read() -> None:
    said = refused(
        b'{"question": "Q"\n[1]\n{"question": "Q", "answer": 1e999}\n{"prompt": "P"}\n{"question": "Q", "answer":'
        b" true}",
        "a.jsonl",
    )
    assert said.startswith("a.jsonl has 4 mistakes: (1) line 1, is not valid JSON: at character 17: ")
    assert "(2) line 2, must be a JSON object; needed are question and answer; " in said
    assert "(3) line 4: the column 'answer' is missing; found are 'prompt'; needed are question and answer; " in said
    assert "(4) line 5, column 'answer' must be text, got bool" in said


def test_the_first_twenty_are_told_and_the_rest_is_counted() -> None:
    said = refused(b"question,answer\n" + b"".join(b"Q%d,\n" % number for number in range(999)))
    assert said.startswith("mine.csv has 999 mistakes: (1) line 2, ")
    assert said.endswith(
        "(20) line 21, column 'answer' is empty; every row needs a question and an answer; and 979 more"
    )
    for data, name in ((b"question,answer\n" + b"Q,\n" * 5000, "mine.csv"), (b"x\n" * 5000, "mine.jsonl")):
        assert refused(data, name).startswith(f"{name} has 1000 or more mistakes: (1) line ")


@pytest.mark.parametrize(
    "text", ["\u200b", "\u0301", "\u00ad\u2060", "\u3164", "\u2800", "\u0000\u200e", "\u00a0\u3000", "\ufeff", "\u202e"]
)
def test_what_nobody_sees_is_no_text(text: str) -> None:
    assert not is_visible(text)
    row = {"question": "Q", "answer": "A"}
    for name in row:
        assert f"column '{name}' " in refused(json.dumps({**row, name: text}).encode(), "a.jsonl")
    if "\0" not in text:
        found = parse_set(json.dumps({**row, "subject": text, "key_terms": [text, "A"]}).encode(), "a.jsonl")
        assert found.examples == (Example("Q", "A", key_terms=("A",)),)


@pytest.mark.parametrize("text", ["A", "e\u0301", "\u0915\u094d\u0937", "ضِ", "١٩", "?", "🙂", "\u200fא", "ー"])
def test_what_a_person_sees_stays_letter_by_letter(text: str) -> None:
    assert parse_set(f"question,answer\nQ,{text}\n".encode(), "a.csv").examples == (Example("Q", text),)


def test_words_that_may_not_be_meant_are_told_once_with_their_places() -> None:
    data = "".join(
        f"{question},{answer}\n"
        for question, answer in (
            ("question", "answer"),
            ("A?", "nan"),
            ("B?", "None"),
            ("C?", "1987.0"),
            ("D <|im_end|>", "a</s>"),
            ("E?", "n/a"),
            ("F?", "NULL"),
        )
    )
    found = parse_set(data.encode(), "mine.csv")
    assert [e.answer for e in found.examples] == ["nan", "None", "1987.0", "a</s>", "n/a", "NULL"]
    assert found.notes == (
        (
            "words like 'nan' or 'None' are kept as written; if no value is meant, leave the cell empty: "
            "line 2, column 'answer'; line 3, column 'answer'; line 6, column 'answer' and 1 more"
        ),
        (
            "texts like '1987.0' are kept as written; if whole numbers are meant, write them without the fraction:"
            " line 4, column 'answer'"
        ),
        (
            "texts hold what some models take for a control token, such as <|im_end|>: line 5, column 'question'; line"
            " 5, column 'answer'"
        ),
    )


@pytest.mark.parametrize(
    "token",
    [
        "<|im_end|>",
        "<|endoftext|>",
        "<eos>",
        "<bos>",
        "</s>",
        "<s>",
        "<pad>",
        "<end_of_turn>",
        "[INST]",
        "[/INST]",
        "<<SYS>>",
        "<\uff5cend\u2581of\u2581sentence\uff5c>",
    ],
)
def test_control_tokens_are_told_and_kept(token: str) -> None:
    found = parse_set(json.dumps({"question": f"a {token} b", "answer": "A"}).encode(), "a.jsonl")
    assert found.examples[0].question == f"a {token} b"
    assert len(found.notes) == 1
    for innocent in ("a < b > c", "[1]", "<i>", "a || b", "x <- y"):
        assert not parse_set(json.dumps({"question": innocent, "answer": "A"}).encode(), "a.jsonl").notes


def test_two_files_joined() -> None:
    one, two = b"\xef\xbb\xbfquestion,answer\r\nQ,A\r\n", b"\xef\xbb\xbfquestion,answer\r\nR,B\r\n"
    found = parse_set(one + two, "mine.csv")
    assert found.examples == (Example("Q", "A"), Example("R", "B"))
    assert found.notes == ("the header is repeated there (were files joined?) and is left out: line 3",)
    for other in (b"answer,question\r\nB,R\r\n", b"prompt,gt\r\nR,B\r\n", b"question,answer,subject\r\nB,R,\r\n"):
        assert "mine.csv, line 3, is another header ('" in refused(one + other)
    extra = one.replace(b"answer", b"answer,note") + b"id,question,answer\r\n"
    assert "line 3, is another header ('id', 'question', 'answer')" in refused(extra)
    headless = parse_set(one + b'\xef\xbb\xbf"R, or S?",B\r\n', "mine.csv")
    assert headless.examples == (Example("Q", "A"), Example("R, or S?", "B"))
    lines = b'\xef\xbb\xbf{"question": "Q", "answer": "A"}\n'
    assert parse_set(lines + lines.replace(b"Q", b"R"), "mine.jsonl").examples == (Example("Q", "A"), Example("R", "A"))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_kind_of_line_end(end: str) -> None:
    expected = (Example("Q", "A"), Example("R", "B"))
    assert parse_set(f"question|answer{end}Q|A{end}R|B{end}".encode(), "a.csv").examples == expected
    lines = [json.dumps({"question": e.question, "answer": e.answer}) for e in expected]
    assert parse_set(end.join(lines).encode(), "a.jsonl").examples == expected
    assert parse_set(f"[{end}{lines[0]},{end}{lines[1]}]".encode(), "a.json").examples == expected
    assert (
        parse_set(lines[0].replace("{", f"{{{end}").replace("}", f"{end}}}").encode(), "a.json").examples
        == expected[:1]
    )


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def meant(value: Any) -> str:
    """The text of a JSON value, for whoever wrote the file."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer() and "e" not in repr(value):
        return repr(value).removesuffix(".0")
    text = value.strip().strip("\ufeff").strip() if isinstance(value, str) else repr(value)
    return text if is_visible(text) else ""


@settings(max_examples=400, deadline=None)
@given(st.sampled_from([name for name in COLUMNS if name not in ("question", *LISTS)]), VALUES, st.booleans())
def test_what_is_stored_is_what_was_meant_or_the_file_is_refused(column: str, value: Any, array: bool) -> None:
    row = {"question": "Q", "answer": "A", column: value}
    data = json.dumps([row] if array else row).encode()
    usable = not isinstance(value, bool | list | dict) and value not in (float("inf"), -float("inf"))
    try:
        (example,) = parse_set(data, "a.json").examples
    except DataError as refusal:
        said = str(refusal)
        assert f"column '{column}'" in said
        assert not usable or column in ("answer", "split", "half") or "\0" in str(value)
        return
    assert usable
    assert getattr(example, column) == meant(value)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(LISTS), st.lists(VALUES, max_size=4))
def test_lists_hold_what_was_meant(column: str, values: list[Any]) -> None:
    try:
        (example,) = parse_set(
            json.dumps({"question": "Q", "answer": "A", column: values}).encode(), "a.jsonl"
        ).examples
    except DataError:
        return
    assert list(getattr(example, column)) == [text for text in map(meant, values) if text]
