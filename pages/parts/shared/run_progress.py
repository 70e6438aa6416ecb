"""Runs that are queued or running: their progress, a button to cancel, and the page drawn anew when one changes."""

import streamlit as st

from engine.runs import runner
from engine.runs.estimate import estimated_seconds, late_words
from engine.settings import database_url
from engine.store import history
from engine.store.history import RunSummary
from engine.wording import run_label
from pages.parts.shared import access, frame
from pages.parts.shared.wording import duration, plain

ACTIVE = ("queued", "running")

POLL_SECONDS = 1.0


def active_runs(runs: list[RunSummary]) -> list[RunSummary]:
    return [run for run in runs if run.status in ACTIVE]


def states(runs: list[RunSummary]) -> tuple[tuple[int, str], ...]:
    return tuple((run.id, run.status) for run in runs)


@st.fragment(run_every=POLL_SECONDS)
@frame.fenced
def watch(known: tuple[tuple[int, str], ...]) -> None:
    """The runs that are queued or running, redrawn every second; the page follows when one of them begins or ends."""
    runner.tend()
    running = active_runs(history.list_runs())
    for run in running:
        progress_of(run, waits=any(other.id < run.id for other in running))
    if states(running) != known:
        st.rerun()


def progress_of(run: RunSummary, waits: bool) -> None:
    """A bar with stage and time left, and for an operator the button that stops it; `waits`: another run is before
    it.
    """
    bar, stop = st.columns([6, 1], vertical_alignment="center")
    left = f", about {duration(run.seconds_left)} left" if run.seconds_left is not None else ""
    if run.cancelling:
        words = "stopping …"
    elif run.status == "queued":
        words = "waiting for the run before it" if waits else "starting"
    else:
        late = late_words(run, _estimated(database_url(), run.id))
        words = ", ".join(filter(None, (f"{run.stage}{left}", late)))
    share = min(1.0, max(0.0, run.progress or 0.0))
    bar.progress(share, text=plain(f"{run_label(run)}: {share:.0%}, {words}"))
    if access.may("operator"):
        stop.button(
            "Cancel", key=f"cancel-{run.id}", disabled=run.cancelling, on_click=_cancel, args=(run.id,), width="stretch"
        )


@st.cache_data(show_spinner=False, max_entries=32)
def _estimated(where: str, run_id: int) -> float | None:
    """Worked out once a run, not every second: it reads the questions."""
    return estimated_seconds(run_id)


@frame.fenced
def _cancel(run_id: int) -> None:
    access.require("operator", "Cancelling a run")
    runner.cancel(run_id)
