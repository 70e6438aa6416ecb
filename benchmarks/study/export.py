"""The study's tables as CSV, one file a table."""

from pathlib import Path

from benchmarks.study.tables import study_tables
from engine.errors import RunError, StorageError
from engine.report.csv_table import csv_bytes, write_report


def export_tables(out: Path) -> dict[str, int]:
    """Write every table into the folder `out`, each file whole or not at all; the number of rows by table.

    Raises `RunError` where no run of the study is finished, `StorageError` where folder or file cannot be written.
    """
    tables = study_tables()._asdict()
    if all(table.empty for table in tables.values()):
        raise RunError("the study has no finished runs here: `python -m benchmarks.study` makes them")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"the folder {out} cannot be made: {error.strerror}") from error
    for name, table in tables.items():
        write_report(csv_bytes(table), out / f"{name}.csv")
    return {name: len(table) for name, table in tables.items()}
