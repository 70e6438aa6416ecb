"""The router: which pages there are, and nothing else. Started with `streamlit run app.py`."""

from pages.parts import frame

frame.route()
