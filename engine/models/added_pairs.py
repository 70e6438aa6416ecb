"""Pairs that were not made here: their weights are copied, checked and loaded once, and a manifest is made for them.

What nobody here knows of their making stays empty, or says that it is not recorded.
"""

import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from engine.errors import ModelError
from engine.models.bases import LoadedModel, load_base
from engine.models.demo_base import sha256_of
from engine.models.demo_weights import check_hashes
from engine.models.hub import hub_folder
from engine.models.loading import assemble
from engine.models.manifest import MANIFEST, PairManifest, read_manifest, write_manifest
from engine.models.pairs import check_free, pairs_folder
from engine.models.saving import whole_folder
from engine.models.tuning import ADAPTER_FILE
from engine.models.weight_files import ADAPTER_CONFIG, MOST, SMALL
from engine.names import check_legal, is_path
from engine.settings import check_alpha, local_path
from engine.whole_files import scratch_in

NOT_RECORDED = "not recorded"
LARGEST = 100 * 2**30  # bytes that a zip may hold, unpacked
MOST_FILES = 200


def add_pair(name: str, base: str, reference: str, trained: str, alpha: float = 1.0) -> PairManifest:
    """Add the pair `name` of models that were made elsewhere; it is loaded once, which shows that its parts fit.

    `base` and `reference` are named as for a training. `trained` is a folder or hub name: of a peft adapter on the
    reference, or of a whole model. Its weights are copied; those of base and reference stay where they are. Raises
    `ModelError` or `SettingError` with nothing added where a part is missing or does not fit, `RunError` for a name
    that is taken, `StorageError` where the disk refuses.
    """
    check_legal("a pair's name", name)
    check_free(name)
    source, loaded = _folder_of(trained), load_base(base)
    adapter = (source / ADAPTER_CONFIG).exists()
    manifest = PairManifest(
        name=name,
        base=base,
        reference=reference,
        objective=NOT_RECORDED,
        tuning="lora" if adapter else "full",
        recommended_alpha=check_alpha(alpha),
        template=loaded.template,
        base_hash=loaded.hash,
        base_reading=loaded.reading,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        note="added from elsewhere: objective, seed and training data are not recorded",
    )
    hashes = {file.name: sha256_of(file) for file in sorted(source.glob("*.safetensors"))}
    if not hashes:
        raise ModelError(f"there is no safetensors file in {source}: weights are read from safetensors only")
    return _added(source, replace(manifest, hashes=hashes), loaded, adapter)


def add_pair_files(path: Path, name: str = "") -> PairManifest:
    """Add a pair that this program made elsewhere, from its folder or a zip of it, as `name` or as its manifest says.

    Raises as `add_pair`; the hashes of the manifest must be those of the files.
    """
    with _pair_in(path) as source:
        manifest = read_manifest(source)
        named = name or manifest.name
        check_legal("a pair's name", named)
        check_free(named)
        if missing := [file for file in manifest.hashes if not (source / file).is_file()]:
            raise ModelError(f"the pair in {path.name} is not whole: {missing[0]} is missing")
        return _added(source, replace(manifest, name=named), load_base(manifest.base), adapter=False)


def _added(source: Path, manifest: PairManifest, base: LoadedModel, adapter: bool) -> PairManifest:
    """Load the pair where it lies, so that an error names that place; then copy it, whole or not at all."""
    assemble(source, manifest, base, "")
    with whole_folder(pairs_folder() / manifest.name, f"pair {manifest.name}") as scratch:
        for file in _files(source, adapter):
            shutil.copyfile(file, scratch / file.name)
        check_hashes(scratch, manifest.hashes, f"the copy of pair {manifest.name}")
        write_manifest(scratch, manifest)
    return manifest


def _folder_of(trained: str) -> Path:
    path = local_path(trained)
    if path.is_dir():
        return path.absolute()
    if path.exists() or is_path(trained):
        raise ModelError(f"there is no folder with an adapter or a model at {trained}")
    return hub_folder(trained)


def _files(source: Path, adapter: bool) -> Iterator[Path]:
    """What is copied of a folder: an adapter's two files, or weights and small files; nothing that could be code."""
    names = (ADAPTER_CONFIG, ADAPTER_FILE) if adapter else ("*.safetensors", *SMALL)
    for pattern in names:
        for file in sorted(source.glob(pattern)):
            small = file.suffix != ".safetensors"
            if small and file.stat().st_size > MOST:
                raise ModelError(f"{file.name} has {file.stat().st_size:,} bytes, and at most {MOST:,} are read")
            if file.name != MANIFEST:
                yield file


@contextmanager
def _pair_in(path: Path) -> Iterator[Path]:
    """The folder of a pair, or that of a zip unpacked for as long as the block lasts."""
    if path.is_dir():
        yield path
        return
    if not path.is_file():
        raise ModelError(f"there is no pair at {path}: name a folder with a {MANIFEST}, or a zip of one")
    with scratch_in(_made(pairs_folder())) as scratch:
        scratch.mkdir()
        try:
            _unpack(path, scratch)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError) as error:
            raise ModelError(f"{path.name} cannot be read as a zip: {error}") from error
        yield scratch


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _unpack(path: Path, scratch: Path) -> None:
    """The files of the one folder in a zip that holds a manifest, by their last names: no path leads elsewhere."""
    with zipfile.ZipFile(path) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir()]
        homes = [PurePosixPath(info.filename).parent for info in infos if info.filename.split("/")[-1] == MANIFEST]
        if len(homes) != 1:
            raise ModelError(f"{path.name} holds {len(homes)} files {MANIFEST}, and a pair has one")
        files = [info for info in infos if PurePosixPath(info.filename).parent == homes[0]]
        if len(files) > MOST_FILES or sum(info.file_size for info in files) > LARGEST:
            raise ModelError(f"{path.name} is too large: at most {MOST_FILES} files and {LARGEST:,} bytes are unpacked")
        for info in files:
            with archive.open(info) as packed, (scratch / PurePosixPath(info.filename).name).open("xb") as copy:
                shutil.copyfileobj(packed, copy)
