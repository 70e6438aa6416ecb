"""TOFU's figures and the membership suite of a run at one α, as tables; what is n/a says why."""

from collections.abc import Collection

import pandas as pd
import streamlit as st

from engine.analysis.figures import interval_words
from engine.analysis.tofu_and_privacy import MEMBERSHIP, READ, estimate_words, run_privacy, run_tofu
from engine.evaluation.aggregates import AUC, FORGET_QUALITY, MODEL_UTILITY, PRIVLEAK
from engine.evaluation.metrics import METRICS
from engine.evaluation.tofu_figures import TofuFigure
from pages.parts.shared.wording import MISSING, plain

TOFU_WORDS = (
    "TOFU's figures by the names that OpenUnlearning gives them; model utility is the harmonic mean of nine, of retain,"
    " real authors and world facts. Truth ratio in variant A, as TOFU's own logs have it."
)


def show_measures(run_id: int, alpha: float) -> None:
    """Two tables behind an expander each; neither where a run has nothing for it."""
    found = run_tofu(run_id, alpha)
    if any(item.value is not None for item in found.values()):
        with st.expander("TOFU's figures and model utility"):
            st.dataframe(_tofu_table(list(found.values())), hide_index=True, placeholder=MISSING, alt=TOFU_WORDS)
            st.caption(TOFU_WORDS)
    privacy = run_privacy(run_id, alpha)
    if privacy:
        with st.expander("Membership: can one tell what was forgotten?"):
            rows = [
                (
                    METRICS[item.metric].label.removeprefix("Membership score: "),
                    estimate_words(item.auc),
                    estimate_words(item.difference, "+"),
                    estimate_words(item.privleak, "+"),
                    item.auc.rows.forget,
                    item.auc.rows.holdout,
                )
                for item in privacy
            ]
            names = ["score", "AUC", "less retain-only's", "PrivLeak, %", "n forget", "n holdout"]
            words = f"Area under the curve, forget questions against people nobody was taught. {READ}"
            st.dataframe(pd.DataFrame(rows, columns=names), hide_index=True, placeholder=MISSING, alt=words)
            st.caption(plain(words))


def aggregates_of(metrics: Collection[str]) -> list[tuple[str, str]]:
    """What is made of many questions, with the part it speaks of, for a run with these metrics."""
    membership = [(AUC, "forget"), (PRIVLEAK, "forget")] if set(MEMBERSHIP) & set(metrics) else []
    return [(FORGET_QUALITY, "forget"), (MODEL_UTILITY, "retain"), *membership]


def _tofu_table(found: list[TofuFigure]) -> pd.DataFrame:
    rows = [
        (
            item.key,
            "n/a" if item.value is None else f"{item.value:.4f}",
            "–" if item.value is None else interval_words(item.low, item.high),
            item.rows,
            item.reason or item.variant,
        )
        for item in found
    ]
    return pd.DataFrame(rows, columns=["figure", "value", "95 % interval", "n", "variant, or why n/a"])
