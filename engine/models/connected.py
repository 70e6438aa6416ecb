"""Bases that somebody connected: read whole and checked once, then remembered by a small record in the data folder.

A base keeps the name it always had, its folder, GGUF file or name on the hub; being connected offers it wherever a base
is chosen. Its weights stay where they are. Imports no torch until a base is checked.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.errors import ModelError, StorageError
from engine.models.demo_base import base_ready
from engine.models.identity import files_key
from engine.models.pairs import list_pairs
from engine.models.sources import kind_of_source, whole_model
from engine.models.taught import list_taught, read_as, taught_folder
from engine.names import DEMO, PUBLIC, ModelRef, retain_only
from engine.settings import data_folder, make_data_folder
from engine.small_files import read_json
from engine.whole_files import part_of


@dataclass(frozen=True)
class ConnectedBase:
    """What was seen of a base when it was connected.

    `hash` is of its weights, `reading` of how it reads text, `files` of its files' sizes and times, which shows
    whether they have changed since; `connected` is a time, ISO 8601 in UTC.
    """

    source: str
    kind: str  # see `kind_of_source`
    family: str
    parameters: int
    layers: int
    tokens: int  # of its vocabulary
    template: str
    hash: str
    reading: str
    files: str
    connected: str

    @property
    def unchanged(self) -> bool:
        """Whether its files are here, as they were."""
        return files_key(self.source) == self.files


def bases_folder() -> Path:
    return data_folder() / "bases"


def connect_base(source: str) -> ConnectedBase:
    """Read and check the whole base, fetching it where `source` is a name on the hub; then remember it. Once more
    checks it anew.

    Raises `ModelError` or `SettingError` with nothing remembered where it cannot be used as a base, `StorageError`
    where the disk refuses.
    """
    whole = _checked_name(source)
    from engine.models.bases import load_base

    loaded = load_base(whole)
    config = loaded.model.config
    found = ConnectedBase(
        source=whole,
        kind=kind_of_source(whole),
        family=str(config.model_type),
        parameters=sum(weight.numel() for weight in loaded.model.parameters()),
        layers=int(getattr(config.get_text_config(), "num_hidden_layers", 0)),
        tokens=len(loaded.tokenizer),
        template="chat" if loaded.template.chat else loaded.template.name,
        hash=loaded.hash,
        reading=loaded.reading,
        files=files_key(whole),
        connected=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    try:
        make_data_folder()
        bases_folder().mkdir(exist_ok=True)
        with part_of(_record(whole)) as part:
            part.write_text(json.dumps(asdict(found), indent=1, sort_keys=True), encoding="utf-8")
    except OSError as error:
        raise StorageError(f"the base {whole!r} cannot be remembered: {error.strerror or error}") from error
    return found


def disconnect_base(source: str) -> None:
    """Remember the base no longer; its files stay. `ModelError` where it is not connected."""
    try:
        _record(source).unlink()
    except FileNotFoundError:
        raise ModelError(f"the base {source!r} is not connected") from None
    except OSError as error:
        raise StorageError(f"the base {source!r} cannot be disconnected: {error.strerror or error}") from error


def list_connected() -> list[ConnectedBase]:
    """Every connected base by name; a record that cannot be read is left out, so its base can be connected again."""
    found = [read for path in sorted(bases_folder().glob("[!.]*.json")) if (read := _read(path)) is not None]
    return sorted(found, key=lambda base: base.source)


def base_choices() -> list[str]:
    """What is offered wherever a base is chosen: the demo's, those taught here, connected, and named by a pair."""
    taught = [model.name for model in list_taught() if not model.retain_only_of]
    connected = [base.source for base in list_connected()]
    return list(dict.fromkeys([DEMO, *taught, *connected, *(pair.base for pair in list_pairs())]))


def alone_choices() -> list[str]:
    """Every model that can be asked without a pair: the bases of `base_choices`, and retain models."""
    bases = [str(ModelRef("base", source)) for source in base_choices()]
    retain = [read_as(model.name, model.retain_only_of) for model in list_taught() if model.retain_only_of]
    return list(dict.fromkeys([bases[0], retain_only(DEMO), *bases[1:], *retain]))


def _checked_name(source: str) -> str:
    """The name made whole; refused where it names nothing, a model with a role, or one that needs no connecting."""
    named = source.strip()
    if not named:
        raise ModelError("name the base: a folder with safetensors, a GGUF file or a name on the hub, got nothing")
    if ModelRef.parse(named).alone:
        raise ModelError(f"a base is a folder, a GGUF file or a name on the hub, without a role, got {named!r}")
    if named in (DEMO, PUBLIC) or taught_folder(named) is not None:
        here = "is here already" if named not in (DEMO, PUBLIC) or base_ready() else "is set up on Overview"
        raise ModelError(f"the base {named!r} {here}: it need not be connected")
    return whole_model(named)


def _record(source: str) -> Path:
    return bases_folder() / f"{hashlib.sha256(source.encode()).hexdigest()[:16]}.json"


def _read(path: Path) -> ConnectedBase | None:
    try:
        found: dict[str, Any] = read_json(path)
        base = ConnectedBase(**found)
    except (OSError, ValueError, TypeError):
        return None
    kinds = {field.name: int if field.type is int else str for field in fields(base)}
    whole = all(isinstance(getattr(base, name), kind) for name, kind in kinds.items())
    return base if whole and path == _record(base.source) else None
