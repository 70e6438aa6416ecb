"""What the measures on a screen mean: label, direction, unit, formula and source of each, and the words of
statistics.
"""

from collections.abc import Iterable

import pandas as pd
import streamlit as st

from engine.evaluation.aggregates import SHOWN
from engine.wording import count, split_word
from pages.parts.shared.wording import MISSING, TERMS


def show_meanings(measures: Iterable[tuple[str, str]], terms: Iterable[str], key: str) -> None:
    """`measures`: metric and split as they are shown; `terms`: keys of `wording.TERMS`."""
    table = meanings(measures)
    with st.expander("What these measures mean", key=key):
        if len(table):
            words = f"{count(len(table), 'measure')} of this page with direction, unit, formula and source."
            wide = {name: st.column_config.Column(width="large") for name in ("formula", "source")}
            st.dataframe(table, hide_index=True, placeholder=MISSING, alt=words, column_config=wide)
        for term in terms:
            st.markdown(f"**{term}**: {TERMS[term]}")


def meanings(measures: Iterable[tuple[str, str]]) -> pd.DataFrame:
    """One row per measure and direction, in the order of the registry; the parts that share a direction stand
    together.
    """
    order = list(SHOWN)
    shown = sorted({item for item in measures if item[0] in SHOWN}, key=lambda item: (order.index(item[0]), item[1]))
    parts: dict[tuple[str, str], list[str]] = {}
    for name, split in shown:
        parts.setdefault((name, SHOWN[name].direction(split)), []).append(split_word(split))
    rows = []
    for (name, direction), splits in parts.items():
        metric = SHOWN[name]
        where = ", ".join(sorted(splits))
        rows.append((metric.label, f"{direction} ({where})", metric.unit, metric.formula, metric.source))
    return pd.DataFrame(rows, columns=["measure", "better", "unit", "formula", "source"])
