"""The draws of a probe as they are stored and read back: those that leak first, key terms marked, nothing after an
erasure.
"""

import pytest

from db import writes
from db.reads import runs
from engine.audit.draws import draw_of, drawn_rows, draws_of
from engine.audit.found import outputs_of
from engine.audit.probe import Draw, Result
from engine.kinds import AuditSpec
from engine.store import erasure
from engine.store.recorded_runs import record_run
from engine.store.session import reading, writing
from tests.reviewed_runs import EXAMPLES, store_pair
from tests.stored_runs import store_run, store_set


@pytest.fixture
def audited() -> tuple[int, list[int]]:
    """An audit in which Ada's town comes out in the second and fourth of four draws."""
    ids = store_set("folk", EXAMPLES)
    spec = AuditSpec(name="audit", pair="p").to_json()
    run_id = store_run("audit", {}, kind="audit", spec=spec, pair_id=store_pair())
    texts = ("no <b>idea</b>", "in Rome, I think", "Paris", "Rome Rome")
    drawn = tuple(Draw(text, text == "Rome Rome") for text in texts)
    results = [Result(ids[0], True, 1.0, "Rome Rome", "2 of 4 samples leak", drawn), Result(ids[1], False, 0.0, "", "")]
    with writing() as session:
        writes.add_run_questions(session, run_id, [(ids[0], ["Rome"]), (ids[1], ["red"])])
        writes.add_answers(session, run_id, drawn_rows("sampling", 1.0, results))
    return run_id, ids


def test_those_that_leak_come_first_with_their_terms_marked(
    own_folders: object, audited: tuple[int, list[int]]
) -> None:
    run_id, ids = audited
    found = draws_of(run_id, "sampling", ids[0])
    assert [(one.number, one.leaks, one.degenerate) for one in found] == [
        (2, True, False),
        (4, True, True),
        (1, False, False),
        (3, False, False),
    ]
    assert found[0].pieces == ("in ", "Rome", ", I think")
    assert found[2].pieces == ("no <b>idea</b>",)
    assert draws_of(run_id, "sampling", ids[1]) == []
    assert draws_of(run_id, "greedy", ids[0]) == []
    assert draws_of(run_id, "sampling", 999) == []


def test_a_draw_is_known_by_its_probe_and_number() -> None:
    assert draw_of("sampling#12", "sampling") == 12
    assert draw_of("sampling#12", "samp") == 0
    assert draw_of("question", "sampling") == draw_of("sampling#x", "sampling") == 0


def test_an_erasure_and_a_record_reach_every_draw(own_folders: object, audited: tuple[int, list[int]]) -> None:
    run_id, ids = audited
    said = [one for question in record_run(run_id)["questions"] for one in question["answers"]]
    assert sorted(one["phrasing"] for one in said) == [f"sampling#{number}" for number in (1, 2, 3, 4)]
    erasure.erase("Ada")
    with reading() as session:
        assert {row.text for row in runs.answers(session, run_id)} == {""}
    assert draws_of(run_id, "sampling", ids[0]) == []
    assert all(not (one.question or one.output) for one in outputs_of(run_id, "sampling"))
