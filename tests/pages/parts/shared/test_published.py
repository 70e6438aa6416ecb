"""What others published, on the pages: marked as imported wherever it stands, with what is unlike ours in words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine.analysis.trade_off import Measure
from engine.report import export
from engine.store import history
from engine.store.imported_logs import import_log
from pages.parts.runs.difference import differences
from pages.parts.shared.published import counterpart, published_table, source_words
from tests.logs import open_log, written

Opener = Callable[..., AppTest]


@pytest.fixture
def imported(world: Path, tmp_path: Path) -> int:
    path = written(tmp_path / "TOFU_EVAL.json", open_log())
    return import_log(path, "npo-1b", "NPO <b>%{x}</b>", model="Llama-3.2-1B", label="leaderboard").run_id


def chart_of(app: AppTest) -> dict[str, Any]:
    """The trade-off chart as plotly was handed it."""
    charts = [json.loads(item.proto.spec) for item in app.get("plotly_chart")]
    found: dict[str, Any] = next(chart for chart in charts if any(line.get("name") == "base" for line in chart["data"]))
    return found


def bare(text: str) -> str:
    return text.replace("\\", "")


@pytest.mark.parametrize(
    ("metric", "split", "name"),
    [
        ("rouge", "forget", "forget_Q_A_ROUGE"),
        ("probability", "retain", "retain_Q_A_Prob"),
        ("truth_ratio_score", "forget", "forget_truth_ratio"),
        ("probability", "world", "wf_Q_A_Prob"),
        ("probability_normalised", "world", "wf_Q_A_Prob_normalised"),
        ("exact_memorization", "forget", "exact_memorization"),
        ("exact_memorization", "retain", ""),
        ("truth_ratio", "forget", ""),
        ("leak", "forget", ""),
        ("rouge", "holdout", ""),
    ],
)
def test_a_measure_and_what_it_is_called_elsewhere(metric: str, split: str, name: str) -> None:
    assert counterpart(Measure(metric, "tofu", split, "")) == name


def test_an_imported_point_is_in_the_chart_with_a_marker_of_its_own(imported: int, visit: Opener) -> None:
    app = visit("tradeoff", forget="rouge/folk/forget/", utility="rouge/folk/retain/eval")
    assert not app.exception
    lines = chart_of(app)["data"]
    mark = next(line for line in lines if line["name"].startswith("imported: NPO"))
    assert (mark["x"], mark["y"]) == ([0.75], [0.5])
    assert mark["name"] == "imported: NPO &lt;b&gt;%{x}&lt;/b&gt; (npo-1b)"
    assert mark["marker"]["symbol"] not in {line["marker"]["symbol"] for line in lines if line is not mark}
    sha = history.run_detail(imported).versions["sha256"]
    assert f"imported from TOFU_EVAL.json (SHA-256 {sha[:12]}), leaderboard" in mark["hovertemplate"]
    assert "unlike ours: 4 forget rows, ours 2" in mark["hovertemplate"]
    assert mark["customdata"] == [[imported, 0.0]]


def test_what_is_unlike_is_said_and_the_advice_does_not_change(imported: int, visit: Opener) -> None:
    app = visit("tradeoff", forget="rouge/folk/forget/", utility="rouge/folk/retain/eval")
    said = bare(app.warning[-1].value)
    for words in (
        "1 mark was imported, not measured here",
        "4 forget rows, ours 2",
        "TOFU's questions, ours are those of folk",
        "retain rows as TOFU has them, trained on",
        "model Llama-3.2-1B, ours base",
        "answers of up to 200 tokens as TOFU has it, ours cut at 8",
    ):
        assert words in said
    advice = [item.value for item in app.markdown]
    without = visit("tradeoff", forget="rouge/folk/forget/", utility="rouge/folk/retain/eval", published="")
    assert [item for item in advice if "α" in item] == [item.value for item in without.markdown if "α" in item.value]
    assert app.multiselect(key="published").options == [f"npo-1b (run {imported})"]
    assert app.multiselect(key="shown").options == ["tiny (run 1)"]


def test_a_log_of_ours_is_held_to_what_it_says_of_itself(world: Path, tmp_path: Path, visit: Opener) -> None:
    (run,) = [run for run in history.list_runs() if run.kind == "train"]
    out = tmp_path / "own.json"
    export.export_log(run.id, out, 1.0)
    import_log(out, "own", "offset", model="base")
    app = visit("tradeoff", forget="rouge/folk/forget/", utility="rouge/folk/retain/eval")
    said = bare(app.warning[-1].value)
    assert "1 mark was imported, not measured here" in said
    for words in ("TOFU", "trained on", "answers of up to"):
        assert words not in said


def test_an_extraction_strength_of_theirs_is_not_drawn_beside_ours_without_a_word(
    world: Path,
    tmp_path: Path,
    visit: Opener,
) -> None:
    strength = {"extraction_strength": {"agg_value": 0.5}}
    import_log(written(tmp_path / "a.json", {**open_log(), **strength}), "theirs", "NPO", model="base")
    made_by = {"sets": "folk", "answer_tokens": "8", "template": "chat", "loops": "3 of 4 answers were cut"}
    import_log(written(tmp_path / "b.json", {**open_log(), **strength, "made_by": made_by}), "old", "offset")
    app = visit("tradeoff", forget="extraction_strength/folk/forget/", utility="rouge/folk/retain/eval")
    assert not app.exception
    theirs, old = (line for line in bare(app.warning[-1].value).splitlines() if line.startswith("- "))
    assert "extraction strength as OpenUnlearning has it: never below 1/T" in theirs
    assert "ours is 0 where the answer's last token is missed" in theirs
    assert "extraction strength" not in old
    assert "template chat, ours Question: {question}" in old
    assert "loops: 3 of 4 answers were cut" in old


def test_aggregates_without_rows_or_variant_are_labelled_so(world: Path, tmp_path: Path, visit: Opener) -> None:
    summary = {"forget_truth_ratio": 0.6, "retain_Q_A_ROUGE": 0.7}
    import_log(written(tmp_path / "s.json", summary), "sum", "GA")
    import_log(written(tmp_path / "t.json", summary | open_log()), "rows", "GA")
    with_ratio(world)
    app = visit("tradeoff", forget="truth_ratio_score/folk/forget/", utility="rouge/folk/retain/eval")
    assert not app.exception
    said = bare(app.warning[-1].value)
    line = next(line for line in said.splitlines() if "(sum)" in line)
    assert "number of forget rows not stated" in line
    assert "number of utility rows not stated" in line
    assert "truth ratio: as published, not worked out here, variant not stated, ours variant A" in line
    assert "model not stated" in line
    assert "truth ratio" not in next(line for line in said.splitlines() if "(rows)" in line)


def with_ratio(_world: Path) -> None:
    """The tiny set has no wrong answers: put ratios in by hand."""
    from db import writes
    from db.reads import runs as reads
    from db.rows import ScoreRow
    from engine.store.session import reading, writing

    with reading() as session:
        forget = [row.id for row in reads.asked_questions(session, 1, "forget")]
    with writing() as session:
        session.connection().exec_driver_sql("DELETE FROM scores WHERE metric = 'truth_ratio_score'")
        scores = [ScoreRow(key, alpha, "truth_ratio_score", 0.4) for key in forget for alpha in (0.0, 0.5, 1.0)]
        writes.add_scores(session, 1, scores)


def test_the_table_of_published_figures(imported: int, visit: Opener) -> None:
    app = visit("tradeoff")
    assert any(item.value == "Published by others (imported)" for item in app.subheader)
    table = next(item.value for item in app.dataframe if "forget quality" in item.value)
    assert list(table["run"]) == ["npo-1b"]
    assert list(table["forget quality"]) == ["n/a"]
    assert list(table["forget rows"]) == ["4"]
    assert list(table["model utility"]) == [round(9 / 22, 4)]
    assert any("None of this enters advice, leak counts or reports" in bare(item.value) for item in app.caption)


def test_imported_figures_alone_are_shown_too(own_folders: Path, tmp_path: Path, visit: Opener) -> None:
    import_log(written(tmp_path / "x.json", {"forget_quality": 2e-19, "model_utility": 0.6}), "alone", "GA")
    app = visit("tradeoff")
    assert not app.exception
    table = next(item.value for item in app.dataframe if "forget quality" in item.value)
    assert list(table["forget quality"]) == ["2.00e-19"]
    assert list(table["model"]) == ["not stated"]


def test_a_figure_that_is_not_there_is_not_zero() -> None:
    columns = ["run_id", "run", "method", "model", "source", "alpha", "name", "value", "low", "high", "rows", "note"]
    frame = pd.DataFrame([(1, "a", "GA", "", {}, 0.0, "privleak", 1.0, None, None, None, "")], columns=columns)
    row = published_table(frame).iloc[0]
    assert (row["forget quality"], row["forget rows"]) == ("n/a", "not stated")
    assert pd.isna(row["model utility"])
    assert source_words({}) == "imported from ? (SHA-256 )"


def test_runs_show_an_imported_run_as_such(imported: int, visit: Opener) -> None:
    app = visit("runs", run=str(imported))
    assert not app.exception
    runs = app.dataframe[0].value.set_index("run")
    assert (runs.at[imported, "kind"], runs.at[imported, "pair"]) == ("imported", "–")
    assert runs["seed"].isna()[imported]
    figures = app.dataframe[1].value.set_index("name")
    assert figures.at["forget_Q_A_ROUGE", "value"] == 0.5
    origin = app.dataframe[-1].value.set_index("what")["value"]
    assert origin["kind"] == "imported, not run here"
    assert origin["imported from"] == "TOFU_EVAL.json"
    assert not [item for item in app.button if item.key == f"retry-{imported}"]


def test_what_differs_from_a_run_of_ours_holds_no_settings_that_it_never_had(imported: int) -> None:
    table, _ = differences(history.run_detail(1), history.run_detail(imported))
    theirs = table.set_index("what").iloc[:, 1]
    assert theirs["method"].startswith("NPO")
    assert theirs["learning rate"] == "–"


def test_a_report_of_an_imported_run_is_not_offered(imported: int, visit: Opener) -> None:
    app = visit("report", report=str(imported))
    assert not app.exception
    assert app.selectbox(key="report").options == ["tiny (run 1, pair tiny)"]
