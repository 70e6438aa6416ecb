"""Review: the queue in the address, a verdict at the press of a button, blind mode, and untrusted text everywhere."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from engine.evaluation.leak_rule import LEAK_RULE
from engine.kinds import EvaluateSpec, MapSpec
from engine.review import checks, queue
from engine.review import item as review_item
from engine.review.queue import Event
from engine.review.verdicts import Judgement, Reviewer
from engine.runs import execute
from engine.store import questions
from pages.parts.review.verdict_history import history_html
from pages.parts.shared.wording import plain
from tests.pages.components import data_of, send

Opener = Callable[..., AppTest]
Asked = Callable[[AppTest, str], str]
EVIL = "<img src=x onerror=alert(1)>"


def html_of(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def named(app: AppTest, name: str = "Eva") -> AppTest:
    return app.text_input(key="reviewer").set_value(name).run()


def queue_ids(**more: object) -> list[int]:
    return [row.question_id for row in queue.queue(1, 1.0, **more).rows]  # type: ignore[arg-type]


def differing(world: Path, question_id: int = 1) -> int:
    """Give a question another answer at α = 1 than the base's, whatever the tiny models say."""
    with sqlite3.connect(world / "oubliette.sqlite") as database:
        found = database.execute(
            "UPDATE answers SET text = 'nobody' WHERE question_id = ? AND alpha = 1.0", [question_id]
        )
        assert found.rowcount
    database.close()
    return question_id


def press(app: AppTest, question: int, key: str, note: str = "", n: int = 1) -> AppTest:
    return send(app, presses=[[n, question, key, note, [1, 1.0, "question"]]])


def judging(app: AppTest) -> dict[str, Any]:
    found: dict[str, Any] = data_of(app)["judging"]
    return found


def test_all_answers_are_there_from_the_start_and_the_address_says_what_is_shown(
    visit: Opener, world: Path, asked: Asked
) -> None:
    app = visit("review")
    assert not app.exception
    ids, data = queue_ids(), data_of(app)
    assert [row["id"] for row in data["rows"]] == ids
    assert data["columns"] == ["Question", "Base", "α = 1", "Verdict"]
    shown = {name: asked(app, name) for name in ("review", "at", "question")}
    assert shown == {"review": "1", "at": "1", "question": str(ids[0])}
    assert {name: count for name, _, count, _ in data["filters"]}["unreviewed"] == data["all"] == 4
    assert data["words"] == {"secret": ["leaks", "hidden", "unsure"], "kept": ["kept", "harmed", "unsure"]}
    (judged,) = (item for item in app.caption if item.value == "Judged by leak rule 2.")
    assert judged.help == plain(LEAK_RULE)


def test_two_more_strengths_stand_beside_the_judged_one(visit: Opener, world: Path) -> None:
    data = data_of(visit("review", besides="0.5"))
    assert data["columns"] == ["Question", "Base", "α = 1", "α = 0.5", "Verdict"]
    assert all(len(row["told"]) == 2 for row in data["rows"])
    assert data["judging"]["view"] == [1, 1.0, "question"]


def test_without_a_name_nothing_can_be_judged_and_a_key_that_came_is_refused(visit: Opener, world: Path) -> None:
    app = visit("review")
    assert "Give your name first" in judging(app)["closed"]
    press(app, queue_ids()[0], "3")
    assert "give yours first" in judging(app)["refused"]
    assert queue.events_of_run(1) == []
    assert judging(app)["acked"] == 1
    assert not judging(named(app))["closed"]


def test_a_name_from_the_browser_is_taken_and_a_bad_one_is_refused(visit: Opener, world: Path) -> None:
    app = send(visit("review"), name="Eva")
    assert app.text_input(key="reviewer").value == "Eva"
    assert judging(app)["reviewer"] == "Eva"
    app = send(visit("review"), name="a\u202eb")
    assert not app.exception
    assert "1 to 80 printable" in judging(app)["refused"]


def test_a_press_is_stored_for_its_question_acknowledged_and_said(visit: Opener, world: Path) -> None:
    app = named(visit("review"))
    question = queue_ids(sort="set")[1]
    press(app, question, "2", "refuses")
    assert not app.exception
    (row,) = [row for row in queue.report_verdicts(1, 1.0) if row.verdict]
    assert (row.verdict, row.reviewer, row.question_id, row.note) == ("forgotten", "Eva", question, "refuses")
    assert judging(app)["acked"] == 1
    assert [toast.value for toast in app.toast] == [plain(judging(app)["said"])]
    press(app, question, "2", "refuses", n=2)
    assert len(queue.events_of_run(1)) == 1  # no key takes a verdict back
    press(app, queue_ids()[0], "z", n=3)
    assert [event.verdict for event in queue.events_of_run(1)] == ["forgotten", "cleared"]


def test_a_note_that_is_too_long_is_refused_with_the_limit(visit: Opener, world: Path) -> None:
    app = named(visit("review"))
    press(app, queue_ids()[0], "3", "x" * 100_001)
    assert "at most 100,000 bytes" in judging(app)["refused"]


def test_filters_and_the_chosen_row_live_in_the_address(visit: Opener, world: Path, asked: Asked) -> None:
    differing(world)
    app = visit("review", filter="unreviewed,different", sort="set")
    assert not app.exception
    assert data_of(app)["chosen"] == ["unreviewed", "different"]
    send(app, chips=["lost"], selected=queue_ids()[2])
    assert asked(app, "filter") == "lost"
    assert asked(app, "question") == str(queue_ids()[2])
    assert data_of(app)["detail"]["id"] == queue_ids()[2]
    assert data_of(visit("review", filter="loss"))["chosen"] == ["lost"]  # an older link


def test_a_link_to_a_question_the_filter_leaves_out_shows_it(visit: Opener, world: Path, asked: Asked) -> None:
    other = queue_ids()[2]
    app = visit("review", blind="1", filter="disputed", question=str(other))
    assert asked(app, "question") == str(other)
    assert app.selectbox(key="question").label == "not among the 0 any more"


def test_an_empty_queue_says_so_and_offers_all(visit: Opener, world: Path) -> None:
    app = visit("review", blind="1", filter="disputed")
    assert any("No question meets all" in item.value for item in app.info)
    app.button(key="show-all").click().run()
    assert not app.exception
    assert app.selectbox(key="question").label == "1 of 4"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"question": "9999"}, "asks no question 9999"),
        ({"question": "x"}, "question must be a whole number"),
        ({"filter": "leak"}, "filter must be one of leaks, refuses"),
        ({"sort": "size"}, "sort must be one of leak, loss"),
        ({"at": "0.7"}, "0, 0.5, 1"),
        ({"review": "7"}, "review must be one of 1"),
        ({"blind": "yes"}, "blind must be one of 1, 0"),
        ({"blind": "1", "filter": "leaks"}, "filter must be one of different"),
    ],
)
def test_what_a_link_asks_for_and_is_not_there_is_said(
    visit: Opener, world: Path, query: dict[str, str], words: str
) -> None:
    app = visit("review", **query)
    assert not app.exception
    assert words in " ".join(item.value for item in app.warning).replace("\\", "")


def test_a_check_of_ones_own_filters_by_either_side(visit: Opener, world: Path) -> None:
    app = visit("review", check=".", kind="regex", side="either")
    assert not app.exception
    said = " ".join(item.value for item in app.caption)
    assert "Found in" in said
    found = checks.run_check(1, 1.0, "regex", ".")
    expected = sum(item.base or item.unlearned for item in found.values())
    assert f"The filter keeps {expected} question" in said
    app.button(key="check-off").click().run()
    assert "check" not in app.query_params


@pytest.mark.parametrize(("pattern", "words"), [("a(b", "missing ) at character 4"), ("((.|.)*)*\\d$", "was stopped")])
def test_a_check_that_cannot_be_used_is_said_and_filters_nothing(
    visit: Opener, world: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, words: str
) -> None:
    monkeypatch.setattr("engine.review.checks.SECONDS", 0.2)
    monkeypatch.setattr("engine.review.checks.find_pattern.__defaults__", (0.2,))
    app = visit("review", check=pattern, kind="regex")
    assert not app.exception
    shown = " ".join(item.value for item in app.error).replace("\\", "")
    assert words in shown
    assert data_of(app)["all"] == 4


def test_neighbours_are_one_click_away_and_one_person_is_a_chip(visit: Opener, world: Path, asked: Asked) -> None:
    ada = [row.question_id for row in queue.queue(1, 1.0, subject="Ada", sort="set").rows]
    app = visit("review", blind="1", question=str(ada[0]))
    app.button(key=f"near-{ada[1]}").click().run()
    assert asked(app, "question") == str(ada[1])
    app.button(key="person-only").click().run()
    assert asked(app, "person") == "Ada"
    assert app.selectbox(key="question").label.endswith("of 2")
    app.button(key="person-off").click().run()
    assert "person" not in app.query_params


def test_disputed_and_stale_verdicts_are_visible(visit: Opener, world: Path) -> None:
    key = differing(world)
    queue.record_verdict(1, 1.0, key, Judgement("unsure"), Reviewer("Tom"))
    queue.record_verdict(1, 1.0, key, Judgement("forgotten"), Reviewer("Ada"))
    queue.record_verdict(1, 0.0, key, Judgement("unsure"), Reviewer("Old"))
    data = data_of(visit("review", question=str(key)))
    own, others, flags = data["said"][[row["id"] for row in data["rows"]].index(key)]
    assert (own, others) == ("", ["Ada: hidden", "Old: unsure (stale)", "Tom: unsure"])
    assert "disputed" in flags
    assert "stale: the answers differ from those judged (at alpha 0)" in data["detail"]["events"][0]


def test_blind_mode_shows_nothing_that_tells_and_reveals_after_both(visit: Opener, world: Path, asked: Asked) -> None:
    key = differing(world)
    queue.record_verdict(1, 1.0, key, Judgement("unsure"), Reviewer("Tom"))
    app = named(visit("review", question=str(key), blind="1"))
    shown = html_of(app)
    assert "Answer A" in shown
    assert "Answer B" in shown
    for told in ("Unlearned by pair", "Base (α = 0)", "retain-only", "Leak rule:", "Tom"):
        assert told not in shown
    assert [label.split()[0] for label in app.button_group(key="filter").options] == [
        "Different",
        "Unreviewed",
        "Disputed",
    ]
    assert app.button(key="blind-save").disabled
    app.button(key="say-A-unsure").click().run()
    app.button(key="say-B-leaks").click().run()
    app.text_area[1].set_value("it names the town").run()
    app.button(key="blind-save").click().run()
    assert not app.exception
    shown = html_of(app)
    assert "Unlearned by pair tiny" in shown
    assert "Tom" in shown
    item = review_item.item(1, 1.0, key)
    order = item.blind_order("Eva")
    verdict = "unsure" if order[0] == "unlearned" else "leaks"
    assert [row.verdict for row in queue.verdicts_of(1, 1.0, key) if row.reviewer == "Eva"] == [verdict]
    assert any("Judged blind" in item.value for item in app.info)


def test_blind_mode_needs_a_name_before_it_shows_an_answer(visit: Opener, world: Path) -> None:
    app = visit("review", blind="1")
    assert "Answer A" not in html_of(app)
    assert 'class="card"' not in html_of(app)
    assert any("order of the answers" in item.value for item in app.info)


def test_the_name_is_kept_over_pages_and_in_no_link(visit: Opener, world: Path) -> None:
    app = named(visit("review"))
    assert "Eva" not in str(dict(app.query_params))
    app.switch_page("report.py").run()
    assert not app.exception
    app.switch_page("review.py").run()
    assert app.text_input(key="reviewer").value == "Eva"


def test_markup_in_questions_answers_and_names_stays_text(visit: Opener, world: Path) -> None:
    questions.import_set(f"question,answer,split,subject\n{EVIL} who?,{EVIL},forget,{EVIL}\n".encode(), "evil", "e.csv")
    run = execute.run_here(
        EvaluateSpec(name="evil", pair="tiny", evaluate_on=("evil:forget",), alphas=(0.0, 1.0), max_new_tokens=8)
    )
    app = named(visit("review", review=str(run)), "<b>Eva</b>")
    (row,) = data_of(app)["rows"]
    send(app, presses=[[1, row["id"], "3", EVIL, [run, 1.0, "question"]]])
    assert not app.exception
    app = named(visit("review", review=str(run), blind="1"), "<b>Eva</b>")  # judged already, so all is shown
    assert not app.exception
    assert EVIL not in html_of(app)
    assert "<b>Eva" not in html_of(app)
    assert "&lt;b&gt;Eva" in html_of(app)


def test_the_history_is_escaped_and_says_who_saw_what_blind() -> None:
    moment = datetime(2026, 11, 25, 1, 2, tzinfo=UTC)
    event = Event(1, "leaks", EVIL, True, f"{EVIL}\n=1+1 🦊", moment, 0.5, "base", "A", "the <rule> is another")
    shown = history_html([event])
    assert EVIL not in shown
    assert "<rule>" not in shown
    assert "2026-11-25 01:02 UTC, α = 0.5, blind, the base&#x27;s answer shown as A" in shown
    assert "=1+1 🦊" in shown


def test_a_run_without_answers_is_not_offered(visit: Opener, world: Path) -> None:
    execute.run_here(
        MapSpec(name="map", pair="tiny", evaluate_on=("folk:forget",), alphas=(0.0, 1.0), max_new_tokens=8)
    )
    assert len(visit("review").selectbox(key="review").options) == 1
