"""Models that a `teach` run made, by name: a start model and the adapter that teaching gave it. Imports no torch.

They serve as bases, and as the retain model of a base: the one taught everything but the forget set.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.data.template import Template
from engine.errors import ModelError, RunError
from engine.models.demo_base import sha256_of
from engine.models.pairs import write_weights
from engine.models.saving import whole_folder
from engine.names import DEMO, PUBLIC, ModelRef, retain_only
from engine.settings import data_folder
from engine.small_files import read_json

MANIFEST = "oubliette-model.json"
WEIGHTS = "adapter_model.safetensors"


@dataclass(frozen=True)
class TaughtModel:
    """The record beside a taught model's adapter. `retain_only_of` names the base whose retain model it is, or "".

    `start_reading` is the hash of how text was read, see text_side.py, "" where it was not recorded. `hashes` maps a
    weight file to its SHA-256; `data_hash` is of the questions it was taught; `note` is a sentence for the reader,
    mostly "".
    """

    name: str
    start: str
    start_hash: str
    start_reading: str = ""
    retain_only_of: str = ""
    seed: int = 0
    data_hash: str = ""
    created: str = ""
    note: str = ""
    template: Template = field(default_factory=Template)
    hashes: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    training: dict[str, float] = field(default_factory=dict)
    taught: list[str] = field(default_factory=list)  # hashes of the questions, see `question_hash`


def question_hash(question: str) -> str:
    """The hash that records that a model was taught a question, independent of its set, split or answer."""
    return hashlib.sha256(question.strip().encode()).hexdigest()[:16]


def models_folder() -> Path:
    return data_folder() / "models"


def list_taught() -> list[TaughtModel]:
    """Every whole taught model by name; one that cannot be read is left out, and so are two of one name that is not
    a folder's.
    """
    return [model for _, model in _whole()]


def taught_folder(source: str) -> Path | None:
    """The folder of the taught model that `source` names, None where it names none; a model has the name its record
    says.

    `retain-only:BASE` is the model taught as the retain model of BASE, the earliest made where there are several.
    """
    ref = ModelRef.parse(source)
    if ref.is_retain_only:
        known = [
            (model.created, model.name, folder) for folder, model in _whole() if model.retain_only_of == ref.source
        ]
        return min(known)[2] if known else None
    if not source or source.startswith(".") or Path(source).name != source:
        return None
    whole = _whole()
    folder = models_folder() / source
    if source in [model.name for _, model in whole]:
        return next(found for found, model in whole if model.name == source)
    return folder if (folder / MANIFEST).is_file() and not _others(folder, source) else None


def check_one_named(source: str) -> None:
    """Raise `ModelError` where several taught models share the name `source`, or one in a folder of that name has
    another's.
    """
    folder = models_folder() / source
    several = _others(folder, source) if source and Path(source).name == source else []
    if several and taught_folder(source) is None:
        raise ModelError(
            f"the folders {' and '.join(several)} hold taught models of the same name: give one another name, in"
            f" its {MANIFEST} and as its folder's"
        )


def _others(folder: Path, source: str) -> list[str]:
    """The folders of models that share a name with the one in `folder`, or have the name `source`; [] for fewer than
    two.
    """
    names = {path.parent.name: _name(path.parent) for path in sorted(models_folder().glob(f"[!.]*/{MANIFEST}"))}
    name = names.get(folder.name) or source
    several = [place for place, known in names.items() if known == name]
    return several if len(several) > 1 else []


def _name(folder: Path) -> str:
    """A model's name by its record; "" where that cannot be read."""
    try:
        return read_taught(folder).name
    except ModelError:
        return ""


def _whole() -> list[tuple[Path, TaughtModel]]:
    """Every model that can be opened by its name, with its folder; of several with the same name, the one whose folder
    has it too, or none.
    """
    found: dict[str, list[tuple[Path, TaughtModel]]] = {}
    for path in sorted(models_folder().glob(f"[!.]*/{MANIFEST}")):
        try:
            model = read_taught(path.parent)
        except ModelError:  # opening it by name gives the reason
            continue
        found.setdefault(model.name, []).append((path.parent, model))
    own = {name: [item for item in items if item[0].name == name] for name, items in found.items()}
    return [(own[name] or items)[0] for name, items in found.items() if own[name] or len(items) == 1]


def read_taught(folder: Path) -> TaughtModel:
    """Raises `ModelError` when the record is missing or invalid."""
    try:
        known = (folder / MANIFEST).stat()
    except OSError as reason:
        raise _unreadable(folder, reason) from reason
    found = _read_once(folder, known.st_size, known.st_mtime_ns)
    if isinstance(found, ModelError):
        raise found
    return found


@lru_cache(maxsize=1024)
def _read_once(folder: Path, size: int, modified: int) -> TaughtModel | ModelError:
    """A record that has not changed since is not read again: every move of α asks which model a base is."""
    try:
        found: dict[str, Any] = read_json(folder / MANIFEST)
        model = TaughtModel(**{**found, "template": Template(**found["template"])})
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as reason:
        return _unreadable(folder, reason)
    texts = (model.name, model.start, model.start_hash, model.retain_only_of)
    if not all(isinstance(text, str) for text in texts) or not isinstance(model.hashes, dict):
        return _unreadable(folder, "a field has the wrong type")
    return model


def _unreadable(folder: Path, reason: object) -> ModelError:
    return ModelError(f"{MANIFEST} of model {folder.name} cannot be read: {reason}")


def read_as(name: str, retain_only_of: str) -> str:
    """What a taught model is read as: `retain-only:BASE` where it is the first of a base, else `base:NAME`."""
    gold = retain_only(retain_only_of)
    first = taught_folder(gold) if retain_only_of else None
    return gold if first is not None and first == taught_folder(name) else str(ModelRef("base", name))


def check_name_free(name: str) -> None:
    """Raise `RunError` when a new model cannot have this name."""
    if name in (DEMO, PUBLIC, *(model.name for model in list_taught())) or (models_folder() / name).exists():
        raise RunError(f"there is already a model {name!r}; choose another name")


def save_taught(model: Any, record: TaughtModel) -> TaughtModel:
    """Save a LoRA-tuned model's adapter with its record; returns that with hashes. Raises `StorageError` on a full
    disk.
    """
    with whole_folder(models_folder() / record.name, f"model {record.name}") as scratch:
        write_weights(model, scratch, record.start)
        whole = replace(record, hashes={WEIGHTS: sha256_of(scratch / WEIGHTS)})
        (scratch / MANIFEST).write_text(json.dumps(asdict(whole), indent=1, sort_keys=True), encoding="utf-8")
    return whole
