"""Runs: the list, one run, the forms, and a set of one's own."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from db import writes
from db.probe_rows import ProbeResultRow, ProbeSummaryRow
from engine.analysis.figures import run_figures
from engine.analysis.paired import Difference, compare_runs
from engine.data.blank import FILENAME, template_csv
from engine.data.files import parse_set
from engine.errors import RunError
from engine.evaluation.leak_rule import find_leak
from engine.kinds import AuditSpec, EvaluateSpec, TasksSpec
from engine.models.tunings import TUNINGS
from engine.runs import execute, runner
from engine.runs.execute import store_spec
from engine.specification import ExperimentSpec
from engine.store import history, questions, sets
from engine.store.session import writing
from engine.training_settings import TrainingSettings, Tuning
from engine.unlearning.methods import ASSISTANTS
from engine.unlearning.objectives import OBJECTIVES
from engine.unlearning.settings_table import SAFE, settings_table
from pages.parts.runs import run
from pages.parts.runs.difference import differences
from pages.parts.runs.own_questions import _name_of
from pages.parts.runs.paired import FIRST_SHOWN, paired_table
from tests.stored_runs import store_run, store_set
from tests.task_files import write_tasks

Opener = Callable[..., AppTest]
SPEC = EvaluateSpec(name="again", pair="tiny", evaluate_on=("folk:forget",))


def test_the_list_and_its_first_run(visit: Opener, world: Path) -> None:
    app = visit("runs")
    assert not app.exception
    assert list(app.dataframe[0].value["name"]) == ["tiny"]
    assert "finished" in app.subheader[0].value
    (measures,) = (item for item in app.expander if item.label == "All measures")
    assert "Means over n questions" in measures.caption[0].value


def test_means_of_different_sets_are_not_averaged() -> None:
    """72 questions at 0 and one at 1 are two rows, not one of 0.5."""
    columns = ["set", "split", "half", "metric", "column", "mean", "count"]
    means = pd.DataFrame(
        [("demo", "forget", "", "rouge", "α = 1", 0.0, 72), ("one", "forget", "", "rouge", "α = 1", 1.0, 1)],
        columns=columns,
    )
    table = run._by_alpha(means.assign(part=run._parts(means), measure="ROUGE-L recall"))
    assert list(table["part"]) == ["demo: Forget", "one: Forget"]
    assert list(table["α = 1"]) == [0.0, 1.0]
    assert list(table["n"]) == [72, 1]


def test_a_failed_run_shows_its_sentence(visit: Opener, world: Path) -> None:
    run_id = store_spec(SPEC, "elsewhere")
    with writing() as session:
        writes.end_run(session, run_id, "failed", "the disk is *full*")
    app = visit("runs", run=str(run_id))
    assert not app.exception
    assert app.error[0].value.replace("\\", "") == "the disk is *full*"
    assert app.button(key=f"retry-{run_id}")


def test_a_run_of_tasks_shows_accuracy_beside_chance(visit: Opener, world: Path, tmp_path: Path) -> None:
    pytest.importorskip("lm_eval")
    folder = str(write_tasks(tmp_path / "tasks"))
    fields = {"pair": "tiny", "alphas": (0.0, 1.0), "evaluate_on": ("winogrande",), "task_folder": folder, "limit": 2}
    run_id = execute.run_here(TasksSpec(name="choices", **fields))  # type: ignore[arg-type]
    app = visit("runs", run=str(run_id))
    assert not app.exception
    table = next(item.value for item in app.dataframe if "chance" in item.value)
    assert list(zip(table["task"], table["α"], table["chance"], table["n"], strict=True)) == [
        ("winogrande", 0.0, 0.5, 2),
        ("winogrande", 1.0, 0.5, 2),
    ]
    assert any("standard error" in item.value for item in app.caption)
    assert not visit("report", report=str(run_id)).exception
    assert not visit("tradeoff").exception


def test_a_waiting_run_can_be_cancelled(visit: Opener, world: Path) -> None:
    run_id = store_spec(SPEC, "elsewhere")  # another machine's: nothing here starts it
    app = visit("runs", run=str(run_id))
    assert not app.exception
    app.button(key=f"cancel-{run_id}").click().run()
    assert history.run_detail(run_id).summary.status == "cancelled"


def test_a_run_that_is_not_there_is_said(visit: Opener, world: Path) -> None:
    app = visit("runs", run="77")
    assert "77" in app.warning[0].value
    assert app.selectbox(key="run").value == 1


def fill(app: AppTest) -> AppTest:
    app.text_input(key="new-name").set_value("second")
    app.selectbox(key="new-forget").set_value("folk:forget")
    app.multiselect(key="new-retain").set_value(["folk:retain/train"])
    app.multiselect(key="new-evaluate").set_value(["folk:forget", "folk:retain/eval"])
    return app.run()


def test_training_shows_its_estimate_and_starts(visit: Opener, world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    monkeypatch.setattr(runner, "start", lambda spec, _: started.append(spec) or 1)
    app = fill(visit("runs", view="train"))
    assert not app.exception
    assert not app.error
    assert "Estimate: about" in app.info[0].value
    app.button(key="start-train").click().run()
    assert not app.exception
    assert started[0].name == "second"
    assert started[0].forget == "folk:forget"
    assert started[0].training == SAFE
    assert app.button_group(key="view").value == "list"


@pytest.mark.parametrize("tuning", list(TUNINGS))
@pytest.mark.parametrize("objective", ["gradient_ascent", "simnpo", "dpo"])
def test_objectives_and_tunings_are_offered_with_formula_and_source(
    visit: Opener, world: Path, monkeypatch: pytest.MonkeyPatch, objective: str, tuning: Tuning
) -> None:
    started: list[Any] = []
    monkeypatch.setattr(runner, "start", lambda spec, _: started.append(spec) or 1)
    app = fill(visit("runs", view="train"))
    offered = [entry.label for entry in OBJECTIVES.values() if entry.name != ASSISTANTS]
    assert app.selectbox(key="new-objective").options == offered
    assert app.selectbox(key="new-tuning").options == [entry.label for entry in TUNINGS.values()]
    app.selectbox(key="new-objective").set_value(objective)
    app.selectbox(key="new-tuning").set_value(tuning).run()
    captions = [item.value.replace("\\", "") for item in app.caption]
    numbers = [number.name for number in OBJECTIVES[objective].numbers]
    for entry in (OBJECTIVES[objective], TUNINGS[tuning]):
        assert f"{entry.formula} · {entry.source}" in captions
    assert app.number_input(key="new-beta").disabled == ("beta" not in numbers)
    assert app.number_input(key="new-delta").disabled == ("delta" not in numbers)
    assert app.number_input(key="new-rank").disabled == (tuning == "full")
    app.number_input(key="new-forget-weight").set_value(2.0).run()
    app.button(key="start-train").click().run()
    assert not app.exception
    training = started[0].training
    assert (training.objective, training.tuning, training.forget_weight) == (objective, tuning, 2.0)
    assert training.numbers == {}


def test_the_form_offers_exactly_the_table(visit: Opener, world: Path) -> None:
    """With its bounds and labels, and as the demo's pair was made; what is left to the objective is empty."""
    app = visit("runs", view="train")
    table = settings_table()
    offered = {f"new-{row.name.replace('_', '-')}": row for row in table.values()}
    numbers = {box.key: box for box in app.number_input if box.key != "new-limit"}
    assert numbers.keys() == {key for key, row in offered.items() if row.type is not str}
    for key, box in numbers.items():
        row = offered[str(key)]
        begins = SAFE.flat.get(row.name, row.default)
        assert (box.label, box.min, box.max, box.value) == (row.label, row.low, row.high, begins)
    words = {box.key: box.label for box in app.selectbox if box.key in offered}
    assert words == {key: row.label for key, row in offered.items() if row.type is str}


@pytest.mark.parametrize(
    ("method", "objective"), [("direct", "relabelling"), ("uld", ASSISTANTS), ("guardrail", "npo")]
)
def test_baselines_are_started_from_the_same_form(
    visit: Opener, world: Path, monkeypatch: pytest.MonkeyPatch, method: str, objective: str
) -> None:
    started: list[Any] = []
    monkeypatch.setattr(runner, "start", lambda spec, _: started.append(spec) or 1)
    app = fill(visit("runs", view="train"))
    app.selectbox(key="new-method").set_value(method).run()
    shown = [box.options for box in app.selectbox if box.key == "new-objective"]
    expected = {"uld": [[OBJECTIVES[ASSISTANTS].label]], "guardrail": []}
    assert shown == expected.get(method, shown)
    assert [box.key for box in app.selectbox if box.key == "new-retain-term"] == ["new-retain-term"] * (
        method != "guardrail"
    )
    assert app.text_input(key="new-reference").disabled == (method != "uld")
    app.button(key="start-train").click().run()
    assert not app.exception
    assert (started[0].training.method, started[0].training.objective) == (method, objective)


def test_what_a_training_does_not_read_is_not_sent_with_it(
    visit: Opener, world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A control that is off keeps what stood in it before."""
    started: list[Any] = []
    monkeypatch.setattr(runner, "start", lambda spec, _: started.append(spec) or 1)
    app = fill(visit("runs", view="train"))
    app.selectbox(key="new-objective").set_value("npo").run()
    app.number_input(key="new-beta").set_value(0.5)
    app.number_input(key="new-rank").set_value(8)
    app.number_input(key="new-target-forget-probability").set_value(0.01)
    app.number_input(key="new-retain-batches").set_value(4).run()
    app.selectbox(key="new-retain-term").set_value("default")
    app.selectbox(key="new-objective").set_value("gradient_ascent")
    app.selectbox(key="new-tuning").set_value("full").run()
    assert app.number_input(key="new-retain-batches").disabled
    app.button(key="start-train").click().run()
    app = fill(visit("runs", view="train"))
    app.number_input(key="new-epochs").set_value(3)
    app.selectbox(key="new-method").set_value("guardrail").run()
    app.button(key="start-train").click().run()
    assert not app.exception
    asked_for = TrainingSettings(objective="gradient_ascent", tuning="full")
    assert started[0].training == asked_for
    assert (started[1].training, started[1].alphas) == (TrainingSettings(method="guardrail"), (0.0, 1.0))


def test_a_beta_of_ones_own_is_taken(visit: Opener, world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    monkeypatch.setattr(runner, "start", lambda spec, _: started.append(spec) or 1)
    app = fill(visit("runs", view="train"))
    app.selectbox(key="new-objective").set_value("npo").run()
    assert "0.1" in app.number_input(key="new-beta").placeholder
    app.number_input(key="new-beta").set_value(0.02).run()
    app.button(key="start-train").click().run()
    assert started[0].training.numbers == {"beta": 0.02}


def test_a_refused_start_is_a_sentence_and_keeps_the_form(
    visit: Opener, world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(spec: ExperimentSpec, _: object) -> int:
        raise RunError("a pair of that name is already being made")

    monkeypatch.setattr(runner, "start", refuse)
    app = fill(visit("runs", view="train"))
    app.button(key="start-train").click().run()
    assert "already being made" in app.error[0].value
    assert app.text_input(key="new-name").value == "second"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("new-alphas", "0, nan", "between"),
        ("new-name", "../up", "Name must be"),
        ("new-alphas", "", "separated by commas"),
    ],
)
def test_an_illegal_setting_is_a_sentence(visit: Opener, world: Path, key: str, value: str, said: str) -> None:
    app = fill(visit("runs", view="train"))
    app.text_input(key=key).set_value(value).run()
    assert not app.exception
    assert said in app.error[0].value.replace("\\", "")


def test_an_evaluation_starts(visit: Opener, world: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Any] = []
    monkeypatch.setattr(runner, "start", lambda spec, _: started.append(spec) or 1)
    app = visit("runs", view="evaluate")
    app.text_input(key="eval-name").set_value("look")
    app.selectbox(key="eval-pair").set_value("tiny")
    app.multiselect(key="eval-on").set_value(["folk:forget"])
    app.run()
    app.button(key="start-evaluate").click().run()
    assert not app.exception
    assert (started[0].kind, started[0].pair, started[0].alphas) == ("evaluate", "tiny", (0.0, 0.5, 1.0, 1.5, 2.0))


def test_the_name_of_a_set_is_made_of_the_file() -> None:
    assert _name_of("my questions (2).csv") == "my-questions--2"
    assert _name_of("....jsonl") == "own"


def test_the_evaluation_follows_what_is_forgotten_and_kept(visit: Opener, world: Path) -> None:
    app = visit("runs", view="train")
    app.text_input(key="new-name").set_value("second").run()
    assert app.multiselect(key="new-evaluate").value == ["demo:forget", "demo:retain/eval", "demo:world/eval"]
    app.selectbox(key="new-forget").set_value("folk:forget").run()
    app.multiselect(key="new-retain").set_value(["folk:retain/train"]).run()
    assert app.multiselect(key="new-evaluate").value == ["folk:forget", "folk:retain/eval"]
    assert not app.error


def test_no_eval_half_is_invented(visit: Opener, world: Path) -> None:
    rows = b"question,answer,split,half\nWho?,Cy,forget,\nWhere?,Rome,retain,train\nWhen?,Now,retain,train\n"
    questions.import_set(rows, "own", "own.csv")
    app = visit("runs", view="train")
    app.text_input(key="new-name").set_value("second")
    app.selectbox(key="new-forget").set_value("own:forget")
    app.multiselect(key="new-retain").set_value(["own:retain/train"]).run()
    assert app.multiselect(key="new-evaluate").value == ["own:forget", "own:retain/train"]
    assert "Estimate: about" in app.info[0].value


def test_what_was_added_to_the_evaluation_stays(visit: Opener, world: Path) -> None:
    app = visit("runs", view="train")
    added = [*app.multiselect(key="new-evaluate").value, "demo:holdout"]
    app.multiselect(key="new-evaluate").set_value(added).run()
    app.selectbox(key="new-forget").set_value("folk:forget").run()
    found = app.multiselect(key="new-evaluate").value
    assert found == ["folk:forget", "demo:retain/eval", "demo:world/eval", "demo:holdout"]


def test_a_set_without_splits_can_be_chosen(visit: Opener, world: Path) -> None:
    questions.import_set(b"question,answer\nWho?,Cy\n", "bare", "bare.csv")
    assert "bare" in visit("runs", view="train").selectbox(key="new-forget").options


def test_two_runs_show_what_differs_and_only_that(visit: Opener, world: Path) -> None:
    run_id = execute.run_here(SPEC.but(alphas=(0.0, 1.0), max_new_tokens=8))
    app = visit("runs", run="1", against=str(run_id))
    assert not app.exception
    table = next(item.value for item in app.dataframe if "what" in item.value.columns)
    assert list(table.columns) == ["what", "tiny (run 1)", f"again (run {run_id})"]
    shown = {row[0]: row[1:] for row in table.itertuples(index=False, name=None)}
    assert shown["α"] == ("0, 0.5, 1", "0, 1")
    assert shown["evaluated on"] == ("folk:forget, folk:retain/eval", "folk:forget")
    assert shown["objective"] == ("npo", "–")
    assert "data hash" in shown
    assert not {"base hash", "pair hash", "answer tokens at most", "version: torch"} & set(shown)
    assert all(left != right for left, right in shown.values())
    assert not [item for item in app.subheader if "finished" in item.value]


def test_two_runs_show_what_changes_with_interval_under_what_was_unlike(visit: Opener, world: Path) -> None:
    run_id = execute.run_here(SPEC.but(alphas=(0.0, 1.0), max_new_tokens=4))
    app = visit("runs", run="1", against=str(run_id), **{"from": "0.5"})
    assert not app.exception
    found = compare_runs(1, run_id, 0.5, 1.0)
    table = next(item.value for item in app.dataframe if "difference" in item.value.columns)
    assert len(table.columns) == 8
    shown = [item for item in found.differences if item.metric in FIRST_SHOWN]
    assert list(table["n"]) == [item.questions for item in shown] == [2] * 3
    assert all(cell.startswith("n/a: all are about one person") for cell in table["95 % interval"])
    assert list(table["people"]) == ["1 person"] * 3
    flags = app.warning[0].value.replace("\\", "")
    assert "other data" in flags
    assert "other longest answer in tokens: 8 in the first, 4 in the second" in flags
    said = " ".join(item.value for item in app.caption).replace("\\", "")
    assert "2 questions were asked by both; left out are 2 that only run tiny (1) asked and 0" in said
    every = [item.value for item in app.dataframe if "difference" in item.value.columns][1]
    assert len(every) == len(found.differences) > len(table)


def test_paired_differences_as_a_table() -> None:
    rows = [
        Difference("s", "forget", "", "rouge", 0.5, 0.25, -0.25, -0.5, -0.0001, 36, 6, 0, ""),
        Difference("s", "retain", "eval", "ours", None, None, None, None, None, 0, 0, 0, "run b has no scores of it"),
        Difference(
            "s", "forget", "", "leak", 0.0, 0.0, 0.0, 0.0, 0.0, 36, 6, 0, "every question scores the same in both"
        ),
    ]
    table = paired_table(rows, ["one", "two"])
    assert list(table.iloc[0]) == [
        "Forget",
        "ROUGE-L recall (lower is better)",
        "0.500",
        "0.250",
        "-0.250",
        "[-0.500, 0.000]",
        36,
        "6 people",
    ]
    assert list(table.iloc[1]) == [
        "Retain, eval half",
        "ours",
        "n/a",
        "n/a",
        "n/a",
        "n/a: run b has no scores of it",
        0,
        "–",
    ]
    assert table.iloc[2]["95 % interval"] == "[0.000, 0.000] (every question scores the same in both)"


@pytest.mark.parametrize("status", ["queued", "failed"])
def test_a_run_without_scores_cannot_be_paired_and_says_so(visit: Opener, world: Path, status: str) -> None:
    run_id = store_spec(SPEC, "elsewhere")
    with writing() as session:
        writes.update_run(session, run_id, status=status)
    app = visit("runs", run="1", against=str(run_id))
    assert not app.exception
    said = " ".join(item.value for item in app.caption).replace("\\", "")
    assert f"n/a: no scores of a finished run to compare in again (run {run_id})" in said


def test_runs_without_a_common_question_are_said(visit: Opener, world: Path) -> None:
    run_id = execute.run_here(SPEC.but(evaluate_on=("folk:retain/train",), alphas=(0.0,), max_new_tokens=4))
    app = visit("runs", run="1", against=str(run_id))
    assert not app.exception
    said = " ".join(item.value for item in app.info).replace("\\", "")
    assert f"run tiny (1) and run again ({run_id}) have no question in common" in said


def test_a_run_shows_every_mean_with_its_interval_or_the_reason(visit: Opener, world: Path) -> None:
    app = visit("runs", run="1", at="0.5")
    assert not app.exception
    table = next(item.value for item in app.dataframe if "95 % interval" in item.value.columns)
    assert len(table) == len(run_figures(1, 0.5))
    rouge = table[table["measure"].str.startswith("ROUGE-L recall (")]
    assert list(rouge["people"]) == ["1 person", "1 person"]
    assert set(rouge["why n/a"]) == {"all are about one person, so resampling is not possible"}
    assert not (table["95 % interval"].eq("n/a") & table["mean"].notna()).any()
    said = " ".join(item.value for item in app.caption).replace("\\", "")
    assert "Forget quality at α = 0.5: n/a: no forget question of this run has a truth ratio." in said
    assert any("formula" in item.value.columns for item in app.dataframe)


def test_a_run_differs_from_its_repetition_in_nothing(world: Path) -> None:
    detail = history.run_detail(1)
    table, same = differences(detail, detail)
    assert table.empty
    assert same > 20


TOFU_ROW = '{"question": "Who wrote it?", "answer": "Ada"}\n'


@pytest.fixture
def tofu(tmp_path: Path) -> Path:
    folder = tmp_path / "tofu"
    folder.mkdir()
    for name in ("forget01", "retain99", "real_authors", "holdout01"):
        (folder / f"{name}.json").write_text(TOFU_ROW * 2, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("name", "split"),
    [("forget01", "forget"), ("retain99", "retain"), ("real_authors", "world"), ("holdout01", "holdout")],
)
def test_tofu_comes_from_a_folder_with_its_split(visit: Opener, world: Path, tofu: Path, name: str, split: str) -> None:
    app = visit("runs", view="import")
    app.text_input(key="tofu-folder").set_value(str(tofu)).run()
    assert app.selectbox(key="tofu-name").options == ["forget01", "retain99", "holdout01", "real_authors"]
    app.selectbox(key="tofu-name").set_value(name).run()
    assert [item.name for item in sets.list_sets()] == ["folk"]  # seen before it is stored
    assert list(app.dataframe[0].value["split"]) == [split] * 2
    app.button(key="tofu-import").click().run()
    assert not app.exception
    assert f"tofu-{name}" in app.success[0].value.replace("\\", "")
    assert {item.split for item in sets.stored_examples(f"tofu-{name}")} == {split}


def test_a_file_of_others_is_shown_as_it_was_read(visit: Opener, world: Path) -> None:
    app = visit("runs", view="import")
    data = b'{"query": "Which?", "choices": ["a", "b", "c"], "answer": "C", "level": "1", "subject": "A B"}\n'
    app.file_uploader(key="own-set").upload("wmdp.jsonl", data, "application/jsonl").run()
    assert not app.exception
    assert [item.value.replace("\\", "") for item in app.info] == [
        "How it was read: query is read as question, the choice that answer names, of those in choices (a number counts"
        " from 0), is read as answer, and the others are not kept."
    ]
    assert list(app.dataframe[0].value.columns) == ["query", "choices", "answer", "level", "subject"], "as it stands"
    assert list(app.dataframe[1].value.iloc[0][["question", "answer", "subject"]]) == ["Which?", "c", "A B"]
    app.file_uploader(key="own-set").upload("bad.csv", b"question,answer\nQ,\nR,\n", "text/csv").run()
    assert app.error[0].value.replace("\\", "") == "bad.csv has 2 mistakes, so nothing of it is stored."
    lines = [f"line {line}, column 'answer' is empty; every row needs a question and an answer" for line in (2, 3)]
    assert list(app.dataframe[-1].value["what is wrong"]) == lines


def test_columns_of_other_names_are_mapped_with_the_rows_in_view(visit: Opener, world: Path) -> None:
    app = visit("runs", view="import")
    data = b"frage;antwort;person\nWo wohnt Ida?;Yes.;Ida\nWo wohnt Per?;In Oslo.;Per\n"
    app.file_uploader(key="own-set").upload("german.csv", data, "text/csv").run()
    assert "found, split at a semicolon, are 'frage', 'antwort', 'person'" in app.error[0].value.replace("\\", "")
    assert list(app.dataframe[0].value["frage"]) == ["Wo wohnt Ida?", "Wo wohnt Per?"]
    app.selectbox(key="column-question").set_value("frage").run()
    app.selectbox(key="column-answer").set_value("antwort").run()
    app.selectbox(key="column-subject").set_value("person").run()
    assert not app.error
    read = "frage is read as question, antwort is read as answer, person is read as subject"
    assert [item.value.replace("\\", "") for item in app.info] == [f"How it was read: {read}."]
    hints = [item.value.replace("\\", "") for item in app.warning]
    assert [text for text in hints if "1 answer has no usable key term" in text and "'Yes.'" in text]
    assert list(app.dataframe[1].value["subject"]) == ["Ida", "Per"]
    app.button(key="import").click().run()
    assert [item.subject for item in sets.stored_examples("german")] == ["Ida", "Per"]
    assert "Stored set german with 2 questions" in app.success[0].value
    app.button(key="import-evaluate").click().run()
    assert not app.exception
    assert (app.multiselect(key="eval-on").value, app.text_input(key="eval-name").value) == (
        ["german"],
        "evaluate-german",
    )


def test_the_template_can_be_imported_as_it_is(visit: Opener, world: Path) -> None:
    found = parse_set(template_csv(), FILENAME)
    assert (len(found.examples), found.notes, found.mapping) == (2, (), ())
    assert find_leak(found.examples[0], "In Bergen", found.examples[0].key_terms).leaks
    app = visit("runs", view="import")
    assert [item.proto.label for item in app.get("download_button")] == ["Template"]


def test_the_hub_is_asked_at_the_press_of_a_button_only(visit: Opener, world: Path) -> None:
    """A name that no data set can have is refused before anything is asked."""
    app = visit("runs", view="import")
    app.text_input(key="hub-name").set_value("no such/name").run()
    assert not app.error
    app.button(key="hub-fetch").click().run()
    assert "is named OWNER/NAME" in app.error[0].value


def test_a_folder_without_tofu_is_a_sentence(visit: Opener, world: Path, tmp_path: Path) -> None:
    app = visit("runs", view="import")
    app.text_input(key="tofu-folder").set_value(str(tmp_path / "nowhere")).run()
    assert not app.exception
    assert "nowhere" in app.error[0].value
    app.text_input(key="tofu-folder").set_value(str(tmp_path)).run()
    assert "holds no file of TOFU" in app.error[0].value


def test_a_set_that_came_from_elsewhere_is_not_replaced(visit: Opener, world: Path, tofu: Path) -> None:
    questions.import_set(b"question,answer\nWho?,Cy\n", "tofu-forget01", "mine.csv")
    app = visit("runs", view="import")
    app.text_input(key="tofu-folder").set_value(str(tofu)).run()
    app.button(key="tofu-import").click().run()
    assert "not replaced" in app.error[0].value
    assert len(sets.stored_examples("tofu-forget01")) == 1


def test_an_audit_is_started_with_the_pairs_own_strength(
    visit: Opener, world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []
    monkeypatch.setattr(runner, "start", lambda spec, _: started.append(spec) or 1)
    app = visit("runs", view="audit")
    assert not app.exception
    assert app.selectbox(key="audit-pair").value == "tiny"
    app.text_input(key="audit-controls").set_value("folk:retain/eval")
    app.multiselect(key="audit-probes").set_value(["sampling"]).run()
    app.button(key="start-audit").click().run()
    assert not app.exception
    (spec,) = started
    assert (spec.kind, spec.name, spec.pair, spec.probes, spec.quick) == (
        "audit",
        "audit-tiny",
        "tiny",
        ("sampling",),
        True,
    )
    assert spec.alphas == (1.0,)
    assert (spec.forget, spec.controls) == ("folk:forget", "folk:retain/eval")


def test_an_audit_shows_each_probe_beside_its_baseline(visit: Opener, world: Path) -> None:
    asked = store_set()
    run_id = store_run(
        "audit-demo", {}, kind="audit", spec=AuditSpec(name="audit-demo", pair="demo", alphas=(1.0,)).to_json()
    )
    summary = ProbeSummaryRow(
        "sampling",
        1,
        2,
        0.01,
        0.99,
        0,
        2,
        "the retain model",
        None,
        None,
        None,
        "P(leak) at most .4",
        0,
        1,
        {},
        1.0,
    )
    found = [
        ProbeResultRow("sampling", side, key, place, leaks, 0.5, text, "drawn twice")
        for place, (side, key, leaks, text) in enumerate(
            (
                ("pair", asked[0], True, "<b>it is red</b>"),
                ("pair", asked[1], False, "no"),
                ("floor", asked[0], False, "no"),
            )
        )
    ]
    with writing() as session:
        writes.add_probe(session, run_id, summary, found)
    app = visit("runs", run=str(run_id))
    assert not app.exception
    table = next(frame.value for frame in app.dataframe if "beyond greedy" in frame.value)
    assert table.iloc[0]["found"] == "1 of 2"
    assert table.iloc[0]["baseline"] == "0 of 2"
    shown = "\n".join(element.proto.body for element in app.get("html"))
    assert re.search(r"Sampling at temperature 1.*1 of 2.*0 of 2", shown, re.DOTALL), "as a bar with its baseline"
    details = next(frame.value for frame in app.dataframe if "what came out" in frame.value)
    assert list(details["result"]) == ["✖ found", "nothing found"], "the baseline's rows are not the pair's"
    assert "<b>it is red</b>" in list(details["what came out"])
    assert any("P(leak) at most .4" in item.value.replace("\\", "") for item in app.caption)
