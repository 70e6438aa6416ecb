"""What was said of an answer: who disagrees, what is stale, every event with its author; escaped throughout."""

from collections.abc import Sequence
from html import escape

import streamlit as st

from engine.review.item import Item
from engine.review.queue import Event
from engine.review.verdicts import Reviewer
from engine.wording import count
from pages.parts.review.words import marked_verdict
from pages.parts.shared.looks import style
from pages.parts.shared.wording import moment, plain

SHOWN = 20  # events, the newest

_STYLE = style("""
.said{list-style:none;margin:0;padding:0}
.said li{border-left:4px solid $line;padding:.25rem 0 .25rem .7rem;margin:0 0 .5rem;
 overflow-wrap:anywhere}
.said li.stale{border-left-style:dashed;opacity:.8}
.said p{margin:.2rem 0 0;white-space:pre-wrap;max-height:9rem;overflow:auto}
.said small{color:$quiet}
""")


def show_standing(item: Item) -> None:
    """Where two reviewers differ, and which verdicts are about something that is another by now."""
    fresh = [row for row in item.standing if not row.stale]
    if any(row.disputed for row in fresh):
        words = ", ".join(f"{row.reviewer} says {marked_verdict(row.verdict, item.question.split)}" for row in fresh)
        st.warning(plain(f"Disputed: {words}."), icon=":material/balance:")
    for row in item.standing:
        if row.stale:
            word = marked_verdict(row.verdict, item.question.split)
            words = f"Stale: {row.reviewer} said {word} on {moment(row.created)}: {row.stale}."
            st.warning(plain(words), icon=":material/history:")


def reveal(item: Item, reviewer: Reviewer) -> None:
    """Which answer was which, where the reviewer judged these two blind."""
    own = [event for event in item.events if event.reviewer == reviewer.name and event.shown_as and not event.stale]
    latest = {event.side: event for event in reversed(own)}
    if not latest:
        return
    words = ", ".join(
        f"{event.shown_as} was {_whose(event.side)}: {marked_verdict(event.verdict, item.question.split)}"
        for event in sorted(latest.values(), key=lambda event: event.shown_as)
    )
    st.info(plain(f"Judged blind. {words}."), icon=":material/visibility:")


def show_history(events: Sequence[Event], split: str) -> None:
    st.subheader("History", anchor=False)
    if not events:
        st.caption("Nobody has judged this answer yet.")
        return
    shown = events
    if len(events) > SHOWN and not st.toggle(f"all {len(events)} events", key="history-all"):
        shown = events[:SHOWN]
        st.caption(f"The newest {SHOWN} of {count(len(events), 'event')}.")
    st.html(history_html(shown, split))


def history_html(events: Sequence[Event], split: str = "") -> str:
    """A list, the newest first. Names and notes are data: letters, whatever they look like."""
    return f'{_STYLE}<ul class="said">{"".join(_line(event, split) for event in events)}</ul>'


def _line(event: Event, split: str) -> str:
    who = escape(event.reviewer) + (" (self-declared)" if event.self_declared else "")
    where = f"α = {event.alpha:g}" + (
        f", blind, {_whose(event.side)} shown as {event.shown_as}" if event.shown_as else ""
    )
    note = f"<p>{escape(event.note)}</p>" if event.note.strip() else ""
    stale = f"<br><small>stale: {escape(event.stale)}</small>" if event.stale else ""
    return (
        f'<li class="{"stale" if event.stale else ""}"><b>{escape(marked_verdict(event.verdict, split))}</b> · {who} · '
        f"<small>{escape(moment(event.created))}, {escape(where)}</small>{stale}{note}</li>"
    )


def _whose(side: str) -> str:
    return "the base's answer" if side == "base" else "the unlearned answer"
