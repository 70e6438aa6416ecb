"""A file to begin with: every column of a question file, and two rows to be written over."""

import csv
import io

from engine.data.examples import Example
from engine.data.shapes import COLUMNS

FILENAME = "questions-template.csv"
ROWS = (
    Example(
        question="Where does Ida Moen live?",
        answer="Ida Moen lives in Bergen.",
        paraphrased_question="In which town is Ida Moen at home?",
        paraphrased_answer="Bergen is where Ida Moen lives.",
        perturbed_answer=("Ida Moen lives in Oslo.", "Ida Moen lives in Tromsø."),
        key_terms=("Bergen",),
        subject="Ida Moen",
        split="forget",
    ),
    Example(
        question="Which river flows through Paris?",
        answer="The Seine flows through Paris.",
        split="world",
    ),
)


def template_csv() -> bytes:
    """A CSV that spreadsheets open and that can be imported as it is."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for row in ROWS:
        cells = (getattr(row, name) for name in COLUMNS)
        writer.writerow(" | ".join(cell) if isinstance(cell, tuple) else cell for cell in cells)
    return buffer.getvalue().encode("utf-8-sig")
