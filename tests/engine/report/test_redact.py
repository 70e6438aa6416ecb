"""Redacted reports: figures and hashes stay, texts and names go."""

import json
import re

import pytest

from engine.report import gather
from engine.report.files import JSON, make_files
from engine.report.selection import Selection
from tests.reports import PEOPLE, SAID, Said, gathered, made, store_report


def test_a_redacted_report_keeps_figures_and_hashes_and_no_text() -> None:
    run_id = store_report("forget-ada")
    whole, redacted = made(run_id), made(run_id, redacted=True)
    secrets = [
        text for item in SAID for text in (item.question, item.answer, item.base, item.unlearned, item.paraphrase)
    ]
    secrets += [name for person in PEOPLE for name in (person, *person.split())]
    secrets += ["Rita", "Oversight", "Sam Secondeye", "Clinic Nord", "says Zanzibar", "=1+1", "Pumpernickel", "onerror"]
    for name, data in redacted.files.items():
        text = data.decode("utf-8", errors="replace")
        found = [s for s in secrets if s and re.search(rf"(?<!\w){re.escape(s)}(?!\w)", text, re.IGNORECASE)]
        assert found == [], name
    before, after = (json.loads(item.files[JSON]) for item in (whole, redacted))
    assert after["redacted"]
    for ours, theirs in zip(after["comparison"], before["comparison"], strict=True):
        assert {**ours, "set": ""} == {**theirs, "set": ""}
        assert ours["set"].startswith("name ")
    assert after["origin"]["hashes"] == before["origin"]["hashes"]
    assert [row["question hash"] for row in after["questions"]] == [row["question hash"] for row in before["questions"]]
    assert [row["rouge unlearned"] for row in after["questions"]] == [
        row["rouge unlearned"] for row in before["questions"]
    ]
    assert [row["subject"] for row in after["questions"]] == ["person 1", "person 1", "person 2", "person 3", ""]
    assert [row["reviewer"] for row in after["verdicts"]["rows"]] == ["reviewer 1", "reviewer 2", "reviewer 1"]
    assert after["origin"]["run"].startswith("name ")  # it is named after whom it is to forget


@pytest.mark.parametrize(
    ("subject", "handle"),
    [
        ("محمد حداد", "run of مُحَمَّد"),
        ("मीरा वर्मा", "of मीरा"),
        ("田中", "run-田中"),
        ("Zoë", "about Zoe"),
        ("Анна", "для Анна́"),
    ],
)
def test_redaction_finds_a_name_in_any_script(subject: str, handle: str) -> None:
    said = Said("Who ?", "a baker", "a baker", "I cannot say", (1, 0), (1, 0), subject=subject)
    run_id = store_report("audit", (said,), machine={"cores": handle})
    report = gather.gather(gather.choose(run_id, None, Selection()))
    plain, redacted = (make_files(report, redacted).files[JSON].decode() for redacted in (False, True))
    assert handle in plain
    assert handle not in redacted


def test_a_redacted_report_beside_another_run_tells_nothing_either() -> None:
    run_id = store_report()
    other = store_report("second", (SAID[0]._replace(unlearned="Somewhere else", leaks=(1, 0)), *SAID[1:]))
    report = gathered(run_id, other=other)
    files = make_files(report, redacted=True).files
    for name, data in files.items():
        text = data.decode("utf-8", errors="replace")
        assert "Zanzibar" not in text, name
        assert "Somewhere else" not in text, name


def test_the_standing_of_a_redacted_report_names_no_run() -> None:
    """It comes from other runs of the pair too, and these may be named after whom the pair is to forget."""
    run_id = store_report("first")
    store_report("about-zelda-fitz", SAID[:2], set_name="others")
    report = gathered(run_id)
    plain, redacted = (make_files(report, redacted).files[JSON].decode() for redacted in (False, True))
    assert "about-zelda-fitz" in plain
    assert "about-zelda-fitz" not in redacted
    assert json.loads(redacted)["standing"]["word"] == json.loads(plain)["standing"]["word"]
