"""What the name of a model means on this machine: its place, its size, and its name made whole. Imports no torch and
asks no host.
"""

from pathlib import Path

from engine.errors import ModelError, SettingError
from engine.models.demo_base import base_folder, base_ready
from engine.models.identity import in_cache
from engine.models.taught import taught_folder
from engine.names import DEMO, PUBLIC, RETAIN_ONLY, ModelRef, is_gguf, is_path, retain_only
from engine.settings import demo_folder, local_path


def whole_model(source: str) -> str:
    """A name that a base has here stays one, whatever folder beside the program has it too: so it is opened."""
    ref = ModelRef.parse(source)
    if ref.alone:
        return str(ref._replace(source=whole_model(ref.source)))
    return source if source in (DEMO, PUBLIC) or taught_folder(source) is not None else whole_path(source)


def whole_path(model: str) -> str:
    path = local_path(model)
    return str(path.resolve()) if model != DEMO and path.exists() else model


def place_of_model(source: str) -> Path | None:
    """The folder or file of a model on this machine, also in the hub's cache; None where it is not here."""
    if source in (DEMO, PUBLIC):
        return base_folder() if base_ready() else None
    try:
        taught = taught_folder(source)
        path = taught or local_path(source)
    except (SettingError, ModelError):
        return None
    return path if path.exists() else in_cache(source)


def size_of_model(source: str) -> int | None:
    """Bytes of a model's own files; None where it is not on this machine. A taught model's are its adapter."""
    if source == retain_only(DEMO):
        return size_of_files(demo_folder() / RETAIN_ONLY)
    place = place_of_model(source)
    if place is None:
        return None
    return size_of_files(place) + (size_of_files(demo_folder() / "base") if source == DEMO else 0)


def size_of_files(place: Path) -> int:
    """Bytes of a file, or of the files of a folder, not of those below it."""
    if place.is_file():
        return place.stat().st_size
    return sum(file.stat().st_size for file in place.iterdir() if file.is_file()) if place.is_dir() else 0


def kind_of_source(source: str) -> str:
    """Where a model comes from, by its name: "GGUF file", "folder" or "hub"; "" for a path where nothing is."""
    try:
        path = local_path(source)
    except SettingError:
        return ""
    if path.is_file() and is_gguf(path):
        return "GGUF file"
    if path.is_dir():
        return "folder"
    return "" if path.exists() or is_path(source) or is_gguf(source) else "hub"
