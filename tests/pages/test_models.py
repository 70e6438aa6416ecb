"""Models: what is connected as cards, a base connected, and a pair that was not made here added."""

import io
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from engine.analysis.model_cards import ModelCard, Sound
from engine.analysis.standing import RUINED
from engine.models.connected import list_connected
from engine.models.manifest import MANIFEST
from engine.models.pairs import find_pair, list_pairs
from pages.parts.models.cards import cards_html
from pages.parts.models.connect import what_it_is
from tests.tiny import save_model

Opener = Callable[..., AppTest]


def shown_html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def test_what_is_here_is_shown_as_cards_and_tables(visit: Opener, world: Path, tiny_base: Path) -> None:
    app = visit("models")
    assert not app.exception
    shown = shown_html(app)
    assert "<h4>tiny</h4>" in shown
    assert "trained by this program" in shown
    assert f"<dt>base</dt><dd>{tiny_base}</dd>" in shown
    assert "– not checked yet" in shown
    assert "named by a pair, not connected" in shown
    assert "<h4>retain-only:demo</h4>" in shown
    pairs, sets = [item.value for item in app.dataframe]
    assert list(pairs["pair"]) == ["tiny"]
    assert list(pairs["hash"]) == [list_pairs()[0].hash]
    assert list(sets["set"]) == ["folk"]


def test_a_ruined_pair_is_marked(visit: Opener, world: Path) -> None:
    assert f"✖ {RUINED}" not in shown_html(visit("models"))
    with sqlite3.connect(world / "oubliette.sqlite") as database:  # it says nothing, and knows nothing any more
        database.execute("UPDATE scores SET value = 0 WHERE alpha = 1 AND metric LIKE 'leak%'")
        database.execute("UPDATE scores SET value = 1 - alpha WHERE metric = 'rouge'")
    st.cache_data.clear()
    shown = shown_html(visit("models"))
    assert f'<h4>tiny</h4><p class="flaw">✖ {RUINED}</p>' in shown
    assert "a warning only: what was to be kept is lost too" in shown


def test_the_first_experiments_are_shown_when_asked_and_kept(visit: Opener, world: Path) -> None:
    app = visit("models")
    app.button(key="check-pair").click().run()
    assert not app.exception
    shown = shown_html(app)
    assert shown.count("✔ pass") == 3
    assert "has its reference&#x27;s logits" in shown
    assert "✔ its models work together (3 experiments)" in shown
    assert "✔ its models work together" in shown_html(visit("models")), "the next visitor sees it too"


def test_a_base_is_connected_and_offered(visit: Opener, world: Path, tmp_path: Path) -> None:
    folder = save_model(tmp_path / "own-base", seed=4)
    app = visit("models", models="connect")
    assert app.button(key="connect").disabled
    app.text_input(key="connect-source").set_value(str(folder)).run()
    assert any("A folder on this machine" in item.value for item in app.caption)
    app.button(key="connect").click().run()
    assert not app.exception
    assert not app.error
    assert "own\\-base is connected" in app.success[0].value
    assert [base.source for base in list_connected()] == [str(folder)]
    assert "✔ read whole on" in shown_html(visit("models"))
    runs = visit("runs", view="evaluate")
    assert f"base:{folder}" in runs.selectbox(key="eval-pair").options
    assert str(folder) in visit("runs", view="train").selectbox(key="new-base").options
    app = visit("models", models="connect")
    app.button(key="disconnect").click().run()
    assert list_connected() == []


def test_a_base_that_cannot_be_used_is_one_sentence(visit: Opener, world: Path, tmp_path: Path) -> None:
    (tmp_path / "pickled").mkdir()
    (tmp_path / "pickled" / "pytorch_model.bin").write_bytes(b"x")
    app = visit("models", models="connect")
    app.text_input(key="connect-source").set_value(str(tmp_path / "pickled")).run()
    app.button(key="connect").click().run()
    assert not app.exception
    assert "only as pickles" in app.error[0].value
    assert list_connected() == []


def test_no_host_is_asked_before_the_button_is_pressed(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object, **settings: object) -> None:
        assert settings["local_files_only"] is True
        raise LookupError

    monkeypatch.setattr("engine.models.hub.snapshot_download", asked)
    assert what_it_is("owner/name") == "A name on the hub, not on this machine: pressing the button downloads it."
    assert what_it_is("/nowhere/x") == "There is no folder and no GGUF file at this path."


def test_a_pair_of_models_from_elsewhere(
    visit: Opener, world: Path, tiny_base: Path, tiny_reference: Path, tmp_path: Path
) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    for name in ("adapter_config.json", "adapter_model.safetensors"):
        shutil.copy(find_pair("tiny") / name, theirs)
    app = visit("models", models="add")
    app.text_input(key="add-name").set_value("theirs")
    app.selectbox(key="add-base").set_value(str(tiny_base))
    app.text_input(key="add-reference").set_value(str(tiny_reference))
    app.text_input(key="add-trained").set_value(str(theirs)).run()
    app.button(key="add").click().run()
    assert not app.exception
    assert not app.error
    assert "Pair theirs is added" in app.success[0].value
    assert (app.text_input(key="add-name").value, app.button(key="add").disabled) == ("", True)
    shown = shown_html(visit("models"))
    assert "<h4>theirs</h4>" in shown
    assert "made elsewhere" in shown
    assert "what its reference knows is not recorded" in shown


def test_a_zip_of_a_pair_says_what_it_is_before_it_is_added(visit: Opener, world: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for file in find_pair("tiny").iterdir():
            archive.write(file, f"tiny/{file.name}")
    app = visit("models", models="add")
    app.segmented_control(key="add-kind").set_value("pair").run()
    app.file_uploader(key="add-pair-zip").upload("tiny.zip", data.getvalue(), "application/zip").run()
    assert any("It says: pair tiny" in item.value for item in app.text)
    app.button(key="add").click().run()
    assert "there is already a pair" in app.error[0].value.lower()
    app.text_input(key="add-pair-name").set_value("copied").run()
    app.button(key="add").click().run()
    assert not app.exception
    assert "copied" in [pair.name for pair in list_pairs()]


def test_a_hostile_zip_is_one_sentence(visit: Opener, world: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(MANIFEST, "{}")
        archive.writestr("../evil.json", "{}")
    app = visit("models", models="add")
    app.segmented_control(key="add-kind").set_value("pair").run()
    app.file_uploader(key="add-pair-zip").upload("evil.zip", data.getvalue(), "application/zip").run()
    assert not app.exception
    assert "leads out of the zip" in app.error[0].value
    assert app.button(key="add").disabled


def test_nothing_of_a_card_is_markup() -> None:
    evil = "<img src=x onerror=alert(1)>"
    card = ModelCard(evil, evil, evil, evil, 1, evil, Sound("fail", evil), evil, ((evil, evil),))
    assert "<img" not in cards_html([card])
    assert cards_html([card]).count("&lt;img") == 9
