"""The mark of a ruined pair on every page that names one, and the samples of a training on its run's page."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from engine.evaluation.ruined import END, START
from engine.store.session import writing
from pages.parts.shared.answer_cards import leak_verdict, terms_table
from pages.parts.shared.ruined import ruins

Opener = Callable[..., AppTest]
MARKED = "tiny ▲ RUINED"


@pytest.fixture
def broken(world: Path) -> Path:
    """The pair `tiny`, as if its training had ended broken."""
    with writing() as session:
        manifest = json.loads(session.scalar(sa.text("select manifest from pairs")) or "{}")
        manifest["figures"] = {START: 0.0, END: 4.0}
        session.execute(sa.text("update pairs set manifest = :manifest"), {"manifest": json.dumps(manifest)})
    return world


def words(app: AppTest) -> str:
    return " ".join(str(item.value) for item in app.error).replace("\\", "")


def test_a_sound_pair_has_no_mark(visit: Opener, world: Path) -> None:
    assert ruins() == {}
    app = visit("compare", set="folk", pair="tiny")
    assert app.selectbox(key="pair").options == ["tiny"]
    assert "ruined" not in words(app)


def test_a_ruined_pair_is_marked_where_it_is_chosen_and_said_in_words(visit: Opener, broken: Path) -> None:
    app = visit("compare", set="folk", pair="tiny", split="forget", q="1")
    assert not app.exception
    assert app.selectbox(key="pair").options == [MARKED]
    assert "Pair tiny is ruined: At the end of its training the retain loss is 4.00 nats" in words(app)
    app = visit("runs")
    assert not app.exception
    assert list(app.dataframe[0].value["pair"]) == [MARKED]
    assert "Pair tiny is ruined" in words(app)
    app = visit("review", review="1")
    assert not app.exception
    assert any(MARKED in option for option in app.selectbox(key="review").options)
    app = visit("report", report="1")
    assert not app.exception
    assert any(MARKED in option for option in app.selectbox(key="report").options)
    assert any("✖ fail" in item.proto.body and "is ruined" in item.proto.body for item in app.get("html"))
    app = visit("tradeoff")
    assert not app.exception
    assert "Pair tiny is ruined" in words(app)
    assert not app.success
    app = visit("")
    assert any("RUINED" in item.proto.body for item in app.get("html"))


def test_that_a_broken_pair_tells_nothing_is_never_green() -> None:
    assert "✔ no leak found" in leak_verdict(False, kept=False)
    said = leak_verdict(False, kept=False, sound=False)
    assert "✔" not in said
    assert "shows nothing" in said
    assert "✖ leaks" in leak_verdict(True, kept=False, sound=False)
    assert terms_table(["Rome"], [], [], kept=False, sound=False).count("✔") == 1, "the base's alone"


def test_samples_stand_on_the_page_of_their_run(visit: Opener, world: Path) -> None:
    app = visit("runs", run="1")
    assert not app.exception
    (table,) = [item.value for item in app.dataframe if "base" in item.value.columns]
    assert list(table.columns)[:4] == ["part", "question", "base", "epoch 1"]
    assert set(table["part"]) == {"Forget", "Retain"}
    assert [item.label for item in app.metric] == ["Secrets told at α = 1", "Other knowledge kept", "Noise"]
