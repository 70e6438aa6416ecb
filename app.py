"""The router: which pages there are, and nothing else. Started with `streamlit run app.py`."""

from engine.settings import keep_private
from pages.parts import frame

keep_private()
frame.route()
