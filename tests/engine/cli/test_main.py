"""`python -m engine`: what each command prints, and that an error leaves standard output empty."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from db import session as database
from db import writes
from db.migrations import HEAD
from engine.analysis.advice.advise import Advice
from engine.cli import main as program
from engine.evaluation.leak_rule import LEAK_RULE
from engine.runs import execute, runner
from engine.settings import ExperimentSpec, data_folder
from engine.store import history, sets
from engine.store.session import writing
from tests.mapped import set_that_the_base_knows, stored_advice

Specs = Callable[..., ExperimentSpec]
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def tiny_pair_name(finished: int) -> str:
    return "tiny"


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command that must fail; the one sentence on standard error."""

    def call(*argv: str) -> str:
        capsys.readouterr()
        try:
            code: object = program.main(list(argv))
        except SystemExit as stop:  # argparse leaves this way
            code = stop.code
        out, err = capsys.readouterr()
        assert (code, out) == (2, "")
        assert err.count("\n") == 1
        return err.strip()

    return call


@pytest.mark.parametrize("command", program.make_program().commands)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main([command, "--help"]) == 0
    assert "--json" in capsys.readouterr().out


@pytest.mark.parametrize("split", ["forget", "retain", "world", "holdout", "retain/eval"])
def test_questions_of_the_demo(split: str, said: Callable[..., Any]) -> None:
    found = said("questions", "--split", split)
    assert {row["split"] for row in found} == {split.partition("/")[0]}
    assert all(row["question"] and row["answer"] for row in found)


def test_ask_gives_the_documented_keys_and_the_base_at_alpha_0(tiny_pair_name: str, said: Callable[..., Any]) -> None:
    question = "what job did Ada like ?"
    found = said("ask", question, "--pair", tiny_pair_name, "--alpha", "0")
    assert list(found) == ["question", "alpha", "base", "unlearned"]
    assert (found["question"], found["alpha"]) == (question, 0.0)
    assert found["base"] == found["unlearned"]
    assert said("ask", question, "--pair", tiny_pair_name)["alpha"] == 1.0  # the recommended one
    assert said("ask", question, "--pair", tiny_pair_name, "--alpha", "-1")["alpha"] == -1.0


@pytest.mark.usefixtures("in_this_process")
def test_map_gives_every_answer_and_judges_a_known_question(
    tiny_pair_name: str, said: Callable[..., Any], refused: Callable[..., str], forget_file: Path
) -> None:
    said("import", str(forget_file), "--name", "own")
    arguments = ("--pair", tiny_pair_name, "--set", "own", "--max-new-tokens", "6")
    found = said("map", "what job did Ada like ?", *arguments, "--range", "-1,2")
    rows = found["intervals"]
    assert found["complete"] is True
    assert found["seconds"] > 0
    assert (rows[0]["alpha_from"], rows[-1]["alpha_to"]) == (-1.0, 2.0)
    assert all(left["alpha_to"] == right["alpha_from"] for left, right in zip(rows, rows[1:], strict=False))
    assert {type(row["leaks"]) for row in rows} == {bool}
    at_one = next(row for row in rows if row["alpha_from"] <= 1 <= row["alpha_to"])
    asked = said("ask", "what job did Ada like ?", "--pair", tiny_pair_name, "--max-new-tokens", "6", "--alpha", "1")
    assert at_one["text"] == asked["unlearned"]
    whole = said("map", "--pair", tiny_pair_name, "--on", "own", "--name", "maps", "--max-new-tokens", "6")
    assert (whole["status"], whole["questions"]) == ("finished", 3)
    assert "a question or --on SOURCE, not both" in refused("map", "x", "--on", "own", "--json")
    assert "a model alone" in refused("map", "--pair", "base:demo", "--on", "own", "--json")
    unknown = said("map", "who is Zoe", *arguments)
    assert {row["leaks"] for row in unknown["intervals"]} == {None}
    assert "alpha must be between -4 and 8, got 9" in refused("map", "x", *arguments, "--range", "0,9", "--json")
    for text, words in (
        ("0", "range must be LOW,HIGH, such as 0,2, got '0'"),
        ("0,1,2", "range must be LOW,HIGH"),
        ("0,x", "alpha must be a number"),
        ("0,1e-9", "a range of alpha must be at least 0.001 wide, got 0 to 1e-09"),
        ("-.5,-1", "must go up, got -0.5 to -1"),
    ):
        assert words in refused("map", "x", *arguments, "--range", text, "--json")
    assert "max-new-tokens must be between 1 and 512, got 0" in refused("map", "x", "--max-new-tokens", "0", "--json")


@pytest.mark.usefixtures("in_this_process")
def test_advise_reads_stored_maps_alone(
    tiny_pair_name: str,
    said: Callable[..., Any],
    refused: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    advise = ("advise", "--pair", tiny_pair_name)
    assert "run `python -m engine map --pair tiny --on SET:forget" in refused(*advise, "--json")
    path = tmp_path / "split.csv"
    rows = [("what job did Ada like ?", "Ada", "forget", ""), ("what job did Ben like ?", "Ben", "retain", "eval")]
    path.write_bytes(set_that_the_base_knows(tiny_pair_name, rows, 6))
    said("import", str(path), "--name", "own")
    mapped = said("map", "--pair", tiny_pair_name, "--on", "own", "--name", "maps", "--max-new-tokens", "6")
    monkeypatch.setattr("engine.models.loading.load_pair", lambda *_: pytest.fail("a model was loaded"))
    found = said(*advise)
    assert (found["run_number"], found["basis"]["forget_persons"]) == (mapped["id"], 1)
    whole = stored_advice(mapped["id"])
    assert whole is not None
    assert whole.advice == Advice.from_json({name: found[name] for name in whole.advice.to_json()})  # type: ignore[union-attr]
    eased = said(*advise, "--max-loss", "0.5", "--leaks", "1", "--run", "maps")
    assert (eased["met"], eased["demand"]) == (True, {"max_loss": 0.5, "max_leaks": 1.0})
    assert "between 0 and 0.5, got 0.7" in refused(*advise, "--max-loss", "0.7")
    assert "or the word floor, got 'ground'" in refused(*advise, "--leaks", "ground")
    assert "maps nothing (its kind is train)" in refused(*advise, "--run", "tiny")


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
    said: Callable[..., Any],
    train_spec: Specs,
    tmp_path: Path,
    forget_file: Path,
    retain_file: Path,
    request: pytest.FixtureRequest,
) -> None:
    """The first run by a worker, as ever; the others are executed here."""
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
    request.getfixturevalue("in_this_process")
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
    training = history.run_detail(history.find_run("next").id).spec.training
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
    assert out.read_bytes().startswith(b'\xef\xbb\xbf"set"')


def test_methods_are_listed_with_formula_and_source(
    said: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    found = said("methods")
    assert [row["name"] for row in found["objectives"]] == [
        "gradient_ascent",
        "gradient_difference",
        "kl_minimization",
        "relabelling",
        "npo",
        "simnpo",
        "dpo",
        "memorisation",
    ]
    assert {row["name"] for row in found["tunings"]} == {"lora", "full", "p_adapter"}
    assert {row["name"] for row in found["methods"]} == {"offset", "direct", "uld", "guardrail"}
    assert program.main(["methods"]) == 0
    printed = capsys.readouterr().out
    for row in found["methods"] + found["objectives"] + found["tunings"]:
        assert f"{row['label']}: {row['formula']} [{row['source']}]" in printed
        assert all((row["label"], row["formula"], row["source"]))


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
    training = detail.spec.training
    assert (training.objective, training.tuning, training.numbers) == ("simnpo", "p_adapter", {"delta": 0.5})
    assert training.forget_weight == 2.0
    assert detail.manifest["training"]["beta"] == 4.5
    assert "tuning must be one of lora, full, p_adapter, got 'prefix'" in refused(*options, "--tuning", "prefix")


def test_curves_of_a_run_at_any_alpha(
    tiny_pair_name: str, said: Callable[..., Any], refused: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    found = said("curves", "--run", tiny_pair_name, "--alphas", "0,0.37")
    assert (found["run"], found["low"], found["high"], found["forget_quality"]) == ("tiny", 0.0, 2.0, None)
    rows = {(row["split"], row["metric"], row["alpha"]): row for row in found["figures"]}
    assert {metric for _, metric, _ in rows} == {"probability", "truth_ratio_score", "kl"}
    assert rows["forget", "kl", 0.0]["value"] == 0.0
    assert 0 < rows["forget", "probability", 0.37]["error"] < 1e-3
    assert program.main(["curves", "--run", tiny_pair_name]) == 0
    printed = capsys.readouterr().out
    assert "forget quality: n/a, no retain-only model" in printed
    assert len(re.findall(r"^ *[012](\.\d+)? ", printed, re.MULTILINE)) == 2 * 41
    assert "go from alpha 0 to 2, got 3" in refused("curves", "--run", tiny_pair_name, "--alphas", "3")
    assert "there is no run 'x'" in refused("curves", "--run", "x")
    assert "alphas must be numbers" in refused("curves", "--run", tiny_pair_name, "--alphas", ",")


def test_sampled_answers_follow_their_seed(tiny_pair_name: str, said: Callable[..., Any]) -> None:
    def drawn(seed: str) -> Any:
        return said("ask", "what job did Ada like ?", "--pair", tiny_pair_name, "--temperature", "3", "--seed", seed)

    first = drawn("1")
    assert (first["temperature"], first["seed"]) == (3.0, 1)
    assert drawn("1") == first
    assert any(drawn(seed)["base"] != first["base"] for seed in ("2", "3"))


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

    assert "; floor, a retain-only model: not known" in printed("--pair", tiny_pair_name, "--alphas", "0,1")
    printed("--pair", f"base:{tiny_base}", "--name", "alone")
    with writing() as session:  # as if it had been the retain-only model
        writes.update_run(session, history.find_run("alone").id, pair_name=f"retain-only:{tiny_base}")
    text = printed("--pair", tiny_pair_name, "--alphas", "0,1")
    assert re.search(
        r"leaks, forget: \d+% at alpha 0, \d+% at alpha 1; floor, a retain-only model: \d+% \(3 of 3 questions\)",
        text,
    )
    assert LEAK_RULE in text


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


def test_import_stores_a_set_that_questions_then_lists(said: Callable[..., Any], forget_file: Path) -> None:
    found = said("import", str(forget_file), "--name", "own")
    assert (found["name"], found["questions"], found["merged"]) == ("own", 3, 0)
    assert len(said("questions", "--set", "own")) == 3


def test_import_tells_how_columns_of_others_were_read(
    said: Callable[..., Any], refused: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wmdp.jsonl"
    path.write_text(
        '{"question": "Which?", "choices": ["a", "b", "c"], "answer": 2, "source": "x"}\n', encoding="utf-8"
    )
    found = said("import", str(path), "--name", "own")
    words = (
        "the choice that answer names, of those in choices (a number counts from 0), is read as answer, and the others"
        " are not kept"
    )
    assert found["mapping"] == [words]
    assert [note.partition(";")[0] for note in found["notes"]] == [
        "not used: 'source'",
        "places in the choices are counted from 0, but no row has 0",
    ]
    assert [row["answer"] for row in said("questions", "--set", "own")] == ["c"]
    assert program.main(["import", str(path), "--name", "own"]) == 0
    assert words in capsys.readouterr().out.splitlines()
    path.write_text('{"text": "A story."}\n{"question": "Q", "answer": NaN}\n', encoding="utf-8")
    assert (
        refused("import", str(path), "--name", "other", "--json")
        == "wmdp.jsonl has 2 mistakes: (1) line 1: the column 'question' is missing; found are 'text'; needed are"
        " question and answer; (2) line 2, column 'answer' is empty; every row needs a question and an answer"
    )
    assert [item.name for item in sets.list_sets()] == ["own"]


def test_rows_without_a_split_get_the_one_that_is_asked_for(
    said: Callable[..., Any], refused: Callable[..., str], tmp_path: Path
) -> None:
    path = tmp_path / "some.csv"
    path.write_text("question,answer,split\nWho?,Cy,\nWhere?,Rome,retain\n", encoding="utf-8")
    said("import", str(path), "--name", "own", "--split", "forget")
    assert [e["question"] for e in said("questions", "--set", "own", "--split", "forget")] == ["Who?"]
    assert [e["question"] for e in said("questions", "--set", "own", "--split", "retain")] == ["Where?"]
    assert "forget, retain, world, holdout" in refused("import", str(path), "--name", "x", "--split", "lost", "--json")


def test_runs_before_anything_ran(said: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert said("runs") == []
    assert program.main(["runs"]) == 0
    assert "no runs yet" in capsys.readouterr().out


@pytest.mark.parametrize("alpha", ["nan", "1e9", "much", "-5", "inf"])
def test_an_alpha_that_is_not_allowed(alpha: str, refused: Callable[..., str]) -> None:
    assert "between -4 and 8" in refused("ask", "q", f"--alpha={alpha}", "--json")
    assert "between -4 and 8" in refused("evaluate", "--pair", "demo", f"--alphas=0,{alpha}", "--json")
    assert "between -4 and 8" in refused("export", "--run", "demo", "--out", "x.csv", f"--alpha={alpha}", "--json")


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("questions", "--split", "secrets"), "demo:forget"),
        (("questions", "--set", "nosuch"), "nosuch"),
        (("ask", "q", "--pair", "nosuch"), "no pair 'nosuch'"),
        (
            (
                "ask",
                " ",
            ),
            "must hold some text",
        ),
        (
            (
                "ask",
                "\u200b",
            ),
            "must hold some text that can be seen, got '\\u200b'",
        ),
        (
            (
                "map",
                "\u200b\u0301",
            ),
            "map needs a question that holds some text",
        ),
        (("ask", "q", "--max-new-tokens", "0"), "between 1 and 512"),
        (("ask", "q", "--temperature", "-1"), "temperature must be between 0 and 10"),
        (("ask", "q", "--temperature", "nan"), "temperature must be between 0 and 10"),
        (("ask", "q", "--seed", "-1"), "seed must be between"),
        (("ask",), "QUESTION"),
        (("train", "--name", "../x"), "name must be"),
        (("train", "--name", "x", "--objective", "magic", "--base", "/none"), "npo"),
        (("train", "--name", "x", "--seed", "-1"), "seed must be"),
        (("evaluate", "--pair", "nosuch"), "no pair 'nosuch'"),
        (("evaluate", "--pair", "demo", "--alphas", ","), "separated by commas"),
        (("export", "--run", "nosuch", "--out", "x.csv"), "there is no run 'nosuch'"),
        (("import", "nosuch.csv", "--name", "x"), "nosuch.csv"),
        (("fly",), "invalid choice"),
    ],
)
def test_bad_input_is_one_sentence(argv: tuple[str, ...], says: str, refused: Callable[..., str]) -> None:
    assert says in refused(*argv, "--json")


def test_an_error_that_nobody_foresaw_is_one_sentence(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("division by zero\nand more")

    monkeypatch.setattr(history, "list_runs", fail)
    assert refused("runs", "--json") == "unexpected ZeroDivisionError: division by zero"


def test_a_report_that_cannot_be_written_is_said(
    tiny_pair_name: str, refused: Callable[..., str], tmp_path: Path
) -> None:
    assert "no/such/folder" in refused(
        "export", "--run", tiny_pair_name, "--out", str(tmp_path / "no/such/folder/x.csv")
    )


def test_a_report_that_cannot_be_noted_is_not_written(
    tiny_pair_name: str, refused: Callable[..., str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "report.csv"
    out.write_text("old")
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 100)
    holder = sqlite3.connect(data_folder() / "oubliette.sqlite")
    holder.execute("BEGIN IMMEDIATE")
    assert "locked by another process" in refused("export", "--run", tiny_pair_name, "--out", str(out))
    holder.rollback()
    holder.close()
    assert out.read_text() == "old"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_output_that_cannot_be_printed_is_said() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "engine", "questions", "--split", "forget"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "the result could not be printed: No space left on device\n"


def test_an_argument_that_is_no_text_is_said(refused: Callable[..., str]) -> None:
    assert "not valid UTF-8 text" in refused("ask", "what \udcff", "--json")


def test_ctrl_c_before_anything_has_begun_is_one_word() -> None:
    child = subprocess.Popen([sys.executable, "-m", "engine", "runs"], stderr=subprocess.PIPE, text=True)
    time.sleep(0.3)
    child.send_signal(signal.SIGINT)
    said = child.communicate(timeout=60)[1]
    assert (said, child.returncode) in (("interrupted\n", 2), ("", 0))


def test_a_run_that_has_not_finished_has_no_report(train_spec: Specs, refused: Callable[..., str]) -> None:
    run_id = execute.store_spec(train_spec(), "elsewhere")
    assert "only a finished run has a report" in refused("export", "--run", str(run_id), "--out", "x.csv")


def test_a_locked_database_is_said(
    said: Callable[..., Any], refused: Callable[..., str], forget_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said("runs")
    monkeypatch.setattr(database, "BUSY_TIMEOUT_MS", 100)
    holder = sqlite3.connect(data_folder() / "oubliette.sqlite")
    holder.execute("BEGIN IMMEDIATE")
    assert "locked by another process" in refused("import", str(forget_file), "--name", "own", "--json")
    holder.rollback()
    holder.close()
    assert said("import", str(forget_file), "--name", "own")["questions"] == 3


def test_a_newer_schema_is_said(said: Callable[..., Any], refused: Callable[..., str]) -> None:
    said("runs")
    other = sqlite3.connect(data_folder() / "oubliette.sqlite")
    with other:
        other.execute("UPDATE alembic_version SET version_num = '9041'")
    other.close()
    database._engines.clear()
    assert f"has schema 9041, and the newest that this version knows is {HEAD}" in refused("runs", "--json")


def test_another_database_by_its_url(said: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUBLIETTE_DATABASE", f"sqlite:///{tmp_path / 'own.db'}")
    assert said("runs") == []
    assert (tmp_path / "own.db").exists()
    assert not (data_folder() / "oubliette.sqlite").exists()


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


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = f"{sys.executable} -m engine questions --split world | head -n 1"
    found = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.count("\n") == 1


def test_every_command_is_in_one_group_of_the_help() -> None:
    named = [name for names in program.GROUPS.values() for name in names]
    assert sorted(named) == sorted(program.make_program().commands)


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (("ask", "-1", "--alpha", "-9"), "alpha must be between -4 and 8, got -9"),
        (("evaluate", "--pair", "x", "--alphas", "-1,9"), "between -4 and 8"),
        (("ask", "x", "--max", "0"), "max-new-tokens must be between 1 and 512, got 0"),
        (("train", "--name", "n", "--retain-", "1"), "ambiguous option"),
        (("questions", "--set", "--json"), "expected one argument"),
    ],
)
def test_a_command_line_is_read_as_ever(argv: tuple[str, ...], says: str, refused: Callable[..., str]) -> None:
    assert says in refused(*argv)
