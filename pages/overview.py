"""Overview: the standing of every pair, the worst first; and the first steps where nothing is there yet."""

import streamlit as st

from engine.models.demo import demo_problem, demo_ready
from engine.models.manifest import PairManifest
from engine.models.pairs import list_pairs
from engine.runs import runner
from engine.store import history, sets
from pages.parts.overview.advice import show_stored_advice
from pages.parts.overview.pairs import show_pairs
from pages.parts.overview.setting_up import set_up_button
from pages.parts.shared import frame
from pages.parts.shared.loading import begin_loading
from pages.parts.shared.run_progress import active_runs, states, watch
from pages.parts.shared.wording import plain

frame.begin(
    "Overview", "Oubliette shows, measures and reports what a language model has forgotten by offset unlearning."
)


def first_steps(ready: bool) -> None:
    """Nothing is here yet: three steps, and one button for the first."""
    st.subheader("Three steps", anchor=False)
    st.markdown(
        "1. **Set up the demo** with the button below: a small real language model that was taught twenty-four invented"
        " people, and a pair that makes it forget six of them.\n2. **Compare**: ask about one of the six, move α from 0"
        " to 1, and see the secret disappear while the rest stays.\n3. **Report**: hand in the comparison of all"
        " questions as a CSV file."
    )
    if not ready:
        st.caption(
            "The model, SmolLM2-135M-Instruct (dequantised Q4\\_1), is downloaded once (93 MB) and converted, about a"
            " minute."
        )
    set_up_button("Set up the demo")


def missing_weights() -> None:
    problem = demo_problem()
    if problem:  # a file in demo/ was changed or is gone: no download mends that
        st.error(plain(f"The demo cannot be used: {problem}."), icon=":material/error:")
        return
    st.warning(
        "The demo's model is not on this machine yet. It is downloaded once (93 MB) and converted, about a minute."
    )
    set_up_button("Fetch the demo's model")


def show_details(pairs: list[PairManifest]) -> None:
    """Which α the maps advise, and the way to what is loaded."""
    if pairs:
        with st.expander("Details: the α to use"):
            show_stored_advice(pairs)
    st.page_link(frame.MODELS, label="What is loaded, and do the models work together", icon=":material/deployed_code:")


def main() -> None:
    runner.tend()
    ready, runs, pairs = demo_ready(), history.list_runs(), list_pairs()
    if not runs and not sets.set_hashes():
        first_steps(ready)
        return
    if not ready:
        missing_weights()
    active = active_runs(runs)
    if active:
        watch(states(active))
    if pairs:
        show_pairs(pairs)
    else:
        frame.nothing_yet("There is no pair on this machine yet. Runs trains one.")
    show_details(pairs)
    frame.say_limit()
    if ready and pairs:
        begin_loading(pairs[0])  # the one that Compare opens with: whoever reads this page will not have to wait there


main()
