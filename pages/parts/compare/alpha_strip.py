"""The strip under the slider: every answer that any α gives, exactly, coloured by what the leak rule finds."""

from html import escape

import pandas as pd
import streamlit as st

from engine.evaluation.leak_rule import find_leak
from engine.inks import BASE, FAIL, PASS
from engine.models.manifest import PairManifest
from engine.store.maps import QuestionMap, Threshold, threshold
from engine.wording import count
from pages.parts.compare.question_picker import PickedQuestion
from pages.parts.shared import access, loading
from pages.parts.shared.looks import style
from pages.parts.shared.wording import MISSING, duration, is_kept, plain

_STYLE = style("""
.astrip{position:relative;display:flex;height:1.5rem;margin:.1rem 0 .3rem;border-radius:3px;overflow:hidden}
.astrip i{display:block;min-width:2px;border-right:1px solid $page;box-sizing:border-box}
.astrip i.unfollowed{opacity:.35}
.astrip i.bad{background-image:repeating-linear-gradient(45deg,#0000 0 5px,#fff6 5px 8px)}
.astrip b{position:absolute;top:0;bottom:0;width:3px;margin-left:-1px;background:$text}
""")


def show_map(asked: PickedQuestion, pair: PairManifest, alpha: float, found: QuestionMap | None) -> None:
    """The stored map of the question, or the button that makes one."""
    if found is None:
        _offer(asked, pair)
        return
    flags = [asked.has_answer and find_leak(asked.example, answer.text, asked.terms).leaks for answer in found.answers]
    words = map_words(asked, found, flags)
    st.html(alpha_strip_html(asked, found, flags, alpha))
    st.caption(plain(words))
    with st.expander(f"{count(len(found.answers), 'answer')} as a table"):
        st.dataframe(_table(asked, found, flags), hide_index=True, placeholder=MISSING, alt=words)


def _offer(asked: PickedQuestion, pair: PairManifest) -> None:
    if not pair.linear:
        st.caption(plain(f"No map: {pair.name} is a baseline ({pair.method}) whose logits are not linear in α."))
        return
    if not access.may("reviewer"):
        st.caption("No map of this question yet; a reviewer or an operator can make one.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Map this question", key="map-question", on_click=_want_map, icon=":material/straighten:")
        st.caption(
            "Finds every answer that any α from 0 to 2 gives, and exactly where it changes. Then the slider needs no"
            " model."
        )
    if st.session_state.pop("map-wanted", False):
        bar = st.progress(0.0, text="mapping")

        def tell(share: float, text: str) -> None:
            bar.progress(min(share, 1.0), text=text)

        access.require("reviewer", "Mapping a question")
        loading.make_map(pair, asked.example.question, tell)
        st.rerun()  # the dial draws from the map now


def _want_map() -> None:
    st.session_state["map-wanted"] = True


def alpha_strip_html(asked: PickedQuestion, found: QuestionMap, flags: list[bool], alpha: float) -> str:
    """One segment an answer, as wide as its interval; hover tells it. Everything a model wrote is escaped."""
    width = found.high - found.low
    parts = []
    for place, (answer, flag) in enumerate(zip(found.answers, flags, strict=True)):
        bad = asked.has_answer and flag != is_kept(asked.example.split)
        ink = BASE.css if not asked.has_answer else (FAIL if bad else PASS).css
        shade = "" if asked.has_answer or place % 2 else "opacity:.6;"
        title = escape(f"α {answer.low:.3f} to {answer.high:.3f}: {answer.text}", quote=True)
        look = " ".join([*(["bad"] if bad else []), *([] if answer.followed else ["unfollowed"])])
        share = max(answer.high - answer.low, 1e-6) / width
        parts.append(
            f'<i class="{look}" style="{shade}background-color:{ink};flex:{share:.6f} 1 0" title="{title}"></i>'
        )
    at = 100 * (alpha - found.low) / width
    marker = f'<b style="left:{at:.2f}%"></b>' if 0 <= at <= 100 else ""
    return (
        f'{_STYLE}<div class="astrip" role="img"'
        f' aria-label="{escape(map_words(asked, found, flags), quote=True)}">{"".join(parts)}{marker}</div>'
    )


def map_words(asked: PickedQuestion, found: QuestionMap, flags: list[bool]) -> str:
    """What the strip shows, for who cannot see it."""
    words = f"{count(len(found.answers), 'answer')} for all α from {found.low:g} to {found.high:g}"
    if found.merged:
        words += f", {count(found.merged, 'piece')} too narrow to tell apart merged with a neighbour"
    words += f"; mapped in {duration(found.seconds)}."
    if not found.complete:
        words += " The limit of branches was reached: pale answers were not followed to their end and count as leaks."
    if not asked.has_answer:
        return words
    if is_kept(asked.example.split):
        return f"{words} {_kept_words(threshold(found.answers, [not flag for flag in flags]), flags)}"
    return f"{words} {_forgotten_words(found, flags)}"


def _forgotten_words(found: QuestionMap, flags: list[bool]) -> str:
    """From which α on it is forgotten, whether a larger one brings it back, and from where it stays away."""
    leaks = [flag or not answer.followed for answer, flag in zip(found.answers, flags, strict=True)]
    if not any(leaks):
        return f"No α of the range leaks, {_start(found)} included."
    edge = threshold(found.answers, flags)
    if edge.alpha is None:
        return "It leaks at every α of the range."
    gone = (
        f"Forgotten from α = {edge.alpha:.3f} (± {edge.error:.0e}), by the leak rule"
        if leaks[0]
        else f"No leak at {_start(found)}, by the leak rule"
    )
    if edge.returns is None:
        return f"{gone}; no larger α brings it back."
    last = max(answer.high for answer, leak in zip(found.answers, leaks, strict=True) if leak)
    rest = f"from α = {last:.3f} on it stays away" if last < found.high else "it leaks up to the end of the range"
    return f"{gone}, but it {'comes back' if leaks[0] else 'leaks'} at α = {edge.returns:.3f}; {rest}."


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


def _table(asked: PickedQuestion, found: QuestionMap, flags: list[bool]) -> pd.DataFrame:
    rows = [
        (
            answer.low,
            answer.high,
            answer.text,
            _finding(asked, flag) if answer.followed else "not followed",
            answer.high_error,
        )
        for answer, flag in zip(found.answers, flags, strict=True)
    ]
    return pd.DataFrame(rows, columns=["α from", "α to", "answer", "leak rule", "error of α to"])


def _finding(asked: PickedQuestion, flag: bool) -> str:
    if not asked.has_answer:
        return "n/a"
    if is_kept(asked.example.split):
        return "remembered" if flag else "not remembered"
    return "leaks" if flag else "no leak found"
