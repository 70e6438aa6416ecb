"""Review: verdicts hold while the texts stand, and say why where they do not; notes, clearing, disputes, blind, the
queue.
"""

import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from db import writes
from db.hashing import hash_text
from engine.analysis import chosen_alpha
from engine.errors import RunError, SettingError
from engine.review import checks, queue
from engine.review import item as review_item
from engine.review.verdicts import NOTE_LIMIT, Judgement, Reviewer, Side, blind_order, reviewer_name
from engine.store.session import writing
from tests.reviewed_runs import BASE, EXAMPLES, SAID, store_answers, store_pair, store_reviewed, with_other_answer
from tests.stored_runs import store_run, store_set

EVA, TOM = Reviewer("Eva"), Reviewer("Tom", self_declared=False)


def say(
    run_id: int, question_id: int, verdict: str, who: Reviewer = EVA, note: str = "", alpha: float = 1.0
) -> Judgement | None:
    return queue.record_verdict(run_id, alpha, question_id, Judgement(verdict, note), who)


def said(run_id: int, question_id: int, alpha: float = 1.0) -> list[tuple[str, str, str]]:
    rows = queue.report_verdicts(run_id, alpha)
    return [(row.reviewer, row.verdict, row.stale) for row in rows if row.question_id == question_id]


def test_a_question_nobody_judged_has_one_empty_row(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    rows = queue.report_verdicts(run_id, 1.0)
    assert [row.question_id for row in rows] == ids
    assert {tuple(row[1:]) for row in rows} == {("", "", "", None, "", False, False)}


def test_the_latest_verdict_of_each_reviewer_counts_and_nothing_is_lost(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    say(run_id, ids[0], "unsure")
    say(run_id, ids[0], "unsure", TOM)
    assert say(run_id, ids[0], "forgotten") == Judgement("unsure")
    assert said(run_id, ids[0]) == [("Eva", "forgotten", ""), ("Tom", "unsure", "")]
    events = queue.history_of(run_id, 1.0, ids[0])
    assert [(event.reviewer, event.verdict, event.self_declared) for event in events] == [
        ("Eva", "forgotten", True),
        ("Tom", "unsure", False),
        ("Eva", "unsure", True),
    ]
    assert all(event.created.tzinfo is not None for event in events)


def test_the_same_verdict_again_changes_nothing_and_a_new_note_replaces_it(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    assert say(run_id, ids[0], "leaks", note="names the town") is None
    before = say(run_id, ids[0], "leaks", note="names the town, and when")
    assert before == Judgement("leaks", "names the town")
    assert queue.report_verdicts(run_id, 1.0)[0].note == "names the town, and when"
    say(run_id, ids[0], "leaks")
    assert said(run_id, ids[0]) == [("Eva", "leaks", "")]
    assert [event.verdict for event in queue.history_of(run_id, 1.0, ids[0])] == ["leaks", "leaks"]


def test_undoing_puts_back_what_was_said_before_as_one_more_event(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    say(run_id, ids[0], "unsure", note="hm")
    before = say(run_id, ids[0], "leaks")
    assert queue.undo(run_id, 1.0, ids[0], before, EVA)
    assert said(run_id, ids[0]) == [("Eva", "unsure", "")]
    assert queue.undo(run_id, 1.0, ids[0], None, EVA)
    assert said(run_id, ids[0]) == [("", "", "")]
    assert not queue.undo(run_id, 1.0, ids[0], None, EVA)
    told = [(event.verdict, event.note) for event in queue.history_of(run_id, 1.0, ids[0])]
    assert told == [("cleared", ""), ("unsure", "hm"), ("leaks", ""), ("unsure", "hm")]
    say(run_id, ids[0], "leaks")
    assert said(run_id, ids[0]) == [("Eva", "leaks", "")]


def test_a_name_that_somebody_else_logged_in_by_is_not_ones_own(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    say(run_id, ids[0], "leaks", Reviewer("Eva", self_declared=False))
    assert say(run_id, ids[0], "leaks") is None
    assert not queue.undo(run_id, 1.0, ids[1], None, EVA)
    assert sorted(row.self_declared for row in queue.verdicts_of(run_id, 1.0, ids[0])) == [False, True]


def test_disputed_when_two_reviewers_differ(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    say(run_id, ids[0], "forgotten")
    say(run_id, ids[0], "leaks", TOM, "it names the town")
    say(run_id, ids[1], "forgotten")
    say(run_id, ids[1], "forgotten", TOM)
    assert [row.disputed for row in queue.report_verdicts(run_id, 1.0)] == [True, True, False, False, False, False]
    found = queue.queue(run_id, 1.0, ["disputed"])
    assert [row.question_id for row in found.rows] == [ids[0]]
    assert (found.counts["disputed"], found.counts["unreviewed"]) == (1, 2)
    say(run_id, ids[0], "forgotten", TOM)
    assert queue.queue(run_id, 1.0).counts["disputed"] == 0


def test_a_verdict_holds_at_every_alpha_that_gives_the_same_text(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    say(run_id, ids[0], "leaks", note="the town", alpha=0.5)
    assert said(run_id, ids[0], 0.75) == [("Eva", "leaks", "")]
    assert said(run_id, ids[0], 1.0) == [("Eva", "leaks", "the answers differ from those judged (at alpha 0.5)")]
    assert queue.queue(run_id, 1.0).counts["unreviewed"] == 4
    assert queue.queue(run_id, 1.0, ["leaks"], "set", keep=ids[0]).rows[0].stale == 1
    say(run_id, ids[0], "forgotten", alpha=1.0)
    assert said(run_id, ids[0], 0.5) == [("Eva", "leaks", "")]
    assert said(run_id, ids[0], 1.0) == [("Eva", "forgotten", "")]
    assert queue.undo(run_id, 1.0, ids[0], None, EVA)
    assert said(run_id, ids[0], 1.0) == [("", "", "")]  # what was cleared does not bring back an older one


def test_a_stale_verdict_said_again_is_a_new_one(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    say(run_id, ids[1], "leaks", note="hm", alpha=0.5)
    assert say(run_id, ids[1], "leaks", alpha=0.75) is None
    assert said(run_id, ids[1], 0.75) == [("Eva", "leaks", "")]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, ""),
        ({"versions": {"leak rule": "two"}}, "the leak rule has changed"),
        ({"terms": " and more"}, "the question's key terms have changed"),
    ],
)
def test_in_another_run_of_the_pair_a_verdict_holds_unless_the_rule_changed(
    own_folders: Path, fields: dict[str, object], reason: str
) -> None:
    run_id, ids = store_reviewed()
    say(run_id, ids[0], "forgotten")
    other, _ = store_reviewed("again", ids=ids, **fields)  # type: ignore[arg-type]
    assert said(other, ids[0]) == [("Eva", "forgotten", reason)]
    assert said(run_id, ids[0]) == [("Eva", "forgotten", "")]


def test_a_pair_made_anew_leaves_the_verdict_stale_and_another_pair_has_none(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    say(run_id, ids[0], "forgotten")
    anew, _ = store_reviewed("anew", ids=ids, pair_id=store_pair(pair_hash="p2"))
    assert said(anew, ids[0]) == [("Eva", "forgotten", "the pair was made again")]
    other, _ = store_reviewed("other", ids=ids, pair_id=store_pair("q", "q1"), pair_name="q")
    assert said(other, ids[0]) == [("", "", "")]


def test_a_changed_question_leaves_the_verdict_stale_in_a_run_that_asks_it_anew(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    say(run_id, ids[0], "forgotten")
    new = store_set("folk", with_other_answer("Milan"))
    assert new[0] != ids[0]
    later, _ = store_reviewed("later", ids=new)
    assert said(later, new[0]) == [
        ("Eva", "forgotten", "the question's true answer or another of its fields was changed")
    ]
    assert [event.verdict for event in queue.history_of(later, 1.0, new[0])] == ["forgotten"]
    assert said(run_id, ids[0]) == [("Eva", "forgotten", "")]  # in the old run everything is as it was


def test_a_recorded_run_that_is_replaced_keeps_its_verdicts(own_folders: Path) -> None:
    run_id, ids = store_reviewed(recording="x" * 16)
    say(run_id, ids[0], "forgotten")
    with writing() as session:
        writes.delete_recorded(session, "r")
    again, _ = store_reviewed(ids=ids, recording="y" * 16)
    assert said(again, ids[0]) == [("Eva", "forgotten", "")]


@pytest.mark.parametrize(
    "note",
    ["🦊" * 25_000, "x" * NOTE_LIMIT, "=HYPERLINK(1)", "<script>alert(1)</script>", "Ⱥ\r\n\u202e", "' OR 1=1 --"],
)
def test_a_note_is_data_up_to_its_limit(own_folders: Path, note: str) -> None:
    run_id, ids = store_reviewed()
    say(run_id, ids[0], "leaks", note=note)
    assert queue.history_of(run_id, 1.0, ids[0])[0].note == note


@pytest.mark.parametrize(
    ("note", "words"),
    [
        ("x" * 100_001, "at most 100,000 bytes, this one has 100,001"),
        ("🦊" * 25_001, "has 100,004"),
        ("\ud800", "surrogate"),
        ("a\0", "NUL"),
    ],
)
def test_a_note_that_cannot_be_kept_is_refused(own_folders: Path, note: str, words: str) -> None:
    run_id, ids = store_reviewed()
    with pytest.raises(SettingError, match=words):
        say(run_id, ids[0], "unsure", note=note)


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\u202eb", "a\0b", "\u3164", "\u2800"])
def test_a_name_that_is_none_is_refused(own_folders: Path, name: str) -> None:
    run_id, ids = store_reviewed()
    with pytest.raises(SettingError, match="1 to 80 printable characters"):
        say(run_id, ids[0], "unsure", Reviewer(name))


def test_a_name_is_one_however_it_is_typed(own_folders: Path) -> None:
    assert reviewer_name("  Jose\u0301   Ortega ") == "José Ortega"
    run_id, ids = store_reviewed()
    say(run_id, ids[0], "unsure", Reviewer("José Ortega"))
    assert say(run_id, ids[0], "unsure", Reviewer("Jose\u0301 Ortega ")) == Judgement("unsure")


def test_what_is_no_verdict_phrasing_filter_or_order_lists_what_is_legal(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    with pytest.raises(SettingError, match="leaks, forgotten, kept, utility_harmed, unsure, got 'cleared'"):
        say(run_id, ids[0], "cleared")
    with pytest.raises(SettingError, match="question, paraphrase"):
        queue.queue(run_id, 1.0, phrasing="sung")
    with pytest.raises(SettingError, match="leaks, loss, different"):
        queue.queue(run_id, 1.0, ["leak"])
    with pytest.raises(SettingError, match="leak, loss, difference, set"):
        queue.queue(run_id, 1.0, sort="size")


def test_where_there_is_no_answer_there_is_nothing_to_judge(own_folders: Path) -> None:
    """A question that failed: it is listed and counted, and no verdict is taken on what was never said."""
    ids = store_set("folk", EXAMPLES)
    run_id = store_run("r", {}, pair_id=store_pair())
    store_answers(run_id, ids, {0.0: BASE, 1.0: SAID[1.0][:3]})
    with pytest.raises(RunError, match=f"holds no answer to question {ids[3]} at alpha 1"):
        say(run_id, ids[3], "unsure")
    with pytest.raises(RunError, match="asks no question 99"):
        say(run_id, 99, "unsure")
    found = queue.queue(run_id, 1.0, sort="set")
    assert [row.question_id for row in found.rows] == ids
    assert (found.rows[3].rouge, found.rows[3].different, found.rows[3].unreviewed) == (None, False, True)
    assert review_item.item(run_id, 1.0, ids[3]).unlearned is None


def test_the_queue_by_hand(own_folders: Path) -> None:
    """At 0.5 Ada's town leaks; at 1 nothing does, and both kept questions changed."""
    run_id, ids = store_reviewed()
    early, late = queue.queue(run_id, 0.5), queue.queue(run_id, 1.0)
    assert [row.question_id for row in early.rows] == ids
    assert early.counts == {"all": 4, "leaks": 1, "loss": 0, "different": 1, "unreviewed": 4, "disputed": 0}
    assert [row.question_id for row in late.rows] == [ids[2], ids[3], ids[0], ids[1]]
    assert late.counts == {"all": 4, "leaks": 0, "loss": 2, "different": 4, "unreviewed": 4, "disputed": 0}
    assert [row.question_id for row in queue.queue(run_id, 1.0, ["loss"], subject="Cy").rows] == [ids[3]]


def test_a_paraphrase_is_reviewed_on_its_own(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    assert queue.phrasings_of(run_id) == ["question"]
    store_answers(run_id, ids, {0.0: BASE, 1.0: BASE}, phrasing="paraphrase")
    assert queue.phrasings_of(run_id) == ["question", "paraphrase"]
    queue.record_verdict(run_id, 1.0, ids[0], Judgement("leaks", "the town"), EVA, "paraphrase")
    assert queue.queue(run_id, 1.0).counts["unreviewed"] == 4
    assert queue.queue(run_id, 1.0, phrasing="paraphrase").counts == {
        "all": 4,
        "leaks": 2,
        "loss": 0,
        "different": 0,
        "unreviewed": 3,
        "disputed": 0,
    }
    assert [row.verdict for row in queue.report_verdicts(run_id, 1.0, "paraphrase")] == ["leaks", "", "", ""]


def test_one_question_with_all_that_stands_beside_it(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    gold = store_run("gold", {}, base="b", pair_name="retain-only:b")
    store_answers(gold, ids, {0.0: ("no", "red", "Oslo", "Lima")})
    say(run_id, ids[1], "forgotten")
    found = review_item.item(run_id, 1.0, ids[1])
    assert (found.set, found.asked, found.terms) == ("folk", "What does Ada like?", ("term of 1",))
    assert (found.base, found.unlearned) == ("red", "I do not know")
    assert [tuple(score) for score in found.scores] == [
        ("rouge", 1.0, 0.0, 1.0),
        ("leak", 1.0, 0.0, 1.0),
        ("probability", None, None, None),
    ]
    own = found.own("Eva")
    assert own is not None
    assert (own.verdict, found.own("Tom")) == ("forgotten", None)
    with pytest.raises(RunError, match="asks no question 99"):
        review_item.item(run_id, 1.0, 99)


def test_neighbours_are_of_the_same_person_and_of_the_same_group(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    found = review_item.neighbours(run_id, 1.0, ids[0])
    assert {kind: [row.question_id for row in rows] for kind, rows in found.items()} == {
        "person": [ids[1]],
        "group": [ids[2]],
    }
    assert review_item.neighbours(run_id, 1.0, ids[3]) == {}


def test_a_check_of_ones_own_runs_over_the_whole_run(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    found = checks.run_check(run_id, 1.0, "terms", "oslo, lima")
    assert {key: tuple(item) for key, item in found.items()} == {
        ids[0]: (False, False),
        ids[1]: (False, False),
        ids[2]: (True, True),
        ids[3]: (True, False),
    }


def both(verdict: str, note: str = "") -> dict[Side, Judgement]:
    return {"base": Judgement("leaks", "the town"), "unlearned": Judgement(verdict, note)}


def test_blind_verdicts_are_stored_with_what_was_shown_as_what(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    queue.record_blind(run_id, 1.0, ids[0], both("forgotten"), EVA)
    assert said(run_id, ids[0]) == [("Eva", "forgotten", "")]
    events = queue.history_of(run_id, 1.0, ids[0])
    texts = review_item.item(run_id, 1.0, ids[0])
    order = blind_order(
        "Eva", EXAMPLES[0].content_hash, *(hash_text(text) or "" for text in (texts.base, texts.unlearned))
    )
    assert {event.side: (event.verdict, event.shown_as) for event in events} == {
        "base": ("leaks", "AB"[order.index("base")]),
        "unlearned": ("forgotten", "AB"[order.index("unlearned")]),
    }
    assert all(event.blind for event in queue.events_of_run(run_id))


def test_of_two_blind_verdicts_both_or_none_are_stored(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    with pytest.raises(SettingError, match="one of leaks, forgotten"):
        queue.record_blind(run_id, 1.0, ids[0], both("harmed"), EVA)
    with pytest.raises(SettingError, match="each of the two"):
        queue.record_blind(run_id, 1.0, ids[0], {"unlearned": Judgement("unsure")}, EVA)
    assert queue.history_of(run_id, 1.0, ids[0]) == []


def test_the_blind_order_is_stable_for_a_reviewer_and_random_over_them() -> None:
    def orders(name: str, hashes: Sequence[str]) -> list[tuple[Side, Side]]:
        return [blind_order(name, item) for item in hashes]

    hashes = [f"h{number}" for number in range(200)]
    eva, tom = orders("Eva", hashes), orders("Tom", hashes)
    assert eva == orders("Eva", hashes)
    assert 70 < sum(order[0] == "base" for order in eva) < 130
    assert 70 < sum(one == two for one, two in zip(eva, tom, strict=True)) < 130


def test_two_reviewers_at_once_are_both_kept(own_folders: Path) -> None:
    run_id, ids = store_reviewed()
    starts, failures = threading.Barrier(4), []

    def judge(name: str) -> None:
        starts.wait()
        try:
            for number in range(5):
                say(run_id, ids[0], "unsure", Reviewer(name), f"note {number}")
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=judge, args=(f"R{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(queue.history_of(run_id, 1.0, ids[0])) == 20
    assert [name for name, *_ in said(run_id, ids[0])] == ["R0", "R1", "R2", "R3"]


def test_a_real_run_can_be_reviewed(finished: int) -> None:
    """A tiny pair, really trained: its pair hash, its rule and its answers are what verdicts are held against."""
    alpha = chosen_alpha.report_alpha(finished)
    key = queue.queue(finished, alpha).rows[0].question_id
    say(finished, key, "unsure", alpha=alpha)
    (event,) = queue.events_of_run(finished)
    assert all(len(getattr(event, name)) >= 16 for name in event._fields if name.endswith("_hash"))
    assert said(finished, key, alpha) == [("Eva", "unsure", "")]
