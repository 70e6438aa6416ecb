"""The files of a run that are handed out at one alpha: its answers as CSV, and as a log of OpenUnlearning. Each
export is noted.
"""

from pathlib import Path

import pandas as pd

from engine.analysis.chosen_alpha import report_alpha
from engine.errors import RunError
from engine.report.archive import hash_of
from engine.report.openunlearning import ExportedLog, open_log
from engine.settings import check_alpha
from engine.store import history
from engine.store.handing_out import note_handed_out

REPORT_HIDES = ["question_id", "position"]  # places in this database, of no meaning elsewhere


def export_run(
    run_id: int, out: Path, alpha: float | None = None, columns: str = "all", delimiter: str = "comma"
) -> int:
    """Write the report of a run to `out`, whole or not at all; the number of rows. `StorageError` if it cannot be.

    `columns` and `delimiter` as `csv_form.read_form` takes them.
    """
    from engine.report.csv_form import read_form
    from engine.report.csv_table import write_report

    form = read_form(columns, delimiter)
    strength, frame = _report(run_id, alpha)
    data = form.write(frame)
    write_report(data, out, note_handed_out(run_id, strength, out.name, len(frame), hash_of(data)))
    return len(frame)


def export_log(run_id: int, out: Path, alpha: float | None = None) -> ExportedLog:
    """Write a run at one alpha to `out` as an OpenUnlearning log, whole or not at all. `StorageError` if it cannot
    be.
    """
    from engine.report.csv_table import write_report

    strength = report_alpha(run_id) if alpha is None else check_alpha(alpha)
    found = open_log(run_id, strength)
    write_report(found.data, out, note_handed_out(run_id, strength, out.name, found.rows, hash_of(found.data)))
    return found


def _report(run_id: int, alpha: float | None) -> tuple[float, pd.DataFrame]:
    from engine.report.csv_table import build_report

    summary = history.run_detail(run_id).summary
    if summary.status != "finished":
        raise RunError(f"run {summary.name!r} is {summary.status}: only a finished run has a report")
    strength = report_alpha(run_id) if alpha is None else check_alpha(alpha)
    return strength, build_report(history.report_rows(run_id, strength).drop(columns=REPORT_HIDES))
