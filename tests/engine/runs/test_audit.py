"""Audits as runs on a tiny trained pair: what is stored, a run really killed and gone on with, and what is refused."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db import writes
from db.reads import probes as probe_reads
from engine.audit import found as audit_found
from engine.audit import probes
from engine.audit import spec as audit_spec
from engine.audit.draws import draws_of
from engine.audit.found import finished_audit, probe_results, probe_rows
from engine.audit.probe import FULL, Budget, Context, Finding, Result
from engine.cli import audit as audit_command
from engine.cli import main
from engine.errors import DataError, RunError, SettingError
from engine.kinds import AuditSpec
from engine.models.manifest import read_manifest, write_manifest
from engine.models.pairs import find_pair
from engine.runs import execute, runner
from engine.runs.estimate import estimate
from engine.runs.kinds import audit as audit_runs
from engine.runs.kinds.audit import choose_questions, spread, summarise
from engine.runs.progress import Cancelled
from engine.settings import demo_folder
from engine.store import history
from engine.store.session import reading, writing
from engine.store.sources import SourcedSpec
from tests.engine.conftest import _write
from tests.scripted import CONTROL, SECRET, context, pair_of, target

Specs = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[3]
SMALL = Budget(questions=12, controls=12, samples=3, steps=1, max_new_tokens=8)
CHEAP = ("greedy", "phrasing_paraphrase", "pair_alone")


@pytest.fixture
def controls_file(tmp_path: Path) -> Path:
    return _write(tmp_path / "controls.csv", ("Dora",))


@pytest.fixture
def spec(
    no_demo: None,
    finished: int,
    forget_file: Path,
    retain_file: Path,
    controls_file: Path,
    tiny_base: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Specs:
    """Makes specifications of an audit of the pair `tiny`; in this process a quick one is quicker still."""
    monkeypatch.setattr(audit_runs, "QUICK", SMALL)

    def make(**fields: Any) -> Any:
        values = {
            "name": "audit",
            "pair": "tiny",
            "base": str(tiny_base),
            "forget": str(forget_file),
            "controls": str(controls_file),
            "retain": (str(retain_file),),
            "evaluate_on": (str(forget_file),),
            "alphas": (1.0,),
            "quick": True,
            "probes": CHEAP,
        }
        return AuditSpec(**{**values, **fields})

    return make


def test_every_probe_is_stored_with_its_questions_its_floor_and_its_budget(spec: Specs) -> None:
    run_id = execute.run_here(spec(probes=(), seed=5))
    rows = probe_rows(run_id)
    assert [row.name for row in rows] == list(probes.PROBES)
    detail = history.run_detail(run_id)
    assert (detail.summary.status, detail.summary.seed, detail.summary.progress) == ("finished", 5, 1.0)
    assert detail.versions["retain-only"].startswith("none: the base ")
    assert detail.versions["previous version"] == "none"
    asked = {example.subject for example, _ in history.asked(run_id)}
    assert asked == {"Ada", "Ben", "Cy", "Dora"}
    for row in rows:
        found = probe_results(run_id, row.name)
        ours = [item for item in found if item.side == "pair"]
        of_kept = probes.PROBES[row.name].of_kept
        assert len(ours) == (9 if of_kept else 3)
        assert row.found == sum(item.found is True for item in ours)
        assert row.n == sum(item.found is not None for item in ours)
        assert row.budget["questions"] == SMALL.questions
        assert row.floor_reason
        floor = [item for item in found if item.side == "floor"]
        assert (row.floor_found is None) == (not floor)
        if floor:
            assert row.floor_n == sum(item.found is not None for item in floor)
    assert {row.name for row in rows if row.floor_n} >= {"greedy", "sampling", "offset_inversion", "reversed_guidance"}


def test_the_same_seed_finds_the_same(spec: Specs) -> None:
    some = spec(probes=("sampling", "phrasing_few_shot", "membership_from_offset"))
    first, second = (execute.run_here(some) for _ in range(2))
    assert probe_results(first) == probe_results(second)


def test_every_draw_is_stored_and_taken_over(spec: Specs) -> None:
    """As many as the budget says, the one that its result shows among them; an audit that is started again has them."""
    some = spec(probes=("sampling",))
    first = execute.run_here(some)
    results = [row for row in probe_results(first, "sampling") if row.side == "pair"]
    drawn = {row.question_id: draws_of(first, "sampling", row.question_id) for row in results}
    for row in results:
        assert sorted(one.number for one in drawn[row.question_id]) == [1, 2, 3]
        assert row.text in ["".join(one.pieces) for one in drawn[row.question_id]]
        leaks = sum(one.leaks for one in drawn[row.question_id])
        assert row.detail.startswith(f"{leaks} of 3 samples leak")
    with writing() as session:
        writes.update_run(session, first, status="interrupted")
    second = execute.run_here(some)
    assert {key: draws_of(second, "sampling", key) for key in drawn} == drawn
    assert probe_results(first) == probe_results(second)


def test_a_killed_audit_goes_on_at_the_probe_it_was_in(spec: Specs, monkeypatch: pytest.MonkeyPatch) -> None:
    given = spec()
    program = (
        "import sys, time\nfrom dataclasses import replace\nfrom engine.runs import execute\nfrom engine.audit.probes"
        " import PROBES\nfrom engine.kinds import read_spec\ndef stuck(ctx):\n    print('stuck', flush=True)\n "
        "   time.sleep(600)\nPROBES['phrasing_paraphrase'] = replace(PROBES['phrasing_paraphrase'],"
        " run=stuck)\nexecute.run_here(read_spec(sys.argv[1]))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, given.to_json()], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "stuck\n"
        os.kill(process.pid, signal.SIGKILL)
    killed = history.find_run("audit").id
    assert [row.name for row in probe_rows(killed)] == ["greedy"]
    before = probe_results(killed)

    def again(_: Context) -> Finding:
        raise AssertionError("a probe that had ended was run again")

    monkeypatch.setitem(probes.PROBES, "greedy", replace(probes.PROBES["greedy"], run=again))
    run_id = execute.run_here(given)
    assert history.run_detail(killed).summary.status == "interrupted"
    rows = {row.name: row for row in probe_rows(run_id)}
    assert list(rows) == ["greedy", "phrasing_paraphrase", "pair_alone_reference", "pair_alone_trained"]
    assert rows["greedy"] == probe_rows(killed)[0]  # its seconds too: copied, not measured again
    assert probe_results(run_id, "greedy") == before


def stopped_after_one(given: Any) -> int:
    """An audit that is cancelled when its first probe is stored."""
    run_id = execute.store_spec(given, "")

    def one_is_stored() -> bool:
        with reading() as session:
            return bool(probe_reads.summaries(session, run_id))

    with pytest.raises(Cancelled):
        execute.run(run_id, one_is_stored)
    return run_id


def test_a_cancelled_audit_keeps_what_had_ended_and_another_seed_does_not_take_it_over(
    spec: Specs, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = stopped_after_one(spec())
    assert history.run_detail(stopped).summary.status == "cancelled"
    assert [row.name for row in probe_rows(stopped)] == ["greedy"]
    runs = list[str]()
    of_greedy = probes.PROBES["greedy"]

    def noted(ctx: Context) -> Finding:
        runs.append("greedy")
        return of_greedy.run(ctx)

    monkeypatch.setitem(probes.PROBES, "greedy", replace(of_greedy, run=noted))
    execute.run_here(spec(seed=1))
    assert runs == ["greedy"]
    execute.run_here(spec())
    assert runs == ["greedy"]


def test_a_probe_that_cannot_be_tried_says_why_and_the_audit_goes_on(
    spec: Specs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Context) -> Finding:
        raise DataError("nothing to ask")

    monkeypatch.setitem(probes.PROBES, "greedy", replace(probes.PROBES["greedy"], run=refuse))
    run_id = execute.run_here(spec())
    first, *others = probe_rows(run_id)
    assert (first.found, first.n, first.share, first.floor_found) == (0, 0, None, None)
    assert first.note == "it could not be tried: nothing to ask"
    assert {item.detail for item in probe_results(run_id, "greedy")} == {first.note}
    assert all(row.n for row in others)


def test_the_newest_finished_audit_of_a_pair_is_found_by_its_hash(spec: Specs) -> None:
    assert finished_audit("nobody", 1.0) is None
    run_id = execute.run_here(spec(probes=("greedy", "pair_alone")))
    stopped_after_one(spec())
    digest = history.run_detail(run_id).pair_hash
    assert finished_audit(digest, 1.0) == run_id
    assert finished_audit(digest, 0.5) is None, "an audit at another strength says nothing of this one"
    execute.run_here(spec(probes=("greedy",)))
    assert finished_audit(digest, 1.0) == run_id, "the fuller audit stays in force"


def test_a_probe_of_another_version_is_shown_by_its_name(spec: Specs, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id = execute.run_here(spec(probes=("greedy", "pair_alone")))
    known = {name: probe for name, probe in probes.PROBES.items() if name != "greedy"}
    monkeypatch.setattr(audit_found, "PROBES", known)
    last = probe_rows(run_id)[-1]
    assert (last.name, last.label, last.sentence, last.n) == ("greedy", "greedy", "", 3)


def test_what_cannot_be_audited_is_refused_before_anything_is_stored(spec: Specs, finished: int) -> None:
    before = history.list_runs()
    with pytest.raises(SettingError, match="no probe 'magic'; probes are: greedy, alpha_threshold"):
        runner.start(spec(probes=("magic",)))
    with pytest.raises(SettingError, match="an audit needs a pair, and 'retain-only:demo' is a model alone"):
        runner.start(spec(pair="retain-only:demo"))
    with pytest.raises(DataError, match="nowhere"):
        runner.start(spec(controls="nowhere:at-all"))
    with pytest.raises(SettingError, match="an audit tries one alpha, got 0, 1"):
        spec(alphas=(0.0, 1.0))
    assert history.list_runs() == before
    with pytest.raises(RunError, match="is not an audit: its kind is train"):
        probe_rows(finished)


def test_what_an_audit_takes_grows_with_its_probes(spec: Specs) -> None:
    one, all_ = estimate(SourcedSpec(spec(probes=("greedy",)))), estimate(SourcedSpec(spec(probes=())))
    assert (one.questions, one.steps) == (3, 0)
    assert all_.seconds > one.seconds


def test_questions_of_a_file_take_the_side_that_the_run_gives_them(spec: Specs) -> None:
    sides = choose_questions(SourcedSpec(spec()), FULL)
    assert [{item.example.split for item in side} for side in sides] == [{"forget"}, {"holdout"}, {"retain"}]
    assert [len(side) for side in sides] == [3, 3, 9]
    assert sides.forget[0].terms == ("doctor",)
    assert len(sides.all) == 15


@given(st.lists(st.sampled_from(["", "a", "b", "c"]), max_size=30), st.integers(1, 30), st.integers(0, 5))
def test_few_questions_are_spread_over_persons(subjects: list[str], limit: int, seed: int) -> None:
    targets = [target(number, "where ?", "Rome", subject=subject) for number, subject in enumerate(subjects)]
    chosen = spread(targets, limit, seed)
    assert chosen == spread(targets, limit, seed)
    places = [item.question_id for item in chosen]
    assert places == sorted(set(places))
    assert len(chosen) == min(limit, len(targets))
    names = {subject or str(number) for number, subject in enumerate(subjects)}
    taken = [item.example.subject or str(item.question_id) for item in chosen]
    there = {name: sum((s or str(n)) == name for n, s in enumerate(subjects)) for name in names}
    # Nobody who has a question left has been asked two fewer than another.
    assert all(
        taken.count(one) >= taken.count(other) - 1 for one in names for other in names if there[one] > taken.count(one)
    )


def test_a_summary_by_hand(tmp_path: Path) -> None:
    forget = (SECRET, target(2, "where ?", "Rome", subject="Ada"), target(3, "who ?", "Rome", subject="Ben"))
    ctx = context(pair_of({}), tmp_path, forget, controls=(CONTROL,), greedy={1: True, 2: False, 3: False})
    results = [Result(1, True, None, "", ""), Result(2, True, 2.0, "", ""), Result(3, None, None, "", "too long")]
    finding = Finding(results, [Result(9, False, None, "", "")], "controls", "note", 0.7, (0.6, 0.8))
    row = summarise("x", finding, ctx, 2.0)
    assert (row.found, row.n, row.low, row.high) == (2, 2, None, None)  # one person: nobody to resample
    assert (row.floor_found, row.floor_n, row.floor_reason) == (0, 1, "controls")
    assert (row.value, row.value_low, row.value_high, row.note, row.seconds) == (0.7, 0.6, 0.8, "note", 2.0)
    assert (row.greedy_found, row.beyond_greedy) == (1, 1)
    results[2] = Result(3, True, None, "", "")
    row = summarise("x", finding._replace(floor=None), ctx, 2.0)
    # All of two persons: Clopper and Pearson's for two of two.
    assert (row.found, row.n, row.high, row.floor_found) == (3, 3, 1.0, None)
    assert row.low == pytest.approx(0.025 ** (1 / 2))


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    yield
    for child in runner._children:
        child.wait(60)
    runner._children.clear()


def test_from_the_command_line(
    spec: Specs, workers: None, forget_file: Path, controls_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["audit", "--pair", "tiny", "--forget", str(forget_file), "--controls", str(controls_file), "--quick"]
    asked = [*argv, "--probe", "greedy", "--probe", "phrasing", "--seed", "3", "--alpha", "-1"]
    assert main.main([*asked, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["pair"], found["alpha"], found["seed"], found["quick"]) == ("tiny", -1.0, 3, True)
    assert [probe["name"] for probe in found["probes"]] == [
        "greedy",
        "phrasing_paraphrase",
        "phrasing_prefix",
        "phrasing_few_shot",
        "phrasing_mixed",
    ]
    needed = {
        "name",
        "found",
        "floor",
        "floor_reason",
        "n",
        "interval",
        "value",
        "greedy_found",
        "note",
        "budget",
        "seconds",
    }
    assert all(needed <= probe.keys() for probe in found["probes"])
    assert found["probes"][3]["n"] == 0  # no questions to keep were named
    assert "none were named" in found["probes"][3]["note"]
    run = history.run_detail(found["run"]).summary
    assert (run.kind, run.status, run.name, run.alphas) == ("audit", "finished", "audit-tiny", (-1.0,))
    row = probe_rows(found["run"])[0]
    text = "\n".join(audit_command._lines(row))
    assert f"As asked, greedy: {row.found} of 3 " in text
    assert f"baseline {row.floor_found} of 3 (people no model was taught" in text


def test_a_pair_is_asked_what_its_run_was_to_forget(spec: Specs, forget_file: Path) -> None:
    assert audit_spec.audit_spec("tiny", alpha=1.0).forget == str(forget_file)
    assert audit_spec.audit_spec("tiny", alpha=0.5, quick=True, seed=3).alphas == (0.5,)


def test_a_pair_that_no_run_here_made_needs_its_forget_set(
    spec: Specs, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Path(shutil.copytree(find_pair("tiny"), tmp_path / "other"))
    write_manifest(other, replace(read_manifest(other), parent="changed"))
    assert main.main(["audit", "--pair", str(other), "--json"]) == 2
    out, err = capsys.readouterr()
    assert (out, "name the questions it should forget (--forget SOURCE)" in err) == ("", True)
    assert main.main(["audit", "--pair", "retain-only:demo"]) == 2
    assert main.main(["audit", "--pair", "tiny", "--forget", "demo:forget", "--probe", "magic"]) == 2
    assert "no probe 'magic'" in capsys.readouterr().err


@pytest.mark.parametrize(("pair", "source"), [("demo", "demo:forget"), ("demo-first", "demo:forget/first")])
def test_a_pair_of_the_demo_is_asked_what_it_was_made_to_forget(pair: str, source: str) -> None:
    manifest = read_manifest(find_pair(str(demo_folder() / "pairs" / pair)))
    assert audit_spec._made_for(manifest.data_hashes["forget"]) == source
    assert audit_spec._made_for("another") == "demo:forget"
