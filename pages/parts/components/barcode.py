"""The forgetting barcode on a screen: a component whose rows are drawn from data, texts only as text."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from engine.analysis.barcode import Barcode
from engine.evaluation.answer_kinds import FORGET_KINDS
from engine.inks import in_css
from pages.parts.shared.charts import OfRun, csv_button

LONGEST = 240  # characters of an answer or a question that are sent
TALLEST, LOWEST, HEIGHT = 14, 3, 330  # pixels: of a row, and of all rows

_CSS = in_css("""
.barcode{font:inherit;font-size:.85rem;color:$text}
.barcode .legend{display:flex;flex-wrap:wrap;gap:.1rem 1rem;margin:0 0 .3rem;padding:0;list-style:none}
.barcode .legend i{display:inline-block;width:.8rem;height:.8rem;margin-right:.3rem;vertical-align:-.1rem;
 border-radius:2px}
.barcode .field{position:relative;cursor:pointer;outline-offset:2px;background:$panel}
.barcode .row{display:flex;box-sizing:border-box}
.barcode .apart .row{border-bottom:1px solid $page}
.barcode .row i{display:block;min-width:1px}
.barcode .row.here{outline:2px solid $text;z-index:1;position:relative}
.barcode .alpha{position:absolute;top:0;bottom:0;width:2px;margin-left:-1px;background:$text;pointer-events:none}
.barcode .ticks{position:relative;height:1.3rem;color:$quiet;font-size:.8rem}
.barcode .ticks span{position:absolute;white-space:nowrap;transform:translateX(-50%)}
.barcode .ticks span:first-child{transform:none}.barcode .ticks span:last-child{transform:translateX(-100%)}
.barcode .said{height:5.2em;margin:.1rem 0 0;line-height:1.3;overflow:hidden}
.barcode .said b{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.barcode .said span{display:block;overflow-wrap:anywhere}
""")

_JS = """
export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector(".barcode");
  root.replaceChildren();
  const make = (tag, name, text) => {
    const found = document.createElement(tag);
    if (name) found.className = name;
    if (text !== undefined) found.textContent = text;
    return found;
  };
  const { rows, kinds, low, high, alpha } = data, span = high - low;
  const legend = make("ul", "legend");
  for (const kind of kinds) {
    const item = make("li"), patch = make("i");
    patch.style.background = kind.ink;
    item.append(patch, kind.icon + " " + kind.word);
    legend.append(item);
  }
  const field = make("div", data.height > 5 ? "field apart" : "field");
  field.tabIndex = 0;
  field.setAttribute("role", "application");
  field.setAttribute("aria-roledescription", "barcode");
  field.setAttribute("aria-label", data.alt);
  const lines = rows.map((row) => {
    const line = make("div", "row");
    line.style.height = data.height + "px";
    for (const [from, to, kind] of row.stretches) {
      const piece = make("i");
      piece.style.flex = Math.max(to - from, 1e-6) + " 1 0";
      piece.style.background = kinds[kind].ink;
      line.append(piece);
    }
    field.append(line);
    return line;
  });
  if (alpha >= low && alpha <= high) {
    const mark = make("div", "alpha");
    mark.style.left = (100 * (alpha - low)) / span + "%";
    field.append(mark);
  }
  const ticks = make("div", "ticks");
  for (const [at, label] of data.ticks) {
    const tick = make("span", "", label);
    tick.style.left = (100 * (at - low)) / span + "%";
    ticks.append(tick);
  }
  const said = make("p", "said", data.hint);
  said.setAttribute("role", "status");
  root.append(legend, field, ticks, said);
  let row = 0, at = Math.min(Math.max(alpha, low), high);
  const show = () => {
    lines.forEach((line, place) => line.classList.toggle("here", place === row));
    const found = rows[row].stretches.find(([from, to]) => at >= from && at <= to) || rows[row].stretches[0];
    const kind = kinds[found[2]];
    said.replaceChildren(
      make("b", "", rows[row].question),
      make("span", "", "α = " + at.toFixed(2) + ": " + kind.icon + " " + kind.word),
      make("span", "", data.texts[found[3]]),
    );
  };
  const place = (event) => {
    const box = field.getBoundingClientRect();
    row = Math.min(Math.max(Math.floor((event.clientY - box.top) / data.height), 0), rows.length - 1);
    at = low + (span * Math.min(Math.max(event.clientX - box.left, 0), box.width)) / box.width;
  };
  const open = () => setTriggerValue("opened", { row, alpha: Math.round(at * 100) / 100 });
  field.onmousemove = (event) => { place(event); show(); };
  field.onclick = (event) => { place(event); show(); open(); };
  field.onfocus = show;
  field.onkeydown = (event) => {
    if (event.key === "Enter") open();
    else if (event.key === "ArrowDown") row = Math.min(row + 1, rows.length - 1);
    else if (event.key === "ArrowUp") row = Math.max(row - 1, 0);
    else if (event.key === "ArrowRight") at = Math.min(at + span / 40, high);
    else if (event.key === "ArrowLeft") at = Math.max(at - span / 40, low);
    else return;
    event.preventDefault();
    show();
  };
}
"""

_draw: Callable[..., Any] = st.components.v2.component(
    "oubliette_barcode", html='<div class="barcode"></div>', css=_CSS, js=_JS
)


def draw_barcode(found: Barcode, alpha: float, key: str) -> tuple[int, float] | None:
    """Draws it, with a CSV of it; the row and the α that were just chosen by a click or Enter, else None."""
    chosen = _draw(data=barcode_data(found, alpha), key=key, on_opened_change=lambda: None).opened
    csv_button(barcode_table(found), key, OfRun(found.run_id, alpha))
    if not isinstance(chosen, dict):
        return None
    row, at = chosen.get("row"), chosen.get("alpha")
    if not isinstance(row, int) or not 0 <= row < len(found.rows) or not isinstance(at, int | float):
        return None  # whatever a browser may send
    return row, min(max(float(at), found.low), found.high)


def barcode_data(found: Barcode, alpha: float) -> dict[str, Any]:
    """What the browser gets: every text once, and stretches as α from, α to, place of kind, place of text."""
    names = [kind.name for kind in FORGET_KINDS]
    texts = list(dict.fromkeys(item.text for row in found.rows for item in row.stretches))
    place = {text: number for number, text in enumerate(texts)}
    height = max(LOWEST, min(TALLEST, HEIGHT // max(len(found.rows), 1)))
    return {
        "low": found.low,
        "high": found.high,
        "alpha": alpha,
        "height": height,
        "kinds": [{"icon": kind.icon, "word": kind.word, "ink": kind.ink.css} for kind in FORGET_KINDS],
        "ticks": [(at, f"α = {at:g}") for at in sorted({found.low, min(max(1.0, found.low), found.high), found.high})],
        "texts": [_cut(text) for text in texts],
        "rows": [
            {
                "question": _cut(row.question),
                "stretches": [
                    (item.low, item.high, names.index(item.kind.name), place[item.text]) for item in row.stretches
                ],
            }
            for row in found.rows
        ],
        "alt": barcode_words(found, alpha) + " Arrow keys move, Enter opens the answer on Compare.",
        "hint": "Point at a line to read the answer; a click opens it on Compare.",
    }


def barcode_table(found: Barcode) -> pd.DataFrame:
    """One row for each answer: its question, from which α to which it is given, what it does, and the answer."""
    rows = [
        (row.set, row.split, row.question, item.low, item.high, item.kind.word, item.text)
        for row in found.rows
        for item in row.stretches
    ]
    return pd.DataFrame(rows, columns=["set", "split", "question", "α from", "α to", "the answer", "answer"])


def barcode_words(found: Barcode, alpha: float) -> str:
    """What it shows, as text."""
    return (
        f"{len(found.rows)} questions to be forgotten, one line each, α from {found.low:g} to {found.high:g}:"
        f" {found.told_at(found.low)} are told at α = {found.low:g}, {found.told_at(alpha)} at α = {alpha:g}."
    )


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
