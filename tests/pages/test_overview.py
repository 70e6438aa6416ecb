"""Overview: first steps on an empty machine, what is loaded and what leaks on another."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import engine.models.demo
from engine.analysis import remaining_leaks
from engine.analysis.figures import figure_of, leak_figures
from engine.analysis.remaining_leaks import LargestLeak, LeakCount
from engine.errors import ModelError
from pages.parts.overview import setting_up
from pages.parts.overview.tables import leak_words

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
    tables = [item.value for item in app.dataframe if "formula" not in item.value.columns]
    assert list(tables[0]["pair"]) == ["tiny"]
    assert list(tables[1]["set"]) == ["folk"]


def test_leaks_are_shown_as_text_with_the_rule(visit: Opener, world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leak = LargestLeak(1, "tiny", "tiny", 1.0, "folk", 1, "Ada", "Which *colour*?", "[red](http://evil)", 0.9)
    monkeypatch.setattr(remaining_leaks, "largest_leaks", lambda limit: [leak])
    app = visit()
    assert not app.exception
    assert "Which *colour*?" in [item.value for item in app.text]
    captions = [item.value for item in app.caption]
    assert not any("[red](http" in caption for caption in captions)
    assert any("Leak rule" in caption for caption in captions)


def test_no_judgement_is_no_success(visit: Opener, world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remaining_leaks, "leak_counts", lambda: [])
    app = visit()
    assert any("No forget question was judged" in item.value for item in app.caption)
    assert not any("✔" in item.value for item in app.markdown)


def test_leaks_are_counted_beside_their_floor() -> None:
    asked = LeakCount("p", "leak", 1.0, judged=72, leaking=0, floor_judged=70, floor_leaking=2)
    assert leak_words([asked], {}) == [
        "✔ Pair p at α = 1: 0 of 72 forget questions leak (floor, a retain-only model: 2 of 70); none was asked in"
        " other words."
    ]
    paraphrased = LeakCount("p", "leak_paraphrase", 1.0, judged=72, leaking=3, floor_judged=0, floor_leaking=0)
    (line,) = leak_words([asked, paraphrased], {})
    assert line.startswith("✖")
    assert "asked in other words 3 of 72 (no floor: no retain-only model was judged on them)." in line


def test_leak_shares_have_their_interval() -> None:
    asked = LeakCount("p", "leak", 1.0, judged=4, leaking=2, floor_judged=0, floor_leaking=0)
    shares = {("p", "leak"): figure_of([1.0, 1.0, 0.0, 0.0], ["a", "a", "b", "b"], "leak")}
    assert "2 of 4 forget questions leak (50% [0%, 100%], 2 people; no floor" in leak_words([asked], shares)[0]


def test_the_intervals_of_the_page_are_those_of_the_judgements_it_counts(visit: Opener, world: Path) -> None:
    app = visit()
    assert not app.exception
    (share,) = [item for (_, metric), item in leak_figures().items() if metric == "leak"]
    said = " ".join(item.value for item in app.markdown).replace("\\", "")
    assert f"forget questions leak ({share.mean:.0%} [n/a], 1 person; " in said
    assert any("formula" in item.value.columns for item in app.dataframe)


def test_the_first_experiments_are_shown_when_asked(visit: Opener, world: Path) -> None:
    app = visit("overview")
    app.button(key="check-pair").click().run()
    assert not app.exception
    shown = "\n".join(element.proto.body for element in app.get("html"))
    assert shown.count("✔ pass") == 3
    assert "has its reference&#x27;s logits" in shown
