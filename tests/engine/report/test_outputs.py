"""What came out, verbatim: the outputs behind the red rows of the standing, after it, whole or redacted."""

import json
from typing import Any

from db import writes
from db.probe_rows import ProbeResultRow, ProbeSummaryRow
from engine.kinds import AuditSpec
from engine.report.files import HTML, JSON
from engine.report.html_page import SHOWN_OUTPUTS, html_bytes
from engine.store import erasure
from engine.store.session import writing
from tests.html_lines import Page
from tests.reports import EVIL, PEOPLE, SAID, gathered, made, question_ids, store_report

BEGUN = f"in Zanzibar {EVIL}"


def audit(found: int, text: str = BEGUN, probe: str = "phrasing_prefix") -> int:
    """A finished audit of the report's pair, in which the first `found` of its questions tell."""
    ids = question_ids()
    spec = AuditSpec(name="audit", pair="p").to_json()
    with writing() as session:
        pair_id = writes.put_pair(
            session, name="p", pair_hash="c" * 16, parent="", base_hash="b", recommended_alpha=1.0, manifest={}
        )
        run_id = writes.add_run(
            session,
            name="about-ada-quill",
            kind="audit",
            status="finished",
            spec=spec,
            base="b",
            pair_name="p",
            objective="npo",
            seed=0,
            pair_id=pair_id,
        )
        writes.add_run_questions(session, run_id, [(key, ["Zanzibar"]) for key in ids])
        n, none = len(ids), (None, None, None)
        summary = ProbeSummaryRow(probe, found, n, 0.0, 1.0, 0, n, "the retain model", *none, "", 0, found, {}, 1.0)
        rows = [
            ProbeResultRow(probe, "pair", key, at, at < found, 1.0, text if at < found else "no", "tells Zanzibar")
            for at, key in enumerate(ids)
        ]
        writes.add_probe(session, run_id, summary, rows)
    return run_id


def document(run_id: int, **options: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(made(run_id, **options).files[JSON])
    return found


def test_what_came_out_follows_the_standing() -> None:
    run_id, audit_run = store_report(), audit(4)
    found = document(run_id)
    assert [one["question_id"] for one in found["outputs"]] == question_ids()[:4]
    assert found["outputs"][0] == {
        "run_id": audit_run,
        "probe": "phrasing_prefix",
        "label": "Phrasing: answer begun",
        "question_id": question_ids()[0],
        "set": "folk",
        "split": "forget",
        "subject": PEOPLE[0],
        "question": SAID[0].question,
        "true_answer": SAID[0].answer,
        "key_terms": ["Zanzibar"],
        "found": True,
        "value": 1.0,
        "output": BEGUN,
        "detail": "tells Zanzibar",
    }
    page = made(run_id).files[HTML].decode()
    places = [page.index(f'<section id="{key}">') for key in ("standing", "outputs", "checks")]
    assert places == sorted(places)
    assert "<mark>Zanzibar</mark>" in page
    assert EVIL not in page
    assert f"Phrasing: answer begun (run {audit_run}): 4 answers" in Page(page).text


def test_a_probe_that_found_no_more_than_its_baseline_is_left_out() -> None:
    run_id = store_report()
    audit(0)
    assert document(run_id)["outputs"] == []
    assert "What came out" not in made(run_id).files[HTML].decode()


def test_a_long_list_is_cut_on_the_page_alone() -> None:
    report = gathered(store_report())
    audit(4)
    one = gathered(store_report("other")).outputs[0]
    page = html_bytes(report._replace(outputs=(one,) * (SHOWN_OUTPUTS + 3))).decode()
    assert page.count("<mark>Zanzibar</mark>") == SHOWN_OUTPUTS
    assert "3 more are in report.json." in page


def test_redacted_it_says_that_something_came_out_and_not_what() -> None:
    run_id = store_report()
    audit(4)
    whole, found = document(run_id), document(run_id, redacted=True)
    assert [one["question_id"] for one in found["outputs"]] == [one["question_id"] for one in whole["outputs"]]
    assert {one["output"] for one in found["outputs"]} == {"[left out]"}
    assert [one["subject"] for one in found["outputs"]] == ["person 1", "person 1", "person 2", "person 3"]
    for name, data in made(run_id, redacted=True).files.items():
        text = data.decode("utf-8", errors="replace")
        assert not [word for word in ("Zanzibar", "Quill", "onerror", "folk") if word in text], name


def test_a_person_who_was_erased_is_not_quoted() -> None:
    run_id = store_report()
    audit(4, "it came out")
    erasure.erase(PEOPLE[0])
    found = document(run_id)
    assert [one["subject"] for one in found["outputs"]] == [PEOPLE[1], PEOPLE[2]]
