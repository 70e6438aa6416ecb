"""Pairs that were not made here: their weights are copied, checked and loaded once, and a manifest is made for them.

What nobody here knows of their making stays empty, or says that it is not recorded.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from engine.errors import ModelError
from engine.models.checks import ANSWER, QUESTION, keep_checks
from engine.models.demo_base import sha256_of
from engine.models.demo_weights import check_hashes
from engine.models.identity import map_key
from engine.models.manifest import MANIFEST, PairManifest, read_manifest, write_manifest
from engine.models.packed import READ, Upload, unpacked
from engine.models.pairs import check_free, pairs_folder
from engine.models.saving import whole_folder
from engine.models.sources import whole_model, whole_path
from engine.models.weight_files import ADAPTER_CONFIG, MOST, SMALL, refuse_without
from engine.names import check_legal, is_path
from engine.settings import check_alpha, local_path

if TYPE_CHECKING:
    from engine.models.bases import LoadedModel

NOT_RECORDED = "not recorded"
ADAPTER = (ADAPTER_CONFIG, "adapter_model.safetensors")


def add_pair(name: str, base: str, reference: str, trained: str | Upload, alpha: float = 1.0) -> PairManifest:
    """Add the pair `name` of models that were made elsewhere; it is loaded once, which shows that its parts fit.

    `base` and `reference` are named as for a training. `trained` is a folder, a zip or a hub name: of a peft adapter on
    the reference, or of a whole model. Its weights are copied; those of base and reference stay where they are. Raises
    `ModelError` or `SettingError` with nothing added where a part is missing or does not fit, `RunError` for a name
    that is taken, `StorageError` where the disk refuses.
    """
    check_legal("a pair's name", name)
    check_free(name)
    strength, base, reference = check_alpha(alpha), whole_model(base), whole_path(reference)
    with _trained_in(trained) as source:
        from engine.models.bases import load_base

        hashes = _hashes(source)
        loaded, adapter = load_base(base), (source / ADAPTER_CONFIG).exists()
        manifest = PairManifest(
            name=name,
            base=base,
            reference=reference,
            objective=NOT_RECORDED,
            tuning="lora" if adapter else "full",
            recommended_alpha=strength,
            template=loaded.template,
            base_hash=loaded.hash,
            base_reading=loaded.reading,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            note="added from elsewhere: objective, seed and training data are not recorded",
            hashes=hashes,
        )
        return _added(source, manifest, loaded, adapter)


def add_pair_files(source: Path | Upload, name: str = "") -> PairManifest:
    """Add a pair that this program made elsewhere, from its folder or a zip of it, as `name` or as its manifest says.

    Raises as `add_pair`; the hashes of the manifest must be those of the files.
    """
    with _pair_in(source) as folder:
        from engine.models.bases import load_base

        manifest = read_manifest(folder)
        named = name or manifest.name
        check_legal("a pair's name", named)
        check_free(named)
        for file in manifest.hashes:
            if Path(file).name != file or "\\" in file:
                raise ModelError(f"the manifest of {source.name} names the file {file!r}, which is in another folder")
            if not (folder / file).is_file():
                raise ModelError(f"the pair in {source.name} is not whole: {file} is missing")
        whole = replace(manifest, name=named, hashes=manifest.hashes or _hashes(folder))
        return _added(folder, whole, load_base(manifest.base), adapter=False)


def manifest_in(source: Path | Upload) -> PairManifest:
    """What a folder or zip says of the pair in it; loads nothing, fetches nothing. Raises `ModelError`."""
    with _pair_in(source, (MANIFEST,)) as folder:
        return read_manifest(folder)


def _added(source: Path, manifest: PairManifest, base: "LoadedModel", adapter: bool) -> PairManifest:
    """Load the pair where it lies, so that an error names that place; then copy it, whole or not at all. What the first
    experiments find on it is kept.
    """
    from engine.models.loading import assemble
    from engine.models.soundness import soundness_checks

    found = soundness_checks(assemble(source, manifest, base, ""), QUESTION, ANSWER)
    with whole_folder(pairs_folder() / manifest.name, f"pair {manifest.name}") as scratch:
        for file in _files(source, adapter):
            shutil.copyfile(file, scratch / file.name)
        check_hashes(scratch, manifest.hashes, f"the copy of pair {manifest.name}")
        write_manifest(scratch, manifest)
    keep_checks(map_key(manifest), found)
    return manifest


def _hashes(source: Path) -> dict[str, str]:
    hashes = {file.name: sha256_of(file) for file in sorted(source.glob("*.safetensors"))}
    if not hashes:
        refuse_without(source)
    return hashes


@contextmanager
def _trained_in(trained: str | Upload) -> Iterator[Path]:
    """The folder with what was trained, or that of a zip unpacked for as long as the block lasts."""
    path = trained if isinstance(trained, Upload) else local_path(trained)
    if isinstance(path, Upload) or path.is_file():
        with unpacked(path, (ADAPTER_CONFIG, "config.json")) as folder:
            yield folder
        return
    named = str(trained)
    if path.is_dir():
        yield path.absolute()
    elif path.exists() or is_path(named):
        raise ModelError(f"there is no folder with an adapter or a model at {named}")
    else:
        from engine.models.hub import hub_folder

        yield hub_folder(named)


def _files(source: Path, adapter: bool) -> Iterator[Path]:
    """What is copied of a folder: an adapter's two files, or weights and small files; nothing that could be code."""
    names = ADAPTER if adapter else ("*.safetensors", *SMALL)
    for pattern in names:
        for file in sorted(source.glob(pattern)):
            small = file.suffix != ".safetensors"
            if small and file.stat().st_size > MOST:
                raise ModelError(f"{file.name} has {file.stat().st_size:,} bytes, and at most {MOST:,} are read")
            if file.name != MANIFEST:
                yield file


@contextmanager
def _pair_in(source: Path | Upload, wanted: tuple[str, ...] = READ) -> Iterator[Path]:
    """The folder of a pair, or that of a zip unpacked for as long as the block lasts."""
    if isinstance(source, Path) and source.is_dir():
        yield source
        return
    if isinstance(source, Path) and not source.is_file():
        raise ModelError(f"there is no pair at {source}: name a folder with a {MANIFEST}, or a zip of one")
    with unpacked(source, (MANIFEST,), wanted) as folder:
        yield folder
