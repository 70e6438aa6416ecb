"""What a probe got out, one question at a time: what came out first, and every draw where there are several."""

from collections.abc import Sequence
from html import escape

import pandas as pd
import streamlit as st

from engine.audit.draws import ShownDraw, draws_of
from engine.audit.found import ProbeOutput, ProbeRow, outputs_of
from engine.evaluation.marked_terms import marked_pieces
from engine.evaluation.token_readings import TextPiece
from engine.inks import BASE, FAIL, PASS
from pages.parts.runs.opened import PROBE, is_opened
from pages.parts.shared import address
from pages.parts.shared.answer_cards import card
from pages.parts.shared.wording import MISSING, plain

OUTPUT, DRAW = "output", "draw"  # in the address beside the probe: the question's id, the draw's number
FOUND = {True: ("✖ found", FAIL), False: ("nothing found", PASS), None: ("not tried", BASE)}
ONE_DRAW = "Of the draws only this one is stored: the audit is of a version that kept no others."


def show_outputs(run_id: int, rows: Sequence[ProbeRow], worst: str) -> None:
    """One probe, chosen in the address, one question of it, and one of its draws."""
    labels = {row.name: row for row in rows}
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        chosen = address.select(
            "What came out, by probe",
            list(labels),
            PROBE,
            worst,
            text=str if is_opened() else address.unless(worst),  # so that a link to it is new where it is chosen
            format_func=lambda name: f"{labels[name].label}: {_tally(labels[name])}",
            on_change=_forget,
            args=(OUTPUT, DRAW),
            help=plain(f"{labels[worst].sentence} Source: {labels[worst].source}."),
        )
    found = outputs_of(run_id, chosen)
    if not found:
        return
    ids = [item.question_id for item in found]
    with right:
        at = _pager("question", OUTPUT, ids, ("K", "J"), [DRAW])
    item = found[ids.index(at)]
    _show_output(item, draws_of(run_id, chosen, at), labels[chosen])
    with st.expander("All of them in a table"):
        st.caption(plain(f"{labels[chosen].sentence} Baseline: {labels[chosen].floor_reason}."))
        _table(found, labels[chosen])


def _show_output(item: ProbeOutput, draws: Sequence[ShownDraw], probe: ProbeRow) -> None:
    if not item.question:
        st.text("This question was erased: only the figures are left.")
        return
    st.html(f"<p style='margin:0'><strong>{escape(item.question)}</strong><br>true: {escape(item.true_answer)}</p>")
    leaks: bool | None
    if len(draws) > 1:
        number = _pager("draw", DRAW, [draw.number for draw in draws], ("P", "N"), [])
        draw = next(one for one in draws if one.number == number)
        pieces, leaks = draw.pieces, draw.leaks
        note = f"drawn as number {draw.number}; those that leak come first" + ("; a loop" * draw.degenerate)
    else:
        pieces, leaks, note = marked_pieces(item.output, item.key_terms), item.found, item.detail
    words, ink = FOUND[leaks]
    st.html(card(words, ink, [TextPiece(text, bool(place % 2)) for place, text in enumerate(pieces)], note))
    if len(draws) > 1:
        st.caption(plain(item.detail))
    elif (probe.budget.get("samples") or 0) > 1 and "samples leak" in item.detail:
        st.caption(ONE_DRAW)


def _pager(what: str, key: str, options: Sequence[int], keys: tuple[str, str], forgets: Sequence[str]) -> int:
    """Previous and next, with their keys; the choice lives in the address, the first of them without a word."""
    first = options[0]
    address.seed(key, address.one_of(key, options), first)
    address.settle(key, options, first)
    chosen: int = st.session_state[key]
    at = list(options).index(chosen)
    steps = {-1: options[max(at - 1, 0)], 1: options[min(at + 1, len(options) - 1)]}
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for step, label, icon, shortcut in (
            (-1, f"Previous {what}", ":material/chevron_left:", keys[0]),
            (1, f"Next {what}", ":material/chevron_right:", keys[1]),
        ):
            st.button(
                label,
                key=f"{key}-{'back' if step < 0 else 'on'}",
                icon=icon,
                shortcut=shortcut,
                disabled=steps[step] == chosen,
                on_click=_turn,
                args=(key, steps[step], tuple(forgets)),
            )
        st.text(f"{what} {at + 1} of {len(options)}")
    address.keep(key, chosen, "" if chosen == first else str(chosen))
    return chosen


def _turn(key: str, to: int, forgets: tuple[str, ...]) -> None:
    st.session_state[key] = to
    _forget(*forgets)


def _forget(*keys: str) -> None:
    """Another probe or question begins with its first."""
    for key in keys:
        st.session_state[key] = None


def _tally(row: ProbeRow) -> str:
    return f"{row.found} of {row.n}" if row.n else "not tried"


def _table(found: Sequence[ProbeOutput], probe: ProbeRow) -> None:
    cells = [
        (item.question or str(item.question_id), FOUND[item.found][0], item.output, item.value, item.detail)
        for item in found
    ]
    names = ["question", "result", "what came out", probe.unit or "value", "in words"]
    st.dataframe(
        pd.DataFrame(cells, columns=names), hide_index=True, placeholder=MISSING, alt=f"Results of {probe.label}."
    )
