"""Overview's lines on the α to use: what each pair's newest map run with an advice stored, with its warnings."""

from collections.abc import Sequence

import streamlit as st

from engine.analysis.advice import words
from engine.analysis.advice.stored import Advised, advice_of
from engine.analysis.ruined import MARK
from engine.models.manifest import PairManifest
from engine.wording import count
from pages.parts.shared import frame
from pages.parts.shared.ruined import ruins
from pages.parts.shared.wording import plain


def show_stored_advice(pairs: Sequence[PairManifest]) -> None:
    """One line per pair whose sets were mapped; what the others need, where none was."""
    st.subheader("The α to use", anchor=False)
    known = [(pair, found) for pair in pairs if (found := advice_of(pair)) is not None]
    if not known:
        st.caption("No pair's sets were mapped yet, so no α is advised. A map finds every answer that any α gives.")
        st.page_link(frame.RUNS, label="Start a map on Runs, under Start evaluation", icon=":material/route:")
        return
    st.caption(plain(words.SCOPE))
    broken = ruins()
    for pair, found in known:
        said, link = st.columns([6, 1], vertical_alignment="center")
        said.markdown(plain(advice_line(pair.name, found, pair.name in broken)))
        query = {"map": str(found.run_id)}
        link.page_link(frame.TRADE_OFF, label="Open", icon=":material/query_stats:", query_params=query)


def advice_line(pair: str, found: Advised, ruined: bool = False) -> str:
    """What is advised for a pair, under which demand, and which rules warn; for a ruined one never as a success."""
    if found.advice is None:
        return f"ℹ Pair {pair}: no advice from run {found.run}: {found.reason}."
    advice = found.advice
    mark = (
        MARK
        if ruined
        else "✖"
        if not advice.met
        else "ℹ"
        if advice.alpha == 0
        else "⚠"
        if words.is_open(advice)
        else "✔"
    )
    line = f"{mark} Pair {pair}, by run {found.run}: {words.verdict(advice)} Asked for: {words.demand_words(advice)}."
    if advice.met and advice.resampled.met is not None:
        line += f" It meets this in {advice.resampled.met:.0%} of resamples of persons."
    if advice.cautions:
        kinds = ", ".join(item.kind for item in advice.cautions)
        line += f" ⚠ {count(len(advice.cautions), 'warning')}: {kinds}."
    if found.outdated:
        line += f" Judged by leak rule {advice.basis.leak_rule}, which is no longer in force: map the sets again."
    if found.newer:
        line += f" The newer {found.newer}."
    return line
