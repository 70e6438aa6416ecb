"""A backup of everything that this program keeps, in one click."""

from datetime import UTC, datetime

import streamlit as st

from engine.settings import make_data_folder
from engine.store import history
from engine.store.backup import back_up
from engine.whole_files import scratch_in
from engine.wording import named_run
from pages.parts.shared import access
from pages.parts.shared.wording import plain

WORDS = "One zip with the database, the pairs and the taught models, each file with its hash, read back and compared."


def backup_form() -> None:
    access.require("operator", "Making a backup")
    st.markdown(WORDS)
    busy = [run for run in history.list_runs() if run.status in ("queued", "running")]
    if busy:
        words = f"{named_run(busy[0])} is {busy[0].status}: wait for its end, or cancel it."
        st.info(plain(words[0].upper() + words[1:]), icon=":material/info:")
        return
    st.download_button(
        "Make a backup",
        data=_packed,
        file_name=f"oubliette-{datetime.now(UTC):%Y-%m-%d}.zip",
        mime="application/zip",
        key="backup",
        type="primary",
        icon=":material/archive:",
        on_click="ignore",
        help=(
            "To restore it into a new folder: python -m engine restore FILE --to FOLDER. A backup holds every text in"
            " clear: a person who is erased later is still in it."
        ),
    )


def _packed() -> bytes:
    with scratch_in(make_data_folder()) as scratch:
        scratch.mkdir()
        path = scratch / "backup.zip"
        back_up(path)
        return path.read_bytes()
