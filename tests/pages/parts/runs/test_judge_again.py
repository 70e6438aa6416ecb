"""Judging stored answers again on the Runs page: what gets other key terms, the start, and what changed."""

from engine.data.files import parse_set
from engine.report.terms_csv import terms_csv
from engine.runs import execute
from engine.runs.kinds.judge import judge_spec
from engine.store import history
from tests.pages.conftest import Opener
from tests.reviewed_runs import store_reviewed

RULE_1 = {"leak rule": "one"}


def test_a_run_is_judged_again_from_its_button_to_what_changed(
    visit: Opener, own_folders: object, in_this_process: None
) -> None:
    first, _ = store_reviewed("old", versions=RULE_1)
    run_id = execute.run_here(judge_spec(first, name="none-told"))  # its key terms are in no answer
    app = visit("runs", run=str(run_id))
    assert not app.exception
    app.button(key=f"judge-{run_id}").click().run()
    assert not app.exception
    assert app.segmented_control(key="view").value == "judge"
    assert app.selectbox(key="judge-run").value == run_id
    app.multiselect(key="judge-terms").set_value(["folk"]).run()
    assert any(item.value == "4 questions get other key terms." for item in app.text)
    table = next(item.value for item in app.dataframe if "other key terms" in item.value)
    assert list(table["other key terms"]) == ["Rome", "red", "Oslo", "Lima"]
    app.button(key="start-judge").click().run()
    assert not app.exception
    new = history.find_run("none-told-again")
    assert new.status == "finished"
    app = visit("runs", run=str(new.id))
    assert not app.exception
    runs = next(item.value for item in app.dataframe if "kind" in item.value)
    assert list(runs["kind"]) == [*(f"judged again from run {number}" for number in (run_id, first)), "evaluation"]
    changes = next(item.value for item in app.dataframe if "before" in item.value)
    assert set(changes["key terms now"]) <= {"Rome", "red", "Oslo", "Lima"}
    assert any("judgements changed" in item.value for item in app.text)
    assert not visit("report", report=str(new.id)).exception
    assert not visit("review", review=str(new.id)).exception
    assert not visit("tradeoff", shown=str(new.id)).exception


def test_what_is_wrong_is_said_on_the_form(visit: Opener, own_folders: object) -> None:
    store_reviewed("old", versions={"leak rule": "Leak rule 2"})
    app = visit("runs", view="judge")
    app.multiselect(key="judge-terms").set_value(["nowhere"]).run()
    assert app.error[0].value.replace("\\", "").startswith("There is no stored set 'nowhere'")


def test_without_a_finished_evaluation_there_is_nothing_to_judge(visit: Opener, own_folders: object) -> None:
    app = visit("runs", view="judge")
    assert not app.exception
    assert "no finished evaluation" in app.info[-1].value


def test_the_file_to_correct_can_be_brought_back(own_folders: object) -> None:
    """Its columns are those of a question file, and without a change nothing is judged otherwise."""
    run_id, ids = store_reviewed("old", versions=RULE_1)
    found = execute.run_here(judge_spec(run_id, ("folk",)))
    read = parse_set(terms_csv(found), "terms.csv")
    assert [one.key_terms for one in read.examples] == [("Rome",), ("red",), ("Oslo",), ("Lima",)]
    assert [one.subject for one in read.examples] == ["Ada", "Ada", "Ben", "Cy"]
    assert read.mapping == ()
    assert len(ids) == len(read.examples)
