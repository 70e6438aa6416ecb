"""The α to use: the auditor states a demand; which alphas meet it, how sure that is, and what to be wary of."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from engine.analysis.advice import words
from engine.analysis.advice.advise import Advice, LeakBaseline
from engine.analysis.advice.cautions import RULES, Caution
from engine.analysis.advice.stored import Ground
from engine.analysis.forced_curves import Likely, likely
from engine.analysis.recommended import recommended_of_run
from engine.data.examples import is_to_be_forgotten
from engine.errors import DataError
from engine.models.pairs import list_pairs
from engine.settings import Demand
from engine.store import history
from engine.store.history import RunDetail
from pages.parts.shared import address, frame
from pages.parts.shared.charts import csv_button
from pages.parts.shared.ruined import ruins, warn_if_ruined
from pages.parts.shared.wording import MISSING, plain

FLOOR, NUMBER = "floor", "number"
_LIMITS = {FLOOR: "as the retain model's", NUMBER: "a number of my own"}


def advice_on(detail: RunDetail, ground: Ground, demand: Demand) -> Advice | None:
    """None, with the reason on screen, where these maps cannot tell."""
    try:
        return _advise(detail.summary.id, ground.floor, ground.pair, demand, ground)
    except DataError as error:
        st.info(f"No advice from this run: {plain(str(error))}.", icon=":material/info:")
        return None


def show_advice(detail: RunDetail, ground: Ground, found: Advice) -> None:
    """One sentence, and what may still give a secret away."""
    known = _likely(detail, ground, found.alpha)
    caveat = ""
    if known is not None:
        caveat = f"  \n{'⚠ ' if known.stands_out else ''}{plain(known.in_short)}"
    known_ruins = ruins()
    warn_if_ruined(detail.summary.pair, known_ruins)
    _say(
        found,
        detail.summary.pair not in known_ruins,
        f"**{plain(words.headline(found, recommended_of_run(detail)))}**{caveat}",
    )


def show_way(detail: RunDetail, found: Advice) -> None:
    """To the answers at the α that is advised; none where the pair is another one now."""
    if _is_current(detail):
        _compare_link(detail, f"Open in Compare at α = {found.alpha:g}", found.alpha)


def show_grounds(detail: RunDetail, ground: Ground, found: Advice) -> None:
    """How sure the advice is, what the rules found, and what it rests on."""
    kinds = list(dict.fromkeys(item.kind for item in found.cautions))
    label = f"Details: {len(kinds)} of {len(RULES)} rules warn"
    with st.expander(f"{label} ({', '.join(kinds)})" if kinds else label, key="advice-details"):
        reachable = _is_current(detail)
        if not reachable:
            st.caption(
                f"Pair {plain(detail.summary.pair)} is not here any more as it was mapped, so Compare cannot show these"
                " answers."
            )
        _show_cautions(detail, found.cautions, reachable)
        said = [*words.figures_words(found), words.spans_words(found), words.sureness(found)]
        known = _likely(detail, ground, found.alpha)
        said += [known.words] if known is not None else []
        st.markdown("\n".join(f"- {plain(line)}" for line in said))
        st.caption(f"Demand: {plain(words.demand_words(found))}. {plain(words.basis_words(found))}")
        st.caption(plain(words.SCOPE))


def _likely(detail: RunDetail, ground: Ground, alpha: float) -> Likely | None:
    secret = {item.question_id for item in ground.questions if is_to_be_forgotten(item.split)}
    return likely(detail.pair_hash, alpha, secret)


def _say(found: Advice, sound: bool, sentence: str) -> None:
    """Green is for what holds: that the base itself meets a demand is no success, what other persons may upset is
    open, and a ruined pair holds nothing back, it talks nonsense.
    """
    if not sound:
        say, icon = st.error, ":material/cancel:"
    elif found.met and found.alpha == 0:
        say, icon = st.info, ":material/info:"
    elif found.met and words.is_open(found):
        say, icon = st.warning, ":material/warning:"
    elif found.met:
        say, icon = st.success, ":material/check_circle:"
    else:
        say, icon = st.error, ":material/cancel:"
    say(sentence, icon=icon)


@st.cache_data(show_spinner=False, max_entries=16)
def _advise(run_id: int, floor: LeakBaseline, maps: str, demand: Demand, _ground: Ground) -> Advice:
    """Worked out once for each demand, not at every click; run, floor and key of the maps say which ground it is."""
    return _ground.advise(demand)


def show_front(found: Advice) -> None:
    """The Pareto front as a table, with its knee in words."""
    said = words.knee_words(found)
    st.caption(plain(said))
    rows = [
        (point.span.low, point.span.high, point.leaks, point.utility, "knee" if point == found.knee else "")
        for point in found.front
    ]
    table = pd.DataFrame(rows, columns=["α from", "α to", "leak share", "utility", "knee"])
    st.dataframe(table, hide_index=True, placeholder=MISSING, alt=said)
    csv_button(table, "pareto-front")


def ask_demand() -> Demand:
    """The controls of the demand, in per cent; the address holds them."""
    loss = address.number_input(
        "Utility may fall by at most, % of the base's",
        "loss",
        0.0,
        50.0,
        2.0,
        step=0.5,
        format="%.1f",
        help=words.UTILITY_MEANING,
    )
    limit = address.select("Leak share at most", list(_LIMITS), "leaks", FLOOR, format_func=_LIMITS.__getitem__)
    if limit == FLOOR:
        address.seed("leakshare", address.decimal("leakshare", 0, 100), 0.0)  # said where it cannot be read
        address.keep("leakshare", st.session_state["leakshare"], "")
        return Demand(loss / 100)
    share = address.number_input(
        "That number, % of the forget questions", "leakshare", 0.0, 100.0, 0.0, step=1.0, format="%.1f"
    )
    return Demand(loss / 100, share / 100)


def _is_current(detail: RunDetail) -> bool:
    """Whether the pair of that name is still the one that was mapped."""
    return any(pair.hash == detail.pair_hash for pair in list_pairs())


def _show_cautions(detail: RunDetail, found: Sequence[Caution], reachable: bool) -> None:
    """Every warning with its figures and the way to look; then all rules, those that found nothing too."""
    places = {place.question_id: place for place in history.question_places(detail.summary.id)}
    for item in found:
        st.warning(f"**{item.kind.capitalize()}.** {plain(item.words)}", icon=":material/warning:")
        place = places.get(item.question_id) if item.question_id is not None else None
        if reachable and place is not None and place.position is not None:
            where = {"set": place.set, "split": place.split, "q": str(place.position + 1)}
            _compare_link(detail, f"Open that question at α = {item.alpha:.3g}", item.alpha, where)
    kinds = {item.kind for item in found}
    for kind, rule in RULES.items():
        mark = "⚠ warns" if kind in kinds else "✔ found nothing"
        st.markdown(f"**{kind}** ({mark})", help=f"It looks for this: {plain(rule)}.")


def _compare_link(detail: RunDetail, label: str, alpha: float, where: dict[str, str] | None = None) -> None:
    query = {"pair": detail.summary.pair, "alpha": f"{alpha:.4g}", **(where or _first_forget(detail.summary.id))}
    st.page_link(frame.COMPARE, label=plain(label), icon=":material/search:", query_params=query)


def _first_forget(run_id: int) -> dict[str, str]:
    place = next((item for item in history.question_places(run_id) if is_to_be_forgotten(item.split)), None)
    return {} if place is None else {"set": place.set, "split": place.split}
