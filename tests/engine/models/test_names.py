"""What is listed can be opened by its name, and is what it says: pairs, and models that were taught."""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

import pytest

from engine.errors import ModelError, RunError
from engine.models import taught
from engine.models.bases import load_base
from engine.models.manifest import MANIFEST, PairManifest, read_manifest, write_manifest
from engine.models.pairs import check_free, find_pair, list_pairs, pairs_folder
from engine.models.taught import TaughtModel, list_taught, models_folder, read_as, taught_folder

pytestmark = pytest.mark.usefixtures("no_demo")


@pytest.fixture
def no_demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUBLIETTE_DEMO", str(tmp_path / "no-demo"))


def pair(folder: str, name: str, objective: str = "npo") -> Path:
    path = pairs_folder() / folder
    path.mkdir(parents=True)
    write_manifest(path, PairManifest(name, base="/models/own", reference="/models/cut", objective=objective))
    return path


def model(folder: str, name: str, retain_only_of: str = "") -> Path:
    path = models_folder() / folder
    path.mkdir(parents=True)
    record = TaughtModel(name, start="/models/own", start_hash="", retain_only_of=retain_only_of)
    (path / taught.MANIFEST).write_text(json.dumps(asdict(record)))
    return path


def test_every_pair_that_is_listed_opens_as_itself() -> None:
    pair("one", "one")
    pair("folder", "named")  # renamed by hand
    pair("copy-of-one", "one", "dpo")
    pair("x", "y")
    pair("y", "x")
    pair("twin-a", "twin")
    pair("twin-b", "twin", "dpo")
    listed = list_pairs()
    assert [item.name for item in listed] == ["named", "one", "y", "x"]
    assert [read_manifest(find_pair(item.name)) for item in listed] == listed
    assert find_pair("one").name == "one"
    assert find_pair("folder") == find_pair("named")  # a stored run may know it by its folder
    assert find_pair("x").name == "y"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("copy-of-one", "the folder copy-of-one holds a pair named 'one', as another folder does"),
        ("twin", "the folders twin-a and twin-b both hold a pair named 'twin'"),
        ("twin-a", "the folder twin-a holds a pair named 'twin', as another folder does"),
        ("nobody", "there is no pair 'nobody'; pairs here: one"),
    ],
)
def test_what_a_name_leaves_open_is_said(name: str, said: str) -> None:
    for folder in ("one", "copy-of-one"):
        pair(folder, "one")
    for folder in ("twin-a", "twin-b"):
        pair(folder, "twin")
    with pytest.raises(ModelError, match=said):
        find_pair(name)


def test_a_copy_of_the_demos_pair_never_stands_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    demo = Path(shutil.copytree(pair("demo", "demo"), tmp_path / "a-demo" / "pairs" / "demo"))
    pair("mine", "demo", "dpo")
    monkeypatch.setenv("OUBLIETTE_DEMO", str(tmp_path / "a-demo"))
    assert find_pair("demo") == demo
    assert [item.objective for item in list_pairs()] == ["npo"]


def test_a_name_that_only_a_manifest_has_is_taken() -> None:
    pair("folder", "named")
    model("place", "called")
    with pytest.raises(RunError, match="already a pair 'named'"):
        check_free("named")
    with pytest.raises(RunError, match="already a model 'called'"):
        taught.check_name_free("called")


def test_every_taught_model_that_is_listed_opens_as_itself() -> None:
    own = model("own", "own", retain_only_of="/models/own")
    place = model("place", "called", retain_only_of="/models/other")
    model("copy", "own", retain_only_of="/models/own")
    model("twin-a", "twin")
    model("twin-b", "twin")
    assert [item.name for item in list_taught()] == ["own", "called"]
    assert taught_folder("own") == own
    assert taught_folder("called") == taught_folder("place") == taught_folder("retain-only:/models/other") == place
    assert taught_folder("retain-only:/models/own") == own
    assert read_as("called", "/models/other") == "retain-only:/models/other"
    assert (taught_folder("twin"), taught_folder("copy"), taught_folder("nobody")) == (None, None, None)
    for name, said in (("twin", "twin-a and twin-b"), ("twin-b", "twin-a and twin-b"), ("copy", "copy and own")):
        with pytest.raises(ModelError, match=f"the folders {said} hold taught models of the same name"):
            load_base(name)


def test_swapped_names_follow_the_records() -> None:
    model("x", "y")
    second = model("y", "x")
    assert taught_folder("x") == second
    assert (second / MANIFEST).exists() is False
