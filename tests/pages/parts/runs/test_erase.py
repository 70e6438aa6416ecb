"""Runs, the view that erases a person: the dialog says the count before anything happens."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from db import writes
from engine.kinds import EvaluateSpec
from engine.runs.execute import store_spec
from engine.settings import data_folder
from engine.store import erasure, history
from engine.store.erasure import REMAINING
from engine.store.session import writing
from engine.store.sources import examples_of
from engine.store.unfinished import unfinished

Opener = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUBLIETTE_CACHE", str(tmp_path / "cache"))


def chosen(visit: Opener, person: str) -> AppTest:
    app = visit("runs", view="erase")
    assert not app.exception
    assert app.button(key="erase-open").disabled
    app.selectbox(key="erase-subject").select(person).run()
    return app.button(key="erase-open").click().run()


def test_the_dialog_states_the_count_and_touches_nothing(visit: Opener, world: Path) -> None:
    app = chosen(visit, "Ada")
    assert not app.exception
    plan = erasure.plan("Ada")
    assert any(
        f"2 questions, {plan.rows} rows" in item.value and "Nothing was touched" in item.value for item in app.markdown
    )
    assert any("run_questions" in item.value for item in app.text)
    assert len(examples_of("folk")) == 6


def test_erasing_says_what_was_done_and_what_stays(visit: Opener, world: Path) -> None:
    app = chosen(visit, "Ada")
    app.text_input(key="erase-by").set_value("me")
    app.button(key="erase-now").click().run()
    assert not app.exception
    assert "erasure 1" in app.success[0].value.replace("\\", "")
    said = "\n".join(item.value for item in app.text)
    assert all(item in said for item in REMAINING)
    assert "Ada" not in {example.subject for example in examples_of("folk")}
    assert b"Ada works" not in (data_folder() / "oubliette.sqlite").read_bytes()
    assert set(app.selectbox(key="erase-subject").options) == {"Ben (2 questions)", "Cy (2 questions)"}
    for page in ("", "compare", "tradeoff", "report", "runs"):  # of what is left, every page can be drawn
        assert not visit(page).exception
    assert [run.status for run in history.list_runs()] == ["finished"]


def test_an_erasure_that_was_killed_is_said_and_can_be_ended(
    visit: Opener, world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(_: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("db.session.compact", die)
        with pytest.raises(KeyboardInterrupt):
            erasure.erase("Ada")
    app = visit("runs", view="erase")
    assert "1 erasure, begun on" in app.warning[0].value
    app.button(key="erase-finish").click().run()
    assert not app.exception
    assert "The database file was rewritten" in app.success[0].value
    assert unfinished() == []
    assert not app.warning


def test_a_run_in_the_way_is_named_in_the_dialog(visit: Opener, world: Path) -> None:
    spec = EvaluateSpec(name="again", pair="tiny", evaluate_on=("folk:forget",))
    run_id = store_spec(spec, "elsewhere")
    app = chosen(visit, "Ada")
    app.button(key="erase-now").click().run()
    assert f"again ({run_id})" in app.error[0].value.replace("\\", "")
    assert len(examples_of("folk")) == 6
    with writing() as session:
        writes.end_run(session, run_id, "cancelled")


def test_without_people_there_is_nobody_to_erase(visit: Opener) -> None:
    app = visit("runs", view="erase")
    assert not app.exception
    assert "No stored question names a person" in app.info[0].value
