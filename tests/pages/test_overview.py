"""Overview: first steps on an empty machine, what is loaded and what leaks on another."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import engine.models.demo
from engine.analysis.kept import Kept
from engine.analysis.standing import make_standing
from engine.analysis.stored_standing import standings
from engine.errors import ModelError
from engine.models.pairs import list_pairs
from engine.report.html_page import standing_html
from pages.parts.overview import setting_up

Opener = Callable[..., AppTest]


def button_alone() -> None:
    """The button by itself: on the default page AppTest takes every run for a change of page and drops clicks."""
    from pages.parts.overview.setting_up import set_up_button

    set_up_button("Set up")


def clicked() -> AppTest:
    return AppTest.from_function(button_alone, default_timeout=30).run().button(key="set-up").click().run()


def test_an_empty_machine_has_three_steps_and_one_button(visit: Opener) -> None:
    app = visit()
    assert [item.value for item in app.subheader] == ["Three steps"]
    assert [item.key for item in app.button] == ["set-up"]


def test_the_button_fetches_and_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(setting_up, "demo_ready", lambda: bool(done))
    monkeypatch.setattr(setting_up, "fetch_demo", lambda report: (report(0.5, "half_way"), done.append("fetched")))
    monkeypatch.setattr("engine.store.recorded_runs.import_demo_run", lambda: done.append("stored"))
    app = clicked()
    assert not app.exception
    assert done == ["fetched", "stored"]


def test_a_failed_download_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(report: object) -> None:
        raise ModelError("the demo's base could not be downloaded: no network")

    monkeypatch.setattr(setting_up, "demo_ready", lambda: False)
    monkeypatch.setattr(setting_up, "fetch_demo", refused)
    app = clicked()
    assert not app.exception
    assert "no network" in app.error[0].value
    assert app.button(key="set-up")


def test_missing_weights_are_said_beside_what_is_stored(
    visit: Opener, world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine.models.demo, "demo_ready", lambda: False)
    app = visit()
    assert "not on this machine" in app.warning[0].value
    assert app.button(key="set-up")


def shown_html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def test_the_standing_of_the_pair_is_the_first_thing(visit: Opener, world: Path) -> None:
    app = visit("overview")
    assert not app.exception
    (found,) = standings(list_pairs())
    shown = shown_html(app)
    assert f"Pair tiny at α = {found.alpha:g}" in shown
    assert found.word in shown
    assert "answer begun" in shown, "what was not tried is shown as not tried"
    assert found.answers == 2
    assert {"Read all 2 answers", "Make the report", "Audit it"} <= {link.proto.label for link in app.get("page_link")}
    assert any("1 person: small sample" in item.value for item in app.caption)


def test_no_judgement_is_no_success(visit: Opener, world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.analysis.stored_standing.reads.judging_runs", lambda *_: [])
    app = visit("overview")
    assert "NOT AUDITED" in shown_html(app)
    assert "✔" not in shown_html(app)


def test_the_name_of_a_pair_is_never_markup(visit: Opener, world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    evil = make_standing("<b>p</b>", "h", 1.0, [], Kept("none", None, 0, 0, 0, 0.0, 0, None, ""), 0)
    assert "<b>p</b>" not in standing_html(evil)
    assert "&lt;b&gt;p" in standing_html(evil)


def test_what_is_loaded_is_on_models(visit: Opener, world: Path) -> None:
    app = visit("overview")
    (link,) = [link for link in app.get("page_link") if link.proto.page == "models"]
    assert "What is loaded" in link.proto.label
    assert "Details: the α to use" in [item.label for item in app.expander]
    assert not app.dataframe
