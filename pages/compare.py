"""Compare: one question, the base's answer beside the unlearned one, and a dial between them."""

import streamlit as st

from pages.parts.compare.dial import compare_answers
from pages.parts.compare.question_picker import pick_question, show_question
from pages.parts.shared import frame

frame.begin(
    "Compare",
    "One question, answered by the base and by the base with the pair's offset. α is the strength of that offset.",
)
context = frame.context()
if context.set is None:
    frame.nothing_yet(
        "There is no set of questions yet. Overview sets up the demo with one button; Runs imports a set of your own."
    )
    st.stop()
asked = pick_question(context.set)
if asked is None:
    st.stop()
show_question(asked)
if context.pair is None:
    frame.nothing_yet("There is no pair yet to steer the base with. Overview fetches the demo's pair; Runs trains one.")
    st.stop()
compare_answers(asked, context.pair)
frame.say_limit()
