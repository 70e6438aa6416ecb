"""Reports: what is gathered, that nothing is dropped, and that it comes out the same twice."""

import json
from pathlib import Path

import pytest

from engine.analysis.chosen_alpha import report_alpha
from engine.errors import RunError, SettingError
from engine.report import files as report_files
from engine.report import gather
from engine.report.files import HTML, JSON, QUESTIONS, SUMMARY, make_files
from engine.report.html_page import html_bytes
from engine.report.parts import Report
from engine.report.selection import SHOWS, Selection
from tests.reports import PEOPLE, SAID, gathered, made, question_ids, rows_of, store_report


def test_everything_is_there_and_checks_come_first() -> None:
    report = gathered(store_report())
    assert list(Report._fields).index("checks") < list(Report._fields).index("claim")
    assert any("Without an answer" in check.words and check.state == "fail" for check in report.checks)
    assert any(
        check.words.startswith("2 of 5 questions have a verdict (3 unreviewed, 1 disputed, 1 stale)")
        for check in report.checks
    )
    assert [(item.question, item.subject) for item in report.leaks] == [(SAID[0].question, PEOPLE[0])]
    assert [item.question for item in report.losses] == [SAID[3].question]
    assert report.ordinary is not None
    assert report.ordinary.question == SAID[1].question  # of 0 and 0.9 the lower one
    assert report.verdicts.counts == {"leaks": 1, "unsure": 1}, "a stale verdict is listed and not counted"
    assert report.verdicts.reviewers == {"Rita Oversight": 2}
    assert report.probes.audit_run == 9
    assert "access control, not deletion" in report.limits[0]
    assert report.origin.command == f"python -m engine report --run {report.origin.run_id} --alpha 1 --out FOLDER"
    assert report.origin.hashes["pair file weights.safetensors"] == "e" * 64


def test_questions_without_an_answer_are_listed_and_counted() -> None:
    report = gathered(store_report())
    assert len(report.questions) == 5
    (lacking,) = report.missing
    assert (lacking.question, lacking.lacks) == (SAID[2].question, "unlearned answer")
    leak = next(item for item in report.comparison if item.metric == "leak" and item.split == "forget")
    assert [mean.questions for mean in leak.means] == [3, 2, 0, 0]
    assert len(rows_of(make_files(report).files[QUESTIONS])) == 5


def test_an_answer_that_was_not_judged_is_listed_too() -> None:
    said = (SAID[0]._replace(leaks=(1, None)), *SAID[3:])
    assert gathered(store_report(said=said)).missing[0].lacks == "leak finding of the unlearned answer"


def test_the_means_and_differences_are_those_of_the_answers() -> None:
    """ROUGE-L on the forget part: base 1, 1, 1; unlearned .9, 0, none: mean .45, and −.55 over the two both have."""
    report = gathered(store_report())
    rouge = next(item for item in report.comparison if item.metric == "rouge" and item.split == "forget")
    base, unlearned, direct, gold = rouge.means
    assert (base.mean, unlearned.mean) == (1.0, pytest.approx(0.45))
    assert base.difference == pytest.approx(-0.55)
    assert base.difference_questions == 2
    assert (direct.mean, gold.mean) == (None, None)
    assert "direct method" in direct.reason
    assert "retain model" in gold.reason


def test_direct_and_retain_only_runs_of_the_same_base_and_questions_stand_beside_it() -> None:
    run_id = store_report()
    gold = store_report("gold", pair_name="retain-only:b")
    direct = store_report("direct", manifest={"method": "direct", "seed": 7})
    store_report("elsewhere", base="another", manifest={"method": "direct", "seed": 8})
    report = gathered(run_id)
    runs = {model.model: model.run_id for model in report.models}
    assert runs == {"base": run_id, "unlearned": run_id, "retain-only": gold, "direct": direct}
    leak = next(item for item in report.comparison if item.metric == "leak" and item.split == "forget")
    assert [mean.mean for mean in leak.means] == [1.0, 0.5, 0.5, 1.0]
    assert leak.means[2].difference == 0.0
    assert report.claim.criteria[0].floor == 1.0  # the retain-only run is read at alpha 0
    assert {point.model for point in report.trade_off.points} == {"base", "unlearned", "direct", "retain-only"}


def test_a_direct_run_itself_has_no_direct_column() -> None:
    report = gathered(store_report("direct", manifest={"method": "direct"}))
    assert "itself about a run of the direct method" in next(
        model.reason for model in report.models if model.model == "direct"
    )


@pytest.mark.parametrize(
    ("show", "expected"),
    [
        ("all", [0, 1, 2, 3, 4]),
        ("leaks", [0]),
        ("losses", [3]),
        ("different", [0, 1, 3]),
        ("missing", [2]),
        ("unreviewed", [2, 3, 4]),
        ("disputed", [0]),
    ],
)
def test_an_export_is_what_was_chosen_and_says_so(show: str, expected: list[int]) -> None:
    report = gathered(store_report(), Selection(show=show))
    assert [row["question"] for row in report.questions] == [SAID[place].question for place in expected]
    assert (report.selection == "") == (show == "all")
    if show != "all":
        assert report.selection.startswith(f"{len(expected)} of the 5 questions: {SHOWS[show]}")
        assert report.checks[0].words.startswith("Not the whole run")
        assert f"--show {show}" in report.origin.command
        assert report.selection in html_bytes(report).decode()


def test_a_part_can_be_chosen_and_an_unknown_one_is_refused() -> None:
    run_id = store_report()
    report = gathered(run_id, Selection("world"))
    assert [row["split"] for row in report.questions] == ["world"]
    assert report.ordinary is None
    assert report.trade_off.points == ()
    with pytest.raises(SettingError, match="split must be one of forget, retain, world"):
        gathered(run_id, Selection("holdout"))
    with pytest.raises(SettingError, match="show must be one of all, leaks"):
        Selection(show="good ones")


def test_what_was_chosen_by_its_outcome_claims_nothing() -> None:
    run_id = store_report()
    assert gathered(run_id).claim.criteria
    assert gathered(run_id, Selection(show="leaks")).claim.criteria == ()


def test_an_empty_choice_and_runs_without_a_report_are_refused() -> None:
    said = tuple(item._replace(unlearned=item.base, rouge=(1, 1), leaks=(1, 0)) for item in SAID)
    run_id = store_report(said=said)
    with pytest.raises(RunError, match="none of the 5 questions"):
        gathered(run_id, Selection(show="missing"))
    with pytest.raises(RunError, match="only a finished run has a report"):
        gathered(store_report("half", status="failed"))
    with pytest.raises(RunError, match="multiple-choice"):
        gathered(store_report("choices", kind="tasks"))
    with pytest.raises(RunError, match=r"no scores at alpha 0\.5; it has them at: 0, 1"):
        gather.choose(run_id, 0.5, Selection())


def test_without_verdicts_and_audits_both_say_so() -> None:
    report = gather.gather(gather.choose(store_report(), None, Selection()))
    assert report.verdicts.reason.startswith("n/a")
    assert report.probes.reason.startswith("n/a")
    page = html_bytes(report).decode()
    assert report.verdicts.reason in page
    assert report.probes.reason in page
    assert any("No leak probe" in line for line in report.limits)


def test_a_second_run_shows_only_what_differs() -> None:
    run_id = store_report()
    other = store_report(
        "second", (SAID[0]._replace(unlearned="I cannot say", leaks=(1, 0), rouge=(1, 0)), *SAID[1:]), seed=5
    )
    found = gathered(run_id, other=other).against
    assert found is not None
    assert [(item.question, item.first_leak, item.second_leak) for item in found.answers] == [(SAID[0].question, 1, 0)]
    assert any("other seed: 0 in the first, 5 in the second" in words for words in found.unlike)
    assert {(item["split"], item["metric"]) for item in found.differences} == {("forget", "leak"), ("forget", "rouge")}
    assert found.same == 10  # of 6 on the forget part, 3 and 3 on the others
    assert "the other − this run" in html_bytes(gathered(run_id, other=other)).decode()


def test_the_same_database_gives_the_same_bytes_but_for_one_time() -> None:
    run_id = store_report()
    first, second = (make_files(gathered(run_id)._replace(made=f"2026-01-0{day}T00:00:00+00:00")) for day in (1, 2))
    assert first.files[SUMMARY] == second.files[SUMMARY]
    assert made(run_id) == made(run_id)
    for name in (QUESTIONS, JSON, HTML):
        assert first.files[name] != second.files[name]
    assert first.files[JSON].replace(b"2026-01-01T", b"2026-01-02T") == second.files[JSON]
    assert first.files[JSON].count(b"2026-01-01T00:00:00") == 1
    assert first.files[QUESTIONS].replace(b"2026-01-01T", b"2026-01-02T") == second.files[QUESTIONS]


def test_json_has_its_version_raw_text_and_every_field_is_documented() -> None:
    data = json.loads(made(store_report()).files[JSON])
    assert data["schema"] == 1
    assert data["questions"][1]["unlearned answer"] == SAID[1].unlearned
    assert data["questions"][2]["leak unlearned"] is None
    docs = (Path(__file__).resolve().parents[3] / "docs" / "report.md").read_text(encoding="utf-8")
    undocumented = [name for name in data if f"`{name}`" not in docs]
    undocumented += [name for name in data["questions"][0] if f"`{name}`" not in docs]
    for name in ("claim", "verdicts", "trade_off", "probes", "origin"):
        undocumented += [f"{name}.{field}" for field in data[name] if f"`{field}`" not in docs]
    for field in (
        *data["comparison"][0],
        *data["comparison"][0]["means"][0],
        *data["leaks"][0],
        *data["probes"]["rows"][0],
    ):
        undocumented += [] if f"`{field}`" in docs else [field]
    assert undocumented == []


def test_a_trained_pair_of_tiny_models_has_a_report(finished: int) -> None:
    chosen = gather.choose(finished, None, Selection())
    report = gather.gather(chosen)
    assert report.asked == len(report.questions) == 12
    assert report.missing == ()
    assert report_files.make_files(report).files[HTML].startswith(b"<!doctype html>")
    assert report_alpha(finished) == report.origin.alpha


def test_ids_are_those_of_the_set() -> None:
    assert [row["question_id"] for row in gathered(store_report()).questions] == question_ids()
