"""Report's files: made when asked for, offered in every format, with the hash that is to be kept apart."""

from typing import Any

import streamlit as st

from engine.report import files, gather
from engine.report.columns import COLUMNS as COLUMNS_OF_CSV
from engine.report.csv_form import ALL, DELIMITERS, READABLE, CsvForm, read_form
from engine.report.csv_table import TWELVE
from engine.report.files import HTML, JSON, QUESTIONS, SUMMARY, ZIP, ReportFiles
from engine.report.gather import Chosen
from engine.report.parts import Report
from engine.store import erasure
from engine.wording import count
from pages.parts.shared import frame

MADE = "report_made"
NAMED, WHEN_MADE = "named", ("exported",)
COLUMNS = {ALL: "All, the twelve readable ones first", READABLE: "The twelve readable ones", NAMED: "Some of them"}
MIME = {
    HTML: ("One page (HTML)", "text/html"),
    QUESTIONS: ("CSV", "text/csv"),
    SUMMARY: ("Summary CSV", "text/csv"),
    JSON: ("JSON", "application/json"),
    ZIP: ("Zip with manifest", "application/zip"),
}


def offer_files(chosen: Chosen, other: int | None) -> None:
    """A button that makes the report of what is shown now; then its files. Files of another choice are dropped."""
    redacted: bool = st.checkbox(
        "Redacted: leave out questions, answers, names and notes",
        key="redacted",
        help="Figures and hashes stay. Persons and reviewers are numbered.",
    )
    form = choose_form(chosen)
    # After an erasure what was made before is not offered any more, in no session.
    wanted = (chosen.detail.summary.id, chosen.alpha, chosen.selection, other, redacted, form, erasure.erasures())
    st.button(
        f"Make the report ({count(len(chosen.rows), 'question')})",
        key="make",
        type="primary",
        icon=":material/description:",
        on_click=_make,
        args=(chosen, other, redacted, form, wanted),
        help="Makes all files from the same figures. They stay as they are until it is pressed again.",
    )
    known: tuple[Any, ReportFiles] | None = st.session_state.get(MADE)
    if known is None or known[0] != wanted:
        st.session_state.pop(MADE, None)
        return
    _show_files(known[1])


def choose_form(chosen: Chosen) -> CsvForm:
    """Which columns the CSV of the questions has, and what separates them."""
    with st.expander("CSV: columns and delimiter"):
        left, right = st.columns(2)
        with left:
            kind = st.radio("Columns", list(COLUMNS), format_func=COLUMNS.__getitem__, key="csv-columns")
        with right:
            delimiter: str = st.selectbox(
                "Delimiter",
                list(DELIMITERS),
                key="csv-delimiter",
                format_func=str.capitalize,
                help="Spreadsheets set to a language with a decimal comma mostly expect a semicolon.",
            )
        if kind != NAMED:
            return read_form(kind, delimiter)
        names = [one.name for one in COLUMNS_OF_CSV if one.made or one.name in WHEN_MADE or one.name in chosen.rows]
        picked = st.multiselect("Columns of the CSV", names, list(TWELVE), key="csv-named", help="In this order.")
        return CsvForm(tuple(picked or TWELVE), delimiter)


@frame.fenced
def _make(chosen: Chosen, other: int | None, redacted: bool, form: CsvForm, wanted: Any) -> None:
    report = gather.gather(chosen, other=other, redacted=redacted, form=form.options)
    made = files.make_files(report, redacted, form)
    made.note(f"{name_of(made.report)}.zip").write()
    st.session_state[MADE] = wanted, made


def name_of(report: Report) -> str:
    """A file's name without its ending; a redacted one does not tell the run's name."""
    origin = report.origin
    name = f"run-{origin.run_id}" if report.redacted else origin.run
    kind = ("-redacted" if report.redacted else "") + ("-selection" if report.selection else "")
    return f"oubliette-{name}-alpha-{origin.alpha:g}{kind}"


def _show_files(made: ReportFiles) -> None:
    rows, name = len(made.report.questions), name_of(made.report)
    if made.report.selection:
        st.info(f"These files are of what is shown: {made.report.selection}.", icon=":material/filter_alt:")
    for column, (file, (label, mime)) in zip(st.columns(len(MIME)), MIME.items(), strict=True):
        shown = f"{label} ({count(rows, 'row')})" if file == QUESTIONS else label
        ending = {SUMMARY: "-summary.csv"}.get(file, "." + file.rpartition(".")[2])
        column.download_button(
            shown,
            data=made.files[file],
            file_name=f"{name}{ending}",
            mime=mime,
            key=f"download {file}",
            icon=":material/download:",
            on_click="ignore",
            width="stretch",
        )
    st.markdown("**Hash of the manifest** (keep it apart from the files: it shows whether the zip was changed)")
    st.code(made.manifest_hash, language=None)
    st.caption(
        "To check: python -m engine verify REPORT.zip --manifest-hash HASH. In the CSV every cell that a spreadsheet"
        " could run as a formula is made harmless with a leading apostrophe."
    )
