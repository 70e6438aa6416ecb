"""Runs of multiple-choice tasks, from the command line to the stored figures."""

import importlib.util
import json
import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.analysis.task_figures import standard_error, task_figures
from engine.cli import main
from engine.errors import DataError, RunError, SettingError
from engine.kinds import TasksSpec
from engine.runs import execute, runner
from engine.runs.estimate import estimate
from engine.runs.kinds.tasks import check_tasks
from engine.store import history, sets
from engine.store.questions import import_set
from engine.store.sources import SourcedSpec
from tests.task_files import write_tasks

pytest.importorskip("lm_eval")
pytestmark = pytest.mark.usefixtures("no_demo")
NAMES = ("arc_challenge", "hellaswag", "winogrande", "openbookqa")


@pytest.fixture
def workers() -> Iterator[None]:
    """Workers of a test, waited for at its end."""
    yield
    for child in runner._children:
        child.wait(60)
    runner._children.clear()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("OUBLIETTE_TASKS", raising=False)
    return write_tasks(tmp_path / "tasks")


@pytest.fixture
def spec(finished: int, folder: Path) -> Callable[..., Any]:
    def make(**fields: Any) -> Any:
        values = {"name": "t", "pair": "tiny", "alphas": (0.0, 1.0), "evaluate_on": NAMES, "task_folder": str(folder)}
        return TasksSpec(**{**values, **fields})

    return make


def test_items_scores_and_origin_are_stored(spec: Callable[..., Any]) -> None:
    run_id = execute.run_here(spec(limit=2))
    detail = history.run_detail(run_id)
    assert (detail.summary.kind, detail.summary.status, detail.summary.sets) == ("tasks", "finished", NAMES)
    assert detail.versions["contexts cut"] == "0"
    assert detail.versions["lm-eval"][0].isdecimal()
    assert history.LEAK_RULE not in detail.versions
    assert detail.pair_hash
    assert {item.name: item.questions for item in sets.list_sets() if item.name in NAMES} == dict.fromkeys(NAMES, 2)
    for alpha in (0.0, 1.0):
        scores = history.question_scores(run_id, alpha)
        assert len(scores) == 4 * 2 * 2
        assert set(scores["metric"]) == {"accuracy", "accuracy_normalised"}
        assert set(scores["value"].dropna()) <= {0.0, 1.0}


def test_figures_have_chance_and_standard_error(spec: Callable[..., Any]) -> None:
    """The chances by hand: three and four choices, two and three, two, four."""
    run_id = execute.run_here(spec(limit=2))
    figures = task_figures(run_id)
    assert [(item.task, item.alpha) for item in figures] == [(name, alpha) for name in NAMES for alpha in (0.0, 1.0)]
    chances = {item.task: item.chance for item in figures}
    assert chances == pytest.approx(dict(zip(NAMES, (7 / 24, 5 / 12, 1 / 2, 1 / 4), strict=True)))
    for item in figures:
        scores = history.question_scores(run_id, item.alpha)
        values = scores[(scores["set"] == item.task) & (scores["metric"] == "accuracy")]["value"]
        assert item.accuracy == values.mean()
        assert item.items == 2
        assert item.accuracy_error == pytest.approx(values.std(ddof=1) / math.sqrt(2))
        assert (item.normalised is None) == (item.task == "winogrande")
        assert (item.normalised_error is None) == (item.task == "winogrande")


def test_the_standard_error_by_hand() -> None:
    assert standard_error(0.25, 4) == 0.25
    assert standard_error(0.0, 9) == 0.0
    assert standard_error(1.0, 1) is None
    assert standard_error(None, 0) is None


def test_items_that_are_equal_stay_two_and_a_second_run_adds_none(spec: Callable[..., Any], folder: Path) -> None:
    row = {"question": "what ?", "choices": ["red", "blue"], "answer": 0}
    write_tasks(folder, openbookqa=[row, row, row])
    first = execute.run_here(spec(limit=2, evaluate_on=("openbookqa",)))
    second = execute.run_here(spec(limit=3, evaluate_on=("openbookqa",)))
    assert [item.items for run_id in (first, second) for item in task_figures(run_id)] == [2, 2, 3, 3]
    assert len(sets.stored_examples("openbookqa")) == 3


def test_another_run_has_no_task_figures(finished: int) -> None:
    assert task_figures(finished) == []


@pytest.mark.usefixtures("workers")
def test_the_command_says_what_is_stored(
    spec: Callable[..., Any],
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """Through the worker, from the folder in the environment; the second time here."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("OUBLIETTE_TASKS", os.path.relpath(folder))
    arguments = ["tasks", "--pair", "tiny", "--alphas", "1", "--task", "winogrande", "--task", "arc_challenge"]
    assert main.main([*arguments, "--limit", "2", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    figures = task_figures(data["id"])
    assert [(item.task, item.alpha) for item in figures] == [
        ("winogrande", 0.0),
        ("winogrande", 1.0),
        ("arc_challenge", 0.0),
        ("arc_challenge", 1.0),
    ]
    assert data["figures"] == [item._asdict() for item in figures]
    assert (data["status"], data["name"], data["contexts_cut"]) == ("finished", "tasks-tiny", 0)
    stored = history.run_detail(data["id"]).spec
    assert isinstance(stored, TasksSpec)
    assert stored.task_folder == str(folder)
    request.getfixturevalue("in_this_process")
    assert main.main([*arguments, "--limit", "1"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert out[1].split() == ["task", "alpha", "acc", "±", "acc_norm", "±", "chance", "n"]
    assert out[2].split()[-5:] == ["n/a", "n/a", "n/a", "0.500", "1"]
    assert out[4].split()[-1] == "1"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["--task", "mmlu"], "task must be one of arc_challenge, hellaswag, winogrande, openbookqa, got 'mmlu'"),
        (["--limit", "0"], "limit must be between 1 and 100000, got 0"),
        (["--data", "nowhere"], "nowhere is not there; name one that holds arc_challenge/mcq_test.jsonl"),
        (["--alphas", "9"], "alpha must be between -4 and 8, got 9"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_stored(
    spec: Callable[..., Any], capsys: pytest.CaptureFixture[str], argv: list[str], words: str
) -> None:
    before = len(history.list_runs())
    assert main.main(["tasks", "--pair", "tiny", "--data", str(spec().task_folder), *argv]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert words in err
    assert len(history.list_runs()) == before


def test_a_wrong_file_and_a_missing_package_are_refused_at_the_start(
    spec: Callable[..., Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_tasks(spec())
    write_tasks(folder, openbookqa=[{"question": "what ?"}])
    with pytest.raises(DataError, match="openbookqa/mcq_test.jsonl, line 1"):
        runner.start(spec())
    monkeypatch.setattr("engine.runs.kinds.tasks.find_spec", lambda name: None if name == "lm_eval" else importlib.util)
    with pytest.raises(RunError, match=r"tasks need the package lm-eval: run `pip install -r requirements-tasks\.txt`"):
        runner.start(spec(evaluate_on=("winogrande",)))


def test_a_choice_longer_than_the_context_fails_the_run(spec: Callable[..., Any], folder: Path) -> None:
    row = {"question": "what ?", "choices": ["red", " ".join(["blue"] * 300)], "answer": 0}
    write_tasks(folder, openbookqa=[row])
    with pytest.raises(DataError, match="has 300 tokens, more than the 256"):
        execute.run_here(spec(evaluate_on=("openbookqa",)))
    assert history.list_runs()[0].status == "failed"


def test_contexts_that_were_cut_are_counted(spec: Callable[..., Any], folder: Path) -> None:
    row = {"question": " ".join(["which"] * 300), "choices": ["red", "blue"], "answer": 0}
    write_tasks(folder, openbookqa=[row])
    run_id = execute.run_here(spec(evaluate_on=("openbookqa",)))
    assert history.run_detail(run_id).versions["contexts cut"] == "2"


def test_a_base_alone_is_asked_at_alpha_0(
    spec: Callable[..., Any], tiny_base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "tend", lambda: None)  # queued, not run
    run_id = runner.start(spec(pair=f"base:{tiny_base}"))
    assert history.run_detail(run_id).spec.alphas == (0.0,)


def test_an_estimate_counts_the_items(spec: Callable[..., Any]) -> None:
    short, long = estimate(SourcedSpec(spec(limit=2))), estimate(SourcedSpec(spec(limit=20)))
    assert (short.questions, long.questions, long.steps) == (8, 80, 0)
    assert short.seconds < long.seconds


def test_the_names_of_the_tasks_belong_to_the_program(forget_file: Path) -> None:
    with pytest.raises(SettingError, match="'hellaswag' belongs to the program"):
        import_set(forget_file, "hellaswag")
