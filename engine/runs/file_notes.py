"""How the question files of a run were read: they were not previewed before."""

from engine.errors import DataError
from engine.specification import ExperimentSpec
from engine.store.sources import SourcedSpec


def file_notes(sourced: SourcedSpec[ExperimentSpec]) -> list[str]:
    """Sentences on columns that were read as others, and on cells that may not be meant as they stand."""
    return [note for source in sourced.sources for note in _notes(sourced, source)]


def _notes(sourced: SourcedSpec[ExperimentSpec], source: str) -> tuple[str, ...]:
    try:
        return sourced.find(source).notes
    except DataError:  # a file that went away since: the run itself says so, where it needs it
        return ()
