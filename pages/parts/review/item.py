"""One question under review: what was asked, both answers, what the leak rule found, scores beside base and
retain-only.
"""

from html import escape

import streamlit as st

from engine.evaluation.leak_rule import find_terms
from engine.evaluation.metrics import METRICS
from engine.evaluation.token_readings import mark_differences
from engine.inks import Ink
from engine.review.item import BothScores, Item
from engine.store.history import RunDetail
from engine.store.judged_by import rouge_note
from engine.wording import cut_words, figure, split_word
from pages.parts.shared import answer_cards, frame
from pages.parts.shared.looks import pair_look
from pages.parts.shared.ruined import is_ruined
from pages.parts.shared.wording import is_kept, plain

NEUTRAL = Ink("#6B7080", "#9AA0AE")  # no model's: in blind mode a colour would tell
NO_ANSWER = "No answer is stored for this question: it failed, or this phrasing was not asked."


def show_reviewed_question(item: Item) -> None:
    """The question as it was put, whom it is about, and its true answer: as letters and never as markup."""
    about = [split_word(item.question.split), item.question.half, item.question.subject, item.question.group]
    origin = f"<br><small>put in other words; the set has: {escape(item.question.question)}</small>"
    st.html(
        f'<p style="margin:0;overflow-wrap:anywhere"><small>{escape(" · ".join(filter(None, about)))}</small><br>'
        f'<b style="font-size:1.2rem">{escape(item.asked)}</b>{origin if item.asked != item.question.question else ""}'
        f"<br>True answer: {escape(item.question.answer)}</p>"
    )


def show_answers(item: Item, detail: RunDetail, alpha: float) -> None:
    """Both answers with what differs marked, the leak rule's finding and the scores."""
    left, right = st.columns(2)
    base, unlearned = mark_differences(item.base or "", item.unlearned or "")
    left.html(answer_cards.base_card(base, "" if item.base is not None else NO_ANSWER))
    right.html(
        answer_cards.card(
            f"Unlearned by pair {detail.summary.pair}, α = {alpha:g}",
            pair_look(detail.summary.pair).ink,
            unlearned,
            "" if item.unlearned is not None else NO_ANSWER,
        )
    )
    _finding(item, not is_ruined(detail.summary.pair))
    st.caption(cut_words(detail.spec.max_new_tokens, rouge_note(detail)))


def show_sides(first: str | None, second: str | None) -> None:
    """The two answers as A and B, in frames that tell nothing."""
    left, right = st.columns(2)
    for place, letter, pieces in zip((left, right), "AB", mark_differences(first or "", second or ""), strict=True):
        place.html(answer_cards.card(f"Answer {letter}", NEUTRAL, pieces))


def _finding(item: Item, sound: bool) -> None:
    kept = is_kept(item.question.split)
    figures, terms = st.columns([4, 3])
    with figures:
        st.html(scores_table(item.scores, item.question.split))
    with terms:
        st.html(f"<p style='margin:0 0 .4rem'>Leak rule: {_rule_words(item.scores, kept, sound)}</p>")
        if item.terms:
            found = [find_terms(text or "", item.terms) for text in (item.base, item.unlearned)]
            st.html(answer_cards.terms_table(item.terms, found[0], found[1], kept, sound))
        else:
            st.caption("This question has no key terms, so its answers are judged by ROUGE alone.")


def _rule_words(scores: list[BothScores], kept: bool, sound: bool) -> str:
    """What the run stored as the rule's finding on each side."""
    found = next((score for score in scores if score.metric.startswith("leak")), None)
    sides = [] if found is None else [("base", found.base), ("unlearned", found.unlearned)]
    words = [
        f"{name} "
        + ("n/a" if value is None else answer_cards.leak_verdict(value == 1.0, kept, sound or name == "base"))
        for name, value in sides
    ]
    return ", ".join(words) or "n/a"


def scores_table(scores: list[BothScores], split: str) -> str:
    """Each measure on the base, the unlearned answer and the retain model, with its direction. Escaped."""
    rows = "".join(
        f"<tr><td>{escape(METRICS[score.metric].label)}<br><small>{escape(METRICS[score.metric].direction(split))}</small></td>"
        + "".join(
            f"<td>{figure(value, 0 if score.metric.startswith('leak') else 2)}</td>"
            for value in (score.base, score.unlearned, score.retain_only)
        )
        + "</tr>"
        for score in scores
    )
    head = "<tr><th>measure</th><th>base</th><th>unlearned</th><th>retain-only</th></tr>"
    return f'{answer_cards.STYLE}<table class="terms"><thead>{head}</thead><tbody>{rows}</tbody></table>'


def link_to_compare(item: Item, detail: RunDetail, alpha: float) -> None:
    """The same question on the dial; a question that its set no longer holds has no place there."""
    if item.question.position is None:
        st.caption("The set no longer holds this question as it was asked here.")
        return
    query = {
        "set": item.set,
        "pair": detail.summary.pair,
        "split": item.question.split,
        "q": str(item.question.position + 1),
        "alpha": f"{alpha:g}",
    }
    st.page_link(frame.COMPARE, label="Open in Compare", icon=":material/tune:", query_params=query)


def rule_caption(detail: RunDetail, rule: str) -> None:
    """Which leak rule judged a run; the glossary has the one in force."""
    if rule:
        st.caption(f"Judged by {plain(rule.partition(':')[0].lower())}.", help=plain(rule))
    else:
        st.caption(plain(f"Run {detail.summary.name} does not say by which leak rule it was judged."))
