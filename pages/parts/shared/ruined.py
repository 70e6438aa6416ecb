"""The mark of a ruined pair: rendered here, wherever a pair is named or chosen."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from engine.analysis.ruined import marked, ruin_words, ruins_of
from engine.analysis.standing import Standing
from engine.analysis.stored_standing import standings
from engine.models.manifest import PairManifest
from engine.models.pairs import list_pairs
from engine.settings import database_url
from engine.store import history
from pages.parts.shared.wording import plain


def stored_standings(pairs: Sequence[PairManifest]) -> list[Standing]:
    """Read anew once a run has ended, an erasure was made or a pair has changed."""
    ended = tuple((run.id, run.status) for run in history.list_runs())
    return _standings(database_url(), ended, tuple((pair.name, pair.hash) for pair in pairs), pairs)


@st.cache_data(show_spinner=False, max_entries=16)
def _standings(where: str, ended: object, known: object, _pairs: Sequence[PairManifest]) -> list[Standing]:
    return standings(_pairs)


def ruins() -> dict[str, str]:
    """Why, by the name of every ruined pair of this machine."""
    return ruins_of(stored_standings(list_pairs()))


def pair_labels() -> Callable[[str], str]:
    """For the options of a control, or the cells of a table."""
    known = ruins()
    return lambda pair: marked(pair, known)


def is_ruined(pair: str) -> bool:
    return pair in ruins()


def warn_if_ruined(pair: str, known: Mapping[str, str]) -> None:
    """The reason, in red; nothing for a sound pair. `known`: what `ruins` gave."""
    why = known.get(pair)
    if why is not None:
        st.error(plain(ruin_words(pair, why)), icon=":material/warning:")
