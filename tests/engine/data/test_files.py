"""A person's own questions: what is accepted, what is refused and in which words."""

import csv
import io
import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.cells import is_visible
from engine.data.examples import Example
from engine.data.file_bytes import BYTES_AT_MOST
from engine.data.files import LISTS, SUFFIXES, parse_set, read_set
from engine.data.shapes import COLUMNS
from engine.errors import DataError
from engine.settings import FORMATS


def as_csv(examples: list[Example], delimiter: str = ",") -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(COLUMNS)
    for example in examples:
        row = asdict(example)
        writer.writerow([json.dumps(row[name], ensure_ascii=False) if name in LISTS else row[name] for name in COLUMNS])
    return text.getvalue().encode()


def as_parquet(examples: list[Example]) -> bytes:
    file = io.BytesIO()
    pd.DataFrame([asdict(example) for example in examples]).to_parquet(file)
    return file.getvalue()


def read_back(data: bytes, filename: str) -> list[Example]:
    found = parse_set(data, filename)
    assert (found.merged, found.mapping) == (0, ())
    return list(found.examples)


def as_jsonl(examples: list[Example]) -> bytes:
    return "".join(json.dumps(asdict(e), ensure_ascii=False) + "\n" for e in examples).encode()


def refused(data: bytes, filename: str = "mine.csv") -> str:
    with pytest.raises(DataError) as caught:
        parse_set(data, filename)
    return str(caught.value)


TEXT = (
    st.text(st.characters(codec="utf-8", exclude_characters="\x00\ufeff"), max_size=30)
    | st.text(st.sampled_from(",;\t|\"'\n\r =nan1987.0"), max_size=12)
).map(lambda text: text.strip() if is_visible(text) else "")
WORD = TEXT.filter(bool)
EXAMPLES = st.lists(
    st.builds(
        Example,
        question=WORD,
        answer=WORD,
        paraphrased_question=TEXT,
        paraphrased_answer=TEXT,
        perturbed_answer=st.lists(WORD, max_size=3).map(tuple),
        key_terms=st.lists(WORD, max_size=3).map(tuple),
        subject=TEXT,
        domain=TEXT,
        group=TEXT,
        split=st.sampled_from(["forget", "retain", "world", "holdout", ""]),
        half=st.sampled_from(["train", "eval", ""]),
        training_questions=st.lists(WORD, max_size=2).map(tuple),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda example: example.question,
)


@settings(max_examples=150, deadline=None)
@given(EXAMPLES)
def test_what_is_written_is_read_back(examples: list[Example]) -> None:
    assert read_back(as_jsonl(examples), "mine.jsonl") == examples
    assert read_back(json.dumps([asdict(e) for e in examples]).encode(), "mine.json") == examples
    assert read_back(as_parquet(examples), "mine.parquet") == examples
    for delimiter in ",;\t|":
        assert read_back(as_csv(examples, delimiter), "mine.csv") == examples
        assert read_back(b"sep=" + delimiter.encode() + b"\r\n" + as_csv(examples, delimiter), "mine.tsv") == examples


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([f"a{suffix}" for suffix in SUFFIXES]))
def test_random_bytes_raise_nothing_but_data_error(data: bytes, filename: str) -> None:
    try:
        parse_set(data, filename)
    except DataError:
        return


@settings(max_examples=300, deadline=None)
@given(
    st.text(st.sampled_from('question,answer;\t"|[]{}:\\ud8\r\n\u2028\x00 =-1.eE'), max_size=200),
    st.sampled_from(["a.csv", "a.jsonl"]),
    st.booleans(),
)
def test_nearly_right_text_raises_nothing_but_data_error(text: str, filename: str, header: bool) -> None:
    data = (("question,answer,key_terms\n" if header else "") + text).encode()
    try:
        parse_set(data, filename)
    except DataError as refusal:
        message = str(refusal)
        assert filename in message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from([*COLUMNS, "Question", "other"]), JSON), max_size=3))
def test_any_json_raises_nothing_but_data_error(rows: list[dict[str, Any]]) -> None:
    try:
        result = parse_set(json.dumps(rows).encode(), "a.json")
    except DataError:
        return
    for example in result.examples:
        assert example.content_hash  # also: it can be encoded


def test_csv_with_byte_order_mark_odd_header_and_lists() -> None:
    data = '\ufeffQuestion,Answer,Key Terms,perturbed_answer\r\nWho?,"Ann, of course",Ann|Anna,"[""Bob"", ""Cy""]"\r\n'
    (example,) = parse_set(data.encode(), "mine.CSV").examples
    assert example == Example("Who?", "Ann, of course", key_terms=("Ann", "Anna"), perturbed_answer=("Bob", "Cy"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_header_tells_the_delimiter(delimiter: str) -> None:
    data = f"question{delimiter}answer\nWho?{delimiter}Ann\n".encode()
    assert parse_set(data, "mine.csv").examples == (Example("Who?", "Ann"),)


def test_unknown_columns_are_noted_and_short_rows_accepted() -> None:
    result = parse_set(b"question,answer,colour,subject\nWho?,Ann,red\n", "mine.csv")
    assert result.examples == (Example("Who?", "Ann"),)
    unused, short = result.notes
    assert unused.startswith("not used: 'colour'; accepted are question and answer (required)")
    assert short == "rows have fewer cells than the header; missing cells are read as empty: line 2"


def test_numbers_in_json_become_the_text_they_are_written_as() -> None:
    row = b'{"question": "How many?", "answer": 1.50, "key_terms": [42, 1e5, 123456789012345678901], "subject": -0}'
    (example,) = parse_set(row, "mine.jsonl").examples
    assert (example.answer, example.key_terms, example.subject) == (
        "1.50",
        ("42", "1e5", "123456789012345678901"),
        "-0",
    )


@pytest.mark.parametrize(
    ("data", "filename", "words"),
    [
        (
            b"question,reply\nQ,A\n",
            "mine.csv",
            (
                "mine.csv, line 1: the column 'answer' is missing; found, split at a comma, are 'question', 'reply';"
                " needed are question and answer"
            ),
        ),
        (b"\n\nreply\nA\n", "mine.csv", "mine.csv, line 3: the column 'question' is missing"),
        (
            b'{"question": "Q", "answer": "A"}\n{"question": "R"}',
            "mine.jsonl",
            "line 2: the column 'answer' is missing",
        ),
        (b"", "mine.csv", "mine.csv is empty"),
        (b" \n \n", "mine.jsonl", "mine.jsonl is empty"),
        (b"question,answer\n", "mine.csv", "holds no questions"),
        (b"[]", "mine.json", "holds no questions"),
        (b"question,answer\nQ\xff,A\n", "mine.csv", "line 2, is not UTF-8 (byte 0xff)"),
        ('question,answer\n"Größe?",A\n'.encode("utf-16"), "mine.csv", "line 1, is not UTF-8"),
        (b'{"question": "Q", "answer": "A"}\n{"question": \n', "mine.jsonl", "line 2, is not valid JSON"),
        (b'{"question": "Q", "answer": "A"}\n7\n', "mine.jsonl", "line 2, must be a JSON object"),
        (b"[" * 100_000, "mine.json", "mine.json is nested too deeply"),
        (b"question,answer\nQ,\n", "mine.csv", "line 2, column 'answer' is empty"),
        (b"question,answer\n , A\n", "mine.csv", "line 2, column 'question' is empty"),
        (b"question,answer\nQ,A,B\n", "mine.csv", "line 2, has 3 cells, but the header has 2 columns"),
        (
            b'question,answer\n"Q,A\n',
            "mine.csv",
            "line 2, is not valid CSV: a quote opened there is not closed",
        ),
        (
            b"sep=x\nquestionxanswer\nQxA\n",
            "mine.csv",
            "line 1: 'sep=' names 'x'; a delimiter is a comma, a semicolon, a tab, a bar",
        ),
        (
            b"sep=,\nquestion;answer\nQ;A\n",
            "mine.csv",
            "line 2: the column 'question' is missing; found, split at a comma, are 'question;answer'",
        ),
        (
            "question,answer\nQ,A\n".encode("utf-16-le"),
            "mine.csv",
            "line 1, holds a NUL character; save the file as UTF-8 text",
        ),
        (b"question,answer\r\rQ,A\rR,B\0\r", "mine.csv", "line 4, holds a NUL character"),
        ("question,answer\nQ,Gr\xf6\xdfe\n".encode("cp1252"), "mine.csv", "line 2, is not UTF-8 (byte 0xf6)"),
        (b'{"question": "Q", "answer": "\\u0000"}', "mine.jsonl", "line 1, column 'answer' holds a NUL character"),
        (b'{"question": "Q", "answer": -Infinity}', "mine.jsonl", "line 1, column 'answer' must be text, got -inf"),
        (b'{"question": "Q", "answer": NaN}', "mine.jsonl", "line 1, column 'answer' is empty"),
        (b'{"question": "Q", "answer": {"a": 1}}', "mine.jsonl", "column 'answer' must be text, got dict"),
        (
            b'{"question": "Q", "answer": ' + b"1" * 5000 + b', "split": 7}',
            "mine.jsonl",
            "column 'split' is '7'; accepted are",
        ),
        (b"not parquet", "mine.parquet", "mine.parquet is not a readable Parquet file: "),
        (b"question,answer,Answer\nQ,A,B\n", "mine.csv", "line 1: the column 'answer' occurs twice"),
        (b'{"question": "Q", "answer": true}', "mine.jsonl", "line 1, column 'answer' must be text, got bool"),
        (b'{"question": "Q", "answer": ["A"]}', "mine.jsonl", "column 'answer' must be text, got list"),
        (b'{"question": "Q", "answer": "\\ud800"}', "mine.jsonl", "column 'answer' holds half a character"),
        (b'question,answer,key_terms\nQ,A,"[1"\n', "mine.csv", "line 2, column 'key_terms' is not valid JSON"),
        (
            b"question,answer,split\nQ,A,test\n",
            "mine.csv",
            "column 'split' is 'test'; accepted are forget, retain, world, holdout",
        ),
        (b"question,answer,half\nQ,A,left\n", "mine.csv", "column 'half' is 'left'; accepted are train, eval"),
        (b"question,answer\nQ,A\n", "mine.xls", "mine.xls must end in .csv, .tsv, .jsonl, .json, .parquet or .xlsx"),
        (b"x" * (BYTES_AT_MOST + 1), "mine.csv", "mine.csv has 20.0 MB; at most 20 MB are accepted"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(data: bytes, filename: str, words: str) -> None:
    message = refused(data, filename)
    assert words in message
    assert message.startswith(filename)


def test_lines_are_counted_across_cells_that_span_lines() -> None:
    data = b'question,answer\r\n"Who\r\nwas\r\nit?",Ann\r\n\r\nWhere?,\r\n'
    assert "line 6, column 'answer' is empty" in refused(data)


def test_identical_rows_are_merged_with_a_count() -> None:
    result = parse_set(b"question,answer\nQ,A\n Q ,A\nR,B\nQ,A\n", "mine.csv")
    assert [e.question for e in result.examples] == ["Q", "R"]
    assert result.merged == 2
    assert result.notes == ("2 repeated rows merged",)


def test_another_answer_to_the_same_question_is_refused_with_both_lines() -> None:
    assert "line 2 and line 4 ask the same question, but their 'answer' differs" in refused(
        b"question,answer\nQ,A\nR,B\nQ,C\n"
    )
    assert "entry 1 and entry 2" in refused(
        json.dumps([{"question": "Q", "answer": a} for a in "AB"]).encode(), "mine.json"
    )


def test_files_are_read_from_disk(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_bytes(as_jsonl([Example("Q", "A\u2028B")]))
    assert read_set(path).examples == (Example("Q", "A\u2028B"),)
    assert read_set(str(path)) == read_set(path)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing\.csv is not there"):
        read_set(tmp_path / "nothing.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(DataError, match=r"folder\.csv cannot be read: .*Is a directory"):
        read_set(tmp_path / "folder.csv")
    with pytest.raises(DataError, match="cannot be read"):
        read_set("a\x00.csv")
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(BYTES_AT_MOST + 1)
    with pytest.raises(DataError, match=r"large\.csv cannot be read: it has 20\.0 MB, and at most 20 MB are read"):
        read_set(large)


def test_a_key_that_is_there_twice_is_refused() -> None:
    said = refused(b'{"question": "a", "question": "z", "answer": "b"}', "mine.jsonl")
    assert said == "mine.jsonl, line 1, has 'question' twice; each column may occur once"


def test_half_a_character_in_the_name_of_a_column_is_refused() -> None:
    said = refused(b'{"question": "a", "answer": "b", "\\ud800": "c"}', "mine.jsonl")
    assert "line 1, a column's name, holds half a character" in said


def test_what_is_no_ordinary_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(DataError, match=r"pipe\.csv cannot be read: it is not an ordinary file"):
        read_set(tmp_path / "pipe.csv")


def test_the_formats_that_are_named_are_those_that_are_read() -> None:
    assert sorted(FORMATS.replace(" or ", ", ").upper().split(", ")) == sorted(
        suffix[1:].upper() for suffix in SUFFIXES
    )
