"""Trade-off: the table it draws from, the advice in words, and the page."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine.analysis.figures import run_figures
from engine.analysis.trade_off import BestPoint, Measure, best_point, build, forget_measures, utility_measures
from engine.data.examples import Example
from engine.evaluation.leak_rule import LEAK_RULE
from engine.evaluation.metrics import METRICS
from engine.kinds import EvaluateSpec, MapSpec
from engine.runs import execute
from engine.store import history, questions, sets
from engine.store.imported_logs import import_log
from pages.parts.shared.charts import error_bar
from tests.logs import written
from tests.stored_runs import store_run, store_set

Opener = Callable[..., AppTest]


def alts(app: AppTest) -> list[str]:
    """What the charts of a page show, in words."""
    return [item.proto.alt for item in app.get("plotly_chart")]


FORGET, KEPT = Measure("rouge", "demo", "forget", ""), Measure("rouge", "demo", "retain", "eval")


def means(*rows: tuple[int, str, float, float, float]) -> pd.DataFrame:
    """(run id, pair, alpha, forget, kept) as the rows of `history.trade_off`."""
    table = [
        (
            *(
                run,
                f"run-{run}",
                pair,
                "npo",
                alpha,
                measure.set,
                measure.split,
                measure.half,
                measure.metric,
                value,
                10,
            ),
            *(value - 0.1, value + 0.05, f"{value:.3f} of 10"),
        )
        for run, pair, alpha, *values in rows
        for measure, value in zip((FORGET, KEPT), values, strict=True)
    ]
    columns = ["run_id", "run", "pair", "objective", "alpha", "set", "split", "half", "metric", "mean", "count"]
    columns += ["low", "high", "text"]
    return pd.DataFrame(table, columns=columns)


MEANS = means(
    (1, "demo", 0.0, 0.9, 1.0),
    (1, "demo", 0.5, 0.4, 0.99),
    (1, "demo", 1.0, 0.0, 0.9),
    (2, "retain-only:demo", 0.0, 0.2, 1.0),
)


def test_paths_hold_pairs_and_marks_hold_the_rest() -> None:
    table = build(MEANS, FORGET, KEPT)
    assert list(table.frame["alpha"]) == [0.0, 0.5, 1.0]
    assert [(mark.kind, mark.forget) for mark in table.marks] == [("base", 0.9), ("retain-only", 0.2)]


def test_loops_and_questions_stand_beside_the_forget_figure() -> None:
    loops = MEANS[(MEANS["split"] == "forget") & (MEANS["alpha"] == 1.0)].assign(metric="degenerate", mean=0.4)
    table = build(pd.concat([MEANS, loops]), FORGET, KEPT).frame
    assert list(table["questions"]) == [10, 10, 10]
    assert list(table["loops"].fillna(-1)) == [-1, -1, 0.4]
    assert forget_measures(pd.concat([MEANS, loops])) == [FORGET]


def test_what_says_nothing_of_memory_is_neither_forgetting_nor_utility() -> None:
    names = (
        "mia_loss",
        "mia_min_k",
        "repetition",
        "zlib_ratio",
        "base_log_probability",
        "extraction_strength",
        "rouge",
    )
    every = pd.concat([MEANS.assign(metric=name) for name in names])
    assert [item.metric for item in forget_measures(every)] == ["rouge", "extraction_strength"]
    assert [item.metric for item in utility_measures(every)] == ["rouge", "extraction_strength"]
    assert FORGET._replace(metric="extraction_strength").axis == FORGET.axis
    assert FORGET._replace(metric="zlib_ratio").axis is None  # a short text lies above 1


def test_one_base_mark_for_runs_that_agree() -> None:
    table = build(means((1, "a", 0.0, 0.9, 1.0), (2, "b", 0.0, 0.9001, 1.0)), FORGET, KEPT)
    assert [mark.kind for mark in table.marks] == ["base"]


def test_a_measure_that_is_missing_leaves_the_row_out() -> None:
    rows = MEANS[~((MEANS["alpha"] == 0.5) & (MEANS["split"] == "forget"))]
    assert list(build(rows, FORGET, KEPT).frame["alpha"]) == [0.0, 1.0]


def test_advice_is_the_lowest_forget_within_two_percent() -> None:
    found = best_point(build(MEANS, FORGET, KEPT), FORGET, KEPT)
    assert (found.run_id, found.alpha) == (1, 0.5)
    assert "α = 0.5" in found.words
    assert "0.40" in found.words


SCORE = Measure("truth_ratio_score", "demo", "forget", "")


def test_advice_takes_the_highest_where_higher_is_better() -> None:
    """A truth ratio of 1 on the forget set means that nothing is remembered."""
    rows = MEANS.assign(metric=[SCORE.metric if split == "forget" else KEPT.metric for split in MEANS["split"]])
    table = build(rows.assign(mean=[0.1, 1.0, 0.4, 1.0, 0.7, 0.99, 0.2, 1.0]), SCORE, KEPT)
    assert best_point(table, SCORE, KEPT).alpha == 1.0


def test_advice_takes_what_is_closest_to_one() -> None:
    ratio = SCORE._replace(metric="truth_ratio")
    rows = MEANS.assign(metric=[ratio.metric if split == "forget" else KEPT.metric for split in MEANS["split"]])
    table = build(rows.assign(mean=[0.1, 1.0, 0.9, 1.0, 3.0, 0.99, 0.2, 1.0]), ratio, KEPT)
    assert best_point(table, ratio, KEPT).alpha == 0.5


def test_advice_holds_each_run_against_its_own_base() -> None:
    """Run 2 keeps more than run 1 in figures, but loses a tenth of what its own base had."""
    rows = means((1, "a", 0.0, 0.9, 0.5), (1, "a", 1.0, 0.3, 0.5), (2, "b", 0.0, 0.9, 1.0), (2, "b", 1.0, 0.0, 0.9))
    found = best_point(build(rows, FORGET, KEPT), FORGET, KEPT)
    assert (found.run_id, found.alpha) == (1, 1.0)
    assert "base's 0.50" in found.words


def test_no_advice_on_a_utility_without_a_direction() -> None:
    ratio = KEPT._replace(metric="truth_ratio")
    assert best_point(build(MEANS, FORGET, KEPT), FORGET, ratio).run_id is None


def test_advice_where_nothing_keeps_the_utility() -> None:
    table = build(means((1, "demo", 0.0, 0.9, 1.0), (1, "demo", 1.0, 0.0, 0.5)), FORGET, KEPT)
    assert best_point(table, FORGET, KEPT).words.startswith("No evaluated α keeps")


def test_advice_without_a_base() -> None:
    table = build(means((1, "demo", 1.0, 0.0, 0.9)), FORGET, KEPT)
    assert best_point(table, FORGET, KEPT) == BestPoint(
        "No base (α = 0) was evaluated with these measures, so there is nothing to compare the utility with."
    )


def test_measures_offered() -> None:
    assert forget_measures(MEANS) == [FORGET]
    assert utility_measures(MEANS) == [KEPT]


def test_words_name_direction_and_marks() -> None:
    words = build(MEANS, FORGET, KEPT).words(FORGET, KEPT)
    assert "lower is better" in words
    assert "higher is better" in words
    assert "retain-only: forget 0.20" in words


def test_the_page_shows_table_and_words(visit: Opener, world: Path) -> None:
    app = visit("tradeoff", researchers="1")
    assert not app.exception
    assert list(app.dataframe[0].value["alpha"]) == [0.0, 0.5, 1.0]
    assert any("never saw the forget set" in item.value for item in app.caption)


def test_intervals_go_with_their_points_and_marks() -> None:
    table = build(MEANS, FORGET, KEPT)
    row = table.frame.iloc[1]
    assert (row["forget_low"], row["forget_high"], row["forget_text"]) == (0.4 - 0.1, 0.4 + 0.05, "0.400 of 10")
    assert row["utility_text"] == "0.990 of 10"
    gold = table.marks[1]
    assert (gold.forget_bar.low, gold.utility_bar.text) == (0.2 - 0.1, "1.000 of 10")


def test_error_bars_reach_to_the_ends_of_the_interval_or_are_not_there() -> None:
    bar = error_bar([0.5, 0.5], [0.25, None], [1.0, float("nan")], "#000")
    assert (bar["arrayminus"], bar["array"]) == ([0.25, None], [0.5, None])


def test_the_page_shows_means_with_n_people_and_interval(visit: Opener, world: Path) -> None:
    app = visit("tradeoff", researchers="1")
    assert not app.exception
    table = app.dataframe[0].value
    forget = {figure.metric: figure for figure in run_figures(1, 1.0) if figure.split == "forget"}["rouge"]
    assert table["forget_text"].iloc[2] == forget.words
    assert "n 2, 1 person" in forget.words
    chart = json.loads(app.get("plotly_chart")[0].proto.spec)
    assert chart["data"][0]["customdata"][2][3] == forget.words
    assert "error_y" in chart["data"][0]


def test_measures_are_explained_with_formula_direction_unit_and_source(visit: Opener, world: Path) -> None:
    app = visit("tradeoff", researchers="1")
    table = next(item.value for item in app.dataframe if "formula" in item.value.columns)
    rows = table[table["measure"] == METRICS["rouge"].label]
    assert set(rows["better"]) == {"lower is better (Forget)", "higher is better (Retain)"}
    assert set(rows["formula"]) == {METRICS["rouge"].formula}
    assert set(rows["source"]) == {METRICS["rouge"].source}
    shown = " ".join(item.value for item in app.markdown)
    for term in ("Pareto front", "Nat", "Clopper-Pearson interval", "KS test"):
        assert term in shown


def test_the_leak_rule_is_not_printed_on_the_page(visit: Opener, world: Path) -> None:
    app = visit("tradeoff", forget="leak/folk/forget/", researchers="1")
    chosen: Any = app.selectbox(key="forget").value
    assert chosen.metric == "leak"
    shown = " ".join(item.value for item in [*app.caption, *app.markdown]).replace("\\", "")
    assert LEAK_RULE[:40] not in shown


@pytest.mark.parametrize("query", [{"forget": "speed"}, {"utility": "rouge"}, {"shown": "1,99"}])
def test_a_link_to_what_is_not_there_is_said(visit: Opener, world: Path, query: dict[str, str]) -> None:
    app = visit("tradeoff", **query)
    assert not app.exception
    assert len(app.warning) == 1


def test_the_advised_alpha_opens_in_compare(visit: Opener, world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.analysis.trade_off.TOLERANCE", 1.0)
    app = visit("tradeoff")
    assert not app.exception
    link = next(item.proto for item in app.get("page_link") if "Compare" in item.proto.label)
    query = parse_qs(link.query_string)
    assert (query["set"], query["pair"], query["split"]) == (["folk"], ["tiny"], ["forget"])
    alpha = float(query["alpha"][0])
    assert f"Of the α that were evaluated, α = {alpha:g} of run tiny remembers least" in " ".join(
        item.value for item in app.markdown
    ).replace("\\", "")


def test_exact_curves_of_a_mapped_set(visit: Opener, world: Path) -> None:
    app = visit("tradeoff")
    assert any("No set was mapped yet" in item.value for item in app.caption)
    spec = MapSpec(
        name="maps", pair="tiny", evaluate_on=("folk:forget", "folk:retain/eval"), alphas=(0.0, 2.0), max_new_tokens=6
    )
    run_id = execute.run_here(spec)
    app = visit("tradeoff", researchers="1")
    assert not app.exception
    assert app.selectbox(key="map").value == run_id
    words = " ".join(alts(app))
    assert "4 questions mapped: share still leaking" in words
    assert "No retain model gives a floor" in words
    thresholds = next(item.value for item in app.dataframe if "forgotten from" in item.value.columns)
    assert list(thresholds["split"]) == ["forget", "forget"]
    assert not thresholds.isna().any(axis=None)
    assert run_id not in app.multiselect(key="shown").value
    links = [item.proto for item in visit("runs", run=str(run_id)).get("page_link")]
    assert [(link.label, link.query_string) for link in links][0] == ("Open in Trade-off", f"map={run_id}")


def evaluate(name: str, *sources: str) -> None:
    execute.run_here(EvaluateSpec(name=name, pair="tiny", evaluate_on=sources, alphas=(0.0, 1.0), max_new_tokens=8))


def test_runs_over_other_questions_are_warned_of_only_where_their_figures_meet(visit: Opener, world: Path) -> None:
    evaluate("forget-alone", "folk:forget")  # has no utility: not in the chart
    evaluate("more", "folk:forget", "folk:retain/eval", "folk:retain/train")  # the same questions in these measures
    assert not visit("tradeoff").warning
    assert not visit().warning  # Overview holds no runs against each other


def test_a_pair_measured_on_other_forget_questions_is_said(visit: Opener, world: Path) -> None:
    assert history.asks_what_was_forgotten(1) is True
    path = world / "more.csv"
    path.write_text("question,answer,split\nWhere does Dora work?,Dora works in Rome,forget\n", encoding="utf-8")
    questions.import_set(path, "more")
    evaluate("wider", "more:forget", "folk:forget", "folk:retain/eval")
    assert history.asks_what_was_forgotten(history.find_run("wider").id) is False
    words = " ".join(item.value for item in visit("tradeoff").warning).replace("\\", "")
    assert "Not measured on exactly the questions it was made to forget" in words
    assert "tiny (run 2)" in words
    evaluate("kept", "folk:retain/eval")
    assert history.asks_what_was_forgotten(history.find_run("kept").id) is None


def test_runs_that_average_over_other_questions_are_warned_of(visit: Opener, world: Path) -> None:
    kept = [item for item in sets.stored_examples("folk") if "colour" not in item.question]
    questions.register_set("folk", kept, "folk.csv")
    evaluate("smaller", "folk:forget", "folk:retain/eval")
    app = visit("tradeoff")
    assert "same questions" in app.warning[0].value
    assert "exactly the questions" in app.warning[1].value  # one of the two is gone
    assert not visit("tradeoff", shown="1").warning


def test_answers_cut_elsewhere_are_warned_of_where_answers_are_read(visit: Opener, world: Path) -> None:
    spec = EvaluateSpec(name="short", pair="tiny", evaluate_on=("folk:forget", "folk:retain/eval"), max_new_tokens=4)
    execute.run_here(spec)
    (warning,) = visit("tradeoff", forget="rouge/folk/forget/", utility="rouge/folk/retain/eval").warning
    assert "not made with the same longest answer" in warning.value
    by_probability = visit("tradeoff", forget="probability/folk/forget/", utility="probability/folk/retain/eval")
    assert not by_probability.warning


def test_measures_under_teacher_forcing_are_drawn_with_their_errors(world: Path, visit: Opener) -> None:
    app = visit("tradeoff", researchers="1")
    assert not app.exception
    assert app.selectbox(key="forced").options == ["tiny (run 1, pair tiny)"]
    said = " ".join([*alts(app), *(item.value for item in app.caption)])
    assert "Probability of the true answer, per token: Forget" in said
    assert "(n = 2)" in said
    assert "Error of any point: at most 0.00" in said
    assert "n/a: no question of this run has wrong answers" in said
    assert "n/a: it needs the truth ratios of a model that never saw the forget set" in said
    lead = next(item.value for item in app.markdown if "keeps a probability of" in item.value)
    assert "no retain model" in lead


def test_forget_quality_is_drawn_beside_a_retain_only_model(world: Path, visit: Opener) -> None:
    """Ratios are put in by hand, for the tiny set has no wrong answers: what counts is what the page says of them."""
    from db import rows, writes
    from db.reads import runs
    from engine.evaluation.answer_curves import LOSS, WRONG
    from engine.store.session import reading, writing

    with reading() as session:
        losses = [row for row in runs.curves(session, 1) if row.metric == LOSS]
        forget = [question.id for question in runs.asked_questions(session, 1, "forget")]
    base = history.run_detail(1).summary.base
    spec = EvaluateSpec(name="gold", pair=f"retain-only:{base}", alphas=(0.0,)).to_json()
    with writing() as session:
        writes.add_curves(session, 1, [row._replace(metric=f"{WRONG}1") for row in losses])  # R = 1 at every alpha
        gold = writes.add_run(
            session,
            name="gold",
            kind="evaluate",
            status="finished",
            spec=spec,
            base=base,
            pair_name=f"retain-only:{base}",
            objective="",
            seed=0,
        )
        writes.add_scores(session, gold, [rows.ScoreRow(key, 0.0, "truth_ratio", 0.5) for key in forget])
    app = visit("tradeoff", researchers="1")
    assert not app.exception
    said = " ".join(alts(app))
    assert "n = 2 on either side (2 of 2 forget questions): p = 3.3e-01 at α = 0" in said
    assert (
        "at 41 of 41 alphas from 0 to 2, most clearly at 0, this test cannot distinguish the pair from the retain model"
        " at 5%" in said
    )


def test_forget_quality_and_model_utility_are_measures_with_published_marks(
    own_folders: Path, tmp_path: Path, visit: Opener
) -> None:
    """TOFU's own plot: forget quality against model utility, ours beside what others published."""
    examples = [
        Example(
            f"{split} {group} {n} ?",
            "red",
            perturbed_answer=("blue",),
            subject=f"p{n}",
            split=split,
            half=half,
            group=group,
        )
        for split, half, group in (
            ("forget", "", ""),
            ("retain", "eval", ""),
            ("world", "", "real_authors"),
            ("world", "", "facts"),
        )
        for n in range(4)
    ]
    ids = store_set("all", examples)
    flat = {
        name: dict.fromkeys(ids, 0.5)
        for name in ("rouge", "probability", "probability_normalised", "truth_ratio", "truth_ratio_score")
    }
    store_run("ours", flat)
    store_run("gold", flat, alpha=0.0, pair_name="retain-only:b")
    summary = {"forget_quality": 1e-9, "model_utility": 0.6}
    import_log(written(tmp_path / "s.json", summary), "theirs", "NPO")
    app = visit("tradeoff", forget="forget_quality//forget/", utility="model_utility//retain/")
    assert not app.exception
    chosen: Any = app.selectbox(key="forget").value
    assert chosen.label == "Forget quality"
    (chart,) = [json.loads(item.proto.spec) for item in app.get("plotly_chart")][:1]
    points = {line["name"]: (line["x"], line["y"]) for line in chart["data"] if line.get("name")}
    assert chart["layout"]["yaxis"]["type"] == "log"
    x, y = (
        [float(value) for value in np.frombuffer(base64.b64decode(side["bdata"]))] for side in points["ours (pair p)"]
    )
    assert (x, y) == ([0.5], [1.0]), "ratios like the retain-only model's: p = 1"
    mark = next(value for name, value in points.items() if name.startswith("imported: NPO"))
    assert mark == ([0.6], [1e-9])
    said = app.warning[-1].value.replace("\\", "")
    for words in (
        "forget quality: as published, not worked out here, variant not stated",
        "TOFU's questions, ours are those of all",
        "retain rows as TOFU has them, trained on",
        "answers of up to 200 tokens as TOFU has it, ours cut at 64",
    ):
        assert words in said


def test_an_aggregate_rests_on_what_it_is_made_of() -> None:
    quality, utility = Measure("forget_quality", "", "forget", ""), Measure("model_utility", "", "retain", "")
    assert quality.rests_on("truth_ratio", "any", "forget", "")
    assert not quality.rests_on("rouge", "any", "forget", "")
    assert utility.rests_on("rouge", "any", "world", "eval")
    assert not utility.rests_on("rouge", "any", "forget", "")
    assert utility.of_answers
    assert not quality.of_answers
    assert quality.shown(1e-9) == "1e-09"
