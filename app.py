"""The server: the script that draws the pages, behind a gate that every request passes. Started with `streamlit run
app.py`.
"""

import streamlit as st

from engine.settings import keep_private
from pages.parts.shared import doors, gate

keep_private()
doors.note_start()
app = st.App("pages/router.py", middleware=gate.GATE, exception_handlers={Exception: gate.broken})
