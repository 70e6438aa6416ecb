"""How the files were read that a run names as its sources: nobody has seen their preview."""

from engine.data.files import read_set
from engine.errors import DataError
from engine.settings import ExperimentSpec, local_path
from engine.store.questions import is_file


def file_notes(spec: ExperimentSpec) -> list[str]:
    """Sentences on columns that were read as others, and on cells that may not be meant as they stand."""
    files = filter(is_file, dict.fromkeys((spec.forget, *spec.retain, spec.controls, *spec.evaluate_on)))
    return [note for source in files for note in _notes(source)]


def _notes(source: str) -> list[str]:
    try:
        found = read_set(local_path(source.strip()))
    except DataError:  # a file that went away since: the run itself says so, where it needs it
        return []
    return [f"{local_path(source.strip()).name}: {words}" for words in (*found.mapping, *found.notes)]
