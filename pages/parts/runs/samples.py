"""What a pair answered to a few questions after each epoch of its training: shown while it runs, and afterwards."""

import pandas as pd
import streamlit as st

from engine.analysis.samples import SampledQuestion, Samples, samples_of
from engine.evaluation.ruined import NOISE_RULE, RETAIN_RULE
from engine.wording import split_word
from pages.parts.shared.wording import MISSING, plain

TITLE = "Sample answers while it is trained"
RULES = f"At α = 1, cut short. The first column is the base. {NOISE_RULE} {RETAIN_RULE}"
FIRST = 2  # columns of epochs beside the base's: the one before the newest, and the newest


def show_samples(run_id: int, live: bool) -> None:
    """Open while the training goes on; nothing for a run without samples."""
    found = samples_of(run_id)
    if not found.questions:
        return
    with st.expander(TITLE, expanded=live):
        for words in found.warnings:
            st.warning(plain(words), icon=":material/warning:")
        newest = found.epochs[-1]
        st.markdown(f"After epoch {newest}" if newest else "Before the first step", help=plain(RULES))
        _table(found, (0, *[epoch for epoch in found.epochs if epoch][-FIRST:]))
        if len(found.epochs) > FIRST + 1:
            question = st.selectbox(
                "One question over all epochs",
                found.questions,
                key=f"sampled-{run_id}",
                format_func=lambda item: item.question,
            )
            _history(question)


def _table(found: Samples, epochs: tuple[int, ...]) -> None:
    rows = [
        {
            "part": split_word(item.split),
            "question": item.question,
            **{_head(epoch): _cell(item, epoch) for epoch in epochs if epoch in found.epochs},
        }
        for item in found.questions
    ]
    words = f"{TITLE}: {len(rows)} questions, base and newest epochs."
    st.dataframe(pd.DataFrame(rows), hide_index=True, placeholder=MISSING, alt=words)


def _history(item: SampledQuestion) -> None:
    rows = [{"epoch": _head(epoch), "answer": _cell(item, epoch)} for epoch in sorted(item.answers)]
    st.dataframe(pd.DataFrame(rows), hide_index=True, placeholder=MISSING, alt=f"Answers to {item.question} by epoch.")


def _head(epoch: int) -> str:
    return f"epoch {epoch}" if epoch else "base"


def _cell(item: SampledQuestion, epoch: int) -> str:
    if epoch not in item.answers:
        return ""
    text, noise = item.answers[epoch]
    return f"▲ noise: {text}" if noise else text
