"""Specifications: what is not allowed, what is stored, and what older versions stored."""

import gzip
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.errors import SettingError
from engine.kinds import (
    SPECIFICATIONS,
    AuditSpec,
    EvaluateSpec,
    ImportedSpec,
    TasksSpec,
    TeachSpec,
    TrainSpec,
    read_spec,
)
from engine.specification import ExperimentSpec
from engine.training_settings import TrainingSettings

OLD = Path(__file__).parents[1] / "kept" / "old.sqlite.gz"
LEAST = {
    kind: {
        "name": "n",
        **({"pair": "p"} if "pair" in cls.model_fields else {}),
        **({"judged": 1} if "judged" in cls.model_fields else {}),
    }
    for kind, cls in SPECIFICATIONS.items()
}


def make(kind: str, **fields: object) -> ExperimentSpec:
    values: dict[str, Any] = {**LEAST[kind], **fields}
    return SPECIFICATIONS[kind](**values)


@pytest.mark.parametrize("kind", SPECIFICATIONS)
def test_what_is_stored_is_read_back(kind: str) -> None:
    spec = make(kind)
    assert read_spec(spec.to_json()) == spec
    assert (spec.kind, spec.name) == (kind, "n")
    assert "null" not in spec.to_json().replace('"beta": null', "")


@given(
    st.lists(st.floats(-4, 8), min_size=1, max_size=6),
    st.lists(st.text(min_size=1), max_size=3),
    st.integers(1, 512),
    st.integers(0, 2**31 - 1),
)
def test_any_specification_is_read_back(alphas: list[float], sources: list[str], tokens: int, seed: int) -> None:
    training = TrainingSettings(objective="simnpo", seed=seed, numbers={"beta": 0.5})
    spec = TrainSpec(
        name="n",
        alphas=tuple(alphas),
        retain=tuple(sources),
        evaluate_on=tuple(sources),
        max_new_tokens=tokens,
        training=training,
    )
    again = read_spec(spec.to_json())
    assert again == spec
    assert isinstance(again, TrainSpec)
    assert again.training == training


@pytest.mark.parametrize("kind", SPECIFICATIONS)
def test_a_specification_cannot_be_changed_and_hashes_alike(kind: str) -> None:
    spec = make(kind)
    with pytest.raises(ValidationError):
        spec.name = "other"
    assert hash(spec) == hash(make(kind))
    assert spec.but(name="other").name == "other"
    with pytest.raises(SettingError, match="name must be 1 to 60 letters"):
        spec.but(name="not legal")


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("evaluate", {"pair": ""}, "needs the name of a pair"),
        ("map", {"pair": ""}, "needs the name of a pair"),
        ("evaluate", {"pair": 3}, "pair: it must be a valid string, got 3"),
        ("evaluate", {"forget": "demo:forget"}, "a specification of this kind has no forget"),
        ("evaluate", {"alphas": (9.0,)}, "alpha must be between -4 and 8, got 9.0"),
        ("evaluate", {"alphas": (float("nan"),)}, "alpha must be between -4 and 8, got nan"),
        ("evaluate", {"alphas": None}, "alphas: it must be a valid tuple, got None"),
        ("train", {"alpha_choice": "best"}, "the choice of alpha must be one of recommended, retain-only, got 'best'"),
        ("train", {"max_new_tokens": 0}, "max_new_tokens must be between 1 and 512, got 0"),
        ("train", {"max_new_tokens": "many"}, "max_new_tokens: it must be a valid integer.*got 'many'"),
        ("train", {"training": 3}, "training: it must be an instance of TrainingSettings, got 3"),
        ("tasks", {"limit": 0}, "limit must be between 1 and 100000, got 0"),
        ("teach", {"training": TrainingSettings(tuning="full")}, "a model is taught by lora, got tuning 'full'"),
        ("audit", {"alphas": (0.5, 1.0)}, "an audit tries one alpha, got 0.5, 1"),
        ("audit", {"alphas": ()}, "an audit tries one alpha, got none"),
        ("audit", {"seed": -1}, "seed must be between 0 and 2147483647, got -1"),
    ],
)
def test_what_is_not_allowed_is_said_in_a_sentence(kind: str, fields: dict[str, object], words: str) -> None:
    with pytest.raises(SettingError, match=words):
        make(kind, **fields)


def test_a_name_is_asked_for() -> None:
    with pytest.raises(SettingError, match="name must be given"):
        ImportedSpec()  # type: ignore[call-arg]


def test_what_older_versions_stored_is_read(tmp_path: Path) -> None:
    """One class had the fields of all kinds then: those of others are left out, an audit's seed is its training's."""
    path = tmp_path / "old.sqlite"
    path.write_bytes(gzip.decompress(OLD.read_bytes()))
    with sqlite3.connect(path) as opened:
        stored = [text for (text,) in opened.execute("select spec from runs")]
    read = [read_spec(text) for text in stored]
    assert {spec.kind for spec in read} == set(SPECIFICATIONS) - {"judge"}  # which came later
    for text, spec in zip(stored, read, strict=True):
        old, new = json.loads(text), json.loads(spec.to_json())
        assert {name: value for name, value in new.items() if name != "seed"} == {
            name: old[name] for name in new if name != "seed"
        }
        if isinstance(spec, AuditSpec):
            assert spec.seed == old["training"]["seed"]


def test_the_seed_of_an_older_audit_is_kept() -> None:
    old = {"kind": "audit", "name": "a", "pair": "p", "alphas": [1.0], "training": TrainingSettings(seed=7).stored}
    assert read_spec(json.dumps(old)).own_seed == 7


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "3", '{"kind": "dream"}', '{"kind": "map"}', '{"kind": "map", "x": 1}']
)
def test_what_is_not_a_specification_is_refused(text: str) -> None:
    with pytest.raises(SettingError, match="a stored specification cannot be read by this version"):
        read_spec(text)


def test_a_field_of_a_later_version_is_refused() -> None:
    later = json.loads(EvaluateSpec(name="n", pair="p").to_json()) | {"temperature": 0.5}
    with pytest.raises(SettingError, match="a specification of this kind has no temperature"):
        read_spec(json.dumps(later))


def test_what_a_run_is_about() -> None:
    assert TrainSpec(name="new").pair_name == "new"
    assert TeachSpec(name="new").pair_name == "new"
    assert TasksSpec(name="n", pair="old").pair_name == "old"
    assert ImportedSpec(name="n").pair_name == ""
    assert TrainSpec(name="n", forget="f", retain=("a", "b")).trained_on == ("f", "a", "b")
    assert EvaluateSpec(name="n", pair="p").own_seed is None
