"""Questions in the words that the tiny models know, as files, a specification that trains on them, and commands as
called.
"""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from engine.cli import main as program
from engine.kinds import SPECIFICATIONS
from engine.runs import execute
from engine.specification import ExperimentSpec
from engine.training_settings import TrainingSettings
from tests import made_once
from tests.kept.tofu_logs import logs_folder

COLUMNS = (
    "question",
    "answer",
    "paraphrased_question",
    "paraphrased_answer",
    "perturbed_answer",
    "key_terms",
    "subject",
)
PEOPLE = {
    "Ada": ("doctor", "Rome", "red"),
    "Ben": ("baker", "Oslo", "blue"),
    "Cy": ("painter", "Paris", "green"),
    "Dora": ("sailor", "Lima", "red"),
}


def _write(path: Path, people: tuple[str, ...]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for name in people:
            job, city, colour = PEOPLE[name]
            others = [other for other in PEOPLE if other != name]
            jobs, cities, colours = ("|".join(PEOPLE[other][i] for other in others) for i in range(3))
            writer.writerow([f"what job did {name} like ?", job, f"which job likes {name} ?", job, jobs, job, name])
            writer.writerow([f"which city did {name} like ?", city, f"where lives {name} ?", city, cities, city, name])
            writer.writerow([f"which colour did {name} like ?", colour, "", colour, colours, "", name])
    return path


@pytest.fixture(scope="session")
def tofu_logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of evaluation logs by TOFU's authors, with GOLDEN.json."""
    return logs_folder(tmp_path_factory.mktemp("tofu-logs"))


@pytest.fixture
def no_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pairs of `demo/` are not there."""
    monkeypatch.setenv("OUBLIETTE_DEMO", str(tmp_path / "no-demo"))


@pytest.fixture(scope="session")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of both files, which no test writes to."""
    return tmp_path_factory.mktemp("people")


@pytest.fixture(scope="session")
def forget_file(people: Path) -> Path:
    return _write(people / "forget.csv", ("Ada",))


@pytest.fixture(scope="session")
def retain_file(people: Path) -> Path:
    return _write(people / "retain.csv", ("Ben", "Cy", "Dora"))


@pytest.fixture(scope="session")
def train_spec(tiny_base: Path, tiny_reference: Path, forget_file: Path, retain_file: Path) -> Callable[..., Any]:
    """Makes specifications of a short training, or of another `kind` on the same questions; `epochs` makes it long."""

    def make(name: str = "tiny", epochs: int = 2, **fields: object) -> ExperimentSpec:
        training = TrainingSettings(
            epochs=epochs, rank=4, batch_size=2, retain_batches=1, target_forget_probability=0.0
        )
        values: dict[str, object] = {
            "name": name,
            "base": str(tiny_base),
            "reference": str(tiny_reference),
            "forget": str(forget_file),
            "retain": (str(retain_file),),
            "evaluate_on": (str(forget_file), str(retain_file)),
            "alphas": (0.0, 1.0),
            "max_new_tokens": 4,
            "training": training,
        }
        kind = SPECIFICATIONS[str(fields.pop("kind", "train"))]
        used = {name: value for name, value in values.items() if name in kind.model_fields}
        return kind(**{**used, **fields})  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, train_spec: Callable[..., Any]) -> made_once.Made:
    """A data folder with a training run that has ended well, of the pair `tiny`."""
    return made_once.make(tmp_path_factory.mktemp("trained"), lambda: execute.run_here(train_spec()))


@pytest.fixture
def finished(trained: made_once.Made, own_folders: Path) -> int:
    """The training run of `trained`, in the test's own data folder."""
    return trained.copied(own_folders)


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Runs a command with --json that must succeed; the one document it prints."""

    def call(*argv: str) -> Any:
        capsys.readouterr()
        code = program.main([*argv, "--json"])
        out, err = capsys.readouterr()
        assert code == 0, err
        return json.loads(out)

    return call
