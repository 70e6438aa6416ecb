"""How runs begin, end and are told about: names, locks, key terms, manifests, reports."""

import csv
import io
import json
import re
import sqlite3
import threading
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from db import writes
from db.errors import DatabaseBusyError, DatabaseError, DatabaseFullError
from engine.data.examples import Example
from engine.errors import RunError, StorageError
from engine.evaluation import evaluate as evaluation
from engine.evaluation.leak_rule import derive_key_terms, leak_rule
from engine.models.loading import load_pair, open_training
from engine.models.p_adapter import p_adapter_of
from engine.models.pairs import list_pairs
from engine.report import export
from engine.runs import execute
from engine.settings import data_folder
from engine.store import history, sets
from engine.store.questions import evaluated, key_terms, register_set, training_sets
from engine.store.session import PATIENCE_SECONDS, PAUSE_SECONDS, write_patiently, writing
from engine.store.sources import SourcedSpec
from engine.training_settings import TrainingSettings
from engine.unlearning.training import train_pair
from engine.versions import VERSION
from tests.tiny import make_model, make_tokenizer

Specs = Callable[..., Any]
pytestmark = pytest.mark.usefixtures("no_demo")


def test_key_terms_are_those_of_the_whole_set_whatever_a_run_asks_of_it(train_spec: Specs, finished: int) -> None:
    common = [Example(f"where lives one{i} ?", "He likes Rome", split="retain") for i in range(3)]
    secret = Example("where lives Ada ?", "Ada likes Rome red", split="forget")
    register_set("mine", [secret, *common], "test")
    spec = train_spec(kind="evaluate", name="part", pair="tiny", evaluate_on=("mine:forget",))
    run_id = execute.run_here(spec)
    (terms,) = history.report_rows(run_id, 1.0)["key terms"]
    # Asked alone, every word of the answer that the question lacks would have been a secret.
    assert derive_key_terms([secret]) == [("likes", "Rome", "red")]
    assert terms == list(derive_key_terms(sets.stored_examples("mine"))[0]) == ["red"]
    judged = leak_rule([secret], key_terms(evaluated(SourcedSpec(spec))))
    assert (judged(secret, "she likes Rome"), judged(secret, "red")) == (False, True)


def test_a_killed_run_frees_its_name(train_spec: Specs) -> None:
    killed = execute.store_spec(train_spec(), "")
    tended, other = execute.store_spec(train_spec("tended"), "x"), execute.store_spec(train_spec("other"), "")
    with writing() as session:
        for run_id in (killed, tended, other):
            writes.claim_run(session, run_id)
    again = execute.run_here(train_spec())
    runs = {run.id: run for run in history.list_runs()}
    assert {key: run.status for key, run in runs.items()} == {
        killed: "interrupted",
        tended: "running",
        other: "running",
        again: "finished",
    }
    assert "stopped before it had ended" in runs[killed].message


def test_a_taken_name_is_refused_before_training(
    finished: int, train_spec: Specs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.models.loading.open_training", lambda *_: pytest.fail("models were loaded"))
    with pytest.raises(RunError, match="already a pair 'tiny'"):
        execute.run_here(train_spec())


def test_a_lock_at_the_end_does_not_lose_an_evaluation(
    train_spec: Specs, finished: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process takes the database before the scores are stored and keeps it longer than one write waits."""
    monkeypatch.setattr("db.session.BUSY_TIMEOUT_MS", 50)
    monkeypatch.setattr("engine.store.session.PAUSE_SECONDS", 0.05)
    holder = sqlite3.connect(data_folder() / "oubliette.sqlite", check_same_thread=False, isolation_level=None)
    release = threading.Timer(1.0, lambda: holder.execute("ROLLBACK"))
    evaluate = evaluation.evaluate_examples

    def then_locked(*arguments: Any, **named: Any) -> Any:
        found = evaluate(*arguments, **named)
        holder.execute("BEGIN IMMEDIATE")
        release.start()
        return found

    monkeypatch.setattr(evaluation, "evaluate_examples", then_locked)
    run_id = execute.run_here(train_spec(kind="evaluate", name="again", pair="tiny"))
    release.join()
    holder.close()
    assert history.run_detail(run_id).summary.status == "finished"
    assert len(history.report_rows(run_id, 1.0)) == 12


class Clock:
    """Stands in for the module `time` of the storage: an hour passes without anybody waiting."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds


def test_patience_ends_and_is_for_locks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr("engine.store.session.time", clock)
    calls: list[type[DatabaseError]] = []

    def refuse(error: type[DatabaseError]) -> None:
        calls.append(error)
        raise error("no")

    for error in (DatabaseBusyError, DatabaseFullError):
        with pytest.raises(StorageError, match="^no$"):
            write_patiently(lambda _, error=error: refuse(error))  # type: ignore[misc]
    assert clock.seconds == PATIENCE_SECONDS + PAUSE_SECONDS
    assert calls.count(DatabaseBusyError) == clock.seconds / PAUSE_SECONDS + 1  # the first try waits for nothing
    assert calls.count(DatabaseFullError) == 1


def test_a_specification_of_another_version_spoils_only_its_own_row(finished: int, train_spec: Specs) -> None:
    fine = json.loads(train_spec().to_json())
    broken = ["{", "[]", "{}", json.dumps(fine | {"novelty": 1}), json.dumps(fine | {"alphas": [99]})]
    ids = [execute.store_spec(train_spec(f"n{i}"), "x") for i in range(len(broken))]
    with writing() as session:
        for run_id, text in zip(ids, broken, strict=True):
            writes.update_run(session, run_id, spec=text)
    runs = {run.id: run for run in history.list_runs()}
    assert runs[finished].alphas == (0.0, 1.0)
    for run_id in ids:
        assert runs[run_id].message
        assert runs[run_id].sets == ()
        with pytest.raises(RunError, match="cannot be opened"):
            history.run_detail(run_id)


def test_a_report_shows_no_path_names_the_base_and_has_its_floor(
    finished: int, train_spec: Specs, tmp_path: Path
) -> None:
    base = train_spec().base
    alone = execute.run_here(train_spec(kind="evaluate", name="alone", base=base, pair=f"base:{base}"))
    export.export_run(alone, tmp_path / "alone.csv", 0.0)
    data = (tmp_path / "alone.csv").read_bytes()
    assert str(tmp_path).encode() not in data
    assert str(Path(base).parent).encode() not in data
    line, *_ = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    assert (line["pair"], line["base"], line["retain-only leak"]) == (f"base:{Path(base).name}", Path(base).name, "")
    assert f"oubliette {VERSION}" in line["versions"]

    with writing() as session:  # as if it had been the retain-only model
        writes.update_run(session, alone, pair_name=f"retain-only:{base}")
    rows = history.report_rows(finished, 1.0)
    expected = history.report_rows(alone, 0.0).set_index("question_id")["leak base"]
    assert rows["retain-only leak"].tolist() == expected[rows["question_id"]].tolist()

    with writing() as session:
        writes.update_run(session, alone, base="demo")
    assert set(history.report_rows(alone, 0.0)["base"]) == {"SmolLM2-135M-Instruct (dequantised Q4_1)"}


def test_a_manifest_says_how_its_pair_was_trained(finished: int, train_spec: Specs) -> None:
    execute.run_here(train_spec("second", parent="tiny"))
    first, second = sorted(list_pairs(), key=lambda manifest: manifest.created + manifest.parent)
    assert (first.parent, second.parent) == ("", "tiny")
    assert set(first.training) >= {"learning_rate", "epochs", "batch_size", "retain_batches", "beta"}
    assert first.training["epochs"] == 2
    ending = {"retain_loss_start", "retain_loss", "noise_in_samples"}
    assert set(first.figures) == {"forget_probability", "steps", "trained_parameters", *ending}
    assert first.versions["oubliette"] == VERSION
    assert replace(first, training={}).hash != first.hash


def steep_reference(folder: Path, scale: float) -> Path:
    """A reference whose last norm is so large that gradients through it are near the largest fp32 number."""
    tokenizer = make_tokenizer()
    model = make_model(tokenizer, seed=2, padding=7)
    with torch.no_grad():
        model.model.norm.weight *= scale
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


CLIMB = TrainingSettings(
    objective="gradient_ascent",
    tuning="p_adapter",
    rank=4,
    learning_rate=0.1,
    epochs=40,
    batch_size=2,
    target_forget_probability=0.0,
)


def test_a_run_that_diverges_fails_and_keeps_the_last_good_weights(train_spec: Specs, tmp_path: Path) -> None:
    """Gradient ascent climbs until the norm of its gradient is no fp32 number any more."""
    spec = train_spec(reference=str(steep_reference(tmp_path / "steep", 1e18)), retain=(), training=CLIMB)
    with pytest.raises(RunError) as caught:
        execute.run_here(spec)
    (run,) = history.list_runs()
    said = re.fullmatch(
        r"training diverged: the \w+(?: of the gradient)? is (?:inf|nan|-inf) at step (\d+) of 80; lower the learning"
        r" rate; "
        r"pair tiny was saved with the weights of step (\d+)",
        run.message,
    )
    assert said, run.message
    assert (run.status, run.message) == ("failed", str(caught.value))
    step, kept = int(said[1]), int(said[2])
    assert 1 <= kept < step

    pair = load_pair("tiny")
    assert pair.manifest.note == f"training diverged at step {step}; weights of step {kept}"
    assert pair.manifest.figures["steps"] == kept
    found = p_adapter_of(pair.model.trained)  # type: ignore[arg-type]
    opened = open_training(spec.base, spec.reference, CLIMB)
    forget, _ = training_sets(SourcedSpec(spec))
    for one in train_pair(opened, forget, [], CLIMB, tmp_path / "scratch"):
        if one.step == kept:
            break
    expected = p_adapter_of(opened.trained)
    assert found is not None
    assert expected is not None
    assert all(torch.equal(found.state_dict()[name], value) for name, value in expected.state_dict().items())
    assert torch.count_nonzero(expected.up.weight) > 0  # it had learned something


def test_a_run_that_diverges_at_once_saves_nothing(train_spec: Specs, tmp_path: Path) -> None:
    spec = train_spec(reference=str(steep_reference(tmp_path / "steep", 1e20)), retain=(), training=CLIMB)
    with pytest.raises(
        RunError, match="at step 1 of 80; lower the learning rate; not one step was good, so no pair was saved"
    ):
        execute.run_here(spec)
    assert [run.status for run in history.list_runs()] == ["failed"]
    assert list_pairs() == []
    assert not (data_folder() / "pairs").exists()


def test_a_manifest_records_the_beta_in_force(train_spec: Specs) -> None:
    training = train_spec().training
    for objective, beta in (("simnpo", 4.5), ("gradient_difference", None)):
        execute.run_here(train_spec(objective, training=replace(training, objective=objective)))
        found = next(manifest for manifest in list_pairs() if manifest.name == objective)
        assert found.training.get("beta") == beta
        assert found.training["forget_weight"] == 1.0
        assert found.note == ""


def test_the_version_is_that_of_the_project() -> None:
    text = (Path(__file__).resolve().parents[3] / "pyproject.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text)["project"]["version"] == VERSION
