"""Verdicts in the database: what SQL makes of ten thousand of them, held against plain Python; the hash; two
writers.
"""

import random
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import mysql, postgresql

from db import session, writes
from db.hashing import TextHash, hash_text
from db.reads import runs, verdicts
from db.reads.verdicts import SplitParts, Wanted
from db.review_tables import VerdictTable
from db.rows import AnswerRow, ScoreRow
from db.verdict_rows import JudgedHashes, View

ROOT = Path(__file__).resolve().parents[2]
PARTS = SplitParts(("forget", ""), ("retain", "world"))
ALPHAS = (0.0, 0.5, 1.0)
QUESTIONS, EVENTS = 300, 10_000
REVIEWERS = ("Ada", "Ben", "Cy")
WORDS = ("forgotten", "leaks", "utility_harmed", "unsure", "cleared")
HASHES = ("base_text_hash", "unlearned_text_hash", "question_hash", "terms_hash", "rule_hash", "pair_hash")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


def question(number: int) -> dict[str, Any]:
    texts = ("paraphrased_question", "paraphrased_answer", "domain", "group", "half")
    lists: dict[str, list[str]] = {"perturbed_answer": [], "key_terms": [], "training_questions": []}
    split = ("forget", "retain", "holdout")[number % 3]
    own = {"question": f"q{number}", "answer": "a", "content_hash": f"h{number}", "subject": f"person {number % 7}"}
    return {**dict.fromkeys(texts, ""), **lists, **own, "split": split}


def text_at(number: int, alpha: float) -> str:
    """A third of the answers never change, a third change once, a third at every alpha."""
    return f"said {number} {(0, alpha > 0.5, alpha)[number % 7 % 3]}"


def store(url: str) -> tuple[View, list[int]]:
    with session.writing(url) as opened:
        ids = writes.put_set(opened, "s", "test", [question(number) for number in range(QUESTIONS)])
        run_id = writes.add_run(
            opened, name="r", kind="evaluate", spec="{}", base="b", pair_name="p", objective="npo", seed=0
        )
        writes.add_run_questions(opened, run_id, [(key, ["term", "é"]) for key in ids])
        cells = [(key, number, alpha) for number, key in enumerate(ids) for alpha in ALPHAS]
        answers = [AnswerRow(key, alpha, "question", text_at(number, alpha), False) for key, number, alpha in cells]
        writes.add_answers(opened, run_id, answers)
        chance = random.Random(1)
        scores = [ScoreRow(key, alpha, "rouge", round(chance.random(), 2)) for key, _, alpha in cells]
        scores += [ScoreRow(key, alpha, "leak", chance.choice([0.0, 1.0, None])) for key, _, alpha in cells]
        writes.add_scores(opened, run_id, scores)
    return View(run_id, 1.0, "question", "p", "pair", "rule"), ids


def add_events(url: str, view: View, ids: list[int]) -> list[dict[str, Any]]:
    """Random events, most of them about what stands at some alpha, some about another pair or another side."""
    chance, events = random.Random(2), []
    with session.writing(url) as opened:
        for _ in range(EVENTS):
            key, alpha = chance.choice(ids), chance.choice(ALPHAS)
            now = JudgedHashes(
                hash_text(text_at(ids.index(key), 0.0)),
                hash_text(text_at(ids.index(key), alpha)),
                f"h{ids.index(key)}",
                "",
            )
            event = {
                "run_id": view.run_id,
                "question_id": key,
                "pair_name": chance.choice(["p"] * 9 + ["other"]),
                "alpha": alpha,
                "phrasing": "question",
                "side": chance.choice(["unlearned"] * 9 + ["base"]),
                "verdict": chance.choice(WORDS),
                "reviewer": chance.choice(REVIEWERS),
                "self_declared": True,
                "note": "n",
                "blind": False,
                "shown_as": "",
                **now._asdict(),
                "terms_hash": hash_text('["term", "\\u00e9"]'),
                "rule_hash": chance.choice(["rule"] * 9 + ["old"]),
                "pair_hash": "pair",
            }
            events.append(event)
            writes.add_verdict(opened, **event)
    return events


def counting(events: list[dict[str, Any]], ids: list[int], alpha: float) -> dict[tuple[int, str], tuple[str, bool]]:
    """The plain way: per question and reviewer the latest event on what stands there, else the latest of all."""
    found: dict[tuple[int, str], tuple[str, bool]] = {}
    latest: dict[tuple[int, str], dict[bool, str]] = defaultdict(dict)
    for event in events:
        if event["pair_name"] != "p" or event["side"] != "unlearned":
            continue
        number = ids.index(event["question_id"])
        fresh = event["unlearned_text_hash"] == hash_text(text_at(number, alpha)) and event["rule_hash"] == "rule"
        latest[event["question_id"], event["reviewer"]][fresh] = event["verdict"]
    for key, said in latest.items():
        fresh = True in said
        if said[fresh] != "cleared":
            found[key] = said[fresh], fresh
    return found


def test_ten_thousand_verdicts_are_counted_by_sql_as_by_hand(url: str) -> None:
    view, ids = store(url)
    events = add_events(url, view, ids)
    for alpha in (0.5, 1.0):
        expected = counting(events, ids, alpha)
        looked = view._replace(alpha=alpha)
        with session.reading(url) as opened:
            rows = verdicts.standing(opened, looked)
            queue = verdicts.queue(opened, looked, PARTS, Wanted(sort="set"))
            counts = verdicts.counts(opened, looked, PARTS, ("unreviewed", "disputed", "leaks", "loss", "different"))
        same = [row[-5:] for row in rows]
        assert {(row.question_id, row.reviewer): (row.verdict, all(row[-5:])) for row in rows} == expected
        assert {flags[2:] for flags in same} == {(True, True, True)}
        assert [row.question_id for row in queue] == ids
        for row in queue:
            fresh = [said for (key, _), (said, holds) in expected.items() if key == row.question_id and holds]
            stale = [said for (key, _), (said, holds) in expected.items() if key == row.question_id and not holds]
            assert (row.unreviewed, row.disputed, row.stale) == (not fresh, len(set(fresh)) > 1, len(stale))
            number = ids.index(row.question_id)
            assert row.different == (text_at(number, 0.0) != text_at(number, alpha))
            assert row.leaks == (row.split == "forget" and row.leak == 1.0)
            assert row.loss == (row.split == "retain" and (row.rouge_base or 0.0) > (row.rouge or 0.0))
        assert counts == {
            "all": QUESTIONS,
            **{
                name: sum(getattr(row, name) for row in queue)
                for name in ("unreviewed", "disputed", "leaks", "loss", "different")
            },
        }
        assert 0 < counts["disputed"] < QUESTIONS


def test_the_queue_is_sorted_by_what_matters_and_filtered(url: str) -> None:
    view, ids = store(url)
    with session.reading(url) as opened:
        every = verdicts.queue(opened, view, PARTS, Wanted())
        losses = verdicts.queue(opened, view, PARTS, Wanted(("loss",), sort="loss"))
        differences = verdicts.queue(opened, view, PARTS, Wanted(sort="difference"))
        kept = verdicts.queue(opened, view, PARTS, Wanted(("leaks", "different"), keep=losses[0].question_id))
        few = verdicts.queue(opened, view, PARTS, Wanted(among=ids[:9], subject="person 1", sort="set"))
        none = verdicts.queue(opened, view, PARTS, Wanted(among=()))
    leaking = [row for row in every if row.leaks]
    assert leaking == every[: len(leaking)]
    assert [row.rouge for row in leaking] == sorted((row.rouge or 0 for row in leaking), reverse=True)
    fell = [(row.rouge_base or 0) - (row.rouge or 0) for row in losses]
    assert fell == sorted(fell, reverse=True)
    assert fell[-1] > 0
    apart = [abs((row.rouge_base or 0) - (row.rouge or 0)) for row in differences]
    assert apart == sorted(apart, reverse=True)
    assert [row.question_id for row in kept if not row.matches] == [losses[0].question_id]
    assert all(row.leaks and row.different for row in kept if row.matches)
    assert [row.question_id for row in few] == [ids[1], ids[8]]
    assert none == []


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_sql_and_python_hash_alike(text: str) -> None:
    engine = sa.create_engine("sqlite://", poolclass=sa.NullPool)
    session._listening(engine)
    with engine.connect() as connection:
        found, none = connection.execute(sa.select(TextHash(sa.literal(text)), TextHash(sa.null()))).one()
    assert (found, none) == (hash_text(text), None)


def test_other_databases_hash_with_their_own_functions() -> None:
    column = sa.column("text", sa.Text)
    shown = {
        name: str(TextHash(column).compile(dialect=kind.dialect()))
        for name, kind in (("pg", postgresql), ("my", mysql))
    }
    assert shown["pg"] == "encode(sha256(convert_to(text, 'UTF8')), 'hex')"
    assert shown["my"] == "sha2(convert(text using utf8mb4), 256)"


def test_verdicts_outlive_their_run_and_their_question(url: str) -> None:
    view, ids = store(url)
    with session.writing(url) as opened:
        now = verdicts.judged_hashes(opened, view, ids[0])
        assert now is not None
        writes.add_verdict(
            opened,
            run_id=view.run_id,
            question_id=ids[0],
            pair_name="p",
            alpha=1.0,
            phrasing="question",
            side="unlearned",
            verdict="leaks",
            reviewer="Ada",
            self_declared=True,
            note="n",
            blind=False,
            shown_as="",
            rule_hash="rule",
            pair_hash="pair",
            **now._asdict(),
        )
    with session.writing(url) as opened:
        for table in ("runs", "questions"):
            opened.execute(sa.text(f"DELETE FROM {table}"))
    with session.reading(url) as opened:
        assert runs.runs(opened) == []
        (row,) = opened.execute(
            sa.select(VerdictTable.run_id, VerdictTable.question_id, VerdictTable.verdict, VerdictTable.note)
        ).all()
    assert tuple(row) == (None, None, "leaks", "n")


def test_nothing_in_the_program_changes_or_removes_a_verdict() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (ROOT / "db").rglob("*.py")]
    assert not [text for text in sources if re.search(r"(update|delete)\(Verdict\b", text)]


def test_two_processes_judge_the_same_question_at_once_and_both_are_kept(url: str) -> None:
    view, ids = store(url)
    code = (
        "import sys; from db import session, writes; from db.reads import verdicts as verdict_reads; from"
        f" db.verdict_rows import View\nurl, view, key = {url!r}, View(*{tuple(view)!r}), {ids[0]}\nprint(1,"
        " flush=True); sys.stdin.readline()\nfor number in range(20):\n    with session.writing(url) as opened:\n     "
        "   now = verdict_reads.judged_hashes(opened, view, key)\n        writes.add_verdict(opened,"
        " run_id=view.run_id, question_id=key, pair_name='p', alpha=1.0, phrasing='question', side='unlearned',"
        " verdict='unsure', reviewer=sys.argv[1], self_declared=True, note=str(number), blind=False, shown_as='',"
        " rule_hash='rule', pair_hash='pair', **now._asdict())\n"
    )
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", code, name], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in ("Ada", "Ben")
    ]
    for writer in writers:
        assert writer.stdout is not None
        writer.stdout.readline()
    for writer in writers:
        writer.communicate("\n")
    assert [writer.returncode for writer in writers] == [0, 0]
    with session.reading(url) as opened:
        events = verdicts.events_of(opened, view, ids[0])
        standing = verdicts.standing(opened, view, ids[0])
    assert sorted((event.reviewer, int(event.note)) for event in events) == [
        (name, number) for name in ("Ada", "Ben") for number in range(20)
    ]
    assert [(row.reviewer, row.note) for row in standing] == [("Ada", "19"), ("Ben", "19")]
