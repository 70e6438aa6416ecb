"""The questions of a run with the key terms that its answers were judged by: a file to correct and to hand back."""

import pandas as pd

from engine.report.csv_table import csv_bytes
from engine.store import history

COLUMNS = ("question", "answer", "key_terms", "subject", "split", "half")


def terms_csv(run_id: int) -> bytes:
    """A CSV in the columns of a question file, without what was erased."""
    rows = [
        (one.question, one.answer, " | ".join(terms), one.subject, one.split, one.half)
        for one, terms in history.asked(run_id)
        if not one.erased
    ]
    return csv_bytes(pd.DataFrame(rows, columns=list(COLUMNS)))
