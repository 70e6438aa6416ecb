"""Stored curves, read back as means and as forget quality, against the scores of the same run."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from db import rows, writes
from db.reads import runs
from engine.analysis import forced_curves
from engine.analysis.forced_curves import (
    Quality,
    grid,
    likely,
    means,
    quality,
    quality_verdict,
    questions_of,
    runs_with_curves,
)
from engine.errors import RunError, SettingError
from engine.evaluation.answer_curves import StoredCurve, figures_at, from_stored
from engine.evaluation.curves import Steps
from engine.evaluation.forget_quality import ForgetQuality, ForgetQualityAt, forget_quality
from engine.kinds import EvaluateSpec
from engine.runs import execute
from engine.store import history, recorded_runs
from engine.store.questions import evaluated, register_set
from engine.store.session import reading, writing
from engine.store.sources import SourcedSpec


def retain_only_run(like: int, ratios: dict[int, float], status: str = "finished") -> int:
    """A run of a model that never saw the forget questions, of the base of run `like`."""
    base = history.run_detail(like).summary.base
    spec = EvaluateSpec(name="gold", pair=f"retain-only:{base}")
    with writing() as session:
        run_id = writes.add_run(
            session,
            name="gold",
            kind="evaluate",
            status=status,
            spec=spec.to_json(),
            base=base,
            pair_name=f"retain-only:{base}",
            objective="",
            seed=0,
        )
        scores = [rows.ScoreRow(key, 0.0, "truth_ratio", ratio) for key, ratio in ratios.items()]
        writes.add_scores(session, run_id, scores)
    return run_id


def test_means_over_alpha_are_the_runs_own_means_where_it_was_evaluated(finished: int) -> None:
    questions = questions_of(finished)
    assert len(questions) == len(history.asked(finished))
    metrics = ("probability", "truth_ratio_score", "exact_memorization")
    over = means(questions, metrics, [0.0, 1.0]).set_index(["split", "metric", "alpha"])
    stored = history.trade_off([finished])
    for row in stored[stored["metric"].isin(metrics)].to_dict("records"):
        found: Any = over.loc[(row["split"], row["metric"], row["alpha"])]  # type: ignore[index]
        assert abs(found["value"] - row["mean"]) <= found["error"] + 1e-9
        assert found["questions"] == row["count"]


def test_only_finished_evaluations_of_a_pair_have_curves(finished: int) -> None:
    gold = retain_only_run(finished, {})
    assert [run.id for run in runs_with_curves()] == [finished]
    with pytest.raises(RunError, match="has no curves over alpha"):
        questions_of(gold)


def test_forget_quality_is_over_the_questions_that_both_were_asked(finished: int) -> None:
    questions = questions_of(finished)
    assert quality(finished, questions, [1.0]) is None
    forget = [item.question_id for item in questions if item.split == "forget"]
    ratios = dict(zip(forget[:2], (0.5, 1.5), strict=True))
    retain_only_run(finished, {**ratios, forget[2]: 3.0}, "failed")
    retain_only_run(finished, ratios)
    found = quality(finished, questions, [0.0, 1.0])
    assert found is not None
    assert (found.rows, found.retain_rows) == (3, 2)
    for point in found.points:
        scores = history.question_scores(finished, point.alpha)
        ours = scores[(scores["metric"] == "truth_ratio") & scores["question_id"].isin(list(ratios))]["value"]
        assert point.quality == forget_quality(ours.tolist(), list(ratios.values()))
        assert point.least <= point.quality.p_value <= point.most
        assert found.steps.at(point.alpha) == pytest.approx(point.quality.p_value)


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ([(0.001, 0.04), (0.06, 0.3)], "at 1 of 2 alphas from 0 to 1, most clearly at 1, this test cannot distinguish"),
        ([(0.001, 0.04), (0.04, 0.3)], "is open within the errors of the curves"),
        ([(0.001, 0.04), (0.001, 0.05)], "at each of 2 alphas from 0 to 1 this test distinguishes the pair from"),
    ],
)
def test_a_verdict_on_forget_quality_is_no_surer_than_the_curves(bounds: list[tuple[float, float]], said: str) -> None:
    points = [
        ForgetQualityAt(float(alpha), ForgetQuality(most, 0.5, 9, 9), least, most)
        for alpha, (least, most) in enumerate(bounds)
    ]
    assert said in quality_verdict(Quality(points, Steps((0.0,), (0.1,), 1.0), 9, 9))


def test_an_alpha_that_the_curves_do_not_reach_is_refused(finished: int) -> None:
    questions = questions_of(finished)
    with pytest.raises(SettingError, match="go from alpha 0 to 2, got 2.5"):
        means(questions, ["kl"], [1.0, 2.5])
    with pytest.raises(SettingError, match="got -1"):
        quality(finished, questions, [-1.0])


def test_the_grid_is_the_dials() -> None:
    assert grid(0.0, 2.0)[:3] == [0.0, 0.05, 0.1]
    assert len(grid(0.0, 2.0)) == 41
    assert grid(-0.0625, 0.0625) == [-0.05, 0.0, 0.05]


def test_curves_travel_with_a_recorded_run_and_go_with_it(
    finished: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    examples = [item.example for item in evaluated(SourcedSpec(history.run_detail(finished).spec))]
    record = json.loads(json.dumps({**recorded_runs.record_run(finished), "name": "demo"}))
    (tmp_path / "evaluation.json").write_text(json.dumps([record]))
    monkeypatch.setenv("OUBLIETTE_DEMO", str(tmp_path))
    monkeypatch.setattr("engine.data.demo.questions.demo_examples", lambda: tuple(examples))
    (stored,) = recorded_runs.import_demo_run()
    before, after = ([item.curves for item in questions_of(run)] for run in (finished, stored))
    for ours, theirs in zip(before, after, strict=True):
        assert ours.loss.alphas == theirs.loss.alphas
        assert ours.loss.values == theirs.loss.values
        assert ours.loss.error <= theirs.loss.error <= ours.loss.error * 1.0001
    with writing() as session:
        writes.delete_recorded(session, "demo")
    with reading() as session:
        assert runs.curves(session, stored) == []
        assert runs.curves(session, finished)
    assert [run.id for run in forced_curves.runs_with_curves()] == [finished]


@pytest.mark.parametrize("place", [0, 1])
def test_the_recorded_runs_carry_curves_that_meet_their_scores(place: int) -> None:
    record = json.loads((Path(__file__).resolve().parents[3] / "demo" / "evaluation.json").read_text())[place]
    for question in record["questions"]:
        rows_ = [
            StoredCurve(metric, {name: values for name, values in entry.items() if name != "error"}, entry["error"])
            for metric, entry in question["curves"].items()
        ]
        assert max(row.error for row in rows_) <= 1e-3
        curves = from_stored(rows_)
        for metric in ("probability", "truth_ratio", "exact_memorization"):
            found = figures_at(curves, metric, "", record["alphas"])
            scores = [values[record["metrics"].index(metric)] for values in question["scores"]]
            if found is None:
                assert scores == [None] * len(scores)
                continue
            for figure, score in zip(found, scores, strict=True):
                assert abs(figure.value - score) <= figure.error + 1e-5 * max(1.0, score)  # scores have six digits


def test_how_likely_the_secrets_stay_is_said_beside_the_base(finished: int) -> None:
    detail = history.run_detail(finished)
    forget = {item.question_id for item in questions_of(finished) if item.split == "forget"}
    said = likely(detail.pair_hash, 1.0, forget)
    assert said is not None
    table = means(
        [item._replace(half="") for item in questions_of(finished) if item.split == "forget"],
        ["probability"],
        [0.0, 1.0],
    )
    base, there = table["value"]
    assert f"keep a probability of {there:.2f} per token at α = 1 (the base has {base:.2f}; run tiny)" in said.words
    assert f"the {len(forget)} mapped forget questions keep" in said.words
    assert said.in_short == f"Once an answer is begun, each true word keeps {there:.2f} (base {base:.2f})."
    assert said.stands_out, "no retain model is known, so nothing says that it does not"
    assert not said._replace(floor=there).stands_out
    assert said._replace(floor=there / 2).stands_out
    assert likely(detail.pair_hash, 7.5, forget) is None
    assert likely("another", 1.0, forget) is None
    assert likely(detail.pair_hash, 1.0, []) is None


def test_a_newer_run_on_another_set_does_not_take_the_place_of_a_caveat(finished: int) -> None:
    detail = history.run_detail(finished)
    asked = {item.question_id: item for item in questions_of(finished) if item.split == "forget"}
    before = likely(detail.pair_hash, 1.0, asked)
    examples = [example for example, _ in history.asked(finished) if example.split == "forget"]
    register_set("own", [replace(e, question=f"{e.question} again") for e in examples[:1]], "test")
    evaluation = EvaluateSpec(name="own", pair="tiny", evaluate_on=("own:forget",), alphas=(0.0, 1.0), max_new_tokens=4)
    newer = execute.run_here(evaluation)
    assert runs_with_curves()[0].id == newer
    assert likely(detail.pair_hash, 1.0, asked) == before
    (other,) = (item.question_id for item in questions_of(newer))
    both = likely(detail.pair_hash, 1.0, {*asked, other})
    assert both is not None
    assert f"{len(asked)} of the {len(asked) + 1} mapped forget questions keep" in both.words
    assert "run tiny)" in both.words
