"""What an answer depends on besides a pair's manifest, read from the files that are there now. Imports no torch.

A manifest pins a pair's weights, and its base's where the program trained it, but no tokenizer, no reference's weights,
and no template where it names none. A stored map is found only while all of these are unchanged.
"""

import hashlib
from functools import lru_cache
from pathlib import Path

from engine.errors import ModelError, SettingError
from engine.models.demo_base import sha256_of
from engine.models.manifest import PairManifest
from engine.models.taught import read_taught, taught_folder
from engine.names import DEMO, is_path
from engine.settings import local_path

# Maps of bases other than the demo's, made before prompts were read as they are now, are no longer found.
READING = "2"
# Tokenizers, templates and configurations: small files that decide the tokens of questions and answers.
_SMALL = ("*.json", "*.jinja", "*.model", "merges.txt", "vocab.txt")
_WEIGHTS = ("*.safetensors", "*.gguf")


def map_key(manifest: PairManifest) -> str:
    """The key of a pair's stored maps: its hash, and where its manifest leaves something open, a hash of that too."""
    open_ = [_files(manifest.base, weights=not manifest.base_hash), _files(manifest.reference, weights=True)]
    if not any(open_):
        return manifest.hash
    return hashlib.sha256("\n".join([manifest.hash, *open_, READING]).encode()).hexdigest()[:16]


def files_key(source: str) -> str:
    """A hash of a model's files as they are now, 16 hex digits; "" where none are on this machine."""
    found = _files(source, weights=True)
    return hashlib.sha256(found.encode()).hexdigest()[:16] if found else ""


def _files(source: str, weights: bool) -> str:
    """The files of a model on this machine: small ones by content, weights by size and time. "" for `demo`.

    A taught model has its tokenizer from its start model.
    """
    if not source or source == DEMO:
        return ""
    try:
        taught = taught_folder(source)
        if taught is not None:
            return _of_folder(taught, weights) + _files(read_taught(taught).start, weights)
        path = local_path(source)
        path = path if path.exists() else in_cache(source) or path
    except (SettingError, ModelError):  # loading it gives the reason
        return ""
    if path.is_file():
        return _weight(path) if weights else ""
    return _of_folder(path, weights)


def in_cache(source: str) -> Path | None:
    """For a model of the hub; a name without "/" is a folder that no longer exists."""
    if "/" not in source or is_path(source):
        return None
    from engine.models.hub import cached_folder

    return cached_folder(source)


def _of_folder(path: Path, weights: bool) -> str:
    small = sorted(file for pattern in _SMALL for file in path.glob(pattern) if file.is_file())
    large = sorted(file for pattern in _WEIGHTS for file in path.glob(pattern) if file.is_file()) if weights else []
    return "\n".join([*(f"{file.name} {_content(file)}" for file in small), *map(_weight, large)])


def _weight(path: Path) -> str:
    known = path.stat()
    return f"{path.name} {known.st_size} {known.st_mtime_ns}"


def _content(path: Path) -> str:
    known = path.stat()
    return _hash_once(path, known.st_size, known.st_mtime_ns)


@lru_cache(maxsize=256)
def _hash_once(path: Path, size: int, modified: int) -> str:
    """A file that has not changed since is not read again."""
    return sha256_of(path)
