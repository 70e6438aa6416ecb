"""The commands that start a run: what it stores, what they print of it, and Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from db import writes
from engine.cli import main as program
from engine.evaluation.leak_rule import LEAK_RULE
from engine.kinds import TrainSpec
from engine.runs import runner
from engine.store import history
from engine.store.session import writing
from engine.training_settings import TrainingSettings

Specs = Callable[..., Any]
ROOT = Path(__file__).resolve().parents[3]


def training_of(name: str) -> TrainingSettings:
    spec = history.run_detail(history.find_run(name).id).spec
    assert isinstance(spec, TrainSpec)
    return spec.training


@pytest.mark.usefixtures("in_this_process")
def test_means_over_one_person_have_no_interval_and_are_json(
    said: Callable[..., Any], tiny_pair_name: str, tmp_path: Path
) -> None:
    path = tmp_path / "one.csv"
    path.write_text("question,answer,subject,split\nwhat job did Ada like ?,doctor,Ada,forget\n", encoding="utf-8")
    found = said(
        "evaluate",
        "--pair",
        tiny_pair_name,
        "--on",
        str(path),
        "--alphas",
        "0",
        "--max-new-tokens",
        "4",
        "--name",
        "one",
    )
    assert {(row["low"], row["high"], row["count"]) for row in found["means"]} == {(None, None, 1)}


def test_train_evaluate_runs_and_export(
    said: Callable[..., Any], train_spec: Specs, tmp_path: Path, forget_file: Path, retain_file: Path
) -> None:
    spec = train_spec()
    trained = said(
        "train",
        "--base",
        spec.base,
        "--reference",
        spec.reference,
        "--forget",
        str(forget_file),
        "--retain",
        str(retain_file),
        "--objective",
        "npo",
        "--seed",
        "0",
        "--name",
        "mine",
        "--epochs",
        "1",
        "--batch-size",
        "2",
        "--alphas",
        "0,1",
    )
    assert (trained["status"], trained["pair"], trained["seed"]) == ("finished", "mine", 0)
    assert {row["split"] for row in trained["means"]} == {"forget", "retain"}
    said(
        "train",
        "--base",
        spec.base,
        "--reference",
        spec.reference,
        "--forget",
        str(forget_file),
        "--retain",
        str(retain_file),
        "--name",
        "next",
        "--epochs",
        "1",
        "--alphas",
        "0",
        "--parent",
        "mine",
        "--rank",
        "3",
        "--beta",
        "0.5",
        "--retain-batches",
        "0",
    )
    training = training_of("next")
    assert (training.rank, training.numbers["beta"], training.retain_batches, training.clip_norm) == (3, 0.5, 0, 1.0)
    assert history.run_detail(history.find_run("next").id).manifest["parent"] == "mine"
    evaluated = said("evaluate", "--pair", "mine", "--alphas", "-1,0.5", "--on", str(forget_file), "--name", "again")
    assert evaluated["alphas"] == [-1.0, 0.0, 0.5]
    listed = said("runs")
    assert [(run["name"], run["kind"], run["status"]) for run in listed] == [
        ("again", "evaluate", "finished"),
        ("next", "train", "finished"),
        ("mine", "train", "finished"),
    ]
    assert listed[0]["created"].endswith("+00:00")
    out = tmp_path / "report.csv"
    exported = said("export", "--run", "again", "--out", str(out), "--alpha", "0.5")
    assert exported == {"run": "again", "alpha": 0.5, "rows": 3, "out": str(out)}
    assert out.read_bytes().startswith(b'\xef\xbb\xbf"question"')


@pytest.mark.usefixtures("in_this_process")
def test_a_pair_is_trained_with_what_the_options_say(
    said: Callable[..., Any], refused: Callable[..., str], train_spec: Specs, forget_file: Path, retain_file: Path
) -> None:
    spec = train_spec()
    options = [
        "train",
        "--base",
        spec.base,
        "--reference",
        spec.reference,
        "--forget",
        str(forget_file),
        "--retain",
        str(retain_file),
        "--epochs",
        "1",
        "--alphas",
        "0",
        "--name",
        "simple",
    ]
    said(*options, "--objective", "simnpo", "--tuning", "p_adapter", "--delta", "0.5", "--forget-weight", "2")
    detail = history.run_detail(history.find_run("simple").id)
    training = training_of("simple")
    assert (training.objective, training.tuning, training.numbers) == ("simnpo", "p_adapter", {"delta": 0.5})
    assert training.forget_weight == 2.0
    assert detail.manifest["training"]["beta"] == 4.5
    assert "tuning must be one of lora, full, p_adapter, got 'prefix'" in refused(*options, "--tuning", "prefix")


@pytest.mark.usefixtures("in_this_process")
def test_an_evaluation_does_not_take_the_name_of_a_recorded_run(
    tiny_pair_name: str, said: Callable[..., Any], forget_file: Path
) -> None:
    def evaluated() -> str:
        return str(said("evaluate", "--pair", tiny_pair_name, "--alphas", "0", "--on", str(forget_file))["name"])

    assert evaluated() == "tiny"
    with writing() as session:
        writes.update_run(session, history.find_run("tiny").id, recording="h")
    assert evaluated() == "evaluate-tiny"
    assert history.find_run("tiny").recorded


@pytest.mark.usefixtures("in_this_process")
def test_leak_shares_are_printed_with_their_rule_and_their_floor(
    tiny_pair_name: str, forget_file: Path, tiny_base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def printed(*argv: str) -> str:
        capsys.readouterr()
        assert program.main(["evaluate", "--on", str(forget_file), *argv]) == 0
        return capsys.readouterr().out

    text = printed("--pair", tiny_pair_name, "--alphas", "0,1")
    assert text.startswith(f"run tiny ({history.find_run('tiny').id}) finished: means")
    assert "; baseline, the retain model: not known" in text
    printed("--pair", f"base:{tiny_base}", "--name", "alone")
    with writing() as session:  # as if it had been the retain-only model
        writes.update_run(session, history.find_run("alone").id, pair_name=f"retain-only:{tiny_base}")
    text = printed("--pair", tiny_pair_name, "--alphas", "0,1")
    assert re.search(
        r"leaks, forget: \d+% at alpha 0, \d+% at alpha 1; baseline, the retain model: \d+% \(3 of 3 questions\)",
        text,
    )
    assert LEAK_RULE in text


def test_an_answer_to_be_kept_is_remembered_and_never_leaks() -> None:
    from engine.analysis.remaining_leaks import LeakShare
    from engine.cli.running import _leak_words

    rows = [
        LeakShare(split, half, alpha, 0.5, 4, None, 0)
        for split, half in (("forget", ""), ("retain", "eval"), ("world", "eval"), ("", ""))
        for alpha in (0.0, 1.0)
    ]
    starts = {line.partition(":")[0] for line in _leak_words(rows)}
    assert starts == {"leaks, forget", "leaks, all questions", "remembered, retain/eval", "remembered, world/eval"}


@pytest.mark.usefixtures("in_this_process")
def test_a_run_of_a_ruined_pair_says_so(
    tiny_pair_name: str, said: Callable[..., Any], retain_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answers are cut to nothing: what is empty tells no secret either."""
    from engine.evaluation import evaluate as module

    whole = module._answer

    def nothing_at_1(*args: Any) -> Any:
        return [row._replace(text="") if row.alpha else row for row in whole(*args)]

    monkeypatch.setattr(module, "_answer", nothing_at_1)
    asked = ("--alphas", "0,1", "--on", str(retain_file), "--max-new-tokens", "4")
    found = said("evaluate", "--pair", tiny_pair_name, *asked)
    assert "more answers than the base's are noise" in found["ruined"]
    assert found["ruined"].startswith("Pair tiny is ruined: ")
    (listed,) = [row for row in said("runs") if row["id"] == found["id"]]
    assert "are noise" in listed["ruined"]
    assert "are noise" in said("figures", "--run", str(found["id"]), "--alpha", "1")["ruined"]


@pytest.mark.usefixtures("in_this_process")
def test_leak_shares_come_with_floor_and_rule_as_json_too(
    tiny_pair_name: str, said: Callable[..., Any], forget_file: Path
) -> None:
    found = said("evaluate", "--pair", tiny_pair_name, "--alphas", "0,1", "--on", str(forget_file))
    assert [(row["alpha"], row["questions"], row["floor"]) for row in found["leaks"]] == [
        (0.0, 3, None),
        (1.0, 3, None),
    ]
    assert found["leak_rule"] == LEAK_RULE


@pytest.mark.usefixtures("in_this_process")
def test_the_longest_answer_can_be_chosen(tiny_pair_name: str, said: Callable[..., Any], forget_file: Path) -> None:
    arguments = ("evaluate", "--pair", tiny_pair_name, "--alphas", "0", "--on", str(forget_file))
    run_id = said(*arguments, "--max-new-tokens", "2")["id"]
    assert history.run_detail(run_id).spec.max_new_tokens == 2
    texts = history.report_rows(run_id, 0.0)["base answer"]
    assert max(len(text.split()) for text in texts) <= 2


def test_ctrl_c_cancels_the_run(train_spec: Specs, forget_file: Path, retain_file: Path) -> None:
    spec = train_spec()
    argv = [
        "train",
        "--base",
        spec.base,
        "--reference",
        spec.reference,
        "--forget",
        str(forget_file),
        "--retain",
        str(retain_file),
        "--name",
        "long",
        "--epochs",
        "200",
        "--batch-size",
        "1",
        "--target-forget-probability",
        "0",
        "--json",
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", "engine", *argv],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 60
    while not any(run.status == "running" for run in history.list_runs()):
        assert time.monotonic() < end
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (2, "")
    assert err.strip().endswith("was cancelled")
    assert history.find_run("long").status == "cancelled"
    list(runner.follow(history.find_run("long").id))
