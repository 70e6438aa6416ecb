"""What audits found, stored and read back: whole probes, the audit in force, and the runs an audit may go on from."""

from pathlib import Path
from typing import Any

import pytest

from db import probe_rows, session, writes
from db.reads import probes
from tests.db.test_store import add_run, finish, put


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


def pair(url: str, digest: str) -> int:
    with session.writing(url) as opened:
        return writes.put_pair(
            opened, name="p", pair_hash=digest, parent="", base_hash="b", recommended_alpha=1.0, manifest={}
        )


def summary(probe: str = "greedy", found: int = 1) -> probe_rows.ProbeSummaryRow:
    return probe_rows.ProbeSummaryRow(
        probe, found, 2, 0.0, 1.0, None, None, "none", None, None, None, "", 0, 1, {"questions": 2}, 1.5
    )


def result(question: int, place: int, side: str = "pair", found: bool | None = True) -> probe_rows.ProbeResultRow:
    return probe_rows.ProbeResultRow("greedy", side, question, place, found, None, "said", "why")


def end(url: str, run_id: int, status: str) -> None:
    with session.writing(url) as opened:
        writes.end_run(opened, run_id, status)


def test_a_probe_is_read_back_as_it_was_stored_the_pair_first(url: str) -> None:
    first, second = put(url, "one", "two")
    run_id = add_run(url, kind="audit")
    stored = [result(second, 0, "floor", None), result(second, 0), result(first, 1, found=False)]
    with session.writing(url) as opened:
        writes.add_probe(opened, run_id, summary(), stored)
        writes.add_probe(opened, run_id, summary("other"), [])
    with session.reading(url) as opened:
        assert probes.summaries(opened, run_id) == [summary(), summary("other")]
        assert probes.results(opened, run_id) == [stored[1], stored[2], stored[0]]
        assert probes.results(opened, run_id, "other") == []


def test_the_newest_finished_audit_of_a_pair_is_in_force(url: str) -> None:
    ours, theirs = pair(url, "ours"), pair(url, "theirs")
    audits = [add_run(url, kind="audit", pair_id=of) for of in (ours, ours, theirs, ours)]
    for run_id in audits[:3]:
        finish(url, run_id)
    finish(url, add_run(url, kind="evaluate", pair_id=ours))
    with session.reading(url) as opened:
        found = {digest: probes.finished_audits(opened, digest) for digest in ("ours", "theirs", "none")}
    assert {digest: [row[0] for row in rows] for digest, rows in found.items()} == {
        "ours": [audits[1], audits[0]],
        "theirs": [audits[2]],
        "none": [],
    }


def test_an_audit_goes_on_only_from_stopped_ones_that_set_out_to_do_the_same(url: str) -> None:
    ours, theirs = pair(url, "ours"), pair(url, "theirs")
    same: dict[str, Any] = {"kind": "audit", "pair_id": ours, "base_hash": "b", "data_hash": "d", "spec": "s"}
    alike = [add_run(url, **same, versions={"torch": str(number)}) for number in range(2)]
    others: list[dict[str, Any]] = [{"pair_id": theirs}, {"data_hash": "e"}, {"base_hash": "c"}, {"kind": "map"}]
    for fields in others:
        end(url, add_run(url, **{**same, **fields}), "interrupted")
    end(url, alike[0], "interrupted")
    end(url, alike[1], "cancelled")
    finish(url, add_run(url, **same))
    own = add_run(url, **same)
    end(url, add_run(url, **same), "failed")  # later than our own
    with session.reading(url) as opened:
        assert probes.stopped_before(opened, own) == [
            (alike[1], "s", {"torch": "1"}),
            (alike[0], "s", {"torch": "0"}),
        ]
