"""Routing, the frame around pages, and errors as sentences."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

Opener = Callable[..., AppTest]
Asked = Callable[[AppTest, str], str]
TITLES = {
    "": "Overview",
    "models": "Models",
    "compare": "Compare",
    "tradeoff": "Trade-off",
    "runs": "Runs",
    "review": "Review",
    "report": "Report",
}


@pytest.mark.parametrize(("page", "title"), TITLES.items())
def test_every_page_opens_on_an_empty_machine(visit: Opener, page: str, title: str) -> None:
    app = visit(page)
    assert not app.exception
    assert not app.error
    assert [item.value for item in app.title] == [title]


@pytest.mark.parametrize(("page", "title"), TITLES.items())
def test_every_page_opens_with_things_stored(visit: Opener, world: Path, page: str, title: str) -> None:
    app = visit(page)
    assert not app.exception
    assert not app.error
    assert [item.value for item in app.title] == [title]


def test_a_data_folder_that_no_path_can_name_is_one_sentence(visit: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    st.cache_resource.clear()  # the sweep is made once in a process
    monkeypatch.setenv("OUBLIETTE_DATA", "x" * 5000)
    app = visit("runs")
    assert not app.exception
    assert len(app.error) == 1


@pytest.mark.parametrize("page", [page for page in TITLES if page])
def test_empty_pages_show_the_way_to_overview(visit: Opener, page: str) -> None:
    assert any("Overview" in item.value for item in visit(page).info)


@pytest.mark.parametrize("page", TITLES)
def test_a_newer_database_is_one_sentence(visit: Opener, world: Path, page: str) -> None:
    with sqlite3.connect(world / "oubliette.sqlite") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    app = visit(page)
    assert not app.exception
    assert len(app.error) == 1
    assert "newer" in app.error[0].value


def test_an_unknown_pair_in_the_link_is_said_and_the_default_used(visit: Opener, world: Path) -> None:
    app = visit("compare", pair="nobody")
    assert any("nobody" in item.value for item in app.warning)
    assert app.selectbox(key="pair").value == "tiny"


def test_the_address_says_what_is_shown(visit: Opener, world: Path, asked: Asked) -> None:
    app = visit("compare")
    shown = {name: asked(app, name) for name in ("set", "pair", "split", "q", "alpha")}
    assert shown == {"set": "folk", "pair": "tiny", "split": "forget", "q": "1", "alpha": "1"}
