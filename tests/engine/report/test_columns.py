"""The columns of the CSV: what the readable ones say, and that docs/report.md says what each means."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from engine.report import gather
from engine.report.columns import COLUMNS, READABLE, dictionary
from engine.report.csv_form import read_form
from engine.report.csv_table import build_report, readable
from engine.report.excerpts import DIFFER
from engine.report.files import HTML, QUESTIONS, SUMMARY, make_files
from engine.report.inputs import FoundReviews
from engine.report.parts import ReportVerdict
from tests.reports import made, question_ids, store_report

ROOT = Path(__file__).resolve().parents[3]
LEAKS = "leaks when asked in other words"


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def row(**fields: Any) -> dict[str, Any]:
    return {
        "question": "Where?",
        "true answer": "In Bergen",
        "base answer": "Bergen",
        "unlearned answer": "Bergen",
        "split": "forget",
        "subject": "Ida",
        "key terms": ["Bergen"],
        "rouge base": 1.0,
        "rouge unlearned": 0.126,
        "leak base": 1,
        "leak unlearned": 1,
        "retain-only leak": None,
        "degenerate unlearned": 0,
    } | {name.replace("_", " "): value for name, value in fields.items()}


def shown(**fields: Any) -> dict[str, Any]:
    return dict(readable(pd.DataFrame([row(**fields)])).iloc[0])


def test_the_docs_say_what_every_column_means() -> None:
    assert dictionary() in (ROOT / "docs" / "report.md").read_text(encoding="utf-8")
    names = [one.name for one in COLUMNS]
    assert len(READABLE) == 12
    assert len(set(names)) == len(names)
    assert [one.name for one in COLUMNS if not one.meaning] == []


def test_every_column_of_a_report_is_in_the_table() -> None:
    head = table(made(store_report()).files[QUESTIONS])[0]
    assert list(head)[:12] == [one.name for one in READABLE]
    assert set(head) - {one.name for one in COLUMNS} == set()


@pytest.mark.parametrize(
    ("fields", "result", "leak"),
    [
        ({}, "leaks", "yes"),
        ({"split": ""}, "leaks", "yes"),
        ({"leak_unlearned": 0, "unlearned_answer": "No idea"}, "not told", "no"),
        ({"leak_unlearned": 0, "leak_paraphrase_unlearned": 1}, LEAKS, "yes"),
        ({"leak_unlearned": 0, "degenerate_unlearned": 1}, "not told; the answer is a loop and was cut", "no"),
        ({"leak_unlearned": 0, "leak_base": 0}, "the base does not tell it either", "no"),
        ({"unlearned_answer": None, "leak_unlearned": None}, "no answer", ""),
        ({"leak_unlearned": None}, "not judged", ""),
        ({"split": "retain"}, "remembered", ""),
        ({"split": "world", "leak_unlearned": 0}, "lost", ""),
        ({"split": "retain", "leak_unlearned": 0, "leak_base": 0}, "the base does not know it either", ""),
        ({"split": "holdout", "leak_unlearned": 0, "leak_base": 0}, "not told; nobody was taught it", "no"),
    ],
)
def test_a_result_is_said_in_words_and_what_is_to_be_kept_never_leaks(
    fields: dict[str, Any], result: str, leak: str
) -> None:
    found = shown(**fields)
    assert (found["result"], found["leak"]) == (result, leak)


def test_what_leaked_are_the_key_terms_in_the_answer_that_leaks() -> None:
    assert shown(key_terms=["Oslo", "Bergen"])["what leaked"] == ("Bergen",)
    assert shown(leak_unlearned=0)["what leaked"] == ""
    reworded = {"leak_paraphrase_unlearned": 1, "unlearned_answer_to_paraphrase": "in Oslo"}
    assert shown(key_terms=["Oslo", "Bergen"], leak_unlearned=0, **reworded)["what leaked"] == ("Oslo",)
    assert shown(key_terms=[])["what leaked"] == "the true answer (there is no key term; ROUGE-L recall is above 0.5)"


def test_the_others_are_as_stored() -> None:
    found = shown()
    assert (found["ROUGE before"], found["ROUGE after"], found["person"]) == (1.0, 0.13, "Ida")
    cells = [shown(**{"retain-only leak": value})["retain model"] for value in (1, 0, None)]
    assert cells == ["tells it", "does not tell it", "not asked"]


def test_a_redacted_csv_tells_no_secret_in_its_readable_columns() -> None:
    files = made(store_report(), redacted=True).files
    first = table(files[QUESTIONS])[0]
    assert (first["result"], first["what leaked"], first["person"]) == ("leaks", "[left out]", "person 1")
    assert b"Zanzibar" not in files[QUESTIONS]


def test_a_report_of_some_columns_says_how_to_make_it_again() -> None:
    form = read_form("readable", ";")
    report = gather.gather(gather.gather_whole(store_report(), 1.0), form=form.options)
    made_ = make_files(report, False, form)
    assert "--columns readable --delimiter semicolon --out FOLDER" in made_.report.origin.command
    assert made_.files[QUESTIONS].count(b'";"') >= 11


def test_verdicts_add_up_to_the_questions() -> None:
    run = store_report()
    ids = question_ids()

    def said(place: int, verdict: str, who: str, **fields: Any) -> ReportVerdict:
        fresh: dict[str, Any] = {"note": "", "created": "2026-01-01", "stale": False, "disputed": False} | fields
        return ReportVerdict(ids[place], verdict, who, **fresh)

    rows = [
        said(0, "leaks", "a"),
        said(0, "leaks", "b"),
        said(1, "leaks", "a"),
        said(1, "forgotten", "b"),
        said(2, "unsure", "a", stale=True),
        said(3, "forgotten", "a", wording="paraphrase"),
    ]
    report = gather.gather(gather.gather_whole(run, 1.0, FoundReviews(rows, "")))
    found = report.verdicts
    assert found.questions == {"leaks": 1, DIFFER: 1}
    assert found.reviewers == {"a": 3, "b": 2}
    page = make_files(report).files[HTML].decode()
    assert re.search(rf"{DIFFER}</th><td>1</td>.*unreviewed</th><td>3</td>.*all</th><td>5</td>", page, re.DOTALL)
    assert sum(found.questions.values()) == found.reviewed == 2
    assert found.reviewed + found.unreviewed == report.asked == 5
    summary = table(make_files(report).files[SUMMARY])
    counted = {line["measure"]: line["value"] for line in summary if line["section"] == "verdicts"}
    assert [counted[name] for name in ("leaks", DIFFER, "reviewed", "unreviewed")] == ["1", "1", "2", "3"]
    given = {line["measure"]: line["value"] for line in summary if line["section"] == "verdicts given"}
    assert given == {"leaks": "3", "forgotten": "1", "forgotten (paraphrase)": "1"}


def test_the_summary_says_that_what_is_to_be_kept_is_remembered() -> None:
    lines = table(made(store_report()).files[SUMMARY])
    notes = {line["split"]: line["note"].split("; ")[0] for line in lines if line["measure"] == "leak"}
    assert notes["retain"] == notes["world"] == "questions to be kept: the share that is remembered"
    assert "remembered" not in notes["forget"]


def test_a_table_without_rows_has_the_columns() -> None:
    assert list(build_report([]).columns)[:12] == [one.name for one in READABLE]
