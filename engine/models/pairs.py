"""Where pairs are kept: found, listed and saved. A pair is listed only when it is whole. Imports no torch."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.errors import ModelError, RunError
from engine.models.demo_base import base_ready, sha256_of
from engine.models.manifest import MANIFEST, PairManifest, read_manifest, write_manifest
from engine.models.saving import whole_folder
from engine.settings import data_folder, demo_folder, local_path

RENAME = f"give one of them another name, in its {MANIFEST} and as its folder's"
WEIGHTS = ("adapter_model.safetensors", "adapter_config.json", "model.safetensors", "p_adapter.safetensors")


def pairs_folder() -> Path:
    return data_folder() / "pairs"


def list_pairs() -> list[PairManifest]:
    """Every whole pair: the demo's, then those that runs made, by name. Reads manifests only.

    The first is the one to begin with, so those that need the demo's base before it is fetched come last. A name is
    listed once, for the pair that it opens.
    """
    found = [manifest for _, manifest in _named().values()]
    return sorted(found, key=lambda pair: pair.base == "demo" and not base_ready())


def find_pair(name: str) -> Path:
    """The folder of a pair by name or path; raises `ModelError` that lists what there is."""
    local_path(name)  # never ask the file system for an illegal name
    named = _named()
    if name in named:
        return named[name][0]
    found = _folders()
    if several := [folder.name for folder, manifest in found if manifest.name == name]:
        raise ModelError(f"the folders {' and '.join(several)} both hold a pair named {name!r}: {RENAME}")
    for root in _roots():
        if name and Path(name).name == name and (root / name / MANIFEST).is_file():
            return _called_otherwise(root / name, named)
    if (local_path(name) / MANIFEST).is_file():
        return local_path(name)
    names = ", ".join(manifest.name for manifest in list_pairs()) or "none yet"
    raise ModelError(f"there is no pair {name!r}; pairs here: {names}")


def _called_otherwise(folder: Path, named: dict[str, tuple[Path, PairManifest]]) -> Path:
    """`folder`, whose manifest names it differently, where no other folder has that name."""
    name = read_manifest(folder).name  # or raises the reason why it cannot be read
    if named.get(name, ("", None))[0] == folder:
        return folder
    raise ModelError(f"the folder {folder.name} holds a pair named {name!r}, as another folder does: {RENAME}")


def _roots() -> tuple[Path, Path]:
    return demo_folder() / "pairs", pairs_folder()


def _folders() -> list[tuple[Path, PairManifest]]:
    """Every whole pair and its folder, the demo's first, in the order of the folders' names."""
    found = []
    for root in _roots():
        for path in sorted(root.glob(f"[!.]*/{MANIFEST}")):  # a dot marks a save that has not finished
            try:
                known = path.stat()
            except OSError:  # it went away
                continue
            manifest = _read_once(path.parent, known.st_size, known.st_mtime_ns)
            if manifest is not None:
                found.append((path.parent, manifest))
    return found


@lru_cache(maxsize=1024)
def _read_once(folder: Path, size: int, modified: int) -> PairManifest | None:
    """A manifest that has not changed since is not read again: every move of α lists the pairs. None where the pair
    is not whole: it is not listed, and opening it by name says why.
    """
    try:
        return read_manifest(folder)
    except ModelError:
        return None


def _named() -> dict[str, tuple[Path, PairManifest]]:
    """Pairs by the name that opens them, their manifest's; of several of one name, the one whose folder has it too,
    or none.
    """
    folders = _folders()
    found: dict[str, tuple[Path, PairManifest]] = {}
    for folder, manifest in folders:
        same = [other for other, known in folders if known.name == manifest.name]
        own = [other for other in same if other.name == manifest.name]  # the demo's comes first
        if folder == (own or same)[0] and (own or len(same) == 1):
            found[manifest.name] = folder, manifest
    return found


def check_free(name: str) -> None:
    """Raise `RunError` when a new pair cannot have this name: another one has it."""
    if name in _named() or any((root / name).exists() for root in _roots()):
        raise RunError(f"there is already a pair {name!r}; choose another name")


def save_pair(trained: Any, tokenizer: Any, manifest: PairManifest, folder: Path) -> PairManifest:
    """Save a tuned model as a peft folder (or a full model) with its manifest; returns it with hashes.

    Whole or not at all. Raises `StorageError` when the disk is full and `ModelError` when the name is taken.
    """
    _check_absent(folder)
    with whole_folder(folder, f"pair {folder.name}") as scratch:
        write_weights(trained, scratch, manifest.reference)
        if manifest.tuning == "full":
            tokenizer.save_pretrained(scratch)
        hashes = {name: sha256_of(scratch / name) for name in WEIGHTS if (scratch / name).is_file()}
        whole = replace(manifest, hashes=hashes)
        write_manifest(scratch, whole)
    return whole


def save_manifest(manifest: PairManifest, folder: Path) -> None:
    """Save a pair without weights. Raises as `save_pair`."""
    _check_absent(folder)
    with whole_folder(folder, f"pair {folder.name}") as scratch:
        write_manifest(scratch, manifest)


def _check_absent(folder: Path) -> None:
    if folder.exists():
        raise ModelError(f"there is already a pair {folder.name!r}; choose another name")


def write_weights(trained: Any, folder: Path, reference: str) -> None:
    """Weights as safetensors, an adapter's in bf16; its config names its reference.

    A full model keeps its fp32: rounding would change every weight against its reference, tuned or not.
    """
    import torch

    from engine.models.p_adapter import p_adapter_of, save_p_adapter

    if hasattr(trained, "peft_config"):
        trained.to(torch.bfloat16)
        for config in trained.peft_config.values():
            config.base_model_name_or_path = reference
        trained.save_pretrained(folder, save_embedding_layers=False)  # "auto" would ask the hub for the reference
    elif (p_adapter := p_adapter_of(trained)) is not None:
        save_p_adapter(p_adapter, folder)
    else:
        trained.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
