"""The files of a report: made together, noted together, written whole or not at all."""

import os
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from db.reads import erasures
from engine.report.archive import hash_of, manifest_bytes, zip_bytes
from engine.report.csv_form import CsvForm
from engine.report.csv_table import build_report, not_written, telling_of
from engine.report.html_page import html_bytes
from engine.report.json_file import json_bytes, summary_bytes
from engine.report.parts import Report
from engine.report.redact import redact
from engine.store.handing_out import note_handed_out
from engine.store.session import reading
from engine.whole_files import Note, part_of, write_new

QUESTIONS, SUMMARY, JSON, HTML, ZIP = "questions.csv", "summary.csv", "report.json", "report.html", "report.zip"


class ReportFiles(NamedTuple):
    """`files` by name, with the zip of the others among them; `manifest_hash` is to be kept apart from all of them."""

    report: Report
    files: dict[str, bytes]
    manifest_hash: str

    def note(self, filename: str) -> Note:
        """The note, with the manifest's hash, that the report was handed out under this name; to be written first."""
        origin = self.report.origin
        return note_handed_out(origin.run_id, origin.alpha, filename, len(self.report.questions), self.manifest_hash)


def make_files(report: Report, redacted: bool = False, form: CsvForm | None = None) -> ReportFiles:
    """Every format of a report, from the same values; `form` is that of the CSV of the questions. Writes and notes
    nothing. `SettingError` for a column that the report does not have.
    """
    shown = redact(report, _stored_people()) if redacted else report
    table = build_report(pd.DataFrame([{**row, "exported": shown.made} for row in shown.questions]))
    files = {
        QUESTIONS: (form or CsvForm()).write(table),
        SUMMARY: summary_bytes(shown),
        JSON: json_bytes(shown),
        HTML: html_bytes(shown),
    }
    return ReportFiles(shown, {**files, ZIP: zip_bytes(files)}, hash_of(manifest_bytes(files)))


def _stored_people() -> list[str]:
    """Everyone a stored question is about: a pair may be named after a person outside this report."""
    with reading() as session:
        return sorted(erasures.subjects(session))


def check_folder(folder: Path) -> None:
    """`StorageError` unless a report can be written to `folder`: it is new or empty, the one above is writable."""
    with telling_of(folder):
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise not_written(folder, "it is not a folder")
        if folder.exists() and any(folder.iterdir()):
            raise not_written(folder, "it holds other files; name a new folder")
        above = folder.resolve().parent
        if not above.is_dir():
            raise not_written(folder, f"there is no folder {above}")
        if not os.access(above, os.W_OK | os.X_OK):
            raise not_written(folder, f"{above} is not writable")


def write_files(made: ReportFiles, folder: Path) -> None:
    """Note the export, then write every file to `folder`: all of it or nothing. Raises what `check_folder` does."""
    check_folder(folder)
    with telling_of(folder), part_of(folder.resolve(), made.note(folder.name)) as part:
        part.mkdir(0o700)
        for name, data in made.files.items():
            write_new(part / name, data)
