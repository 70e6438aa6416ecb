"""Runs: start training or an evaluation, watch it, cancel it, look at what it found; bring your own questions."""

import pandas as pd
import streamlit as st

from engine.analysis.ruined import marked
from engine.runs import runner
from engine.store import history
from engine.store.history import RunSummary
from engine.wording import run_label
from pages.parts.runs.audit import audit_form
from pages.parts.runs.backup import backup_form
from pages.parts.runs.difference import choose_compared, show_differences
from pages.parts.runs.erase import erase_form
from pages.parts.runs.judge_again import judge_form
from pages.parts.runs.opened import close_opened, note_opened
from pages.parts.runs.own_questions import import_form
from pages.parts.runs.paired import show_paired
from pages.parts.runs.run import show_run
from pages.parts.runs.start_forms import evaluation_form, training_form
from pages.parts.runs.tofu import tofu_form
from pages.parts.shared import address, frame
from pages.parts.shared.ruined import ruins
from pages.parts.shared.run_progress import active_runs, states, watch
from pages.parts.shared.wording import MISSING, moment, status_word

frame.begin("Runs", "Training and evaluations, each in a process of its own: closing this page stops nothing.")

VIEWS = {
    "list": "All runs",
    "train": "Start training",
    "evaluate": "Start evaluation",
    "audit": "Start audit",
    "judge": "Judge again",
    "import": "Import questions",
    "erase": "Erase a person",
    "backup": "Back up",
}
NEEDED = "Starting runs and importing questions need the role operator."


def after_start() -> None:
    """A run was just started: turn to it."""
    started = st.session_state.pop("start-done", None)
    if started is not None:
        st.session_state["view"], st.session_state["run"], st.session_state["against"] = "list", started, None
        st.toast(f"Run {started} is on its way.", icon=":material/play_arrow:")


def list_view(runs: list[RunSummary]) -> None:
    if not runs:
        frame.nothing_yet(
            "No runs yet. Start training or an evaluation above, or set up the demo on Overview: it brings its recorded"
            " evaluation."
        )
        return
    ids = [run.id for run in runs]
    default = next((run.id for run in runs if not run.recorded), ids[-1])  # else the demo's own run, its first
    address.seed("run", address.one_of("run", ids), default)
    address.settle("run", ids, default)
    top = st.container()
    opened = note_opened()
    words = f"All {len(runs)} runs, the newest first."
    st.dataframe(
        runs_table(runs),
        hide_index=True,
        placeholder=MISSING,
        key=f"runs-{ids[0]}-{len(ids)}",
        on_select=lambda: _follow_row(ids),
        selection_mode="multi-row",
        alt=words,
    )
    names = {run.id: run_label(run) for run in runs}
    at, beside = frame.controls("runs").columns(2)
    with at:
        chosen: int = st.selectbox(
            "Run",
            ids,
            key="run",
            format_func=names.__getitem__,
            on_change=close_opened,
            help="Select it here or in the table above; select two there to see what differs between them.",
        )
    address.keep("run", chosen)
    with beside:
        other = choose_compared(chosen, names)
    if other is None:
        with top if opened else st.container():
            show_run(chosen)
    else:
        left, right = history.run_detail(chosen), history.run_detail(other)
        show_paired(left, right)
        show_differences(left, right)


def _follow_row(ids: list[int]) -> None:
    rows = st.session_state[f"runs-{ids[0]}-{len(ids)}"]["selection"]["rows"]
    if rows:
        close_opened()
        st.session_state["run"] = ids[rows[0]]
        st.session_state["against"] = ids[rows[1]] if len(rows) > 1 else None


def runs_table(runs: list[RunSummary]) -> pd.DataFrame:
    known = ruins()
    rows = [
        (
            run.id,
            run.name,
            history.kind_words(run),
            status_word(run.status),
            marked(run.pair, known) or "–",
            run.objective or "–",
            None if run.facts.finds == "published" else run.seed,
            moment(run.created),
        )
        for run in runs
    ]
    columns = ["run", "name", "kind", "status", "pair", "objective", "seed", "created"]
    return pd.DataFrame(rows, columns=columns).astype({"seed": "Int64"})


def main() -> None:
    runner.tend()
    after_start()
    runs = history.list_runs()
    active = active_runs(runs)
    if active:
        watch(states(active))
    view = frame.operators_view(VIEWS, "view", NEEDED)
    if view == "train":
        training_form()
    elif view == "evaluate":
        evaluation_form()
    elif view == "audit":
        audit_form()
    elif view == "judge":
        judge_form()
    elif view == "import":
        import_form()
        st.divider()
        tofu_form()
    elif view == "erase":
        erase_form()
    elif view == "backup":
        backup_form()
    else:
        list_view(runs)


main()
