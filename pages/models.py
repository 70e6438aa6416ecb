"""Models: what is connected, as cards; a base is connected here, and a pair that was not made here is added."""

import streamlit as st

from engine.analysis.model_cards import base_cards, retain_cards
from engine.analysis.pair_cards import pair_cards
from engine.models.manifest import PairManifest
from engine.models.pairs import list_pairs
from engine.store import sets
from engine.wording import count
from pages.parts.models.add import add_form
from pages.parts.models.cards import show_cards
from pages.parts.models.connect import connect_form
from pages.parts.models.soundness import check_soundness
from pages.parts.models.tables import pairs_table, reference_words, sets_table
from pages.parts.shared import frame
from pages.parts.shared.ruined import stored_standings
from pages.parts.shared.wording import MISSING, plain

frame.begin("Models", "What is connected: pairs, bases and retain models.")

VIEWS = {"here": "What is here", "connect": "Connect a base", "add": "Add a pair"}
NEEDED = "Connecting a base and adding a pair need the role operator."


def show_here(pairs: list[PairManifest]) -> None:
    if pairs:
        words = {found.pair: found.word for found in stored_standings(pairs)}
        st.subheader("Pairs", anchor=False)
        show_cards(pair_cards(sorted(pairs, key=lambda pair: list(words).index(pair.name)), words))  # the worst first
        check_soundness(pairs)
    else:
        frame.nothing_yet("There is no pair on this machine yet. Overview sets up the demo; Add a pair brings yours.")
    st.subheader("Bases and retain models", anchor=False)
    show_cards([*base_cards(pairs), *retain_cards()])
    show_tables(pairs)


def show_tables(pairs: list[PairManifest]) -> None:
    with st.expander("Details: what is loaded, as tables"):
        words = f"{count(len(pairs), 'pair')} on this machine."
        st.dataframe(pairs_table(pairs), hide_index=True, placeholder=MISSING, alt=words)
        st.caption(plain(reference_words(pairs)))
        st.dataframe(
            sets_table(sets.list_sets()), hide_index=True, placeholder=MISSING, alt="The stored sets of questions."
        )


def main() -> None:
    view = frame.operators_view(VIEWS, "models", NEEDED)
    if view == "connect":
        connect_form()
    elif view == "add":
        add_form()
    else:
        show_here(list_pairs())


main()
