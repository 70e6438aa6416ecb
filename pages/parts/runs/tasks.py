"""What a run of multiple-choice tasks found, as a table."""

import pandas as pd
import streamlit as st

from engine.analysis.task_figures import FORMULAS, task_figures
from engine.kinds import TasksSpec
from engine.wording import count
from pages.parts.shared.wording import MISSING, plain

COLUMNS = ["task", "α", "acc", "± acc", "acc_norm", "± acc_norm", "chance", "n"]


def show_task_figures(run_id: int, spec: TasksSpec) -> None:
    """Accuracy by task and α, with standard error and chance beside it."""
    table = pd.DataFrame(task_figures(run_id), columns=COLUMNS).round(3)
    words = f"The first {count(spec.limit, 'item')} of each task at most, no examples in the prompt. {FORMULAS}."
    st.dataframe(table, hide_index=True, placeholder=MISSING, alt=words)
    st.caption(plain(words))
