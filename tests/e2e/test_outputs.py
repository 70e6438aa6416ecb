"""What a probe got out, in a real browser: above the list, paged through by keys, the state in the address."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from db import writes
from db.probe_rows import ProbeResultRow, ProbeSummaryRow
from db.reads import runs
from engine.audit.draws import drawn_rows
from engine.audit.probe import Draw, Result
from engine.kinds import AuditSpec
from engine.store.session import reading, writing
from tests.e2e.conftest import database_of

pytestmark = pytest.mark.e2e
EVIL = "<img src=x onerror=alert(1)> in Rome"


@pytest.fixture
def audited(filled: str, filled_copy: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Address of what a probe of an audit drew to two questions of the set `folk`: four draws, the third tells."""
    monkeypatch.setenv("OUBLIETTE_DATABASE", database_of(filled_copy))
    with reading() as session:
        asked = [row.id for row in runs.questions(session, "folk") or []][:2]
        pair_id = next(row.pair_id for row in runs.runs(session) if row.pair_id)
    drawn = tuple(Draw(text, False) for text in ("no idea", "Paris", EVIL, "red"))
    found = [Result(key, True, 1.0, EVIL, "1 of 4 samples leak", drawn) for key in asked]
    none = (None, None, None)
    summary = ProbeSummaryRow("sampling", 2, 2, 0.1, 1.0, 0, 2, "the retain model", *none, "", 0, 2, {}, 1.0)
    with writing() as session:
        spec = AuditSpec(name="drawn", pair="tiny").to_json()
        fields = {"base": "b", "pair_name": "tiny", "objective": "npo", "seed": 0, "pair_id": pair_id}
        run_id = writes.add_run(session, name="drawn", kind="audit", status="finished", spec=spec, **fields)
        writes.add_run_questions(session, run_id, [(key, ["Rome"]) for key in asked])
        rows = [ProbeResultRow("sampling", "pair", one.question_id, at, *one[1:5]) for at, one in enumerate(found)]
        writes.add_probe(session, run_id, summary, rows)
        writes.add_answers(session, run_id, drawn_rows("sampling", 1.0, found))
    return f"{filled}/runs?run={run_id}&probe=sampling"


def test_draws_are_paged_through_by_keys_above_the_list(audited: str, visit: Callable[[str], Page]) -> None:
    page = visit(audited)
    card = page.locator("section.card")
    expect(card).to_be_in_viewport(ratio=1)
    expect(card.locator("mark")).to_have_text("Rome")
    expect(card).to_contain_text("<img src=x")
    assert page.locator("section.card img").count() == 0
    expect(page.get_by_text("draw 1 of 4")).to_be_visible()
    page.keyboard.press("n")
    expect(page.get_by_text("draw 2 of 4")).to_be_visible()
    expect(card).to_contain_text("no idea")
    page.wait_for_url(re.compile("draw=1"))
    page.keyboard.press("p")
    expect(page.get_by_text("draw 1 of 4")).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_text("question 2 of 2")).to_be_visible()
    page.wait_for_url(re.compile("output="))
    linked = visit(f"{audited}&draw=4")
    expect(linked.get_by_text("draw 4 of 4")).to_be_visible()
    expect(linked.locator("section.card")).to_contain_text("red")
