"""A run from specification to stored scores, in this process, with tiny real models."""

import csv
import errno
import io
import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from db import writes
from db.errors import DatabaseBusyError
from engine.data.examples import Example
from engine.errors import DataError, RunError, SettingError, StorageError
from engine.models.pairs import list_pairs
from engine.report import export
from engine.runs import execute
from engine.runs.estimate import Estimate, estimate, estimated_seconds, late_words
from engine.runs.file_notes import file_notes
from engine.runs.kinds import KINDS
from engine.runs.progress import Cancelled, ending_of
from engine.runs.scratch import scratch_folder
from engine.settings import data_folder
from engine.store import history, questions, recorded_runs, sets
from engine.store.questions import evaluated, evaluation_sources, register_set, training_sets
from engine.store.sources import SourcedSpec

Specs = Callable[..., Any]
pytestmark = pytest.mark.usefixtures("no_demo")


def test_a_training_run_stores_steps_pair_scores_and_answers(finished: int) -> None:
    detail = history.run_detail(finished)
    steps = history.steps(finished)
    assert (detail.summary.status, detail.summary.progress, detail.summary.message) == ("finished", 1.0, "")
    assert list(steps["step"]) == [1, 2, 3, 4]  # 3 questions in batches of 2, twice
    assert list(steps["forget_probability"].notna()) == [False, True, False, True]
    assert [manifest.name for manifest in list_pairs()] == ["tiny"]
    assert detail.pair_hash == list_pairs()[0].hash
    assert detail.summary.objective == "npo"
    assert history.alphas_of(finished) == [0.0, 1.0]
    assert detail.versions["torch"]
    assert "Leak rule" in detail.versions["leak rule"]
    assert not scratch_folder(finished).exists()


def test_what_a_file_does_not_say_of_splits_the_run_does(finished: int) -> None:
    frame = history.trade_off([finished])
    counts = frame[(frame["metric"] == "rouge") & (frame["alpha"] == 0.0)].set_index("split")["count"]
    assert counts.to_dict() == {"forget": 3, "retain": 9}


def test_means_in_sql_are_the_means_of_the_scores_per_question(finished: int) -> None:
    scores = history.question_scores(finished, 1.0)
    expected = scores.groupby(["split", "metric"])["value"].mean().dropna()
    frame = history.trade_off([finished])
    found = frame[frame["alpha"] == 1.0].set_index(["split", "metric"])["mean"]
    assert set(scores["metric"]) >= {"rouge", "rouge_paraphrase", "leak", "probability", "truth_ratio"}
    assert {key: found[key] for key in expected.index} == pytest.approx(expected.to_dict(), abs=1e-12)


def test_the_pair_can_be_evaluated_again_and_agrees_with_its_own_run(finished: int, train_spec: Specs) -> None:
    spec = train_spec(kind="evaluate", name="again", pair="tiny")
    again = execute.run_here(spec)
    keys = ["question_id", "metric"]
    first, second = (history.question_scores(run, 1.0).set_index(keys)["value"] for run in (finished, again))
    assert history.run_detail(again).pair_hash == history.run_detail(finished).pair_hash
    assert first.sort_index().dropna().tolist() == second.sort_index().dropna().tolist()


def test_a_report_has_one_row_per_question_with_where_it_comes_from(finished: int, tmp_path: Path) -> None:
    out = tmp_path / "report.csv"
    assert export.export_run(finished, out, 1.0) == 12
    lines = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8-sig"))))
    assert len(lines) == 12
    detail = history.run_detail(finished)
    for name, value in {
        "pair": "tiny",
        "pair hash": detail.pair_hash,
        "alpha": "1.0",
        "seed": "0",
        "run": "tiny",
        "run number": str(finished),
    }.items():
        assert {line[name] for line in lines} == {value}
    assert {line["key terms"] for line in lines if line["split"] == "forget"} >= {"doctor", "Rome"}
    assert "question_id" not in lines[0]


def test_a_report_at_an_alpha_without_scores_lists_those_that_have_them(finished: int, tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no scores at alpha 0.3; it has them at: 0, 1$"):
        export.export_run(finished, tmp_path / "x.csv", 0.3)
    assert not (tmp_path / "x.csv").exists()


def test_a_recorded_run_comes_back_the_same(finished: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    examples = [item.example for item in evaluated(SourcedSpec(history.run_detail(finished).spec))]
    record = json.loads(json.dumps({**recorded_runs.record_run(finished), "name": "demo"}))
    folder = tmp_path / "demo"
    folder.mkdir()
    (folder / "evaluation.json").write_text(json.dumps([record]))
    monkeypatch.setenv("OUBLIETTE_DEMO", str(folder))
    monkeypatch.setattr("engine.data.demo.questions.demo_examples", lambda: tuple(examples))
    (stored,) = recorded_runs.import_demo_run()
    assert recorded_runs.import_demo_run() == [stored]
    summary = history.find_run("demo")
    assert (summary.id, summary.status, summary.recorded) == (stored, "finished", True)
    columns = [
        "question",
        "base answer",
        "unlearned answer",
        "key terms",
        "pair hash",
        "seed",
        "versions",
        "leak unlearned",
    ]
    before, after = (history.report_rows(run, 1.0).sort_values("question") for run in (finished, stored))
    assert before[columns].values.tolist() == after[columns].values.tolist()
    assert before["rouge unlearned"].tolist() == pytest.approx(after["rouge unlearned"].tolist(), rel=1e-5)

    record["questions"] = record["questions"][:5]  # the next version of the demo
    (folder / "evaluation.json").write_text(json.dumps([record]))
    (newer,) = recorded_runs.import_demo_run()
    assert [run.id for run in history.list_runs() if run.name == "demo"] == [newer]
    assert newer > stored


def test_a_record_that_names_an_unknown_question_stores_no_run(
    finished: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "evaluation.json").write_text(json.dumps([recorded_runs.record_run(finished)]))
    monkeypatch.setenv("OUBLIETTE_DEMO", str(tmp_path))
    monkeypatch.setattr("engine.data.demo.questions.demo_examples", lambda: (Example("q", "a"),))
    with pytest.raises(DataError, match="does not hold"):
        recorded_runs.import_demo_run()
    assert len(history.list_runs()) == 1
    (tmp_path / "evaluation.json").write_text("[{")
    with pytest.raises(DataError, match="evaluation.json cannot be read"):
        recorded_runs.import_demo_run()


def test_a_full_disk_while_the_pair_is_saved(train_spec: Specs, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("engine.models.pairs.write_manifest", full)  # the last write of a pair
    with pytest.raises(StorageError):
        execute.run_here(train_spec())
    run = history.find_run("tiny")
    assert run.status == "interrupted"
    assert "is full" in run.message
    assert len(history.steps(run.id)) == 4
    assert list_pairs() == []
    assert [path.name for path in (data_folder() / "pairs").iterdir()] == []
    assert not scratch_folder(run.id).exists()


def test_what_safetensors_and_sqlite_say_of_a_full_disk_is_understood() -> None:
    from safetensors import SafetensorError

    words = SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")
    sqlite = sqlite3.OperationalError("database or disk is full")
    caused = RuntimeError("could not write")
    caused.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    assert all("is full: free some space" in ending_of(error)[1] for error in (words, sqlite, caused))


def test_a_run_that_is_cancelled_stops_at_the_next_step(train_spec: Specs) -> None:
    run_id = execute.store_spec(train_spec(epochs=200), "here")
    calls = 0

    def cancelled() -> bool:
        nonlocal calls
        calls += 1
        return calls > 30

    with pytest.raises(Cancelled):
        execute.run(run_id, cancelled)
    assert history.run_detail(run_id).summary.status == "cancelled"
    assert 0 < len(history.steps(run_id)) < 40
    assert list_pairs() == []


def test_an_evaluation_that_fails_says_that_the_pair_was_saved(
    train_spec: Specs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.evaluation.evaluate.evaluate_examples", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        execute.run_here(train_spec())
    run = history.find_run("tiny")
    assert run.status == "failed"
    assert "unexpected ZeroDivisionError: division by zero; pair tiny was trained and saved" in run.message
    assert [manifest.name for manifest in list_pairs()] == ["tiny"]


def test_a_run_is_executed_once(finished: int) -> None:
    with pytest.raises(RunError, match="is not queued"):
        execute.run(finished)
    assert history.run_detail(finished).summary.status == "finished"


def test_two_runs_cannot_make_the_same_pair(train_spec: Specs) -> None:
    execute.store_spec(train_spec(), "here")
    with pytest.raises(RunError, match="already queued or running"):
        execute.store_spec(train_spec(), "here")


def test_a_busy_database_does_not_end_a_training(train_spec: Specs, monkeypatch: pytest.MonkeyPatch) -> None:
    add_step = writes.add_step
    refused: list[int] = []

    def busy(session: Any, run_id: int, step: Any) -> None:
        if step.step == 2 and not refused:
            refused.append(step.step)
            raise DatabaseBusyError("locked")
        add_step(session, run_id, step)

    monkeypatch.setattr(writes, "add_step", busy)
    run_id = execute.run_here(train_spec())
    assert refused
    assert list(history.steps(run_id)["step"]) == [1, 2, 3, 4]


def test_an_own_set_is_imported_once_and_never_overwritten(tmp_path: Path, forget_file: Path) -> None:
    found = questions.import_set(forget_file, "mine")
    assert (found.questions, found.merged) == (3, 0)
    assert questions.import_set(forget_file.read_bytes(), "mine", "forget.csv").questions == 3
    other = tmp_path / "other.csv"
    other.write_text("question,answer\nwho ?,Ada\n")
    with pytest.raises(DataError, match="'mine' is already stored with 3 other questions"):
        questions.import_set(other, "mine")
    assert len(sets.stored_examples("mine")) == 3
    for name in ("demo", "tofu", "a:b", "", "../x"):
        with pytest.raises(SettingError, match="name"):
            questions.import_set(other, name)


def test_a_run_tells_how_its_files_were_read(train_spec: Specs, tmp_path: Path) -> None:
    path = tmp_path / "muse.jsonl"
    path.write_text('{"prompt": "what job did Ada like ?", "gt": "doctor"}\n')
    words = "muse.jsonl: prompt is read as question, gt is read as answer"
    spec = train_spec(forget=str(path), evaluate_on=(str(path), "demo:world/eval"))
    assert file_notes(SourcedSpec(spec)) == [words]
    assert file_notes(SourcedSpec(train_spec(evaluate_on=("demo:forget", str(tmp_path / "gone.csv"))))) == []
    run = execute.run_here(train_spec(epochs=1))
    again = execute.run_here(train_spec(kind="evaluate", name="muse", pair="tiny", evaluate_on=(str(path),)))
    assert [history.run_detail(run_id).summary.message for run_id in (run, again)] == ["", words]


def test_stored_examples_come_back_as_they_were() -> None:
    example = Example(
        "q", "a", "q2", "a2", ("x", "y"), ("k",), "Ada", "patients", "clinic", "forget", "train", ("t1", "t2")
    )
    register_set("s", [example, Example("r", "b")], "test")
    assert sets.stored_examples("s") == [example, Example("r", "b")]
    with pytest.raises(DataError, match="no stored set 'z'; stored are: s"):
        sets.stored_examples("z")


def test_a_question_cannot_be_forgotten_and_kept(train_spec: Specs, forget_file: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="3 questions are both to be forgotten and to be kept"):
        training_sets(SourcedSpec(train_spec(retain=(str(forget_file),))))
    other = tmp_path / "other.csv"
    other.write_text("question,answer\nwhat job did Ada like ?,Rome\n", encoding="utf-8")  # with another answer
    with pytest.raises(DataError, match=r"1 questions are both .*, the first is 'what job did Ada like \?'"):
        training_sets(SourcedSpec(train_spec(retain=(str(other),))))


def test_what_is_evaluated_by_default_are_the_halves_the_pair_never_saw() -> None:
    assert evaluation_sources("demo:forget", ("demo:retain/train", "demo:world/train")) == (
        "demo:forget",
        "demo:retain/eval",
        "demo:world/eval",
    )
    assert evaluation_sources("a.csv", ("b.csv",)) == ("a.csv", "b.csv")


def test_the_estimate_counts_and_learns_from_earlier_runs(finished: int, train_spec: Specs) -> None:
    found = estimate(SourcedSpec(train_spec("next", epochs=2)))
    assert (found.questions, found.steps, found.measured) == (12, 4, True)
    assert found.disk_bytes > 0
    detail = history.run_detail(finished).summary
    assert detail.started is not None
    assert detail.finished is not None
    assert found.seconds == pytest.approx((detail.finished - detail.started).total_seconds(), rel=0.01)


def test_the_first_run_of_its_kind_is_estimated_by_what_other_runs_took(finished: int, train_spec: Specs) -> None:
    """The same base on the same machine: how many answers it gives a second was measured."""
    detail = history.run_detail(finished).summary
    assert detail.started is not None
    assert detail.finished is not None
    took, before = (detail.finished - detail.started).total_seconds(), SourcedSpec(history.run_detail(finished).spec)
    first = SourcedSpec(train_spec(kind="evaluate", name="e", pair="tiny"))
    found, work = estimate(first), {kind: KINDS[kind].work for kind in ("train", "evaluate")}
    assert found.measured
    expected = took * work["evaluate"](first).seconds / work["train"](before).seconds
    assert found.seconds == pytest.approx(expected, rel=0.01)


def test_a_run_says_once_it_takes_longer_than_estimated(finished: int) -> None:
    run = history.run_detail(finished).summary
    running = run._replace(status="running", started=datetime.now(UTC) - timedelta(seconds=100))
    assert late_words(running, 20.0) == "longer than estimated (20 s)"
    assert late_words(running._replace(started=datetime.now(UTC) - timedelta(seconds=600)), 300.0).endswith("(5 min)")
    assert late_words(running, 175.0) == ""
    assert late_words(running, None) == ""
    assert late_words(run, 0.0) == "", "it has ended"
    estimated = estimated_seconds(finished)
    assert estimated is not None
    assert estimated > 0
    with pytest.raises(RunError):
        history.run_detail(99)
    assert estimated_seconds(99) is None


def test_the_estimate_knows_tunings_and_objectives(train_spec: Specs) -> None:
    def guess(**changes: object) -> Estimate:
        return estimate(SourcedSpec(train_spec(training=replace(train_spec().training, **changes))))  # type: ignore[arg-type]

    lora, full, small = (guess(tuning=tuning).memory_bytes for tuning in ("lora", "full", "p_adapter"))
    assert small < lora < full
    npo, dpo = guess(objective="npo"), guess(objective="dpo")
    assert dpo.disk_bytes > npo.disk_bytes  # the refusals' logits are kept too
    assert dpo.seconds > npo.seconds
    assert guess(objective="relabelling").seconds < dpo.seconds
