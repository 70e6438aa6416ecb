"""The server: the script that draws the pages, behind a gate that every request passes. Started with `streamlit run app.py`."""

import streamlit as st

from pages.parts import doors, gate

doors.note_start()
app = st.App("pages/router.py", middleware=gate.GATE, exception_handlers={Exception: gate.broken})
