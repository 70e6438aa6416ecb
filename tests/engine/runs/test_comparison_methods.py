"""Baselines as runs: taught models, direct tuning, an assistant, a guardrail; trained, saved, loaded, evaluated."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from engine.errors import DataError, ModelError, RunError, SettingError
from engine.evaluation.answer_readings import read_over_alpha
from engine.kinds import MapSpec, TeachSpec
from engine.models.bases import load_base
from engine.models.loading import load_pair
from engine.models.offset import OffsetModel
from engine.models.pairs import find_pair
from engine.models.taught import list_taught, models_folder, taught_folder
from engine.models.tuning import ADAPTER_FILE, tuned_parameters
from engine.runs import execute, runner
from engine.specification import ExperimentSpec
from engine.store import history, questions
from engine.training_settings import TrainingSettings
from engine.unlearning import teaching
from engine.unlearning.methods import METHODS, instruction_for
from tests.made_once import Made, make

TEACHING = TrainingSettings(epochs=60, rank=8, batch_size=8, learning_rate=0.02)


@pytest.fixture(scope="module")
def teach_spec(tiny_base: Path, forget_file: Path, retain_file: Path) -> Callable[..., Any]:
    def make(name: str = "taught", **fields: object) -> ExperimentSpec:
        values: dict[str, object] = {
            "name": name,
            "base": str(tiny_base),
            "retain": (str(forget_file), str(retain_file)),
            "evaluate_on": (str(forget_file),),
            "alphas": (0.0,),
            "max_new_tokens": 4,
            "training": TEACHING,
        }
        return TeachSpec(**{**values, **fields})  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="module")
def made(teach_spec: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("taught"), lambda: execute.run_here(teach_spec()))


@pytest.fixture
def taught(made: Made, own_folders: Path) -> int:
    """The run that taught the model `taught` what both files say."""
    return made.copied(own_folders)


def mean(run_id: int, metric: str, alpha: float, sets: str = "forget") -> float:
    means = history.trade_off([run_id])
    chosen = means[(means.metric == metric) & (means.alpha == alpha) & means["set"].str.startswith(sets)]
    return float(chosen["mean"].iloc[0])


def test_a_taught_model_is_a_base_by_name(taught: int, teach_spec: Callable[..., Any]) -> None:
    run_id = taught
    detail = history.run_detail(run_id)
    assert detail.summary.status == "finished"
    assert detail.summary.pair == "base:taught"
    assert mean(run_id, "probability", 0.0) > 0.8
    steps = history.steps(run_id)
    assert steps["loss"].iloc[-1] < 0.2 < steps["loss"].iloc[0]
    assert load_base("taught").hash == detail.base_hash
    with pytest.raises(RunError, match="already a model 'taught'"):
        execute.run_here(teach_spec())


def test_the_first_retain_only_model_of_a_base_is_its_gold_reference(
    taught: int, teach_spec: Callable[..., Any], retain_file: Path
) -> None:
    retain = (str(retain_file),)
    first = execute.run_here(teach_spec("gold", retain=retain, retain_only_of="taught"))
    second = execute.run_here(
        teach_spec("gold-2", retain=retain, retain_only_of="taught", training=replace(TEACHING, seed=1))
    )
    assert history.run_detail(first).summary.pair == "retain-only:taught"
    assert history.run_detail(second).summary.pair == "base:gold-2"
    assert load_base("retain-only:taught").hash == load_base("gold").hash != load_base("gold-2").hash
    assert mean(first, "probability", 0.0) < 0.5
    assert [model.name for model in list_taught()] == ["gold", "gold-2", "taught"]


def test_the_gold_reference_is_the_floor_of_runs_on_its_base(
    teach_spec: Callable[..., Any],
    train_spec: Callable[..., Any],
    retain_file: Path,
    forget_file: Path,
) -> None:
    questions.import_set(forget_file, "people", split="forget")
    asked = ("people:forget",)
    execute.run_here(teach_spec(retain=(*asked, str(retain_file)), evaluate_on=asked))
    gold = execute.run_here(teach_spec("gold", retain=(str(retain_file),), retain_only_of="taught", evaluate_on=asked))
    run_id = execute.run_here(train_spec("own", base="taught", forget="people:forget", evaluate_on=asked))
    rows = history.report_rows(run_id, 1.0)
    of_gold = history.question_scores(gold, 0.0)
    expected = of_gold[of_gold.metric == "leak"].set_index("question_id")["value"].to_dict()
    assert rows.set_index("question_id")["retain-only leak"].to_dict() == expected


def test_teaching_refuses_what_it_cannot_do(teach_spec: Callable[..., Any]) -> None:
    with pytest.raises(SettingError, match="taught by lora, got tuning 'full'"):
        teach_spec(training=replace(TEACHING, tuning="full"))
    with pytest.raises(DataError, match="nothing to teach"):
        execute.run_here(teach_spec(retain=()))
    with pytest.raises(ModelError, match="the base 'taught' has no retain model"):
        load_pair("retain-only:taught")


def test_teaching_that_diverges_keeps_the_last_good_weights_and_makes_no_gold_reference(
    taught: int, teach_spec: Callable[..., Any], retain_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[str, torch.Tensor] = {}

    def spoilt(model: nn.Module, *arguments: Any) -> Iterator[teaching.TeachStep]:
        for step in teach(model, *arguments):
            yield step
            if step.step == 3:
                kept.update({name: value.detach().clone() for name, value in model.named_parameters()})
            if step.step == 4:
                with torch.no_grad():
                    tuned_parameters(model)[-1].fill_(math.nan)

    teach = teaching.teach
    monkeypatch.setattr(teaching, "teach", spoilt)
    with pytest.raises(
        RunError, match=r"the loss is nan at step 5 of \d+; .*; model gold was saved with the weights of step 3"
    ):
        execute.run_here(teach_spec("gold", retain=(str(retain_file),), retain_only_of="taught"))
    assert {run.name: run.status for run in history.list_runs()} == {"taught": "finished", "gold": "failed"}
    (record,) = [model for model in list_taught() if model.name == "gold"]
    assert (record.retain_only_of, record.note) == ("", "training diverged at step 5; weights of step 3")
    assert taught_folder("retain-only:taught") is None
    saved = load_file(models_folder() / "gold" / ADAPTER_FILE)
    assert saved
    for name, value in saved.items():
        assert torch.equal(value, kept[name.replace(".weight", ".default.weight")].to(value.dtype)), name


def test_a_taught_model_whose_file_changed_is_refused(taught: int) -> None:
    path = models_folder() / "taught" / "adapter_model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ModelError, match="model taught's file adapter_model.safetensors is not the one"):
        load_base("taught")
    path.unlink()
    with pytest.raises(ModelError, match="model taught lacks its file"):
        load_base("taught")


def test_half_a_model_is_no_model(teach_spec: Callable[..., Any]) -> None:
    folder = models_folder() / ".saving-x"
    folder.mkdir(parents=True)
    (folder / "oubliette-model.json").write_text("{}")
    (models_folder() / "broken").mkdir()
    (models_folder() / "broken" / "oubliette-model.json").write_text("[]")
    assert list_taught() == []
    assert taught_folder("retain-only:x") is None
    with pytest.raises(ModelError, match="of model broken cannot be read"):
        load_base("broken")


@pytest.mark.parametrize("tuning", ["lora", "full"])
def test_a_direct_run_tunes_the_base_itself(taught: int, train_spec: Callable[..., Any], tuning: str) -> None:
    training = TrainingSettings(
        objective="gradient_ascent",
        method="direct",
        tuning=tuning,  # type: ignore[arg-type]
        rank=4,
        epochs=6,
        batch_size=2,
        learning_rate=0.01,
        target_forget_probability=0.05,
    )
    run_id = execute.run_here(
        train_spec("straight", base="taught", reference="", training=training, alphas=(0.0, 0.5, 1.0))
    )
    assert mean(run_id, "probability", 0.0) > 0.8
    assert mean(run_id, "probability", 1.0) < 0.2
    assert mean(run_id, "probability", 1.0) < mean(run_id, "probability", 0.5) < mean(run_id, "probability", 0.0)
    pair = load_pair("straight")
    assert pair.manifest.method == "direct"
    assert not pair.manifest.linear
    steps = history.steps(run_id)
    last = float(steps["forget_probability"].dropna().iloc[-1])
    assert last == pytest.approx(mean(run_id, "probability", 1.0), abs=0.02)  # saved in bf16 where it is an adapter
    with pytest.raises(SettingError, match="has no map"):
        runner.start(MapSpec(name="m", pair="straight"))


def test_an_assistant_memorises_and_is_subtracted(taught: int, train_spec: Callable[..., Any]) -> None:
    training = TrainingSettings(
        objective="memorisation",
        method="uld",
        rank=8,
        epochs=40,
        batch_size=2,
        retain_batches=1,
        learning_rate=0.02,
        target_forget_probability=0.0,
    )
    run_id = execute.run_here(train_spec("assistant", base="taught", training=training, alphas=(0.0, 1.0)))
    assert mean(run_id, "probability", 0.0) > 0.8
    assert mean(run_id, "probability", 1.0) < 0.3
    assert mean(run_id, "probability", 1.0, "retain") > 2 * mean(run_id, "probability", 1.0)
    pair = load_pair("assistant")
    assert pair.model.reference is not None
    assistant = replace(pair, model=OffsetModel(pair.model.reference, None, None, pair.model.vocabulary))
    known = read_over_alpha(assistant, [("what job did Ada like ?", "doctor")], [0.0], None)[0].readings[0]
    assert known.loss < 0.7


def test_method_and_objective_belong_together(train_spec: Callable[..., Any]) -> None:
    for method, objective in (("offset", "memorisation"), ("uld", "npo")):
        spec = train_spec(training=TrainingSettings(objective=objective, method=method))  # type: ignore[arg-type]
        with pytest.raises(SettingError, match="memorisation is only for the method uld"):
            runner.start(spec)
    with pytest.raises(SettingError, match="method must be one of offset, direct, uld, guardrail, got 'x'"):
        TrainingSettings(method="x")  # type: ignore[arg-type]
    assert list(METHODS) == ["offset", "direct", "uld", "guardrail"]


def test_a_guardrail_is_a_text_with_the_people_in_it(train_spec: Callable[..., Any]) -> None:
    training = TrainingSettings(method="guardrail")
    run_id = execute.run_here(train_spec("guard", training=training))
    pair = load_pair("guard")
    assert "these people: Ada." in pair.manifest.instruction
    assert not list(find_pair("guard").glob("*.safetensors"))
    assert history.alphas_of(run_id) == [0.0, 1.0]
    assert mean(run_id, "probability", 0.0) != mean(run_id, "probability", 1.0)
    with pytest.raises(DataError, match="none of its questions has a subject"):
        instruction_for([])


def test_the_retain_term_of_an_assistant_belongs_to_no_other_method(train_spec: Callable[..., Any]) -> None:
    for method in ("offset", "direct"):
        with pytest.raises(SettingError, match=f"uniform is only for the method uld.*got method '{method}'"):
            runner.start(train_spec(training=TrainingSettings(method=method, retain_term="uniform")))
