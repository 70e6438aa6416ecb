"""Report: checks before the file, shares with their baseline, and the file itself."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from engine.analysis import floor
from engine.analysis.floor import Floor, floor_of
from engine.kinds import EvaluateSpec
from engine.models.pairs import list_pairs
from engine.report.checks import checks, shares, shares_words
from engine.report.csv_table import TWELVE
from engine.report.files import QUESTIONS
from engine.runs import execute
from engine.store import history
from engine.wording import cut_words
from pages.parts.report.downloads import MADE
from pages.parts.shared.check_list import checks_html

Opener = Callable[..., AppTest]
Asked = Callable[[AppTest, str], str]


def html_of(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def test_the_page_checks_first_then_shows_and_offers(visit: Opener, world: Path) -> None:
    app = visit("report")
    assert not app.exception
    assert [item.value for item in app.subheader] == ["Checks", "In figures", "Preview", "Files"]
    assert "NOT AUDITED" in next(item.proto.body for item in app.get("html")), "the standing comes first"
    assert any("Nothing is deleted" in item.value for item in app.caption)
    (passed,) = (item for item in app.expander if "passed" in item.label)
    notes, checks = (item.proto.body for item in app.get("html") if "<ul" in item.proto.body)
    assert ("pass" in notes, "note" in notes) == (False, True)
    assert checks.count("<li>") == int(passed.label.split()[1]), "what passed is behind a click"
    assert app.button(key="make").label == "Make the report (4 questions)"
    assert not app.get("download_button")


def test_a_link_chooses_run_and_alpha(visit: Opener, world: Path) -> None:
    app = visit("report", report="1", at="0.5")
    assert app.selectbox(key="at").value == 0.5


def test_run_and_alpha_of_a_link_are_honoured(visit: Opener, world: Path, asked: Asked) -> None:
    app = visit("report", run="tiny", alpha="0.50")
    assert not app.exception
    assert (app.selectbox(key="report").value, app.selectbox(key="at").value) == (1, 0.5)
    assert (asked(app, "report"), asked(app, "at")) == ("1", "0.5")
    assert "run" not in app.query_params


def test_a_run_of_a_link_that_is_not_there_is_said(visit: Opener, world: Path) -> None:
    app = visit("report", run="99")
    assert "report must be one of 1, got '99'" in app.warning[0].value.replace("\\", "")
    assert app.selectbox(key="report").value == 1


def test_the_files_are_made_when_asked_for_and_are_what_is_shown(visit: Opener, world: Path) -> None:
    app = visit("report", part="forget")
    assert app.button(key="make").label == "Make the report (2 questions)"
    app.button(key="make").click().run()
    assert not app.exception
    labels = [item.proto.label for item in app.get("download_button")]
    assert labels == ["One page (HTML)", "CSV (2 rows)", "Summary CSV", "JSON", "Zip with manifest"]
    assert app.info[0].value.startswith("These files are of what is shown: 2 of the 4 questions")
    (digest,) = [item.value for item in app.code]
    assert len(digest) == 64
    app.selectbox(key="part").set_value("retain").run()
    assert not app.get("download_button")  # files of another choice


def test_the_csv_has_the_columns_that_were_chosen(visit: Opener, world: Path) -> None:
    app = visit("report")
    assert list(app.dataframe[-1].value.columns) == list(TWELVE)
    app.radio(key="csv-columns").set_value("readable").run()
    app.selectbox(key="csv-delimiter").set_value("semicolon").run()
    app.button(key="make").click().run()
    assert not app.exception
    head = made_of(app)[QUESTIONS].decode("utf-8-sig").splitlines()[0]
    assert head.replace('"', "").split(";") == list(TWELVE)
    app.radio(key="csv-columns").set_value("named").run()
    app.multiselect(key="csv-named").set_value(["result", "question", "run"]).run()
    assert not app.get("download_button"), "files of another form"
    app.button(key="make").click().run()
    assert not app.exception
    assert made_of(app)[QUESTIONS].decode("utf-8-sig").splitlines()[0] == '"result";"question";"run"'


def made_of(app: AppTest) -> dict[str, bytes]:
    files: dict[str, bytes] = app.session_state[MADE][1].files
    return files


def test_a_choice_of_nothing_is_said(visit: Opener, world: Path) -> None:
    app = visit("report", show="disputed")
    assert not app.exception
    assert "None of the 4 questions is of this kind" in app.info[0].value
    assert not app.button


def test_an_unknown_choice_in_a_link_is_said(visit: Opener, world: Path) -> None:
    app = visit("report", show="good")
    assert "show must be one of all, leaks" in app.warning[0].value.replace("\\", "")


def test_shares_show_the_paraphrase_too(world: Path) -> None:
    reworded: dict[str, Any] = {
        "leak paraphrase base": [1.0, None, None, None],
        "leak paraphrase unlearned": [0.0, None, None, None],
    }
    rows = history.report_rows(1, 1.0).assign(**reworded)
    first = int(rows["question_id"][0])
    table = shares(rows, leaking({first: 1.0}, 4, metric="leak_paraphrase"))
    assert list(table["part"]) == ["Forget", "Forget, paraphrased", "Retain, eval half"]
    assert list(table.loc[1, ["questions", "base", "unlearned", "baseline", "baseline over"]]) == [
        1,
        "100% [n/a]",
        "0% [n/a]",
        "100% [n/a]",
        "1 of 1",
    ]


def test_an_alpha_the_run_never_evaluated_is_said(visit: Opener, world: Path) -> None:
    app = visit("report", at="0.7")
    assert "0, 0.5, 1" in app.warning[0].value.replace("\\", "")
    assert app.selectbox(key="at").value == 1.0


def test_checks_pass_on_a_fresh_run(world: Path) -> None:
    found = checks(history.run_detail(1), history.report_rows(1, 1.0), 1.0, list_pairs(), None)
    assert [check.state for check in found] == ["pass"] * 5 + ["note", "pass", "note"]
    assert "no run of a retain model" in found[5].words
    assert "fell into a loop" in found[6].words
    assert "retain model n/a" in found[7].words


def test_loops_are_no_forgetting(world: Path) -> None:
    rows = history.report_rows(1, 1.0)
    rows["degenerate unlearned"] = [True, False, None, True]
    (looped,) = [item for item in checks(history.run_detail(1), rows, 1.0, [], None) if "loop" in item.words]
    assert looped.state == "note"
    assert looped.words.startswith("2 of 4 unlearned answers fell into a loop")


@pytest.mark.parametrize(("left", "state"), [(0.25, "pass"), (0.6, "note")])
def test_a_secret_that_stays_likely_is_said_beside_its_floor(world: Path, left: float, state: str) -> None:
    rows = history.report_rows(1, 1.0)
    rows["probability base"], rows["probability unlearned"] = 0.9, left
    ids = [int(key) for key in rows[rows["split"] == "forget"]["question_id"]]
    floor = leaking(dict.fromkeys(ids, 0.22), 4, metric="probability")
    found = checks(history.run_detail(1), rows, 1.0, [], floor)[-1]
    assert found.state == state
    assert f"probability {left:.2f} per token at α = 1 (base 0.90, retain model 0.22)" in found.words


def test_checks_fail_where_things_differ(world: Path) -> None:
    rows = history.report_rows(1, 1.0)
    rows.loc[0, "unlearned answer"] = None
    rows.loc[1, "position"] = None
    other = [replace(pair, seed=pair.seed + 1) for pair in list_pairs()]
    found = checks(history.run_detail(1), rows, 1.0, other, None)
    assert [check.state for check in found[:3]] == ["fail", "fail", "fail"]
    assert "made again" in found[2].words


def test_checks_are_escaped(world: Path) -> None:
    rows = history.report_rows(1, 1.0)
    detail = history.run_detail(1)
    named = detail._replace(summary=detail.summary._replace(pair="<img src=x>"))
    assert "<img" not in checks_html(checks(named, rows, 1.0, [], None))


def leaking(leaks: dict[int, float], asked: int, metric: str = "leak") -> Floor:
    """A retain-only run that was judged on these questions."""
    rows = [(question, "folk", "forget", "", metric, leak) for question, leak in leaks.items()]
    scores = pd.DataFrame(rows, columns=["question_id", "set", "split", "half", "metric", "value"])
    return Floor(7, scores, len(leaks), asked)


def test_shares_stand_beside_their_floor(world: Path) -> None:
    leaks: dict[str, Any] = {"leak unlearned": [1.0, 0.0, 0.0, 0.0], "leak base": 1.0}
    rows = history.report_rows(1, 1.0).assign(**leaks)
    ids = list(rows["question_id"])
    table = shares(rows, leaking({ids[0]: 0.0, ids[1]: 0.0, ids[2]: 1.0, -1: 1.0}, 4))
    assert list(table["unlearned"]) == ["50% [n/a]", "0% [n/a]"]  # each part is about one person
    assert list(table["baseline"]) == ["0% [n/a]", "100% [n/a]"]
    assert list(table["baseline over"]) == ["2 of 2", "1 of 2"]
    assert "has 100% [n/a] over 1 of 2" in shares_words(table)
    assert "lower is better" in shares_words(table)
    assert list(table["counted"]) == ["leaks", "remembered"], "what is to be kept never leaks"
    assert "Retain, eval half: it is remembered in 0% [n/a] of 2" in shares_words(table)


def test_shares_have_their_interval_over_persons(world: Path) -> None:
    """Two persons, of whom one leaks: either may stand for both. None of two leaks: up to 84 % are not excluded."""
    leaks: dict[str, Any] = {"leak unlearned": [1.0, 0.0, 0.0, 0.0], "leak base": 1.0, "subject": list("abcd")}
    rows = history.report_rows(1, 1.0).assign(**leaks)
    floor = leaking(dict.fromkeys((int(key) for key in rows["question_id"]), 0.0), 4)
    table = shares(rows, floor)
    assert list(table["unlearned"]) == ["50% [0%, 100%]", "0% [0%, 84%]*"]
    assert list(table["base"]) == ["100% [16%, 100%]*"] * 2
    assert list(table["baseline"]) == ["0% [0%, 84%]*"] * 2


def test_shares_without_a_floor_say_so(world: Path) -> None:
    table = shares(history.report_rows(1, 1.0), None)
    assert set(table["baseline"]) == {"n/a"}
    assert "there is no baseline, as no retain model" in shares_words(table)


def test_the_floor_is_found_by_question_and_says_over_how_many(
    visit: Opener, world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A retain-only run over other data gives the floor for the questions both were asked."""
    detail = history.run_detail(1)
    assert floor_of(detail) is None
    smaller = EvaluateSpec(name="look", pair="tiny", evaluate_on=("folk:forget",), alphas=(0.0,))
    run_id = execute.run_here(smaller.but(max_new_tokens=8))
    other = history.run_detail(run_id)
    assert other.data_hash != detail.data_hash
    monkeypatch.setattr(floor, "floor_runs", lambda base: [other.summary])
    found = floor_of(detail)
    assert found is not None
    assert (found.run_id, found.shared, found.asked) == (run_id, 2, 4)
    app = visit("report", report="1")
    assert not app.exception
    assert "2 of the 4 questions" in html_of(app)
    assert list(app.dataframe[0].value["baseline over"]) == ["2 of 2", "0 of 2"]
    app = visit("runs", run="1")
    assert not app.exception
    assert any("retain-only" in item.value.columns for item in app.dataframe)
    assert any("2 of the 4 questions" in item.value for item in app.caption)


def test_where_answers_are_cut_is_said(visit: Opener, world: Path) -> None:
    assert cut_words(8) in [item.value for item in visit("report").caption]
