"""Logs out and in: a run of ours as an OpenUnlearning log, a log as an imported run, and what an imported run is
kept out of.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from db import writes
from db.reads import runs
from db.rows import ScoreRow
from engine.cli import main as program
from engine.data.examples import Example
from engine.errors import DataError, RunError, SettingError, StorageError
from engine.evaluation.forget_quality import forget_quality
from engine.evaluation.logs.names import NEVER_BELOW, QUESTION_ALONE, WHOLE_PROMPT
from engine.evaluation.logs.reading import read_log
from engine.evaluation.logs.scores import NO_PERSONS, score_log
from engine.kinds import EvaluateSpec
from engine.report import export
from engine.runs import runner
from engine.store import history, questions, sets
from engine.store.imported_logs import import_log
from engine.store.session import reading, writing
from engine.versions import VERSION
from tests.logs import legacy_log, open_log, written
from tests.stored_runs import store_run, store_set


def figures(run_id: int) -> dict[str, float]:
    found = history.imported_figures([run_id])
    return dict(zip(found["name"], found["value"], strict=True))


def means_of(run_id: int, alpha: float, split: str) -> dict[str, float]:
    found = history.trade_off([run_id])
    found = found[(found["alpha"] == alpha) & (found["split"] == split) & (found["count"] > 0)]
    return dict(zip(found["metric"], found["mean"], strict=True))


def test_a_run_of_ours_goes_out_and_comes_back_with_the_same_figures(finished: int, tmp_path: Path) -> None:
    out = tmp_path / "TOFU_EVAL.json"
    written_ = export.export_log(finished, out, 1.0)
    back = figures(import_log(out, "back", "offset, npo", model="tiny").run_id)
    forget, retain = means_of(finished, 1.0, "forget"), means_of(finished, 1.0, "retain")
    assert forget["extraction_strength"] < 1
    assert back == pytest.approx(
        {
            "forget_Q_A_Prob": forget["probability"],
            "forget_Q_A_ROUGE": forget["rouge"],
            "forget_truth_ratio": forget["truth_ratio_score"],
            "exact_memorization": forget["exact_memorization"],
            "extraction_strength": 1.0,  # answers of one token: theirs never goes below 1/T
            "retain_Q_A_Prob": retain["probability"],
            "retain_Q_A_ROUGE": retain["rouge"],
            "retain_Truth_Ratio": retain["truth_ratio_score"],
        }
    )
    assert written_.rows == len(history.asked(finished)) == 12
    assert written_.data == out.read_bytes()


def test_an_exported_log_has_openunlearnings_shape_and_says_what_is_not_in_it(finished: int, tmp_path: Path) -> None:
    out = tmp_path / "x.json"
    found = export.export_log(finished, out, 1.0)
    content = json.loads(out.read_text(encoding="utf-8"))
    assert content.pop("made_by") == {
        "program": f"oubliette {VERSION}",
        "run": "tiny, pair tiny, alpha 1",
        "answer_tokens": "4",
        "sets": ", ".join(dict.fromkeys(history.report_rows(finished, 1.0)["set"])),
        "template": history.run_detail(finished).versions[history.TEMPLATE],
        "variant": "A",
        "reading": history.run_detail(finished).versions[history.READING],
        "input": WHOLE_PROMPT,
        "extraction_strength": NEVER_BELOW,
        "loops": "0 of 12 answers were cut where they went round in a loop",
    }
    assert list(content) == sorted(content)
    assert all(set(metric) <= {"agg_value", "value_by_index"} for metric in content.values())
    first = content["forget_Q_A_ROUGE"]["value_by_index"]["0"]
    assert "what job did Ada <unk> ?" in first["input"] or "what job did Ada ?" in first["input"]
    assert first["input"].startswith("Question : ")
    assert first["ground_truth"] == "doctor"
    assert set(content["forget_Q_A_Prob"]["value_by_index"]["0"]) == {"prob", "avg_loss"}
    notes = "\n".join(found.notes)
    assert "not TOFU's" in notes
    assert "cut at 4 tokens, TOFU's published figures at 200" in notes
    assert "the run does not have it: forget_Q_A_PARA_Prob" in notes
    assert "model_utility" in notes
    assert "forget_quality: no run of a retain model of base" in notes
    assert "has no name for it: base_log_probability, degenerate, leak, leak_paraphrase" in notes
    scored = score_log(read_log(out))
    assert scored.rows == 3
    assert scored.model_utility is None


def with_scores(finished: int, name: str, pair: str) -> int:
    """A finished run that asked what `finished` asked, with ratios of its own at alpha 0."""
    with reading() as session:
        asked = runs.asked_questions(session, finished)
    spec = EvaluateSpec(name=name, pair=pair, alphas=(0.0,)).to_json()
    base = history.run_detail(finished).summary.base
    with writing() as session:
        run_id = writes.add_run(
            session,
            name=name,
            kind="evaluate",
            status="finished",
            spec=spec,
            base=base,
            pair_name=pair,
            objective="",
            seed=0,
        )
        writes.add_run_questions(session, run_id, [(row.id, []) for row in asked])
        for metric, value in (
            ("truth_ratio", 0.25),
            ("probability", 0.5),
            ("probability_normalised", 0.25),
            ("rouge", 1.0),
        ):
            rows = [ScoreRow(row.id, 0.0, metric, value) for row in asked]
            writes.add_scores(session, run_id, rows)
    return run_id


def test_membership_goes_out_as_areas_under_openunlearnings_names(tmp_path: Path) -> None:
    people = [
        Example(f"q{n} ?", "red", subject=f"p{n}", split=split) for n, split in enumerate(("forget", "holdout") * 2)
    ]
    ids = store_set("people", people)
    ours, theirs = ({"mia_min_k": dict(zip(ids, scores, strict=True))} for scores in ((1, 3, 2, 4), (1, 3, 3.5, 4)))
    rouge = {"rouge": dict.fromkeys(ids, 0.5)}
    run_id = store_run("r", ours | rouge)
    with writing() as session:
        writes.add_run_questions(session, run_id, [(key, []) for key in ids])
    store_run("gold", theirs, alpha=0.0, pair_name="retain-only:b")
    out = tmp_path / "x.json"
    notes = "\n".join(export.export_log(run_id, out, 1.0).notes)
    content = json.loads(out.read_text())
    assert content["privleak"] == {"agg_value": pytest.approx(-100.0)}
    sides = {side: content["mia_min_k"].pop(side) for side in ("forget", "holdout")}
    assert content["mia_min_k"] == {"agg_value": 1.0, "auc": 1.0}
    assert [list(side["value_by_index"].values()) for side in sides.values()] == [
        [{"score": 1.0}, {"score": 2.0}],
        [{"score": 3.0}, {"score": 4.0}],
    ]
    assert "mia_zlib" in notes, "what the run does not hold"
    assert "has no name for it" not in notes
    assert import_log(out, "back", "offset").figures["mia_min_k"].value == 1.0


def test_forget_quality_is_exported_where_a_retain_only_model_was_asked(finished: int, tmp_path: Path) -> None:
    base = history.run_detail(finished).summary.base
    gold = with_scores(finished, "gold", f"retain-only:{base}")
    one, two = tmp_path / "one.json", tmp_path / "two.json"
    export.export_log(finished, one, 1.0)
    export.export_log(gold, two, 0.0)
    scores = history.question_scores(finished, 1.0)
    ratios = list(scores.loc[(scores["metric"] == "truth_ratio") & (scores["split"] == "forget"), "value"])
    expected = forget_quality(ratios, [0.25] * 3)
    assert expected is not None
    assert json.loads(one.read_text())["forget_quality"]["agg_value"] == pytest.approx(expected.p_value)
    assert score_log(read_log(one), read_log(two)).forget_quality == pytest.approx(expected)


def test_utility_is_exported_where_all_nine_are_there(tmp_path: Path) -> None:
    """Real authors and world facts are told apart by TOFU's file; of retain questions the eval half counts."""
    lines = "question,answer,split,half\n" + "".join(
        f"q{place}?,a{place},{split},{half}\n"
        for place, (split, half) in enumerate([("forget", ""), ("retain", "train"), ("retain", "eval"), ("world", "")])
    )
    questions.import_set(lines.encode(), "folk", "folk.csv")
    examples = sets.stored_examples("folk")
    from dataclasses import replace

    ids = questions.register_set("folk", [*examples, replace(examples[3], group="real_authors")], "folk.csv")
    spec = EvaluateSpec(name="own", pair="p", alphas=(1.0,)).to_json()
    with writing() as session:
        run_id = writes.add_run(
            session,
            name="own",
            kind="evaluate",
            status="finished",
            spec=spec,
            base="b",
            pair_name="p",
            objective="",
            seed=0,
        )
        writes.add_run_questions(session, run_id, [(key, []) for key in ids])
        for metric, value in (
            ("rouge", 1.0),
            ("probability", 0.5),
            ("probability_normalised", 0.5),
            ("truth_ratio", 0.75),
        ):
            half = [ScoreRow(key, 1.0, metric, 0.1 if place == 1 else value) for place, key in enumerate(ids)]
            writes.add_scores(session, run_id, half)
    out = tmp_path / "x.json"
    found = export.export_log(run_id, out, 1.0)
    # Each part has .5, 1 and .25: 9 / (3 · (2 + 1 + 4))
    assert json.loads(out.read_text())["model_utility"]["agg_value"] == pytest.approx(9 / 21)
    assert score_log(read_log(out)).model_utility == pytest.approx(9 / 21)
    assert "retain: the half that was used in training is left out" in found.notes


def test_an_export_is_written_whole_or_not_at_all(finished: int, tmp_path: Path) -> None:
    out = tmp_path / "x.json"
    out.write_text("kept")
    for alpha, error in ((0.37, RunError), (9.0, SettingError)):
        with pytest.raises(error):
            export.export_log(finished, out, alpha)
    assert out.read_text() == "kept"
    with pytest.raises(StorageError, match="not an ordinary file"):
        export.export_log(finished, tmp_path, 1.0)
    with reading() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM exports").scalar() == 0


def test_without_its_tokenizer_a_run_goes_out_with_the_question_alone_and_says_so(
    finished: int, tiny_base: Path, tmp_path: Path
) -> None:
    """So too where the template is another than then; of extraction strengths a 0 of ours then cannot become their
    1/T.
    """
    tokenizer, kept = tiny_base / "tokenizer.json", tiny_base / "kept"
    tokenizer.rename(kept)
    try:
        notes = "\n".join(export.export_log(finished, tmp_path / "x.json", 1.0).notes)
    finally:
        kept.rename(tokenizer)
    content = json.loads((tmp_path / "x.json").read_text())
    assert content["forget_Q_A_ROUGE"]["value_by_index"]["0"]["input"] == "what job did Ada like ?"
    assert content["made_by"]["input"] == QUESTION_ALONE
    assert "input: the question alone, without its template, which is not known here (the tokenizer of" in notes
    assert "extraction_strength" not in content
    assert (
        "extraction_strength: where ours is 0 theirs is 1/T, and the tokens of the answers are not known here" in notes
    )
    with writing() as session:
        writes.update_run(
            session, finished, versions={**history.run_detail(finished).versions, "template": "{question}"}
        )
    notes = "\n".join(export.export_log(finished, tmp_path / "y.json", 1.0).notes)
    assert "its questions were asked in the template '{question}', which is now 'Question: {question}" in notes


def test_a_run_without_a_name_there_has_nothing_to_export(finished: int, tmp_path: Path) -> None:
    with writing() as session:
        session.connection().exec_driver_sql("DELETE FROM scores WHERE metric NOT LIKE 'leak%'")
    with pytest.raises(DataError, match="has nothing at alpha 1 that OpenUnlearning has a name for"):
        export.export_log(finished, tmp_path / "x.json", 1.0)


@pytest.fixture
def imported(tmp_path: Path) -> int:
    path = written(tmp_path / "TOFU_EVAL.json", open_log())
    return import_log(path, "npo-1b", "NPO", model="Llama-3.2-1B", label="leaderboard").run_id


def test_an_imported_run_is_marked_and_says_where_it_is_from(imported: int) -> None:
    detail = history.run_detail(imported)
    run = detail.summary
    assert (run.kind, run.status, run.objective, run.base, run.pair, run.sets) == (
        "imported",
        "finished",
        "NPO",
        "Llama-3.2-1B",
        "",
        (),
    )
    assert detail.versions["imported from"] == "TOFU_EVAL.json"
    assert len(detail.versions["sha256"]) == 64
    assert detail.versions["read as"] == "OpenUnlearning log"
    assert (detail.spec.evaluate_on, detail.manifest, detail.machine) == ((), {}, {})


def test_figures_are_read_back_with_what_they_are_over(imported: int, tmp_path: Path) -> None:
    found = history.imported_figures()
    assert set(found["run_id"]) == {imported}
    rows = found.set_index("name")
    assert (rows.at["forget_Q_A_ROUGE", "value"], rows.at["forget_Q_A_ROUGE", "rows"]) == (0.5, 4)
    assert (rows.at["privleak", "value"], rows.at["privleak", "note"]) == (-12.5, "as published, not worked out here")
    assert rows.at["forget_truth_ratio", "note"] == "variant A"
    summary = import_log(written(tmp_path / "s.json", {"model_utility": 0.5}), "sum", "GA").run_id
    assert figures(summary) == {"model_utility": 0.5}
    assert history.imported_figures([summary])["rows"].isna().all()
    assert len(history.imported_figures([])) == 0


def test_a_legacy_log_is_imported_with_its_reference(tmp_path: Path) -> None:
    log, retain = (written(tmp_path / f"{name}.json", legacy_log(shift)) for name, shift in (("m", 0.0), ("r", 0.9)))
    alone, beside = import_log(log, "alone", "GA"), import_log(log, "beside", "GA", retain=retain)
    assert "forget_quality" not in figures(alone.run_id)
    assert alone.notes == (NO_PERSONS, "forget quality: n/a, no retain log")
    expected = score_log(read_log(log), read_log(retain)).forget_quality
    assert expected is not None
    assert figures(beside.run_id)["forget_quality"] == expected.p_value
    assert "r.json" in history.run_detail(beside.run_id).versions["retain reference"]


def test_an_imported_run_enters_no_means_and_no_report(finished: int, imported: int, tmp_path: Path) -> None:
    before = history.trade_off()
    import_log(written(tmp_path / "two.json", open_log()), "two", "NPO")
    assert history.trade_off().equals(before)
    assert set(before["run_id"]) == {finished}
    with pytest.raises(RunError, match="'npo-1b' was imported: it holds figures that others published"):
        export.export_run(imported, tmp_path / "r.csv")
    with pytest.raises(RunError, match="so it has no report"):
        export.export_log(imported, tmp_path / "r.json")
    assert not list(tmp_path.glob("r.*"))


def test_an_imported_run_cannot_be_started_again(imported: int) -> None:
    with pytest.raises(RunError, match="executes nothing"):
        runner.retry(imported)
    assert len(history.list_runs()) == 1


def test_a_name_is_taken_once_and_words_are_checked(imported: int, tmp_path: Path) -> None:
    path = written(tmp_path / "x.json", open_log())
    with pytest.raises(RunError, match=rf"'npo-1b' already \(run {imported}\)"):
        import_log(path, "npo-1b", "NPO")
    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({"name": "a b", "method": "NPO"}, "name must be"),
        ({"name": "a", "method": " "}, "method must name"),
        ({"name": "a", "method": "x" * 121}, "at most 120"),
        ({"name": "a", "method": "N\nPO"}, "printable"),
        ({"name": "a", "method": "NPO", "label": "x" * 201}, "label must be"),
    )
    for fields, says in refused:
        with pytest.raises(SettingError, match=says):
            import_log(path, **fields)
    assert len(history.list_runs()) == 1


def test_the_commands(
    finished: int, tmp_path: Path, said: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "TOFU_EVAL.json"
    found = said("export", "--run", str(finished), "--format", "openunlearning", "--alpha", "1", "--out", str(out))
    assert (found["rows"], found["alpha"], found["format"]) == (12, 1.0, "openunlearning")
    scored = said("score-logs", str(out), "--retain", str(out))
    assert {key: scored[key] for key in ("forget_quality", "model_utility", "rows", "variant")} == {
        "forget_quality": 1.0,
        "model_utility": None,
        "rows": 3,
        "variant": "A",
    }
    alone = said("score-logs", str(out))
    assert (alone["forget_quality"], alone["forget_quality_reason"]) == (None, "n/a, no retain log")
    stored = said("import-log", str(out), "--name", "back", "--method", "offset")
    assert {row["name"]: row["value"] for row in stored["figures"]} == figures(stored["run_id"])
    assert [(run["name"], run["kind"]) for run in said("runs")][0] == ("back", "imported")
    for argv in (("score-logs", str(out), "--retain", str(out)), ("score-logs", str(out))):
        assert program.main(list(argv)) == 0
    text = capsys.readouterr().out
    assert "1  p-value of a KS test against the retain model, 3 rows against 3" in text
    assert "forget quality  n/a, no retain log" in text
    assert program.main(["export", "--run", str(finished), "--out", str(tmp_path / "x.csv")]) == 0
    assert (tmp_path / "x.csv").read_bytes().startswith(b'\xef\xbb\xbf"question"')


def test_a_bad_log_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.json"
    path.write_text("{")
    for command in (["score-logs", str(path)], ["import-log", str(path), "--name", "a", "--method", "b"]):
        assert program.main(command) == 2
        out, err = capsys.readouterr()
        assert (out, err) == (
            "",
            (
                "x.json is not an evaluation log: it is not JSON (Expecting property name enclosed in double quotes:"
                " line 1 column 2 (char 1))\n"
            ),
        )
    assert history.list_runs() == []
