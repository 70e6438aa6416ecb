"""The parts that draw: escaping, wording, the strip, the memory of answers."""

import threading
from datetime import UTC, datetime, timedelta, timezone

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.evaluation.token_readings import TextPiece, TokenReading
from engine.models.manifest import PairManifest
from engine.wording import count, figure
from pages.parts.compare.token_strip import shown_token, strip_caption, strip_table, token_strip_html
from pages.parts.shared import looks
from pages.parts.shared.answer_cards import base_card, leak_verdict, terms_table
from pages.parts.shared.looks import BIN_INKS, pair_look, pair_looks
from pages.parts.shared.memory import Memory
from pages.parts.shared.wording import duration, moment, plain, size
from pages.parts.tradeoff.forced_curves import DrawnRun, RetainMean, lead


def reading(token: str, base: float, unlearned: float) -> TokenReading:
    top = (("<b>", 0.5),)
    return TokenReading(token, base, unlearned, 1, 214, unlearned - base, top, top)


READINGS = [reading(" was", -0.1, -0.2), reading(" <script>", -0.2, -4.6), reading("", -0.3, 0.0)]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "unknown"),
        (float("nan"), "unknown"),
        (0.4, "0 s"),
        (59.6, "1 min 0 s"),
        (75, "1 min 15 s"),
        (3599, "59 min"),
        (7260, "2 h 1 min"),
    ],
)
def test_duration(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("bytes_", "words"), [(None, "unknown"), (999, "999 B"), (1_300_000_000, "1.3 GB"), (93e6, "93 MB")]
)
def test_size(bytes_: float | None, words: str) -> None:
    assert size(bytes_) == words


def test_moment_is_utc() -> None:
    assert moment(datetime(2026, 1, 2, 3, 4, tzinfo=UTC)) == "2026-01-02 03:04 UTC"
    assert moment(datetime(2026, 1, 2, 3, 4, tzinfo=timezone(timedelta(hours=2)))) == "2026-01-02 01:04 UTC"
    assert moment(None) == "–"


def test_figures_and_counts() -> None:
    assert figure(None) == figure(float("nan")) == "n/a"
    assert (count(1, "row"), count(2, "row"), count(0, "row")) == ("1 row", "2 rows", "0 rows")


def test_the_lead_is_about_the_whole_forget_set_not_one_half() -> None:
    """One question at .9 and three at .1: .3, whichever half comes first."""
    columns = ["split", "half", "metric", "alpha", "value", "error", "questions"]
    rows = [
        ("forget", half, "probability", alpha, value + alpha / 10, 0.0, n)
        for half, value, n in (("eval", 0.8, 1), ("train", 0.0, 3))
        for alpha in (0.0, 1.0)
    ]
    said = lead(DrawnRun(pd.DataFrame(rows, columns=columns), None, {"probability": RetainMean(0.05, 2)}), 1.0)
    assert "keeps a probability of 0.30 (n = 4); a model that never saw it gives 0.05 (n = 2)." in said


@given(st.text())
def test_plain_leaves_no_markup_unescaped(text: str) -> None:
    escaped = plain(text)
    for mark in "*_[]<`$:":
        for place, letter in enumerate(escaped):
            if letter == mark:
                assert escaped[place - 1] == "\\"


@given(st.text(), st.text())
def test_cards_and_terms_are_escaped(text: str, term: str) -> None:
    card = base_card([TextPiece(text, True), TextPiece("<img src=x>", False)])
    assert "<img" not in card
    assert "<img" not in terms_table([term, "<img>"], [term], [], kept=False)


def test_an_empty_answer_says_so() -> None:
    assert "an empty answer" in base_card([])


def test_found_terms_say_it_in_words() -> None:
    table = terms_table(["Rome"], ["Rome"], [], kept=False)
    assert "✖ found" in table
    assert "✔ not found" in table


def test_where_a_question_is_to_be_kept_a_found_term_is_good_news() -> None:
    table = terms_table(["Rome"], ["Rome"], [], kept=True)
    assert "✔ found" in table
    assert "✖ not found" in table
    assert "✔ remembered" in leak_verdict(True, kept=True)
    assert "✖ leaks" in leak_verdict(True, kept=False)


def test_the_strip_escapes_and_signs() -> None:
    html = token_strip_html(READINGS, (0.0, 2.0))
    assert "<script>" not in html
    assert "−−" in html
    assert BIN_INKS[1].css in html
    assert "rank 1 → 214" in html


def test_the_strip_in_words_and_as_a_table() -> None:
    assert strip_caption(READINGS).startswith("1 of 3 tokens are less likely")
    assert "<script>" in strip_caption(READINGS)
    assert list(strip_table(READINGS, (0.0, 2.0))["under the pair it is"]) == [
        "about as likely",
        "much less likely",
        "about as likely",
    ]
    assert strip_caption([]) == "There is no token to read."


def test_white_space_is_visible() -> None:
    assert [shown_token(token) for token in (" a", "\n", "  ", "")] == ["a", "↵", "␣", "∅"]


def test_a_new_pair_takes_no_other_pairs_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    def named(*names: str) -> list[PairManifest]:
        return [
            PairManifest(name, "demo", "demo", "npo", created=f"2026-01-{place + 1:02}")
            for place, name in enumerate(names)
        ]

    monkeypatch.setattr(looks, "list_pairs", lambda: named("demo", "zoe"))
    before = pair_look("zoe")
    many = ["demo", "zoe", *(f"a{number}" for number in range(12))]
    monkeypatch.setattr(looks, "list_pairs", lambda: named(*many))
    assert pair_look("zoe") == before
    assert len(set(pair_looks(many).values())) == len(many)


def test_the_looks_of_a_chart_read_the_manifests_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bool] = []
    monkeypatch.setattr(looks, "list_pairs", lambda: read.append(True) or [])
    pair_looks(["demo", "demo-first", "gone"])
    assert read == [True]


def test_memory_drops_what_was_used_longest_ago() -> None:
    memory = Memory(2)
    memory.put("a", 1)
    memory.put("b", 2)
    assert memory.get("a") == 1
    memory.put("c", 3)
    assert (memory.get("a"), memory.get("b"), memory.get("c")) == (1, None, 3)


def test_memory_serves_many_threads() -> None:
    memory = Memory(10)

    def work() -> None:
        for number in range(500):
            memory.put(number % 20, number)
            memory.get(number % 7)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(memory.get(number) is not None for number in range(20)) <= 10
