"""Runs from before leak rule 2 and the ROUGE of other scripts, beside later ones: alike where it can make no
difference.
"""

import re
import unicodedata
from collections.abc import Sequence
from html import escape

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from db import writes
from db.rows import AnswerRow
from engine.analysis.advice.stored import Advised
from engine.analysis.differences import unlike
from engine.data.examples import Example
from engine.evaluation.leak_rule import LEAK_RULE, LEAK_RULE_1, find_terms, reads_alike
from engine.evaluation.rouge import ROUGE_SCORE, VARIANT
from engine.report import gather
from engine.report.html_page import html_bytes
from engine.report.openunlearning import open_log
from engine.report.selection import Selection
from engine.review.verdicts import view_of
from engine.store import history
from engine.store.judged_by import judged_alike, rouge_note, rule_of
from engine.store.session import writing
from tests.reports import SAID, Said, store_report
from tests.stored_runs import store_run, store_set

PLAIN = Example("where lives Zoë ?", "She lives in Köln.", key_terms=("Köln",), split="forget")
RUSSIAN = Example("где живёт Одо ?", "в городе Вардё", key_terms=("Вардё",), split="forget")
THAI = Example("เธออยู่ที่ไหน", "ออสโล", key_terms=("ออสโล",), split="forget")


def store(example: Example, answer: str, rule: str, rouge: str = "") -> history.RunDetail:
    (question,) = store_set("folk", [example])
    versions = {"torch": "2", "leak rule": rule, **({history.ROUGE: rouge} if rouge else {})}
    run_id = store_run("a", {"rouge": {question: 0.0}}, versions=versions)
    with writing() as session:
        writes.add_run_questions(session, run_id, [(question, example.key_terms)])
        writes.add_answers(session, run_id, [AnswerRow(question, 1.0, "question", answer, False)])
    return history.run_detail(run_id)


@pytest.mark.parametrize(
    ("example", "answer", "alike"),
    [
        (PLAIN, "In Köln, I believe – “Köln”.", True),
        (PLAIN, "Kö\u00adln", False),
        (PLAIN, "in 文 Köln\ufffd", True),
        (PLAIN, "A+型", False),
        (PLAIN, "in กรุงเทพ", False),
        (THAI, "", False),
        (Example("who ?", "Łódź", split="forget"), "Lodz", False),  # no key term is listed: ROUGE may judge it
    ],
)
def test_a_run_before_rule_2_is_alike_where_both_read_all_its_texts_alike(
    own_folders: object, example: Example, answer: str, alike: bool
) -> None:
    before, after = store(example, answer, LEAK_RULE_1), store(example, answer, LEAK_RULE)
    assert rule_of(before) == LEAK_RULE_1
    assert rule_of(after) == (LEAK_RULE_1 if alike else LEAK_RULE)
    assert judged_alike(before) is judged_alike(after) is alike
    assert ("leak rule" in [item.what for item in unlike(before, after)]) is not alike
    views = [view_of(item.summary.id, 1.0, "question").rule_hash for item in (before, after)]
    assert (views[0] == views[1]) is alike  # so a verdict on the one holds on the other


def test_a_rule_that_is_neither_stays_itself(own_folders: object) -> None:
    assert rule_of(store(PLAIN, "Köln", "one")) == "one"


def test_an_advice_by_rule_1_stays_in_force_where_rule_2_says_the_same(own_folders: object) -> None:
    class Basis:
        leak_rule = 1

    class Advice:
        basis = Basis()

    def outdated(detail: history.RunDetail) -> bool:
        return Advised(detail.summary.id, "a", Advice(), "").outdated  # type: ignore[arg-type]

    assert not outdated(store(PLAIN, "Köln", LEAK_RULE_1))
    assert outdated(store(THAI, "ออสโล", LEAK_RULE_1))


def test_what_read_the_words_of_rouge_is_said_and_compared(own_folders: object) -> None:
    before, after = store(RUSSIAN, "Вардё", LEAK_RULE, ""), store(RUSSIAN, "Вардё", LEAK_RULE, VARIANT)
    assert rouge_note(after) == f"ROUGE reads words by {VARIANT}."
    assert "could not read 1 true answer of this run when it was scored" in rouge_note(before)
    (found,) = unlike(before, after)
    assert (found.what, found.first) == ("ROUGE words", ROUGE_SCORE)
    assert rouge_note(store(PLAIN, "Köln", LEAK_RULE)) == ""
    assert list(history.report_rows(before.summary.id, 1.0)["rouge words"]) == [ROUGE_SCORE]
    assert list(history.report_rows(after.summary.id, 1.0)["rouge words"]) == ["Unicode words 1"]


VARDO = Said("где живёт Одо ?", "в городе Вардё", "Вардё", "нет", (1, 0), (0, 0), subject="Одо")


def reported(said: Said, **versions: str) -> gather.Chosen:
    return gather.choose(store_report("audit", (said,), versions={"torch": "2", **versions}), None, Selection())


def test_a_report_says_what_read_the_words_of_its_rouge_and_fails_where_nothing_could(own_folders: object) -> None:
    rule = {history.LEAK_RULE: LEAK_RULE}
    before = {check.words: check.state for check in gather.checks_of(reported(VARDO, **rule))}
    (unread,) = [words for words in before if "ROUGE could not read 1 true answer" in words]
    assert before[unread] == "fail"
    chosen = reported(VARDO, **rule, **{history.ROUGE: VARIANT})
    assert f"For 1 question ROUGE reads words by {VARIANT}." in [check.words for check in gather.checks_of(chosen)]
    report = gather.gather(chosen)
    assert report.origin.rouge_words == rouge_note(chosen.detail)
    assert escape(report.origin.rouge_words) in html_bytes(report).decode()
    assert [note for note in open_log(chosen.detail.summary.id, 1.0).notes if VARIANT in note]


def test_a_report_of_a_run_before_rule_2_passes_where_nothing_is_read_otherwise(own_folders: object) -> None:
    rule = {history.LEAK_RULE: LEAK_RULE_1}
    same, other = (
        next(check for check in gather.checks_of(reported(said, **rule)) if "leak rule" in check.words)
        for said in (SAID[0], VARDO)
    )
    assert same.state == "pass"
    assert "version 1; version 2" in same.words
    assert other.state == "note"


# Leak rule 1 as it was.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"})
_MARKS = re.compile("[\u0300-\u036f]")
_THOUSANDS = re.compile(r"(?<=\d)[,'’\u00a0\u2009\u202f](?=\d{3}(?!\d))")
_UNIT = re.compile(r"(?<=\d)(?=(?:mg|mcg|kg|ml|km|cm|mm|am|pm)\b)")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
_WORD = re.compile(
    r"(?<![\d.])\d+\.\d+(?!\.?\d)|\b[a-z]{1,2}(?:\+\+?|-)(?!\w)|[\u3040-\u30ff\u4e00-\u9fff]|[^\W_\u3040-\u30ff\u4e00-\u9fff]+"
)


def words_1(text: str) -> list[str]:
    lowered = unicodedata.normalize("NFKD", _THOUSANDS.sub("", text)).casefold()
    plain = unicodedata.normalize("NFKC", _MARKS.sub("", lowered)).translate(_LETTERS).replace("−", "-")
    found = _WORD.findall(_UNIT.sub(" ", _ORDINAL.sub("", plain)))
    return [word.rstrip("0").rstrip(".") if "." in word else word for word in found]


def finds_1(term: Sequence[str], text: Sequence[str]) -> bool:
    return bool(term) and any(text[start : start + len(term)] == term for start in range(len(text)))


_letters = st.sampled_from("abAB 019.,-+'’ßéÉñıİøŁŒжЙёΩλή°½\u0301\u0308\u00a0–…€_mgth")


@given(st.text(_letters, max_size=4), st.text(_letters | st.sampled_from("文か\ufffd→"), max_size=20))
def test_where_texts_are_read_alike_rule_2_finds_what_rule_1_found(term: str, text: str) -> None:
    assume(reads_alike([], [text]))
    assert reads_alike([term], [text])
    assert bool(find_terms(text, [term])) == finds_1(words_1(term), words_1(text))


@pytest.mark.parametrize("text", ["a\u00adb", "a\u200b", "مُ", "한", "中", "दि", "٤", "\u0345", "Oʼb", "\u2011"])
def test_what_the_rules_may_read_otherwise_is_not_taken_for_alike(text: str) -> None:
    assert not reads_alike([text])
    assert text == "中" or not reads_alike([], [text])  # only as a key term it is another
