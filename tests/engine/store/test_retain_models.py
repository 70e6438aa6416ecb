"""Which model never knew, and for which questions that may be said of it."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from engine.data.examples import Example
from engine.models import taught
from engine.models.taught import TaughtModel, question_hash
from engine.store.retain_models import retain_model_for

SECRET = Example("Where does Ada work?", "Ada works in Rome", split="forget")


def test_the_demos_comes_with_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUBLIETTE_DEMO", str(tmp_path))
    assert retain_model_for("demo", SECRET) is None
    (tmp_path / "retain-only").mkdir()
    found = retain_model_for("demo", SECRET)
    assert found is not None
    assert found.name == "retain-only:demo"


@pytest.mark.parametrize("split", ["retain", "world", "holdout", ""])
def test_only_of_a_forget_question_is_it_said(split: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUBLIETTE_DEMO", str(tmp_path))
    (tmp_path / "retain-only").mkdir()
    assert retain_model_for("demo", Example("q", "a", split=split)) is None


def test_one_that_was_taught_the_question_knows_it() -> None:
    def keep(*known: str) -> None:
        folder = taught.models_folder() / "gold"
        folder.mkdir(parents=True, exist_ok=True)
        record = TaughtModel("gold", "demo", "hash", retain_only_of="school", taught=list(known))
        (folder / taught.MANIFEST).write_text(json.dumps(asdict(record)), encoding="utf-8")

    assert retain_model_for("school", SECRET) is None
    keep()
    found = retain_model_for("school", SECRET)
    assert found is not None
    assert found.base == "retain-only:school"
    keep(question_hash(SECRET.question))
    assert retain_model_for("school", SECRET) is None
