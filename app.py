"""The server: the script that draws the pages, behind a gate that every request passes. Started with `streamlit run
app.py`.
"""

import streamlit as st

from engine.settings import keep_private
from pages.parts.shared import doors, gate, warm_up

keep_private()
doors.note_start()
app = st.App(
    "pages/router.py",
    lifespan=warm_up.beside_the_server,
    middleware=gate.GATE,
    exception_handlers={Exception: gate.broken},
)
