"""Overview: what is loaded, what still leaks, what is running; and the first steps where nothing is there yet."""

import streamlit as st

from engine.analysis import remaining_leaks
from engine.analysis.figures import leak_figures
from engine.analysis.remaining_leaks import LargestLeak, LeakCount
from engine.evaluation.leak_rule import LEAK_RULE
from engine.models.demo import demo_problem, demo_ready
from engine.models.manifest import PairManifest
from engine.models.pairs import list_pairs
from engine.runs import runner
from engine.store import history, sets
from engine.store.history import RunSummary
from engine.wording import ACCESS_CONTROL, count, figure
from pages.parts.overview.advice import show_stored_advice
from pages.parts.overview.setting_up import set_up_button
from pages.parts.overview.soundness import check_soundness
from pages.parts.overview.tables import Shares, leak_words, pairs_table, reference_words, sets_table
from pages.parts.shared import frame
from pages.parts.shared.intervals import bounded_words
from pages.parts.shared.loading import begin_loading
from pages.parts.shared.meanings import show_meanings
from pages.parts.shared.run_progress import active_runs, states, watch
from pages.parts.shared.wording import CLOPPER, INTERVAL, MISSING, plain

LEAKS_SHOWN = 5
INTERVALS = "In brackets the 95 % interval of the share over persons."

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


def show_leaks(leaks: list[LargestLeak], counts: list[LeakCount], shares: Shares) -> None:
    st.subheader("Largest remaining leaks", anchor=False)
    if not counts:
        st.caption(
            "No forget question was judged at its pair's recommended α yet, so nothing is known about leaks. Start an"
            " evaluation on Runs."
        )
        return
    for line in leak_words(counts, shares):
        st.markdown(plain(line))
    st.caption(plain(f"{INTERVALS} {bounded_words([share.interval for share in shares.values()])}"))
    st.caption(
        "The newest judgement of each question counts, greedy answers only. "
        "What a successor of a pair was judged on is no longer held against the pair itself; Trade-off shows it."
    )
    if not leaks:
        st.page_link(frame.COMPARE, label="Turn the dial on Compare", icon=":material/tune:")
    for leak in leaks:
        with st.container(border=True):
            words, link = st.columns([6, 1], vertical_alignment="center")
            words.text(leak.question)
            words.caption(
                plain(f"Pair {leak.pair} at α = {leak.alpha:g} answers: {leak.answer}")
                + f" · ROUGE-L recall {figure(leak.rouge)} (lower is better)"
            )
            link.page_link(frame.COMPARE, label="Open", icon=":material/search:", query_params=_link_to(leak))
    st.caption(plain(LEAK_RULE))
    show_meanings([(row.metric, "forget") for row in counts] + [("rouge", "forget")], (INTERVAL, CLOPPER), "meanings")


def _link_to(leak: LargestLeak) -> dict[str, str]:
    where = {} if leak.position is None else {"split": "forget", "q": str(leak.position + 1)}
    return {"set": leak.set, "pair": leak.pair, "alpha": f"{leak.alpha:g}", **where}


def show_state(pairs: list[PairManifest], runs: list[RunSummary]) -> None:
    st.subheader("What is loaded", anchor=False)
    st.dataframe(
        pairs_table(pairs), hide_index=True, placeholder=MISSING, alt=f"{count(len(pairs), 'pair')} on this machine."
    )
    st.caption(plain(reference_words(pairs)))
    if pairs:
        check_soundness(pairs)
    st.dataframe(
        sets_table(sets.list_sets()), hide_index=True, placeholder=MISSING, alt="The stored sets of questions."
    )
    finished = sum(run.status == "finished" for run in runs)
    st.caption(f"{count(len(runs), 'run')}, {finished} finished. {count(len(active_runs(runs)), 'run')} in progress.")


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
        st.subheader("In progress", anchor=False)
        watch(states(active))
    counts = remaining_leaks.leak_counts()
    show_leaks(remaining_leaks.largest_leaks(LEAKS_SHOWN), counts, leak_figures() if counts else {})
    if pairs:
        show_stored_advice(pairs)
    show_state(pairs, runs)
    st.caption(f":material/key: {ACCESS_CONTROL}")
    if ready and pairs:
        begin_loading(pairs[0])  # the one that Compare opens with: whoever reads this page will not have to wait there


main()
