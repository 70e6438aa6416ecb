"""The order in which pairs are offered, and what is refused before a run of one is stored."""

from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.kinds import EvaluateSpec
from engine.models.manifest import PairManifest, write_manifest
from engine.models.pairs import list_pairs, pairs_folder
from engine.runs import runner
from engine.store import history


@pytest.fixture
def no_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's weights are here, but its base was never fetched."""
    monkeypatch.setenv("OUBLIETTE_CACHE", str(tmp_path / "empty-cache"))


@pytest.mark.usefixtures("no_base")
def test_a_pair_that_waits_for_its_base_comes_last() -> None:
    folder = pairs_folder() / "own"
    folder.mkdir(parents=True)
    write_manifest(folder, PairManifest("own", base="/models/own", reference="/models/cut", objective="npo"))
    (folder / "adapter_model.safetensors").write_bytes(b"")
    assert [pair.name for pair in list_pairs()] == ["own", "demo", "demo-first"]


@pytest.mark.usefixtures("no_base")
def test_a_run_of_a_pair_without_its_base_is_refused_and_nothing_is_stored() -> None:
    with pytest.raises(ModelError, match="the demo's base is not on this machine yet"):
        runner.start(EvaluateSpec(name="look", pair="demo", evaluate_on=("demo:forget",)))
    assert history.list_runs() == []
