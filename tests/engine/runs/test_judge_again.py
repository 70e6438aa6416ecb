"""Stored answers judged again: by the rule of now or other key terms, as a run of its own; what changed is named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from db import writes
from db.reads import runs
from db.rows import ScoreRow
from engine.analysis.stored_standing import standing_of
from engine.data.examples import Example
from engine.errors import DataError, RunError, SettingError
from engine.evaluation.leak_rule import LEAK_RULE
from engine.kinds import EvaluateSpec, ImportedSpec, JudgeSpec, MapSpec
from engine.report.html_page import standing_html
from engine.review import queue
from engine.review.answers import answer_table
from engine.review.judged_again import judged_again
from engine.review.verdicts import Judgement, Reviewer
from engine.runs import execute
from engine.runs.check import checked
from engine.runs.kinds.judge import again, judge_spec
from engine.store import erasure, history
from engine.store.backup import back_up, restore
from engine.store.session import reading, writing
from engine.store.sources import SourcedSpec
from tests.reviewed_runs import EXAMPLES, SAID, store_answers, store_pair, store_reviewed
from tests.stored_runs import store_run, store_set

EVA = Reviewer("Eva")
RULE_1 = {"torch": "2", "leak rule": "one"}


def judge(run_id: int, *key_terms: str, name: str = "") -> int:
    """Checked, stored and executed as a worker does."""
    return execute.run_here(checked(SourcedSpec(judge_spec(run_id, key_terms, name))).spec)


def table_file(folder: Path, *rows: str) -> str:
    path = folder / "corrected.csv"
    path.write_text("\n".join(("question,answer,key_terms", *rows)), encoding="utf-8")
    return str(path)


def stored(run_id: int) -> tuple[Any, ...]:
    with reading() as session:
        return (
            runs.run(session, run_id),
            runs.scores(session, run_id),
            runs.answers(session, run_id),
            runs.run_questions(session, run_id),
        )


def test_the_set_as_it_is_now_gives_its_terms_and_the_old_run_stays(own_folders: Path) -> None:
    """The stored run looked for "term of 0", which nobody says: by the set's own terms its findings come back."""
    wrong, ids = store_reviewed("wrong", versions=RULE_1)
    with writing() as session:
        session.execute(_no_leaks(wrong))
    before = stored(wrong)
    found = judge(wrong, "folk")
    assert stored(wrong) == before
    detail = history.run_detail(found)
    assert isinstance(detail.spec, JudgeSpec)
    assert (detail.summary.name, detail.spec.judged, detail.summary.pair) == ("wrong-again", wrong, "p")
    assert (detail.pair_hash, detail.data_hash, detail.base_hash) == ("p1", "d", "h")
    assert detail.versions == {"torch": "2", "leak rule": LEAK_RULE}
    assert history.kind_words(detail.summary) == f"judged again from run {wrong}"
    assert dict(zip(ids, [terms for _, terms in history.asked(found)], strict=True)) == {
        ids[0]: ("Rome",),
        ids[1]: ("red",),
        ids[2]: ("Oslo",),
        ids[3]: ("Lima",),
    }
    known = answer_table(found, (0.5, 1.0), sort="set")
    assert [row.base.result for row in known.rows] == ["tells", "tells", "remembered", "remembered"]
    assert [row.unlearned[0].result for row in known.rows] == ["tells", "refuses", "remembered", "remembered"]
    changes = judged_again(found)
    assert changes is not None
    assert (changes.judged_from, changes.judged, changes.other_terms) == (wrong, 16, 4)
    assert {(one.question_id, one.alpha, one.before, one.after) for one in changes.changed if one.alpha == 0.5} == {
        (ids[0], 0.5, "base does not know either", "tells it"),
        (ids[2], 0.5, "base does not know either", "remembered"),
        (ids[3], 0.5, "base does not know either", "remembered"),
    }
    assert "another leak rule; 4 questions have other key terms" in changes.words


def _no_leaks(run_id: int) -> Any:
    import sqlalchemy as sa

    from db.tables import ScoreTable

    return sa.update(ScoreTable).where(ScoreTable.run_id == run_id, ScoreTable.metric == "leak").values(value=0.0)


def test_the_rule_of_now_judges_what_an_older_one_did(own_folders: Path) -> None:
    """Nothing but the leak scores may differ; the run's own key terms stay."""
    old, ids = store_reviewed("old", versions=RULE_1)
    found = judge(old, name="new")
    mine, theirs = stored(found), stored(old)
    assert mine[2:] == theirs[2:]
    assert [row for row in mine[1] if row.metric != "leak"] == [row for row in theirs[1] if row.metric != "leak"]
    assert {row.value for row in mine[1] if row.metric == "leak"} == {0.0}  # "term of 0" is in no answer
    changes = judged_again(found)
    assert changes is not None
    assert [one.before for one in changes.changed[:2]] == ["tells it", "tells it"]  # what was told comes first
    assert changes.changed[0].terms_before == changes.changed[0].terms_after == ("term of 0",)
    assert judged_again(old) is None


def test_corrected_terms_of_one_question(own_folders: Path, tmp_path: Path) -> None:
    """A person finds that "no" counts as telling, and names the town alone; the other questions keep their terms."""
    ids = store_set("folk", EXAMPLES)
    run_id = store_run("broad", {}, pair_id=store_pair(), versions={"leak rule": LEAK_RULE})
    store_answers(run_id, ids, {0.0: ("Rome", "red", "Oslo", "Lima"), **SAID})
    path = table_file(tmp_path, "Where does Ada work?,Rome,Rome")
    found = judge(run_id, path)
    assert [terms for _, terms in history.asked(found)] == [("Rome",), ("term of 1",), ("term of 2",), ("term of 3",)]
    changes = judged_again(found)
    assert changes is not None
    assert changes.other_terms == 1
    assert "1 question has other key terms than in run" in changes.words
    twice = judge(found, "folk")
    assert history.run_detail(twice).spec.judged_from == found
    assert history.run_detail(twice).summary.name == "broad-again"


@pytest.mark.parametrize(
    ("row", "error", "words"),
    [
        ("Where does Dee work?,Rome,Rome", DataError, "asked none of the 1 questions of .*corrected.csv"),
        ("Where does Ada work?,Rome,Paris", DataError, "the key term 'Paris' is not in the true answer"),
        ("Where does Ada work?,Rome,Rome\nWho?,Cy,Cy", DataError, "1 of the 2 questions of .* were not asked"),
    ],
)
def test_terms_that_do_not_belong_are_refused(
    own_folders: Path, tmp_path: Path, row: str, error: type[Exception], words: str
) -> None:
    run_id, _ = store_reviewed(versions=RULE_1)
    with pytest.raises(error, match=words):
        judge(run_id, table_file(tmp_path, row))


def test_what_cannot_be_judged_again_says_why(own_folders: Path) -> None:
    ids = store_set("folk", EXAMPLES)
    fields: dict[str, Any] = {"base": "b", "versions": RULE_1}
    figures = store_run("scores", {"leak": dict.fromkeys(ids, 1.0)}, **fields)
    spec = MapSpec(name="m", pair="p").to_json()
    mapped = store_run("m", {}, kind="map", spec=spec, **fields)
    published = store_run("phi", {}, kind="imported", spec=ImportedSpec(name="phi").to_json(), **fields)
    running, _ = store_reviewed("going", status="running")
    for run_id, words in (
        (figures, r"run scores \(\d+\) stores no answers"),
        (mapped, r"run m \(\d+\) is of the kind map over α: only answers can be judged again"),
        (published, r"run phi \(\d+\) was imported: it holds figures that others published and no answers"),
        (running, r"run going \(\d+\) is running: only a finished run"),
        (999, "there is no run 999"),
    ):
        with pytest.raises(RunError, match=words):
            judge(run_id)
    with pytest.raises(SettingError, match="judged"):
        JudgeSpec(name="n", judged=0)


def test_a_run_that_lost_an_answer_is_not_judged_again(own_folders: Path) -> None:
    run_id, ids = store_reviewed(versions=RULE_1)
    with writing() as session:
        writes.add_scores(session, run_id, [ScoreRow(ids[0], 1.5, "leak", 1.0)])
    with pytest.raises(RunError, match=r"lacks 1 answer of the 17 that it judged, the first at α = 1\.5"):
        judge(run_id)


def test_nothing_new_is_refused(own_folders: Path) -> None:
    run_id, _ = store_reviewed("same", versions={"leak rule": LEAK_RULE})
    with pytest.raises(SettingError, match="judged by leak rule 2 already, and no other key terms are named"):
        judge(run_id)
    found = judge(run_id, "folk")
    with pytest.raises(SettingError, match="already, and the same key terms: nothing would change"):
        judge(found, "folk:forget")


def test_the_standing_is_by_the_run_that_judged_last_and_says_so(own_folders: Path) -> None:
    """Both secrets are told at α = 0.5 by nobody's terms, one by the set's own: the newer judgement counts."""
    run_id, _ = store_reviewed(versions=RULE_1)
    none_told = judge(run_id, name="none-told")
    before = standing_of("p", "p1", 0.5).rows[0].finding
    found = judge(none_told, "folk")
    after = standing_of("p", "p1", 0.5).rows[0].finding
    assert before is not None
    assert after is not None
    assert (before.found, before.run_id, before.judged_from) == (0, none_told, run_id)
    assert (after.found, after.run_id, after.judged_from) == (1, found, none_told)
    own = standing_of("p", "p1", 0.5, own_run=none_told)
    assert f"again from {none_told}" in standing_html(own)


def test_a_verdict_on_what_is_judged_by_other_terms_is_stale(own_folders: Path) -> None:
    run_id, ids = store_reviewed(versions={"leak rule": LEAK_RULE})
    queue.record_verdict(run_id, 1.0, ids[0], Judgement("forgotten"), EVA)
    found = judge(run_id, "folk")
    (row,) = queue.verdicts_of(found, 1.0, ids[0])
    assert row.stale == "the question's key terms have changed"
    (kept,) = queue.verdicts_of(run_id, 1.0, ids[0])
    assert not kept.stale


def test_an_erasure_reaches_what_was_judged_again(own_folders: Path) -> None:
    """Texts and key terms go from both runs, the figures stay; judged once more, what was erased keeps its finding."""
    run_id, ids = store_reviewed(versions=RULE_1)
    found = judge(run_id, "folk")
    scores = stored(found)[1]
    erasure.erase("Ada")
    with reading() as session:
        told = [row.text for row in runs.answers(session, found) if row.question_id in ids[:2]]
        terms = {key: words for key, _, words in runs.run_questions(session, found)}
    assert set(told) == {""}
    assert (terms[ids[0]], terms[ids[1]]) == ([], [])
    assert stored(found)[1] == scores
    once_more = judge(run_id, "folk", name="third")
    leaks = {(row.question_id, row.alpha): row.value for row in stored(once_more)[1] if row.metric == "leak"}
    before = {(row.question_id, row.alpha): row.value for row in stored(run_id)[1] if row.metric == "leak"}
    assert all(leaks[key] == before[key] for key in leaks if key[0] in ids[:2])
    changes = judged_again(once_more)
    assert changes is not None
    assert all(one.question_id not in ids[:2] for one in changes.changed)


def test_it_comes_back_from_a_backup(own_folders: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id, _ = store_reviewed(versions=RULE_1)
    found = judge(run_id, "folk")
    before, changes = stored(found), judged_again(found)
    back_up(tmp_path / "kept.zip")
    restore(tmp_path / "kept.zip", tmp_path / "again")
    monkeypatch.setenv("OUBLIETTE_DATA", str(tmp_path / "again"))
    assert stored(found) == before
    assert judged_again(found) == changes


def test_the_run_judged_before_may_be_gone(own_folders: Path) -> None:
    run_id, _ = store_reviewed("demo", versions=RULE_1, recording="r1")
    found = judge(run_id, "folk")
    with writing() as session:
        writes.delete_recorded(session, "demo")
    changes = judged_again(found)
    assert changes is not None
    assert changes.words == (
        f"Run {run_id}, whose answers were judged again, is not stored any more: what changed is unknown."
    )
    assert answer_table(found, (1.0,)).counts["all"] == 4


def test_a_long_name_stays_legal() -> None:
    assert again("x" * 60) == "x" * 54 + "-again"
    assert again("demo-again") == "demo-again"


def test_the_command_prints_what_changed(
    own_folders: Path, in_this_process: None, said: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    from engine.cli.main import main

    store_reviewed("old", versions=RULE_1)
    data = said("judge-again", "old", "--key-terms", "folk", "--name", "json")
    assert (data["name"], data["kind"], data["judged_from"], data["judged"]) == ("json", "judge", 1, 16)
    assert main(["judge-again", "1", "--key-terms", "folk"]) == 0
    out = capsys.readouterr().out
    assert "run old-again (3) judged the answers of run 1 again." in out
    assert "Verdicts are not carried over" in out
    assert main(["judge-again", "nowhere"]) == 2


def test_derived_terms_are_those_of_the_whole_set(own_folders: Path, tmp_path: Path) -> None:
    """Of a part of a set the terms are those that a run over the set would look for: "guild" is in every answer."""
    asked = [
        Example(f"Trade of {name}?", f"the guild of {trade}", split=split)
        for split in ("forget", "retain")
        for name, trade in ((f"{split}{n}", f"{split}trade{n}") for n in range(60))
    ]
    ids = store_set("guilds", asked)
    run_id = store_run("g", {}, pair_id=store_pair(), versions=RULE_1)
    store_answers(run_id, ids, {0.0: [one.answer for one in asked]})
    found = judge(run_id, "guilds:forget")
    terms = [words for _, words in history.asked(found)]
    assert terms[0] == ("forgettrade0",)
    assert terms[60] == ("term of 60",)


def test_an_evaluation_that_was_judged_again_is_not_a_measure_of_speed(own_folders: Path) -> None:
    from engine.runs.estimate import estimate

    run_id, _ = store_reviewed(versions=RULE_1, base="demo")
    guess = estimate(SourcedSpec(EvaluateSpec(name="e", pair="base:demo", evaluate_on=("folk",))))
    found = judge(run_id, "folk")
    assert history.run_detail(found).summary.base == "demo"
    again_ = estimate(SourcedSpec(EvaluateSpec(name="e", pair="base:demo", evaluate_on=("folk",))))
    assert (again_.seconds, again_.measured) == (guess.seconds, guess.measured)
    own = estimate(SourcedSpec(judge_spec(run_id, ("folk",))))
    assert (own.questions, own.disk_bytes, own.measured) == (4, 0, False)
    assert own.seconds < 5
