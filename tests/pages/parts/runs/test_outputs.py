"""What a probe got out, question by question and draw by draw: the state in the address, every text escaped."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from db import writes
from db.probe_rows import ProbeResultRow, ProbeSummaryRow
from engine.audit.draws import drawn_rows
from engine.audit.probe import Draw, Result
from engine.kinds import AuditSpec
from engine.store.session import writing
from tests.pages.conftest import Opener
from tests.reviewed_runs import EXAMPLES, store_pair
from tests.stored_runs import store_run, store_set

EVIL = "<img src=x onerror=alert(1)> in Rome"


def summary(probe: str, found: int, samples: int = 0) -> ProbeSummaryRow:
    budget = {"samples": samples}
    return ProbeSummaryRow(
        probe, found, 2, 0.0, 1.0, 0, 2, "the retain model", None, None, None, "", 0, found, budget, 1.0
    )


@pytest.fixture
def audited(own_folders: object) -> tuple[int, list[int]]:
    ids = store_set("folk", EXAMPLES)
    spec = AuditSpec(name="audit", pair="p").to_json()
    run_id = store_run("audit", {}, kind="audit", spec=spec, pair_id=store_pair())
    drawn = tuple(Draw(text, False) for text in ("no idea", EVIL, "Paris"))
    results = [
        Result(ids[1], False, 0.0, "blue", "0 of 3 samples leak", tuple(Draw("blue", False) for _ in range(3))),
        Result(ids[0], True, 1.0, EVIL, "1 of 3 samples leak", drawn),
    ]
    with writing() as session:
        writes.add_run_questions(session, run_id, [(ids[0], ["Rome"]), (ids[1], ["red"])])
        for probe in ("greedy", "sampling"):
            rows = [ProbeResultRow(probe, "pair", one.question_id, at, *one[1:5]) for at, one in enumerate(results)]
            writes.add_probe(session, run_id, summary(probe, 1, 3), rows)
        writes.add_answers(session, run_id, drawn_rows("sampling", 1.0, results))
    return run_id, ids


def card(app: AppTest) -> str:
    return next(item.proto.body for item in app.get("html") if 'class="card"' in item.proto.body)  # type: ignore


def test_draws_and_questions_are_paged_through(
    visit: Opener, audited: tuple[int, list[int]], asked: Callable[[AppTest, str], str]
) -> None:
    run_id, ids = audited
    app = visit("runs", run=str(run_id), probe="sampling")
    assert not app.exception
    assert [item.value for item in app.text if " of " in item.value][:2] == ["question 1 of 2", "draw 1 of 3"]
    assert "&lt;img src=x" in card(app)
    assert "<img" not in card(app)
    assert "<mark>Rome</mark>" in card(app)
    assert "✖ found" in card(app)
    assert app.button(key="draw-back").disabled
    app.button(key="draw-on").click().run()
    assert "nothing found" in card(app)
    assert "no idea" in card(app)
    assert asked(app, "draw") == "1"  # the first as drawn, the second as shown
    app.button(key="output-on").click().run()
    assert "blue" in card(app)
    assert "draw" not in app.query_params
    assert asked(app, "output") == str(ids[1])
    assert app.button(key="output-on").disabled
    again = visit("runs", run=str(run_id), probe="sampling", output=str(ids[0]), draw="3")
    assert "Paris" in card(again)


def test_a_link_to_what_came_out_opens_it_above_the_list(visit: Opener, audited: tuple[int, list[int]]) -> None:
    """Until another run is chosen; without such a link the list comes first."""
    run_id, _ = audited
    linked = visit("runs", run=str(run_id), probe="greedy")
    plain = visit("runs", run=str(run_id))

    def order(app: AppTest) -> list[str]:
        found = [item.proto.id.split("-")[-1] for item in app.selectbox]
        return ["probe" if "probe" in key else "run" for key in found if key in ("probe", "run")]

    assert order(linked) == ["probe", "run"]
    assert order(plain) == ["run", "probe"]
    assert "probe" not in plain.query_params, "so that a link to the worst probe is a new one on this page too"
    plain.query_params["probe"] = "greedy"
    assert order(plain.run()) == ["probe", "run"]
    assert not linked.button(key="output-on").disabled


def test_an_audit_that_kept_one_draw_says_so(visit: Opener, audited: tuple[int, list[int]]) -> None:
    run_id, _ = audited
    app = visit("runs", run=str(run_id), probe="greedy")  # stored as if it had drawn, without its draws
    assert any("only this one is stored" in item.value for item in app.caption)
