"""How the files were read that a run names as its sources: nobody has seen their preview."""

from pathlib import Path

from engine.data.files import read_set
from engine.data.sources import question_file
from engine.errors import DataError
from engine.settings import ExperimentSpec


def file_notes(spec: ExperimentSpec) -> list[str]:
    """Sentences on columns that were read as others, and on cells that may not be meant as they stand."""
    files = map(question_file, dict.fromkeys((spec.forget, *spec.retain, spec.controls, *spec.evaluate_on)))
    return [note for path in files if path is not None for note in _notes(path)]


def _notes(path: Path) -> list[str]:
    try:
        found = read_set(path)
    except DataError:  # a file that went away since: the run itself says so, where it needs it
        return []
    return [f"{path.name}: {words}" for words in (*found.mapping, *found.notes)]
