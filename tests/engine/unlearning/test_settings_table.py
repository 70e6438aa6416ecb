"""The settings of a training stand once; checks, command line and stored specifications follow the table."""

import inspect
import json
import re
import sys
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, get_args

import pytest
import torch

from engine.cli import main as program
from engine.errors import RunError, SettingError
from engine.kinds import TrainSpec, read_spec
from engine.models.tunings import TUNINGS
from engine.runs import execute, runner
from engine.store import history
from engine.store.sources import SourcedSpec
from engine.training_settings import GENERAL, RETAIN_CHOICES, Method, TrainingSettings, Tuning
from engine.unlearning import objectives
from engine.unlearning.losses import RETAIN_LOSSES, AnswerTokens
from engine.unlearning.methods import METHODS
from engine.unlearning.objectives import OBJECTIVES, check_numbers, declared_numbers, find_objectives, numbers_of
from engine.unlearning.settings_table import settings_of, settings_table
from engine.unlearning.unused import unused_settings

OTHERS = {  # the options of `train` that are no settings of a training
    "--help",
    "--json",
    "--name",
    "--base",
    "--reference",
    "--forget",
    "--retain",
    "--on",
    "--alphas",
    "--alpha-choice",
    "--max-new-tokens",
    "--no-curves",
    "--parent",
}
BOUNDED = [row.name for row in settings_table().values() if row.low is not None]
MADE_UP = """
from engine.bounds import Setting
from engine.unlearning.objective import Objective


def loss(answers, *, zeta):
    from engine.unlearning.losses import mean_nll

    return -zeta * mean_nll(answers)


OBJECTIVE = Objective(
    name="made_up", place=99, label="Made up", formula="−ζ NLL_e(forget)", source="nowhere", loss=loss,
    retain_term="none", numbers=(Setting("zeta", 2.0, "ζ", "slope", 0, 5),),
)
"""


def tokens(seed: int) -> AnswerTokens:
    """Five answer tokens of two questions, over a vocabulary of seven."""
    torch.manual_seed(seed)
    ensemble, base, trained = torch.randn(3, 5, 7)
    return AnswerTokens(ensemble, base, torch.tensor([0, 3, 6, 2, 1]), torch.tensor([0, 0, 1, 1, 1]), trained)


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more file among the objectives, and nothing else."""
    folder = tmp_path / "more"
    folder.mkdir()
    (folder / "made_up.py").write_text(MADE_UP, encoding="utf-8")
    monkeypatch.setattr(objectives, "__path__", [*objectives.__path__, str(folder)])
    found = find_objectives()
    monkeypatch.delitem(sys.modules, "engine.unlearning.objectives.made_up")
    assert list(found) == [*OBJECTIVES, "made_up"]
    monkeypatch.setitem(OBJECTIVES, "made_up", found["made_up"])
    program.make_program()
    monkeypatch.delitem(sys.modules, "engine.cli.train")  # which declares its options when it is imported


def test_the_table_names_each_setting_once() -> None:
    general, numbers = set(GENERAL), set(declared_numbers())
    assert general == {field.name for field in fields(TrainingSettings)} - {"numbers"}
    assert not general & numbers
    assert set(settings_table()) == general | numbers
    labels = [row.label for row in settings_table().values()]
    assert len(set(labels)) == len(labels)
    assert all(row.help and row.name == name for name, row in settings_table().items())


def test_choices_and_registries_have_the_same_names() -> None:
    assert set(get_args(Method)) == set(METHODS)
    assert set(get_args(Tuning)) == set(TUNINGS)
    assert set(RETAIN_CHOICES) == {"default", "none", *RETAIN_LOSSES}
    assert {entry.retain_term for entry in OBJECTIVES.values()} <= set(RETAIN_CHOICES)


def test_objectives_that_share_a_number_mean_the_same_by_it() -> None:
    for row in declared_numbers().values():
        shared = [number for entry in OBJECTIVES.values() for number in entry.numbers if number.name == row.name]
        assert {replace(number, default=None) for number in shared} == {replace(row, default=None, read_by=())}
        assert len(shared) == len(row.read_by)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_declared_numbers_are_what_the_loss_reads(objective: str) -> None:
    entry, own = OBJECTIVES[objective], numbers_of(TrainingSettings(objective=objective))
    answers = [tokens(seed) for seed in range(len(entry.reads))]
    takes = inspect.signature(entry.loss).parameters.values()
    assert [row.name for row in takes if row.kind is row.KEYWORD_ONLY] == list(own)
    before = float(entry.loss(*answers, **own))
    for name, value in own.items():
        assert float(entry.loss(*answers, **(own | {name: value + 0.3}))) != pytest.approx(before, abs=1e-4)


@pytest.mark.parametrize("name", BOUNDED)
def test_bounds_and_default_are_allowed_and_what_is_beyond_is_named(name: str) -> None:
    row = settings_table()[name]
    assert row.low is not None
    assert row.high is not None
    for value in (row.low, row.high, row.default):
        check_numbers(settings_of({row.name: value}))
    for value in (row.low - 1, row.high + 1, float("nan")):
        with pytest.raises(SettingError, match=f"^{row.name} must be between .* and .*, got {value}$"):
            check_numbers(settings_of({row.name: value}))


def test_the_command_line_offers_exactly_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert program.main(["train", "--help"]) == 0
    offered = set(
        re.findall(r"^\s+(?:-h, )?(--[a-z-]+)", capsys.readouterr().out.partition("Options:")[2], re.MULTILINE)
    )
    assert offered - OTHERS == {row.option for row in settings_table().values()}


def test_a_stored_specification_is_flat_and_an_old_one_reads() -> None:
    spec = TrainSpec(name="x", training=TrainingSettings(objective="simnpo", numbers={"beta": 0.5}))
    stored = json.loads(spec.to_json())
    assert list(stored["training"]) == [
        "batch_size",
        "beta",
        "clip_norm",
        "delta",
        "epochs",
        "forget_weight",
        "learning_rate",
        "method",
        "objective",
        "rank",
        "retain_batches",
        "retain_term",
        "retain_weight",
        "seed",
        "target_forget_probability",
        "tuning",
    ]
    assert (stored["training"]["beta"], stored["training"]["delta"]) == (0.5, 0.0)
    assert read_spec(spec.to_json()) == spec
    stored["training"] = {"objective": "npo", "rank": 4, "beta": None}  # a version that knew less
    known = read_spec(json.dumps(stored))
    assert isinstance(known, TrainSpec)
    old = known.training
    assert old == TrainingSettings(rank=4)
    assert TrainSpec(name="x", training=old).to_json().count("null") == 1
    stored["training"]["warmth"] = 1.0
    with pytest.raises(SettingError, match="cannot be read by this version"):
        read_spec(json.dumps(stored))


def test_a_number_of_no_objective_is_refused() -> None:
    with pytest.raises(SettingError, match="must be one of beta, delta, got 'warmth'"):
        check_numbers(TrainingSettings(numbers={"warmth": 1.0}))
    with pytest.raises(SettingError, match="beta must be a number, got 'much'"):
        TrainingSettings(numbers={"beta": "much"})  # type: ignore[dict-item]


@pytest.mark.usefixtures("made_up")
def test_one_more_file_is_an_objective_with_a_number_of_its_own(
    train_spec: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Offered, checked, stored, refused where it is not read, and read by the loss."""
    started: list[Any] = []

    def enqueue(sourced: SourcedSpec[Any]) -> int:
        started.append(sourced.spec)
        raise RunError("noted")

    monkeypatch.setattr(runner, "enqueue", enqueue)
    plain = train_spec("plain")
    options = [
        "train",
        "--name",
        "new",
        "--base",
        plain.base,
        "--reference",
        plain.reference,
        "--forget",
        plain.forget,
        "--retain",
        plain.retain[0],
        "--epochs",
        "1",
        "--rank",
        "2",
        "--batch-size",
        "2",
        "--alphas",
        "0,1",
        "--no-curves",
        "--max-new-tokens",
        "4",
        "--target-forget-probability",
        "0",
    ]
    for number in ("0.25", "2"):
        program.main([*options, "--objective", "made_up", "--zeta", number])
    assert [spec.training.numbers for spec in started] == [{"zeta": 0.25}, {}]
    program.main([*options, "--objective", "npo", "--zeta", "1"])
    assert "--zeta is not used here: zeta belongs to the objective made_up, got npo" in capsys.readouterr().err
    program.main([*options, "--objective", "made_up", "--zeta", "6"])
    assert "zeta must be between 0 and 5, got 6" in capsys.readouterr().err
    assert program.main(["train", "--help"]) == 0
    assert re.search(r"--zeta X +slope of made_up \(default:\s+2\)", capsys.readouterr().out)
    assert "beta" in unused_settings(started[0].training)
    spec: Any = read_spec(started[0].to_json())
    assert spec == started[0]
    losses = []
    for stored, name in ((spec, "quarter"), (started[1], "two")):
        run_id = execute.run_here(stored.but(name=name))
        detail = history.run_detail(run_id)
        assert detail.manifest["training"]["zeta"] == numbers_of(stored.training)["zeta"]
        losses.append(history.steps(run_id)["forget_loss"].iloc[0])
    assert losses[1] == pytest.approx(8 * losses[0])
