"""Every file that leaves the program is noted first: the note itself, and the sweep that removes notes of files that
were never finished.
"""

from datetime import datetime

from db import writes
from engine import whole_files
from engine.store.session import writing
from engine.whole_files import Note, Words


def note_handed_out(run_id: int, alpha: float, filename: str, rows: int, sha256: str) -> Note:
    """The note that `filename`, with `rows` questions of a run, was handed out; the caller writes it when it hands the
    file out.
    """
    created = writes.now()
    shown = filename.encode(errors="replace").decode()  # a name on disk need not be valid text

    def write() -> None:
        with writing() as session:
            writes.add_export(
                session, run_id=run_id, alpha=alpha, filename=shown, rows=rows, sha256=sha256, created=created
            )

    return Note({"sha256": sha256, "created": created.isoformat()}, write, _take_back)


def sweep() -> None:
    """Remove what killed processes of this data folder left half-written, and the notes of what was never handed
    out.
    """
    whole_files.sweep_folder(_take_back)


def _take_back(words: Words) -> None:
    """`StorageError` where the database refuses."""
    with writing() as session:
        writes.remove_export(session, words["sha256"], datetime.fromisoformat(words["created"]))
