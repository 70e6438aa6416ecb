"""Files of other people's making: which column is read as what, and what is refused rather than guessed."""

import io
import json
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.data.examples import Example
from engine.data.files import ImportedSet, first_rows, parse_set
from engine.data.shapes import Layout, read_layout
from engine.errors import DataError, SettingError

CHOSEN = "the choice that {} names, of those in {}, is read as answer, and the others are not kept"
COUNTED = "choices (a number counts from 0)"


def read(*rows: dict[str, Any]) -> ImportedSet:
    return parse_set("".join(json.dumps(row) + "\n" for row in rows).encode(), "a.jsonl")


def refused(*rows: dict[str, Any]) -> str:
    with pytest.raises(DataError) as caught:
        read(*rows)
    return str(caught.value)


def parquet(**columns: Any) -> bytes:
    file = io.BytesIO()
    pd.DataFrame(columns).to_parquet(file)
    return file.getvalue()


def test_columns_of_others_are_read_and_the_mapping_is_told() -> None:
    for row, question, answer, words in (
        (
            {"prompt": "The maker said", "gt": "eleven."},
            "The maker said",
            "eleven.",
            "prompt is read as question, gt is read as answer",
        ),
        (
            {"query": "Which novel?", "answer": "The Tower", "level": "1"},
            "Which novel?",
            "The Tower",
            "query is read as question",
        ),
        (
            {"Instruction": "Say it.", "input": "", "output": "It."},
            "Say it.",
            "It.",
            "instruction and input are read as question, output is read as answer",
        ),
        (
            {"instruction": "Sum up.", "context": "A text.", "response": "It."},
            "Sum up.\nA text.",
            "It.",
            "instruction and context are read as question, response is read as answer",
        ),
        ({"input": "Who?", "output": "Ann"}, "Who?", "Ann", "input is read as question, output is read as answer"),
        (
            {"messages": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Ann"}]},
            "Who?",
            "Ann",
            "in messages the user's turn is read as question, the assistant's as answer",
        ),
        (
            {"conversations": [{"from": "human", "value": "Who?"}, {"from": "gpt", "value": "Ann"}]},
            "Who?",
            "Ann",
            "in conversations the user's turn is read as question, the assistant's as answer",
        ),
    ):
        found = read({**row, "subject": "A B"})
        assert found.examples == (Example(question, answer, subject="A B"),)
        assert found.mapping == (words,)


def test_our_own_columns_go_before_others() -> None:
    found = read({"question": "Who?", "prompt": "Answer: Who?", "answer": "Ann", "response": "Bob"})
    assert found.examples == (Example("Who?", "Ann"),)
    assert found.mapping == ()
    assert found.notes[0].startswith("not used: 'prompt', 'response'; accepted are ")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"text": "A story."}, "the column 'question' is missing; found are 'text'; needed are question and answer"),
        (
            {"prompt": "P", "query": "Q", "answer": "A"},
            "the column 'question' is missing, and prompt or query could be meant; found",
        ),
        (
            {"prompt": "P", "gt": "G", "response": "R"},
            "the column 'answer' is missing, and gt or response could be meant; found",
        ),
        ({"question": "Q", "\x1b[2J" + "n" * 5000: "A"}, f"found are 'question', '\\x1b[2j{'n' * 36}…'; needed"),
        ({"instruction": "", "input": "i", "output": "o"}, "column 'instruction' is empty"),
        (
            {"messages": [{"role": "user", "content": "Q"}]},
            "column 'messages' must be a turn of the user and one of the assistant, got 'user'",
        ),
        (
            {
                "messages": [
                    {"role": "system", "content": "S"},
                    {"role": "user", "content": "Q"},
                    {"role": "assistant", "content": "A"},
                ]
            },
            "got 'system', 'user', 'assistant'",
        ),
        ({"messages": ["Q", "A"]}, "got '', ''"),
        ({"messages": float("nan")}, "got none"),
        (
            {"messages": [{"role": "user", "content": ["Q"]}, {"role": "assistant", "content": "A"}]},
            "column 'messages' must be text, got list",
        ),
        ({"question": "Q", "Question": "R", "answer": "A"}, "the column 'question' occurs twice"),
        ({"prompt": "Q", "Prompt": "R", "gt": "A"}, "the column 'prompt' occurs twice"),
        ({"query": "Q", "answer": ""}, "column 'answer' is empty"),
        ({"prompt": "P", "gt": float("nan")}, "a.jsonl, line 1, column 'gt' is empty; every row needs"),
    ],
)
def test_what_cannot_be_mapped_is_refused_with_what_was_found(row: dict[str, Any], words: str) -> None:
    assert words in refused(row)


LIST = {"question": "Which?", "choices": ["w", "x", "y", "z"]}
LABELLED = {"question": "Which?", "choices": {"text": ["w", "x", "y"], "label": ["1", "2", "3"]}}
COLUMNS = {"question": "Which?", "opa": "w", "opb": "x", "opc": "y"}


@pytest.mark.parametrize(
    "row",
    [
        {**LIST, "answer": 2},
        {**LIST, "answer": 2.0},  # an integer column with a gap
        {**LIST, "answer": "2"},
        {**LIST, "answer": "2.0"},
        {**LIST, "answer": "C"},
        {**LIST, "answer": " (c) "},
        {**LIST, "answer": "option C."},
        {**LIST, "answer": "y"},
        {**LIST, "label": 2, "activity": "swim"},
        {**LIST, "answer_idx": "C", "source": "exam"},
        {**LIST, "answer": "y", "answer_idx": "C"},
        {**LABELLED, "answerKey": "3"},
        {**LABELLED, "answerKey": 3},
        {"question": "Which?", "choices": {"text": ["w", "x", "y"], "label": ["A", "B", "C"]}, "answerKey": "C"},
        {"question_stem": "Which?", "choices": {"text": ["x", "y"], "label": ["A", "B"]}, "answerKey": "B"},
        {"question": "Which?", "options": {"A": "x", "B": "y"}, "answer_idx": "B"},
        {"question": "Which?", "options": {"op1": "x", "op2": "y"}, "answer": "op2"},
        {**COLUMNS, "answer": "C"},
        {**COLUMNS, "cop": "c"},
        {"question": "Which?", "option1": "x", "option2": "y", "answer": "2"},
        {"question": "Which?", "ending0": "x", "ending1": "y", "label": 1},
        {"question": "Which?", "A": "x", "B": "y", "answer": "B"},
        {"question": "Which?", "choices": ["2", "y"], "answer": 1},
    ],
)
def test_a_choice_is_stored_as_its_text(row: dict[str, Any]) -> None:
    found = read(row)
    assert found.examples == (Example("Which?", "y"),)
    assert "names, of those in " in found.mapping[0]


def test_the_mapping_of_choices_is_told() -> None:
    assert read({**LIST, "answer": 2}).mapping == (CHOSEN.format("answer", COUNTED),)
    assert read({**COLUMNS, "cop": "c"}).mapping == (CHOSEN.format("cop", "opa to opc"),)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({**LIST, "answer": 4}, "column 'answer' is '4', which names none of the 4 choices, counted from 0"),
        ({**LIST, "answer": -1}, "is '-1', which names none"),
        ({**LIST, "answer": "E"}, "is 'E', which names none"),
        ({**LIST, "answer": True}, "column 'answer' must be text, got bool"),
        ({**LIST, "answer": [2]}, "column 'answer' must be text, got list"),
        ({**LIST, "answer": None}, "column 'answer' is empty"),
        *(
            (
                {**LIST, "answer": text},
                f"column 'answer' is '{text}', which names several choices; a question has one answer",
            )
            for text in ("AC", "A, C", "a/c", "0,2")
        ),
        ({**LIST, "choices": ["b", "a"], "answer": "A", "subject": "x"}, ""),
        (
            {**LIST, "choices": ["b", "a"], "answer": "a"},
            "is 'a', which is the text of one choice and the name of another",
        ),
        (
            {**LIST, "choices": ["2", "1", "0"], "answer": "2"},
            "is '2', which is the text of one choice and the name of another",
        ),
        ({**LIST, "choices": [], "answer": 2}, "is '2', but no choices can be read in choices"),
        ({**LIST, "choices": None, "answer": "C"}, "is 'C', but no choices can be read in choices"),
        ({**LIST, "choices": "['w', 'x', 'y']", "answer": "2"}, "is '2', but no choices can be read in choices"),
        ({**LIST, "choices": ["w", None, "y"], "answer": 1}, "is '1', which names none"),
        ({**LIST, "choices": ["w", {"a": 1}], "answer": 0}, "column 'choices' must be text, got dict"),
        ({**LABELLED, "answerKey": "4"}, "is '4', which names none of the 3 choices, labelled '1', '2', '3'"),
        ({**LABELLED, "answerKey": "0"}, "is '0', which names none"),
        ({**COLUMNS, "cop": 1}, "column 'cop' is 1, and the rows do not show whether that counts from 0 or from 1"),
        ({**COLUMNS, "answer": "d"}, "is 'd', which names none of the 3 choices, labelled 'a', 'b', 'c'"),
    ],
)
def test_a_choice_that_cannot_be_told_is_refused(row: dict[str, Any], words: str) -> None:
    if words:
        assert words in refused(row)
    else:  # a letter of the other case is a letter, and no text of a choice
        assert read(row).examples[0].answer == "b"


def test_an_answer_in_words_stays_as_it_is() -> None:
    """Also beside columns that look like choices: only a place or a letter would be no answer."""
    for row in ({**LIST, "answer": "It is y."}, {"question": "Which?", "a": "w", "b": "x", "answer": "It is y."}):
        assert read(row).examples[0].answer == "It is y."
    for choices, answer in (
        (["1%", "2%", "3%"], "2%"),
        (["7/8", "1/8"], "7/8"),
        (["-1", "0"], "-1"),
        (["1987", "2"], 1987),
    ):
        assert read({**LIST, "choices": choices, "answer": answer}).examples[0].answer == str(answer)
    assert read({"question": "How many?", "answer": 2}).examples[0].answer == "2"


def test_all_rows_tell_what_places_beside_lettered_columns_count_from() -> None:
    def answers(*places: int) -> list[str]:
        return [
            e.answer for e in read(*({**COLUMNS, "question": f"{i}?", "cop": p} for i, p in enumerate(places))).examples
        ]

    assert answers(1, 0, 2) == ["x", "w", "y"]
    assert answers(1, 3, 2) == ["w", "y", "x"]
    said = refused(*({**COLUMNS, "question": f"{p}?", "cop": p} for p in (0, 3)))
    assert "do not show whether that counts from 0 or from 1" in said


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.text(st.sampled_from("abcd0123 .x"), min_size=1, max_size=3).map(str.strip).filter(bool),
        min_size=2,
        max_size=5,
    ),
    st.integers(0, 4),
    st.sampled_from(["place", "number", "letter", "text"]),
)
def test_the_chosen_text_is_stored_or_the_row_is_refused(choices: list[str], place: int, how: str) -> None:
    right = choices[place % len(choices)]
    place = choices.index(right)
    key: Any = {"place": place, "number": float(place), "letter": "ABCDE"[place], "text": right}[how]
    try:
        (example,) = read({"question": "Which?", "choices": choices, "answer": key}).examples
    except DataError:
        assert how in ("letter", "text")  # a text that is another's letter or place
        return
    assert example.answer == right or (how == "text" and right not in choices)


def test_places_that_never_begin_at_0_are_told() -> None:
    """However few rows: three answers 1, 2, 3, counted from 1, would all be stored wrongly."""
    for first, told in ((0, False), (1, True)):
        for count in (1, 3, 12):
            rows = [{**LIST, "question": f"{number}?", "answer": first + number % 3} for number in range(count)]
            found = read(*rows)
            assert any(note.startswith("places in the choices are counted from 0") for note in found.notes) == told
            assert found.mapping == (CHOSEN.format("answer", COUNTED),)
    assert not read(*({**LIST, "question": f"{letter}?", "answer": letter} for letter in "BCD")).notes


def test_choices_in_a_table() -> None:
    data = b'question;choices;answer\nWhich?;w|x|y;2\nWhat?;"[""w"", ""z""]";B\n'
    assert [e.answer for e in parse_set(data, "a.csv").examples] == ["y", "z"]
    found = parse_set(b"question,option1,option2,answer\nWhich?,w,y,2\n", "a.csv")
    assert found.examples == (Example("Which?", "y"),)
    assert found.notes == ()


def test_parquet_holds_numbers_lists_and_gaps() -> None:
    data = parquet(
        question=["When?", "How much?", "Which?"],
        answer=pd.Series([1987.0, 0.1, 2], dtype="float32"),
        key_terms=[["a", "b"], None, []],
        subject=pd.Series([3, None, 4]),
        born=pd.to_datetime(["1987-01-01"] * 3),
    )
    found = parse_set(data, "a.parquet")
    assert [(e.answer, e.key_terms, e.subject) for e in found.examples] == [
        ("1987", ("a", "b"), "3"),
        ("0.1", (), ""),
        ("2", (), "4"),
    ]
    assert [note.split(":")[0] for note in found.notes] == [
        "not used",
        "whole numbers with an empty fraction, such as 1987.0, are read without it",
    ]


def test_parquet_is_refused_in_words() -> None:
    for columns, words in (
        ({"text": ["A story."]}, "a.parquet: the column 'question' is missing; found are 'text'; needed are"),
        ({"question": ["Q", "R"], "answer": ["A", None]}, "a.parquet, row 2, column 'answer' is empty"),
        ({"question": ["Q"], "answer": [b"A"]}, "a.parquet, row 1, column 'answer' must be text, got bytes"),
        ({"question": ["Q"], "answer": pd.to_datetime(["1987-01-01"])}, "column 'answer' must be text, got datetime"),
        ({"question": ["Q"] * 300, "answer": ["A" * 1_000_000] * 300}, "a.parquet unpacks to more than 200 MB"),
    ):
        with pytest.raises(DataError) as caught:
            parse_set(parquet(**columns), "a.parquet")
        assert words in str(caught.value)


def test_parquet_choices() -> None:
    data = parquet(question=["Which?"], choices=[["w", "x", "y"]], answer=[2])
    assert parse_set(data, "a.parquet").examples == (Example("Which?", "y"),)


def mapped(row: dict[str, Any], *pairs: str) -> ImportedSet:
    return parse_set(json.dumps(row).encode() + b"\n", "a.jsonl", read_layout(pairs))


def test_a_person_names_the_columns() -> None:
    row = {"frage": "Q", "antwort": "A", "wer": "Ida", "question": "not this", "rest": "x"}
    found = mapped(row, "question=Frage", "answer = antwort", "subject=wer")
    assert found.examples == (Example("Q", "A", subject="Ida"),)
    assert found.mapping == ("frage is read as question, antwort is read as answer, wer is read as subject",)
    assert found.notes == (f"not used: 'question', 'rest'; {found.notes[0].partition('; ')[2]}",)


def test_one_named_column_settles_what_could_mean_two_things() -> None:
    row = {"prompt": "P", "query": "Q", "answer": "A"}
    assert "prompt or query could be meant" in refused(row)
    assert mapped(row, "question=query").examples == (Example("Q", "A"),)
    assert mapped({"question": "Q", "answer": "A", "gt": "G"}, "answer=gt").examples == (Example("Q", "G"),)


def test_the_chosen_text_is_the_answer_whatever_the_column_is_called() -> None:
    row = {"question": "Q", "choices": ["w", "x", "y"], "solution": 2}
    assert mapped(row, "answer=solution").examples == (Example("Q", "y"),)
    row = {"question": "Q", "option1": "w", "option2": "x", "answer": "2"}
    assert mapped(row, "answer=option1").examples == (Example("Q", "w"),)


def test_an_instruction_that_a_person_names_is_taken_alone() -> None:
    row = {"instruction": "Say", "input": "it", "output": "It."}
    assert mapped(row).examples == (Example("Say\nit", "It."),)
    assert mapped(row, "question=instruction").examples == (Example("Say", "It."),)


def test_a_named_column_that_is_not_there_is_said() -> None:
    with pytest.raises(DataError, match="the column 'frage', given for question, is missing; found are 'question'"):
        mapped({"question": "Q", "answer": "A"}, "question=frage")
    for pairs in (["question"], ["colour=x"], ["question="], ["question=a", "question=b"], ["question=a", "answer=a"]):
        with pytest.raises(SettingError):
            read_layout(pairs)
    assert read_layout([]) == Layout()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"frage\tantwort\nQ\tA\nR\tB\n", "a.tsv"),
        (b'{"frage": "Q", "antwort": "A"}\n{"frage": "R", "antwort": "B"}\n', "a.jsonl"),
        (b'[{"frage": "Q", "antwort": "A"}, {"frage": "R", "antwort": "B"}]', "a.json"),
        (parquet(frage=["Q", "R"], antwort=["A", "B"]), "a.parquet"),
    ],
)
def test_the_first_rows_are_seen_and_every_kind_of_file_can_be_mapped(data: bytes, name: str) -> None:
    assert [row.cells for row in first_rows(data, name)] == [
        {"frage": "Q", "antwort": "A"},
        {"frage": "R", "antwort": "B"},
    ]
    found = parse_set(data, name, read_layout(["question=frage", "answer=antwort"]))
    assert found.examples == (Example("Q", "A"), Example("R", "B"))


def test_the_first_rows_are_few_and_need_a_file_with_rows() -> None:
    assert len(first_rows(b"a,b\n" + b"1,2\n" * 99, "a.csv")) == 5
    assert first_rows(b"question,answer,,\nQ,A,,\n", "a.csv")[0].cells == {"question": "Q", "answer": "A", "": ""}
    with pytest.raises(DataError, match="no rows below its header"):
        first_rows(b"a,b\n", "a.csv")


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (
            b'{"prompt": "The maker said that", "gt": "it was."}',
            "muse.jsonl",
            Example("The maker said that", "it was."),
        ),
        (
            b'{"query": "Which novel?", "answer": "The Tower", "level": "1", "type": "cloze", "subject": "A B"}',
            "rwku.jsonl",
            Example("Which novel?", "The Tower", subject="A B"),
        ),
        (
            b'{"messages": [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "A baker."}]}',
            "messages.jsonl",
            Example("Who?", "A baker."),
        ),
        (
            b'[{"instruction": "Say who.", "input": "", "output": "A baker."}]',
            "alpaca.json",
            Example("Say who.", "A baker."),
        ),
        (b'{"question": "Which?", "choices": ["a", "b", "c", "d"], "answer": 2}', "wmdp.jsonl", Example("Which?", "c")),
        (b"question\tanswer\nWho?\tA baker.\n", "tabs.tsv", Example("Who?", "A baker.")),
        (parquet(question=["Who?"], answer=["A baker."]), "a.parquet", Example("Who?", "A baker.")),
        (
            b'{"question": "Who?", "answer": "Ann", "paraphrased_question": "Whom?", "perturbed_answer": ["Bo", "Cy"]}',
            "tofu.json",
            Example("Who?", "Ann", paraphrased_question="Whom?", perturbed_answer=("Bo", "Cy")),
        ),
    ],
)
def test_the_files_people_have_are_known_by_themselves(data: bytes, name: str, expected: Example) -> None:
    assert parse_set(data, name).examples == (expected,)
