"""The table of answers with a pane beside it: a component of our own, for `st.dataframe` is a picture that marks
nothing and that no screen reader sees.

What decides (rows, results, filters, counts) is `engine.review.answers`; here it is put into words for the browser.
Every text is written by textContent.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import streamlit as st

from engine.data.examples import KEPT
from engine.evaluation.metrics import METRICS
from engine.inks import in_css
from engine.review.answers import (
    FALSE,
    FILTERS,
    MISSING,
    REFUSES,
    REMEMBERED,
    RESULT_WORDS,
    TELLS,
    UNKNOWN,
    ShownAnswer,
    TableOfAnswers,
    TableRow,
)
from engine.review.item import Item
from engine.review.queue import Event
from engine.review.verdicts import verdict_word
from engine.wording import figure, split_word
from pages.parts.components.verdict_keys import (
    BAR_HTML,
    HERE,
    KEYS_CSS,
    KEYS_JS,
    JudgedView,
    judging,
    on_name,
    on_presses,
    words_of,
)
from pages.parts.shared.wording import moment

_HTML = f"""
<div class="whole">
  <div class="top"><div class="chips" role="group" aria-label="Filters"></div>
    <span><span class="count" role="status"></span> · J and K move</span></div>
  <div class="beside">
    <div class="rows" role="region" aria-label="Answers" tabindex="0">
      <table><thead></thead><tbody></tbody></table>
      <p class="none" hidden>No question meets all of these filters.</p></div>
    <div class="pane" role="region" aria-label="The chosen question" tabindex="0"></div>
  </div>
  {BAR_HTML}
</div>
"""
_table = st.components.v2.component(
    "oubliette_answer_table",
    html=_HTML,
    css=KEYS_CSS + in_css((HERE / "answer_table.css").read_text(encoding="utf-8")),
    js=KEYS_JS + (HERE / "answer_table.js").read_text(encoding="utf-8"),
)
_OF_BASE = {**RESULT_WORDS, UNKNOWN: "does not know it"}
_MARKS = {TELLS: "✖", REMEMBERED: "✔", FALSE: "≠", UNKNOWN: "○"}


class FirstChoice(NamedTuple):
    """What is chosen at first: the question, and the filters."""

    question: int | None = None
    filters: Sequence[str] = ()


class Moved(NamedTuple):
    """What is chosen now."""

    question: int | None
    filters: list[str]


def draw_answers(
    table: TableOfAnswers,
    alphas: Sequence[float],
    key: str,
    chosen: FirstChoice,
    item: Item | None,
    view: JudgedView | None,
) -> None:
    """The table of a run's answers at `alphas`; `item` is the chosen question with all that is known of it, `view` what
    verdict keys judge (None: no verdicts here).
    """
    data = {
        **table_data(table, alphas),
        "chosen": list(chosen.filters),
        "selected": chosen.question,
        "linked": chosen.question,
        "detail": None if item is None else detail_data(item, alphas[0]),
        "judging": None if view is None else judging(key, view),
    }
    _table(
        key=key,
        data=data,
        on_selected_change=_nothing,
        on_chips_change=_nothing,
        on_presses_change=None if view is None else on_presses(key),
        on_name_change=None if view is None else on_name(key),
    )


def moved(key: str, at_first: FirstChoice) -> Moved:
    """What the visitor has chosen in the table since, else what was chosen at first."""
    state = st.session_state.get(key) or {}
    question, filters = state.get("selected"), state.get("chips")
    known = [name for name in FILTERS if name in filters] if isinstance(filters, list) else list(at_first.filters)
    return Moved(question if isinstance(question, int) else at_first.question, known)


def table_data(table: TableOfAnswers, alphas: Sequence[float]) -> dict[str, Any]:
    """The table as the browser draws it; `version` changes where a row, and not only what was said of it, does."""
    rows = [_row(row) for row in table.rows]
    columns = ["Question", "Base", *(f"α = {alpha:g}" for alpha in alphas), "Verdict"]
    content = json.dumps([columns, rows], ensure_ascii=False, sort_keys=True)
    return {
        "version": hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()[:16],
        "columns": columns,
        "rows": rows,
        "said": [[row.own, list(row.others), sorted(row.flags)] for row in table.rows],
        "filters": [[name, word, table.counts[name], meaning] for name, (word, meaning) in FILTERS.items()],
        "all": table.counts["all"],
        "words": {"secret": words_of("forget"), "kept": words_of("retain")},
    }


def _row(row: TableRow) -> dict[str, Any]:
    secret = row.split not in KEPT
    return {
        "id": row.question_id,
        "kind": "secret" if secret else "kept",
        "about": " · ".join(filter(None, [row.set, split_word(row.split), row.subject])),
        "q": row.question,
        "a": row.answer,
        "base": _told(row.base, secret, "", _OF_BASE),
        "told": [_told(one, secret, _tone(one.result, secret)) for one in row.unlearned],
    }


def _told(shown: ShownAnswer, secret: bool, tone: str, words: dict[str, str] = RESULT_WORDS) -> list[Any]:
    word = f"{_mark(shown.result, secret)} {words[shown.result]}".strip()
    rouge = "" if shown.rouge is None else f"ROUGE-L {figure(shown.rouge)}"
    return [list(shown.pieces), word, tone, rouge]


def _mark(result: str, secret: bool) -> str:
    """As Compare and Overview show it: to refuse is what is wanted of a secret alone."""
    return ("✔" if secret else "✖") if result == REFUSES else _MARKS.get(result, "")


def _tone(result: str, secret: bool) -> str:
    """Green and red mean pass and fail; what is neither has no color."""
    if result == MISSING:
        return ""
    if result == REMEMBERED or (result == REFUSES and secret):
        return "good"
    return "bad" if result == TELLS or (not secret and result in (REFUSES, FALSE)) else ""


def detail_data(item: Item, alpha: float) -> dict[str, Any]:
    """Scores and history of the chosen question."""
    head = ["measure", "base", f"α = {alpha:g}", "retain model"]
    scores = [
        [
            _measure(one.metric, item.question.split),
            *(figure(value) for value in (one.base, one.unlearned, one.retain_only)),
        ]
        for one in item.scores
    ]
    return {
        "id": item.question.id,
        "scores": [head, *scores],
        "events": [_event(event, item.question.split) for event in item.events],
    }


def _measure(metric: str, split: str) -> str:
    return "Remembered" if metric.startswith("leak") and split in KEPT else METRICS[metric].label


def _event(event: Event, split: str) -> str:
    who = event.reviewer + (" (self-declared)" if event.self_declared else "")
    blind = f", blind, {event.side} shown as {event.shown_as}" if event.shown_as else ""
    words = f"{verdict_word(event.verdict, split)} · {who} · {moment(event.created)}, α = {event.alpha:g}{blind}"
    stale = f" · stale: {event.stale}" if event.stale else ""
    return words + stale + (f"\n{event.note}" if event.note.strip() else "")


def _nothing() -> None:
    """What was chosen is read when the page is drawn."""
