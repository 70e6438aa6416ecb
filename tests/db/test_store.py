"""Reads and writes: what is kept, counted and averaged; held against plain Python where SQL computes."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
import sqlalchemy as sa

from db import rows, session, writes
from db.errors import DatabaseError
from db.reads import leaks as leak_reads
from db.reads import runs as reads
from db.reads import sets as set_reads

SPEC = "{}"


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


def question(text: str, split: str = "forget", half: str = "") -> dict[str, Any]:
    texts = ("paraphrased_question", "paraphrased_answer", "subject", "domain", "group")
    lists: dict[str, list[str]] = {"perturbed_answer": ["w"], "key_terms": [], "training_questions": []}
    fields = {"question": text, "answer": f"answer to {text}", "content_hash": f"hash of {text}", "split": split}
    return {**dict.fromkeys(texts, ""), **lists, **fields, "half": half}


def put(url: str, *texts: str, keep: bool = False, name: str = "mine") -> list[int]:
    with session.writing(url) as opened:
        return writes.put_set(opened, name, "test", [question(text) for text in texts], keep=keep)


def held(url: str, name: str = "mine") -> list[tuple[int | None, str]]:
    with session.reading(url) as opened:
        return [(row.position, row.question) for row in reads.questions(opened, name) or []]


def add_run(url: str, name: str = "r", **fields: Any) -> int:
    with session.writing(url) as opened:
        return writes.add_run(
            opened,
            **{
                "name": name,
                "kind": "evaluate",
                "spec": SPEC,
                "base": "b",
                "pair_name": name,
                "objective": "npo",
                "seed": 0,
                **fields,
            },
        )


def finish(url: str, run_id: int) -> None:
    with session.writing(url) as opened:
        assert writes.claim_run(opened, run_id)
        assert writes.end_run(opened, run_id, "finished")


def add_scores(url: str, run_id: int, scores: Sequence[rows.ScoreRow]) -> None:
    with session.writing(url) as opened:
        writes.add_scores(opened, run_id, scores)


def add_pair(url: str, name: str, alpha: float = 1.0, parent: str = "", pair_hash: str = "") -> int:
    with session.writing(url) as opened:
        return writes.put_pair(
            opened,
            name=name,
            pair_hash=pair_hash or f"hash of {name}",
            parent=parent,
            base_hash="",
            recommended_alpha=alpha,
            manifest={},
        )


def test_a_set_holds_what_it_was_last_given_and_questions_keep_their_ids(url: str) -> None:
    first = put(url, "a", "b", "c")
    second = put(url, "c", "a", "d")
    assert (second[0], second[1]) == (first[2], first[0])
    assert held(url) == [(0, "c"), (1, "a"), (2, "d")]
    assert put(url, "b")[0] == first[1]  # it was never deleted


def test_keeping_appends_what_is_new(url: str) -> None:
    put(url, "a", "b")
    put(url, "b", "c", keep=True)
    assert held(url) == [(0, "a"), (1, "b"), (2, "c")]


def test_keeping_keeps_the_source(url: str) -> None:
    for source, keep in (("first", False), ("second", True)):
        with session.writing(url) as opened:
            writes.put_set(opened, "mine", source, [question("a")], keep=keep)
    with session.reading(url) as opened:
        assert [row.source for row in set_reads.sets(opened)] == ["first"]
    put(url, "a")
    with session.reading(url) as opened:
        assert [row.source for row in set_reads.sets(opened)] == ["test"]


def test_one_question_twice_is_stored_once(url: str) -> None:
    ids = put(url, "a", "b", "a")
    assert ids[0] == ids[2]
    assert held(url) == [(0, "a"), (1, "b")]


def test_the_hash_of_a_set_follows_its_questions_and_their_order(url: str) -> None:
    def stored() -> str:
        with session.reading(url) as opened:
            return set_reads.sets(opened)[0].content_hash

    put(url, "a", "b")
    first = stored()
    put(url, "b", "a")
    other = stored()
    put(url, "a", "b")
    assert first == stored() != other


def test_sets_count_splits_and_halves(url: str) -> None:
    splits = [("forget", ""), ("retain", "train"), ("retain", "eval"), ("retain", "eval")]
    with session.writing(url) as opened:
        writes.put_set(opened, "s", "t", [question(str(i), *where) for i, where in enumerate(splits)])
        writes.put_set(opened, "empty", "t", [])
    with session.reading(url) as opened:
        found = {row.name: row for row in set_reads.sets(opened)}
    assert found["s"].splits == {"forget": 1, "retain/train": 1, "retain/eval": 2}
    assert (found["s"].questions, found["empty"].questions, found["empty"].splits) == (4, 0, {})


def test_a_run_is_claimed_once_and_its_last_status_stands(url: str) -> None:
    run_id = add_run(url)
    with session.writing(url) as opened:
        assert writes.claim_run(opened, run_id)
        assert not writes.claim_run(opened, run_id)
        assert writes.end_run(opened, run_id, "finished")
        assert not writes.end_run(opened, run_id, "cancelled")
    with session.reading(url) as opened:
        row = reads.run(opened, run_id)
    assert row is not None
    assert (row.status, row.progress) == ("finished", 1.0)
    assert row.created.tzinfo is not None
    assert row.started is not None
    assert row.finished is not None
    assert row.created <= row.started <= row.finished


@pytest.mark.parametrize(
    ("claimed", "ended", "status", "asked"),
    [(False, False, "cancelled", False), (True, False, "running", True), (True, True, "finished", False)],
)
def test_cancel_by_status(url: str, claimed: bool, ended: bool, status: str, asked: bool) -> None:
    run_id = add_run(url)
    with session.writing(url) as opened:
        if claimed:
            writes.claim_run(opened, run_id)
        if ended:
            writes.end_run(opened, run_id, "finished")
        writes.request_cancel(opened, run_id)
    with session.reading(url) as opened:
        row = reads.run(opened, run_id)
    assert row is not None
    assert (row.status, row.cancel_requested) == (status, asked)


def test_means_are_those_python_finds_and_unmade_scores_count_for_nothing(url: str) -> None:
    ids = put(url, "a", "b", "c")
    run_id = add_run(url)
    values = [0.25, None, 0.5]
    add_scores(url, run_id, [rows.ScoreRow(key, 1.0, "rouge", value) for key, value in zip(ids, values, strict=True)])
    add_scores(url, run_id, [rows.ScoreRow(key, 1.0, "truth_ratio", None) for key in ids])
    with session.reading(url) as opened:
        assert reads.trade_off(opened, None) == []  # not finished yet
        found = {row.metric: (row.mean, row.scored) for row in reads.trade_off(opened, [run_id])}
    assert found == {"rouge": (mean(v for v in values if v is not None), 2), "truth_ratio": (None, 0)}


def test_one_score_per_run_alpha_question_and_metric(url: str) -> None:
    (key,) = put(url, "a")
    run_id = add_run(url)
    with pytest.raises(DatabaseError, match="UNIQUE"):
        add_scores(url, run_id, [rows.ScoreRow(key, 0.0, "rouge", 0.1), rows.ScoreRow(key, 0.0, "rouge", 0.2)])
    with session.reading(url) as opened:
        assert reads.scores(opened, run_id) == []


def test_a_report_row_stands_even_where_an_answer_or_a_score_is_missing(url: str) -> None:
    ids = put(url, "a", "b")
    run_id = add_run(url)
    with session.writing(url) as opened:
        writes.add_run_questions(opened, run_id, [(ids[0], ["x"]), (ids[1], [])])
        writes.add_answers(opened, run_id, [rows.AnswerRow(ids[0], 0.0, "question", "base said", False)])
        writes.add_answers(opened, run_id, [rows.AnswerRow(ids[0], 1.0, "question", "then said", True)])
        writes.add_answers(opened, run_id, [rows.AnswerRow(ids[0], 1.0, "paraphrase", "other", False)])
        writes.add_scores(opened, run_id, [rows.ScoreRow(ids[0], 1.0, "leak", 0.0)])
    with session.reading(url) as opened:
        first, second = reads.report_rows(opened, run_id, 1.0)
    assert (first.base_answer, first.unlearned_answer, first.key_terms) == ("base said", "then said", ["x"])
    assert (first.leak_base, first.leak_unlearned, first.rouge_base) == (None, 0.0, None)
    assert (second.question, second.base_answer, second.leak_unlearned) == ("b", None, None)


def test_the_floor_is_the_newest_finished_retain_only_run_of_the_same_base(url: str) -> None:
    a, b, c = put(url, "a", "b", "c")
    run_id = add_run(url)
    with session.writing(url) as opened:
        writes.add_run_questions(opened, run_id, [(a, []), (b, [])])

    def floor(pair: str, leaks: dict[int, float], ended: bool = True, alpha: float = 0.0) -> None:
        made = add_run(url, pair_name=pair)
        add_scores(url, made, [rows.ScoreRow(key, alpha, "leak", leak) for key, leak in leaks.items()])
        if ended:
            finish(url, made)

    def found() -> dict[int, float]:
        with session.reading(url) as opened:
            return leak_reads.floor_leaks(opened, run_id)

    floor("retain-only:other", {a: 1.0})
    floor("retain-only:b", {a: 1.0, b: 1.0}, ended=False)
    floor("retain-only:b", {a: 1.0}, alpha=1.0)
    floor("b", {a: 1.0})
    assert found() == {}
    floor("retain-only:b", {a: 1.0, c: 1.0})
    assert found() == {a: 1.0}
    floor("retain-only:b", {a: 0.0, b: 1.0})
    assert found() == {a: 0.0, b: 1.0}


def test_a_run_is_found_by_name_finished_first_or_by_number(url: str) -> None:
    first, second = add_run(url, "x"), add_run(url, "x")
    numbered = add_run(url, "7")
    finish(url, first)

    def found(key: str) -> int | None:
        with session.reading(url) as opened:
            row = reads.find_run(opened, key)
        return None if row is None else row.id

    assert (found("x"), found(str(second)), found("7"), found("y"), found("99"), found("9" * 40)) == (
        first,
        second,
        numbered,
        None,
        None,
        None,
    )


def test_only_recorded_runs_are_deleted_and_their_ids_are_not_used_again(url: str) -> None:
    (key,) = put(url, "a")
    own, recorded = add_run(url, "demo"), add_run(url, "demo", recording="h")
    add_scores(url, recorded, [rows.ScoreRow(key, 0.0, "rouge", 1.0)])
    with session.writing(url) as opened:
        writes.add_export(opened, run_id=recorded, alpha=1.0, filename="r.csv", rows=1, sha256="s")
        writes.delete_recorded(opened, "demo")
    with session.reading(url) as opened:
        exports = opened.execute(sa.text("SELECT run_id, filename, sha256 FROM exports")).all()
        assert [tuple(row) for row in exports] == [(None, "r.csv", "s")]  # what left the program is not forgotten
        assert [row.id for row in reads.runs(opened)] == [own]
        assert reads.scores(opened, recorded) == []
    assert add_run(url) > recorded


def test_the_same_pair_is_stored_once_and_a_retrained_one_of_its_name_beside_it(url: str) -> None:
    first = add_pair(url, "p")
    assert add_pair(url, "p") == first
    with session.writing(url) as opened:
        other = writes.put_pair(
            opened, name="p", pair_hash="h2", parent="", base_hash="", recommended_alpha=1.0, manifest={}
        )
    assert other != first


def test_a_time_without_a_zone_is_refused(url: str) -> None:
    from datetime import datetime

    with pytest.raises(DatabaseError, match="zone"):
        add_run(url, created=datetime(2026, 1, 1))
