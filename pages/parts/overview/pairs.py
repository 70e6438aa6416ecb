"""Overview's row for each pair: its standing, and beside it the forgetting barcode."""

from collections.abc import Sequence

import streamlit as st

from engine.analysis.barcode import Barcode, barcode_of, barcode_run
from engine.analysis.ruined import MARK
from engine.analysis.standing import RUINED, WORD_MARKS, WORD_STATES, Standing
from engine.models.manifest import PairManifest
from engine.settings import database_url
from pages.parts.components.barcode import draw_barcode
from pages.parts.shared import frame
from pages.parts.shared.ruined import stored_standings
from pages.parts.shared.standing_block import show_pair_standing
from pages.parts.shared.wording import plain


def show_pairs(pairs: Sequence[PairManifest]) -> None:
    """The worst first and open; the others are drawn when they are opened."""
    manifests = {pair.name: pair for pair in pairs}
    first, *others = stored_standings(pairs)
    _show_pair(first, manifests[first.pair])
    for found in others:
        row = st.expander(plain(pair_line(found)), key=f"pair-{found.pair}", on_change="rerun")
        if row.open:
            with row:
                _show_pair(found, manifests[found.pair])


def pair_line(found: Standing) -> str:
    """A pair whose row is closed, in a line."""
    line = f"{WORD_MARKS[WORD_STATES[found.word]]} Pair {found.pair} at α = {found.alpha:g}: {found.word}"
    line += f" {MARK}" if found.ruin and found.word != RUINED else ""
    return f"{line} (succeeded by {found.successor})" if found.successor else line


def _show_pair(found: Standing, pair: PairManifest) -> None:
    left, right = st.columns([11, 9], gap="medium")
    with left:
        show_pair_standing(found)
    with right:
        show_barcode(pair, found.alpha)


@frame.fenced
def show_barcode(pair: PairManifest, alpha: float) -> None:
    """Where the pair's questions were mapped; else the way to map them."""
    run_id = barcode_run(pair)
    found = None if run_id is None else _barcode(database_url(), run_id)
    if found is None:
        st.caption("No barcode yet: it needs the pair's questions mapped.")
        st.page_link(frame.RUNS, label="Map them", icon=":material/route:", query_params={"view": "evaluate"})
        return
    chosen = draw_barcode(found, alpha, f"barcode-{pair.name}")
    if chosen is None:
        return
    row, at = found.rows[chosen[0]], chosen[1]
    place = {"q": str(row.position + 1), "split": row.split} if row.position is not None else {"ask": row.question}
    st.switch_page(frame.COMPARE, query_params={"set": row.set, "pair": pair.name, "alpha": f"{at:g}", **place})


@st.cache_data(show_spinner="reading the maps", max_entries=16)
def _barcode(where: str, run_id: int) -> Barcode | None:
    return barcode_of(run_id)
