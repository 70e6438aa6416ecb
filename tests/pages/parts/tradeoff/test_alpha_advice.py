"""The α to use on Trade-off and Overview: the demand in the address, what meets it, and the way to look."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from engine.analysis.advice.advise import Advice
from engine.analysis.advice.cautions import RULES
from engine.analysis.advice.over_alpha import told_and_kept
from engine.analysis.advice.stored import Advised, advise_run, ground_of
from engine.analysis.advice.words import headline
from engine.kinds import MapSpec
from engine.runs import execute
from engine.settings import Demand
from engine.store import history, questions
from pages.parts.overview.advice import advice_line
from pages.parts.tradeoff.thresholds import distribution, distribution_words
from tests.made_once import Made, make
from tests.mapped import kept, secret, set_that_the_base_knows, stored_advice

Opener = Callable[..., AppTest]
ROWS = [
    ("Where does Ada work?", "Ada", "forget", ""),
    ("Which colour does Ada like?", "Ada", "forget", ""),
    ("Where does Cy work?", "Cy", "retain", "eval"),
    ("Which job does Cy like?", "Cy", "retain", "eval"),
]


@pytest.fixture(scope="module")
def made(built_world: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    def fill() -> int:
        questions.import_set(set_that_the_base_knows("tiny", ROWS, 8), "known", "known.csv")
        return execute.run_here(
            MapSpec(name="maps", pair="tiny", evaluate_on=("known",), alphas=(0.0, 2.0), max_new_tokens=8)
        )

    return make(tmp_path_factory.mktemp("mapped"), fill, Made(built_world, 1))


@pytest.fixture
def mapped(made: Made, own_folders: Path) -> int:
    """A map run over questions whose answers the tiny base gives, so that there is something to lose."""
    st.cache_data.clear()  # by run id, and every test has its own database
    return made.copied(own_folders)


def text_of(app: AppTest) -> str:
    """What is written on the page, and what its charts show."""
    shown = [*app.markdown, *app.success, *app.error, *app.warning, *app.info, *app.caption]
    charts = [item.proto.alt for item in app.get("plotly_chart")]
    return " ".join([*(item.value for item in shown), *charts]).replace("\\", "")


def links(app: AppTest, word: str) -> list[dict[str, list[str]]]:
    found = [item.proto for item in app.get("page_link") if word in item.proto.label]
    return [parse_qs(link.query_string) for link in found]


def test_the_page_says_what_is_advised_and_links_to_it(visit: Opener, mapped: int) -> None:
    app = visit("tradeoff")
    assert not app.exception
    found = advise_run(mapped, Demand())
    said = text_of(app)
    assert (f"Use α = {found.alpha:g}" if found.met else f"Nearest is α = {found.alpha:g}") in said
    assert "because no retain model was asked these questions" in said
    assert "fewer than 3 persons in retain/eval, forget" in said
    assert "1 person" in said
    assert "does not show that a secret is forgotten" in said
    (query,) = links(app, "Open in Compare at")
    assert (query["pair"], query["alpha"], query["set"]) == (["tiny"], [f"{found.alpha:.4g}"], ["known"])
    kinds = {item.kind for item in found.cautions}
    (details,) = (item.label for item in app.expander if "rules warn" in item.label)
    assert details.startswith(f"Details: {len(kinds)} of {len(RULES)} rules warn")


def test_one_short_sentence_says_the_alpha_what_is_told_and_kept_and_how_sure_that_is(
    visit: Opener, mapped: int
) -> None:
    found = advise_run(mapped, Demand())
    app = visit("tradeoff")
    said = text_of(app)
    assert headline(found, found.recommended_alpha) in said
    assert f"{100 * found.utility:.1f} % kept" in said
    (chart,) = (item.proto.alt for item in app.get("plotly_chart") if item.proto.alt.startswith("Secrets told"))
    assert f"{told_and_kept(ground_of(mapped).questions, 0.0, 2.0).told.at(1.0):.1%} told" in chart


def test_what_is_for_researchers_is_drawn_when_it_is_opened_and_the_address_keeps_that(
    visit: Opener, mapped: int, asked: Callable[[AppTest, str], str]
) -> None:
    app = visit("tradeoff")
    assert len(app.get("plotly_chart")) == 2
    assert not app.dataframe
    assert "researchers" not in app.query_params
    app.session_state["researchers"] = True
    app.run()
    assert not app.exception
    assert asked(app, "researchers") == "1"
    assert {"thresholds", "exact-curves"} <= {key_of(item) for item in app.get("plotly_chart")}
    assert any("forgotten from" in item.value.columns for item in app.dataframe)


def key_of(chart: Any) -> str:
    """The key that a chart was drawn under, which its files are named after."""
    name = json.loads(chart.proto.config)["toImageButtonOptions"]["filename"]
    return str(name).removeprefix("oubliette-")


def test_every_chart_has_a_camera_and_a_csv_of_its_own(visit: Opener, mapped: int) -> None:
    app = visit("tradeoff", researchers="1")
    charts = app.get("plotly_chart")
    assert len(charts) > 4
    buttons = {item.proto.id.rpartition("-csv")[0].rpartition("-")[2] for item in app.get("download_button")}
    for chart in charts:
        bar = json.loads(chart.proto.config)
        assert bar["modeBarButtons"] == [["toImage", "resetScale2d"]]
        assert key_of(chart).rpartition("-")[2] in buttons
        assert chart.proto.alt


def test_the_barcode_has_a_csv_too(visit: Opener, mapped: int) -> None:
    ids = [item.proto.id for item in visit().get("download_button")]
    assert any(name.endswith("barcode-tiny-csv") for name in ids)


def test_the_demand_stands_in_the_address_and_moves_the_advice(
    visit: Opener, mapped: int, asked: Callable[[AppTest, str], str]
) -> None:
    app = visit("tradeoff", loss="50", leaks="number", leakshare="100")
    assert not app.exception
    assert not app.warning or "link" not in app.warning[0].value
    assert advise_run(mapped, Demand(0.5, 1.0)).alpha == 0
    assert "The base itself (α = 0) meets the demand" in text_of(app)
    app.number_input(key="leakshare").set_value(0.0).run()
    assert not app.exception
    assert (asked(app, "loss"), asked(app, "leaks"), asked(app, "leakshare")) == ("50", "number", "0")
    assert "leak share at most 0.0%; utility at least 50.0%" in text_of(app)


@pytest.mark.parametrize("query", [{"loss": "60"}, {"loss": "much"}, {"leaks": "few"}, {"leakshare": "nan"}])
def test_a_demand_that_is_none_is_said(visit: Opener, mapped: int, query: dict[str, str]) -> None:
    app = visit("tradeoff", **query)
    assert not app.exception
    assert "cannot be shown" in app.warning[0].value


def test_what_was_written_by_others_is_shown_as_letters(
    visit: Opener, mapped: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question is a person's own text: it must not become markup in a warning."""
    from engine.analysis.advice import stored

    evil = secret("[see](http://evil) **now**", "Ada", (0.0, True), question_id=1)
    plain = kept("k", "Cy", (0.0, 1.0))
    ground = stored.ground_of(mapped)._replace(questions=[evil, plain])
    monkeypatch.setattr("pages.parts.tradeoff.exact_curves.ground_of", lambda _: ground)
    st.cache_data.clear()
    app = visit("tradeoff")
    assert not app.exception
    shown = next(item.value for item in app.warning if "Survives" in item.value)
    assert "\\[see\\]\\(http" in shown
    assert "\\*\\*now" in shown


def test_a_run_that_cannot_advise_says_why_and_draws_its_curves(visit: Opener, world: Path) -> None:
    st.cache_data.clear()
    run_id = execute.run_here(
        MapSpec(name="half", pair="tiny", evaluate_on=("folk:forget",), alphas=(0.0, 1.0), max_new_tokens=6)
    )
    app = visit("tradeoff", researchers="1")
    assert not app.exception
    assert any("nothing is known about what survives" in item.value for item in app.info)
    assert "2 questions mapped" in text_of(app)
    assert "at α = 1 (" in text_of(app)  # its own range, which ends there
    found = stored_advice(run_id)
    assert found is not None
    assert found.advice is None
    assert "✖" not in advice_line("tiny", found)


def test_a_file_without_splits_has_one_meaning_for_curves_and_advice(visit: Opener, world: Path) -> None:
    st.cache_data.clear()
    rows = [(question, subject, split if split == "retain" else "", half) for question, subject, split, half in ROWS]
    questions.import_set(set_that_the_base_knows("tiny", rows, 8), "bare", "bare.csv")
    run_id = execute.run_here(
        MapSpec(name="maps", pair="tiny", evaluate_on=("bare",), alphas=(0.0, 2.0), max_new_tokens=8)
    )
    basis = advise_run(run_id, Demand()).basis
    assert (basis.forget_questions, basis.unnamed) == (2, 2)
    said = text_of(visit("tradeoff", researchers="1"))
    assert "share still leaking" in said
    assert "2 of the forget questions come without a split and are counted as forget" in said
    assert "2 questions name no split: taken to be forgotten, to be safe" in said
    assert [query.get("split") for query in links(visit("tradeoff"), "Open in Compare at")] == [None]


def test_maps_alone_are_shown_where_nothing_was_evaluated(
    visit: Opener, mapped: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = [run for run in history.list_runs() if run.kind == "map"]
    monkeypatch.setattr(history, "list_runs", lambda: only)
    app = visit("tradeoff")
    assert not app.exception
    assert [item.proto.alt[:12] for item in app.get("plotly_chart")] == ["Secrets told"]


def test_answers_of_a_pair_made_anew_are_not_linked(
    visit: Opener, mapped: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.parts.tradeoff.alpha_advice.list_pairs", list)
    app = visit("tradeoff")
    assert not links(app, "Open in Compare at")
    assert "not here any more as it was mapped" in text_of(app)


def test_overview_has_one_line_for_the_pair(visit: Opener, mapped: int) -> None:
    app = visit()
    assert not app.exception
    assert "The α to use" in [item.value for item in app.subheader]
    found = stored_advice(mapped)
    assert found is not None
    assert advice_line("tiny", found) in text_of(app)
    assert "does not show that a secret is forgotten" in text_of(app)
    assert [query["map"] for query in links(app, "Open") if "map" in query] == [[str(mapped)]]


def test_overview_says_where_no_set_is_mapped(visit: Opener, world: Path) -> None:
    assert "No pair's sets were mapped yet" in text_of(visit())


def test_an_advice_of_an_older_leak_rule_says_so(mapped: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = stored_advice(mapped)
    assert isinstance(found, Advised)
    assert isinstance(found.advice, Advice)
    assert "no longer in force" not in advice_line("tiny", found)
    monkeypatch.setattr("engine.analysis.advice.stored.LEAK_RULE_VERSION", 99)
    assert "Judged by leak rule 2, which is no longer in force" in advice_line("tiny", found)


def test_a_newer_run_without_an_advice_is_said_beside_the_older_ones(mapped: int) -> None:
    found = stored_advice(mapped)
    assert found is not None
    assert "newer" not in advice_line("tiny", found)
    assert "Pair tiny, by run maps: " in advice_line("tiny", found)
    line = advice_line("tiny", found._replace(newer="run half (9) has none: nothing is known"))
    assert line.endswith("The newer run half (9) has none: nothing is known.")


def test_thresholds_are_counted_by_tenths_with_what_never_goes_and_what_never_leaked() -> None:
    rows = [
        secret("a", "Ada", (0.0, True), (0.31, False)),
        secret("b", "Ada", (0.0, True), (0.5, False), (0.7, True)),
        secret("c", "Ada", (0.0, True)),
        secret("d", "Ada", (0.0, False)),
    ]
    assert list(distribution(rows).itertuples(index=False, name=None)) == [
        ("no leak at first", 1),
        ("0.3 to 0.4", 1),
        ("0.4 to 0.5", 0),
        ("0.5 to 0.6", 1),
        ("never", 1),
    ]
    words = distribution_words(rows)
    assert "2 are forgotten, from α = 0.310 at the earliest, 0.405 in the middle and 0.500 at the latest" in words
    assert "1 does not leak to begin with" in words
    assert words.endswith("1 leaks at every α; 1 comes back at a larger one.")
    assert list(distribution(rows[2:3])["forgotten from"]) == ["never"]
