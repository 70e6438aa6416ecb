"""Moving α on a mapped question reads no manifest; counted by what the interpreter itself opens."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.errors import ModelError
from engine.models import pairs, taught
from engine.models.identity import map_key
from engine.models.loading import load_pair
from engine.models.manifest import MANIFEST
from engine.models.taught import TaughtModel
from engine.store.maps import QuestionMap, map_question
from engine.store.sources import examples_of
from pages.parts.compare import dial
from pages.parts.shared import loading

Opener = Callable[..., AppTest]
_watched: list[list[str]] = []  # an audit hook cannot be taken away again, so it writes only while somebody watches


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if _watched and event in ("open", "os.scandir", "os.listdir"):
        _watched[-1].append(f"{event} {arguments[0]}")


sys.addaudithook(_note)


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """Every file and folder that is opened."""
    _watched.append([])
    yield _watched[-1]
    _watched.pop()


def manifests(opened: list[str], name: str = MANIFEST) -> list[str]:
    return [line for line in opened if line.startswith("open ") and line.endswith(name)]


@pytest.fixture
def compare(visit: Opener, world: Path) -> AppTest:
    """The page of a mapped question, after its first move of α; beside its pair lies a damaged one."""
    (pairs.pairs_folder() / "damaged").mkdir()
    (pairs.pairs_folder() / "damaged" / MANIFEST).write_text("{", encoding="utf-8")
    map_question(load_pair("tiny"), examples_of("folk")[0].question, loading.ANSWER_TOKENS)
    app = visit("compare", set="folk", pair="tiny", split="forget", q="1", alpha="0.5")
    return move(app, 1.0)


def move(app: AppTest, alpha: float) -> AppTest:
    app.session_state["alpha"] = alpha  # as the dial's callback does
    app.run()
    assert not app.exception
    assert any(f"α = {alpha:g}" in item.proto.body for item in app.get("html"))
    return app


def test_the_watch_sees_a_manifest_that_is_read(world: Path, opened: list[str]) -> None:
    pairs._read_once.cache_clear()
    assert [pair.name for pair in pairs.list_pairs()] == ["tiny"]
    assert len(manifests(opened)) == 1


def test_moving_alpha_opens_no_manifest(compare: AppTest, opened: list[str]) -> None:
    for alpha in (0.25, 0.75, 1.5):
        move(compare, alpha)
    assert opened != []  # the database at least
    assert manifests(opened) == []


def test_the_dial_itself_does_not_look_for_pairs(
    compare: AppTest, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a screen α moves a fragment alone. AppTest runs the whole page, whose sidebar lists the pairs."""
    inside: list[str] = []
    first, last = loading.map_of, dial.read_tokens  # type: ignore[attr-defined]

    def begin(*given: Any) -> QuestionMap | None:
        opened.clear()
        return first(*given)

    def end(*given: Any) -> None:
        last(*given)
        inside.extend(["the dial was drawn", *opened])

    monkeypatch.setattr(loading, "map_of", begin)
    monkeypatch.setattr(dial, "read_tokens", end)
    move(compare, 0.25)
    assert inside != []
    assert [line for line in inside if str(pairs.pairs_folder()) in line] == []


def test_which_model_a_taught_base_is_is_read_once(world: Path, opened: list[str]) -> None:
    whole, damaged = taught.models_folder() / "school", taught.models_folder() / "damaged"
    for folder in (whole, damaged):
        folder.mkdir(parents=True)
    record = TaughtModel("school", "demo", "hash")
    (whole / taught.MANIFEST).write_text(json.dumps(asdict(record)), encoding="utf-8")
    (damaged / taught.MANIFEST).write_text("{", encoding="utf-8")
    pair = replace(pairs.list_pairs()[0], base="school")
    opened.clear()
    before = map_key(pair)
    assert len(manifests(opened, taught.MANIFEST)) == 3  # both are read, and the one that counts is hashed
    opened.clear()
    assert map_key(pair) == before
    assert manifests(opened, taught.MANIFEST) == []
    (whole / taught.MANIFEST).write_text(json.dumps(asdict(replace(record, seed=12345))), encoding="utf-8")
    assert map_key(pair) != before
    with pytest.raises(ModelError, match="oubliette-model.json of model damaged cannot be read"):
        taught.read_taught(damaged)
    with pytest.raises(ModelError, match="oubliette-model.json of model nowhere cannot be read"):
        taught.read_taught(taught.models_folder() / "nowhere")
