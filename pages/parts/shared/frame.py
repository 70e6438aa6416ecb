"""The frame around every page: navigation, the sidebar's context, and the one place where errors become sentences.

A page draws nothing unless the frame runs it, which has asked who is here: its first line is `frame.begin(...)`.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import NamedTuple, ParamSpec

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import Page

from engine.analysis.ruined import marked
from engine.errors import AccessError, UnlearningError
from engine.models.manifest import PairManifest
from engine.models.pairs import list_pairs
from engine.store import handing_out, sets
from engine.wording import ACCESS_CONTROL
from pages.parts.shared import access, address, looks
from pages.parts.shared.access_list import User
from pages.parts.shared.page_paths import PATHS
from pages.parts.shared.ruined import ruins, warn_if_ruined
from pages.parts.shared.wording import GLOSSARY, TERMS, plain, sentence

P = ParamSpec("P")
_ROUTED = "frame_routed"
_STYLE = looks.style("""
button[data-variant][data-selected=true] p{color:$text}
@media (max-width:640px){
[class*=st-key-controls-] [data-testid=stHorizontalBlock]{flex-flow:row wrap;gap:.4rem .8rem;align-items:flex-end}
[class*=st-key-controls-] [data-testid=stColumn]{flex:1 1 calc(50% - .4rem);min-width:calc(50% - .4rem)}
}
""")
# A file of ours: the browser fetches a `:material/…:` icon from fonts.gstatic.com at every rerun.
_ICON = Path(__file__).resolve().parents[2] / "lock.svg"

OVERVIEW, COMPARE, TRADE_OFF = "overview.py", "compare.py", "tradeoff.py"  # beside pages/router.py
RUNS, REVIEW, REPORT, MODELS = "runs.py", "review.py", "report.py", "models.py"
# Of the pages in the address; the first one's is empty.

_COPY_LINK = """
<button id="copy-link" type="button">Copy link</button> <span id="copied" role="status"></span>
<style>#copy-link{font:inherit;font-size:.875rem;color:inherit;background:transparent;cursor:pointer;
padding:.3rem .7rem;border:1px solid color-mix(in srgb,currentColor 30%,transparent);border-radius:4px}
#copy-link:hover,#copy-link:focus{border-color:currentColor}#copied{font-size:.8rem;overflow-wrap:anywhere}</style>
<script>
document.getElementById("copy-link").onclick = async () => {
  const said = document.getElementById("copied"), link = window.location.href;
  try { await navigator.clipboard.writeText(link); said.textContent = "copied"; }
  catch (refused) { said.textContent = link; }
};
</script>
"""


class PageContext(NamedTuple):
    """What the sidebar holds: the set whose questions are looked at, and the pair; None where there is none yet."""

    set: str | None
    pair: PairManifest | None


def route() -> None:
    """Draw the frame and run the page that the address asks for; nothing of it is run for whoever may not come in."""
    st.set_page_config(page_title="Oubliette", page_icon=_ICON, layout="wide")
    try:
        user = access.current_user()
    except AccessError as refused:
        access.show_door(refused, _navigate(hidden=True).url_path)
        return
    page = _navigate()
    st.session_state[_ROUTED] = True
    try:
        _sweep_once()
        page.run()
    except UnlearningError as error:
        show(error)
    finally:
        _sidebar_foot(user)
        st.session_state[_ROUTED] = False


@st.cache_resource(show_spinner=False)
def _sweep_once() -> None:
    """At the start of the program; every command does the same."""
    handing_out.sweep()


def begin(title: str, lead: str) -> None:
    """First line of every page. Ends one that was started by itself (`streamlit run pages/compare.py`), past the
    frame.
    """
    if not st.session_state.get(_ROUTED):
        show(AccessError("this page is part of a program that is started with: streamlit run app.py"))
        st.stop()
    st.html(_STYLE)
    st.title(title, anchor=False, help=lead)


def say_limit() -> None:
    """What no figure of these pages changes, in one line."""
    st.caption(
        ":material/key: Nothing is deleted: anyone who can reach the base has every secret.", help=ACCESS_CONTROL
    )


def controls(name: str) -> DeltaGenerator:
    """A place for a row of a page's controls; in a narrow window two of its columns stand side by side."""
    return st.container(key=f"controls-{name}")


def context() -> PageContext:
    """Draw the sidebar's choice of set and pair."""
    with st.sidebar:
        chosen_set = _choose_set(list(sets.set_hashes()))
        return PageContext(chosen_set, _choose_pair(list_pairs()))


def _sidebar_foot(user: User) -> None:
    """Who is logged in, the button that copies the address, which always says everything that was chosen, and the
    words used.
    """
    with st.sidebar:
        access.show_user(user)
        st.html(_COPY_LINK, unsafe_allow_javascript=True)
        with st.expander("Glossary"):
            for word, meaning in (GLOSSARY | TERMS).items():
                st.markdown(f"**{word}**: {meaning}")


def operators_view(views: Mapping[str, str], key: str, needed: str) -> str:
    """Which of `views` an operator chose. Whoever may only look has the first, and a link to another says what is
    `needed`.
    """
    first = next(iter(views))
    if not access.may("operator"):
        if st.query_params.get(key, first) != first:
            st.error(needed, icon=":material/block:")
        return first
    return address.segments(
        "View", list(views), key, first, format_func=views.__getitem__, label_visibility="collapsed"
    )


def nothing_yet(words: str) -> None:
    """Where a page has nothing to show: why, and the way to where it begins."""
    st.info(words, icon=":material/info:")
    st.page_link(OVERVIEW, label="Go to Overview", icon=":material/arrow_forward:")


def show(error: UnlearningError) -> None:
    st.error(plain(sentence(str(error))), icon=":material/error:")


def fenced(function: Callable[P, None]) -> Callable[P, None]:
    """For fragments and callbacks, which run outside `route`: so they ask who is here themselves.

    An `UnlearningError` is shown, nothing else is caught.
    """

    @wraps(function)
    def inside(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            access.current_user()  # a log-in ends while its page is open
            function(*args, **kwargs)
        except UnlearningError as error:
            show(error)

    return inside


def _navigate(hidden: bool = False) -> Page:
    files = (OVERVIEW, MODELS, COMPARE, TRADE_OFF, RUNS, REVIEW, REPORT)
    titles = ("Overview", "Models", "Compare", "Trade-off", "Runs", "Review", "Report")
    return st.navigation(
        [
            st.Page(file, title=title, url_path=path or None, default=not path)
            for file, title, path in zip(files, titles, PATHS, strict=True)
        ],
        position="hidden" if hidden else "top",
    )


def _choose_set(names: list[str]) -> str | None:
    if not names:
        st.caption("No set of questions yet.")
        return None
    default = "demo" if "demo" in names else names[0]
    return address.select("Set", names, "set", default)


def _choose_pair(pairs: list[PairManifest]) -> PairManifest | None:
    if not pairs:
        st.caption("No pair yet.")
        return None
    names, known = [pair.name for pair in pairs], ruins()
    chosen = address.select(
        "Pair",
        names,
        "pair",
        names[0],
        help="A reference and a trained small model; their offset steers the base.",
        format_func=lambda name: marked(name, known),
    )
    warn_if_ruined(chosen, known)
    pair = pairs[names.index(chosen)]
    st.caption(f"Base: {plain(pair.base)}", help=base_words(pair.base))
    return pair


def base_words(base: str) -> str:
    """The base as it is named wherever it appears: the demo's is a dequantised copy, and says so."""
    if base == "demo":
        return "SmolLM2-135M-Instruct (dequantised Q4\\_1), taught the demo's people"
    return plain(base)
