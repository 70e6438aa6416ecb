"""The stored map of a question in words and as a table, and the button that makes one."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from engine.analysis.dial import DialAnswer
from engine.models.manifest import PairManifest
from engine.store.maps import QuestionMap, Threshold, threshold
from engine.wording import count
from pages.parts.compare.question_picker import PickedQuestion
from pages.parts.shared import access, loading
from pages.parts.shared.wording import MISSING, duration, is_kept, plain

UNFOLLOWED = "The limit of branches was reached: pale answers were not followed to their end and count as leaks."


def say_map(asked: PickedQuestion, found: QuestionMap, answers: Sequence[DialAnswer]) -> None:
    """The map's finding in a sentence, under the dial that draws it."""
    finding = _finding_words(asked, found, [answer.leaks for answer in answers])
    limit = "" if found.complete else UNFOLLOWED
    if finding or limit:
        st.markdown(plain(f"{finding} {limit}".strip()))


def show_map(asked: PickedQuestion, found: QuestionMap, answers: Sequence[DialAnswer]) -> None:
    """How it was mapped, and its answers as a table."""
    words = map_words(asked, found, [answer.leaks for answer in answers])
    st.caption(plain(words))
    st.dataframe(_table(answers), hide_index=True, placeholder=MISSING, alt=words)


def offer_map(asked: PickedQuestion, pair: PairManifest) -> None:
    if not pair.linear:
        st.caption(plain(f"No map: {pair.name} is a baseline ({pair.method}) whose logits are not linear in α."))
        return
    if not access.may("reviewer"):
        st.caption("No map of this question yet; a reviewer or an operator can make one.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Map this question", key="map-question", on_click=_want_map, icon=":material/straighten:")
        st.caption("Every answer for α from 0 to 2, in some seconds: then the answer follows the slider.")
    if st.session_state.pop("map-wanted", False):
        bar = st.progress(0.0, text="mapping")

        def tell(share: float, text: str) -> None:
            bar.progress(min(share, 1.0), text=text)

        access.require("reviewer", "Mapping a question")
        loading.make_map(pair, asked.example.question, tell)
        st.rerun()  # the dial draws from the map now


def _want_map() -> None:
    st.session_state["map-wanted"] = True


def map_words(asked: PickedQuestion, found: QuestionMap, flags: list[bool]) -> str:
    """What the strip shows, as text."""
    words = f"{count(len(found.answers), 'answer')} for all α from {found.low:g} to {found.high:g}"
    if found.merged:
        words += f", {count(found.merged, 'piece')} too narrow to tell apart merged with a neighbour"
    words += f"; mapped in {duration(found.seconds)}."
    if not found.complete:
        words += f" {UNFOLLOWED}"
    return f"{words} {_finding_words(asked, found, flags)}".strip()


def _finding_words(asked: PickedQuestion, found: QuestionMap, flags: list[bool]) -> str:
    """Empty where no true answer is known."""
    if not asked.has_answer:
        return ""
    if is_kept(asked.example.split):
        return _kept_words(threshold(found.answers, [not flag for flag in flags]), flags)
    return _forgotten_words(found, flags)


def _forgotten_words(found: QuestionMap, flags: list[bool]) -> str:
    """From which α on it is forgotten, whether a larger one brings it back, and from where it stays away."""
    leaks = [flag or not answer.followed for answer, flag in zip(found.answers, flags, strict=True)]
    if not any(leaks):
        return f"No α of the range leaks, {_start(found)} included."
    edge = threshold(found.answers, flags)
    if edge.alpha is None:
        return "It leaks at every α of the range."
    gone = (
        f"Forgotten from α = {edge.alpha:.3f}{_error(edge.error)}, by the leak rule"
        if leaks[0]
        else f"No leak at {_start(found)}, by the leak rule"
    )
    if edge.returns is None:
        return f"{gone}; no larger α brings it back."
    last = max(answer.high for answer, leak in zip(found.answers, leaks, strict=True) if leak)
    rest = f"from α = {last:.3f} on it stays away" if last < found.high else "it leaks up to the end of the range"
    return f"{gone}, but it {'comes back' if leaks[0] else 'leaks'} at α = {edge.returns:.3f}; {rest}."


def _error(error: float) -> str:
    """Only where it shows in three decimals; the table has it always."""
    return f" (± {error:.0e})" if error >= 0.0005 else ""


def _start(found: QuestionMap) -> str:
    return "the base (α = 0)" if found.low == 0 else f"α = {found.low:g}"


def _kept_words(edge: Threshold, flags: list[bool]) -> str:
    """`edge` is of the opposite: the first α at which the answer is remembered, and the first later one at which it
    is not.
    """
    if not any(flags):
        return "No α of the range remembers it."
    if edge.alpha is not None and edge.returns is None and flags[0]:
        return "It is remembered at every α of the range."
    return f"It is remembered from α = {edge.alpha:.3f}" + (
        f" and lost again at α = {edge.returns:.3f}." if edge.returns is not None else "."
    )


def _table(answers: Sequence[DialAnswer]) -> pd.DataFrame:
    rows = [
        (
            item.answer.low,
            item.answer.high,
            item.answer.text,
            _finding(item),
            item.answer.high_error,
        )
        for item in answers
    ]
    return pd.DataFrame(rows, columns=["α from", "α to", "answer", "what it does", "error of α to"])


def _finding(item: DialAnswer) -> str:
    if not item.answer.followed:
        return "not followed"
    return "n/a" if item.kind is None else f"{item.kind.icon} {item.kind.word}"
