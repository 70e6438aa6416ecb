"""Figures that others published, kept as a run: nothing of it is ever executed."""

from typing import NoReturn

from engine.errors import RunError
from engine.kinds import ImportedSpec
from engine.runs.kinds.kind import Kind, alphas_with_base
from engine.runs.progress import Progress
from engine.store.sources import SourcedSpec


def refuse(sourced: SourcedSpec[ImportedSpec]) -> NoReturn:
    raise RunError(f"run {sourced.spec.name!r} was imported: it executes nothing, so it cannot be started")


def _execute(_run_id: int, sourced: SourcedSpec[ImportedSpec], _progress: Progress) -> None:
    refuse(sourced)


KIND = Kind(ImportedSpec, alphas_with_base, check=refuse, work=refuse, execute=_execute)
