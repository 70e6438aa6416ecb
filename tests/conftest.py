"""Fixtures: tiny models saved to disk once a session, and folders of its own for every test."""

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from hypothesis import settings
from transformers import AutoModelForCausalLM, AutoTokenizer

from engine.data.template import PLAIN
from engine.models.loading import LoadedPair
from engine.models.manifest import PairManifest
from engine.models.offset import OffsetModel
from engine.runs import execute, runner
from tests.tiny import save_model

settings.register_profile("no deadline", settings.default, deadline=None)  # a busy machine must not fail a test
settings.load_profile("no deadline")


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny base."""
    return save_model(tmp_path_factory.mktemp("models") / "base", seed=1)


@pytest.fixture(scope="session")
def tiny_reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a tiny reference with the base's tokens and a padded vocabulary."""
    return save_model(tmp_path_factory.mktemp("models") / "reference", seed=2, padding=7)


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left_in_the_checkout() -> Iterator[None]:
    """A test that writes where it stands would have its leavings committed."""
    root = Path(__file__).resolve().parent.parent
    before = {path.name for path in root.iterdir()}
    yield
    left = {path.name for path in root.iterdir()} - before
    assert {name for name in left if not name.startswith(".")} == set()


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test has its own data folder and database; the cache stays the user's, it holds the demo's base."""
    monkeypatch.setenv("OUBLIETTE_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("OUBLIETTE_DATABASE", raising=False)
    return tmp_path / "data"


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """A started run is executed at once and here: a worker process takes seconds to begin. For tests of what a command
    prints; workers have their own in engine/runs/test_runner.py.
    """
    monkeypatch.setattr(runner, "_launch", execute.run)


@pytest.fixture(scope="session")
def tiny_pair(tiny_base: Path, tiny_reference: Path) -> LoadedPair:
    """Three random models, ready to be asked: trained = the reference with moved weights, so that alpha matters."""
    tokenizer = AutoTokenizer.from_pretrained(tiny_base)
    base = AutoModelForCausalLM.from_pretrained(tiny_base)
    reference = AutoModelForCausalLM.from_pretrained(tiny_reference)
    trained = copy.deepcopy(reference)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for weight in trained.parameters():
            weight += 0.1 * torch.randn(weight.shape, generator=generator)
    manifest = PairManifest("tiny", "tiny", "tiny", "npo")
    return LoadedPair(
        "tiny", OffsetModel(base, reference, trained, len(tokenizer)), tokenizer, PLAIN, manifest, "", manifest.hash
    )
