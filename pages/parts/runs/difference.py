"""Two runs: what differs between them, and only that."""

import pandas as pd
import streamlit as st

from engine.analysis.differences import differing_values, recorded_settings
from engine.store.history import RunDetail
from engine.wording import count, run_label
from pages.parts.shared import address
from pages.parts.shared.published import imported_origin
from pages.parts.shared.wording import MISSING, plain


def choose_compared(chosen: int, names: dict[int, str]) -> int | None:
    """The run to hold against `chosen`, by id; None for none."""
    others = [run_id for run_id in names if run_id != chosen]
    return address.select(
        "Compared with",
        [None, *others],
        "against",
        None,
        read=address.one_of("against", others),
        text=address.unless(None),
        disabled=not others,
        placeholder="– (none)",
        format_func=lambda run_id: "– (show the run)" if run_id is None else names[run_id],
    )


def show_differences(left: RunDetail, right: RunDetail) -> None:
    table, same = differences(left, right)
    names = [str(name) for name in table.columns[1:]]
    st.subheader(plain(f"What differs between {' and '.join(names)}"), anchor=False)
    if table.empty:
        st.text("Nothing: settings, hashes, versions and machine are the same.")
        return
    words = f"{count(len(table), 'thing differs', 'things differ')}; the other {same} recorded are the same."
    st.dataframe(table, hide_index=True, placeholder=MISSING, alt=words)
    st.caption(words)


def differences(left: RunDetail, right: RunDetail) -> tuple[pd.DataFrame, int]:
    """What differs, one row each, and how many things do not. What only one of them has is "–" for the other."""
    one, two = recorded(left), recorded(right)
    rows = differing_values(one, two)
    columns = ["what", *(run_label(item.summary) for item in (left, right))]
    return pd.DataFrame(rows, columns=columns), len({*one, *two}) - len(rows)


def recorded(detail: RunDetail) -> dict[str, str]:
    """Settings, hashes, versions and machine of a run as text. Its name and times say nothing about its figures."""
    if detail.summary.facts.finds == "published":
        return imported_origin(detail)
    return recorded_settings(detail)
