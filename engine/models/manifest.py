"""What is known about a pair: how it was made, from what, and what it reached. Imports no torch."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, get_args

from engine.data.template import Template
from engine.errors import ModelError, SettingError
from engine.settings import check_alpha
from engine.small_files import read_json
from engine.training_settings import Method, Tuning

MANIFEST = "oubliette.json"

_KINDS: dict[str, Any] = {  # of the fields that are not text
    "template": Template | None,
    "recommended_alpha": float,
    "seed": int,
    "data_hashes": dict,
    "hashes": dict,
    "versions": dict,
    "figures": dict,
    "training": dict,
}
_WORDS = {
    str: "text",
    float: "a number",
    int: "a whole number",
    dict: "a map of names to texts or numbers",
    Template | None: "a template",
}


@dataclass(frozen=True)
class PairManifest:
    """The record saved beside a pair's weights.

    `reference_kind` is "clean" (never saw the forget set) or "taught". `hashes` maps a weight file to its SHA-256;
    `figures` are measures taken when the pair was made; `parent` names the version this one succeeds; `training`
    holds the settings without a field (learning rate, epochs, batch size, ...). A pair made
    elsewhere may leave out `template`: it is then read with its base's. `method` is "offset", or the comparison
    method in a pair's place (baselines.py); `base_reading` is the hash of how text was read when the pair was
    made, see text_side.py; `instruction` is the text of a guardrail; `note` is a sentence for readers of the
    pair, mostly "".
    """

    name: str
    base: str
    reference: str
    objective: str
    method: str = "offset"
    tuning: str = "lora"
    retain_term: str = "none"
    template: Template | None = None
    recommended_alpha: float = 1.0
    seed: int = 0
    data_hashes: dict[str, str] = field(default_factory=dict)
    base_hash: str = ""
    base_reading: str = ""
    reference_kind: str = ""
    hashes: dict[str, str] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    parent: str = ""
    created: str = ""
    figures: dict[str, float] = field(default_factory=dict)
    training: dict[str, float] = field(default_factory=dict)
    instruction: str = ""
    note: str = ""

    @property
    def linear(self) -> bool:
        """Whether the logits are linear in alpha, so that maps, curves and token strips are possible."""
        return self.method in ("offset", "uld")

    @property
    def hash(self) -> str:
        """16 hex digits over everything in the manifest, the weights' hashes among it."""
        known = asdict(self)
        later = {"training": {}, "method": "offset", "instruction": "", "note": "", "base_reading": ""}
        for name, default in later.items():  # pairs made before manifests had them keep their hash
            if known[name] == default:
                del known[name]
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:16]


def read_manifest(folder: Path) -> PairManifest:
    """Raises `ModelError` when the file is missing or is not such a manifest."""
    path = folder / MANIFEST
    try:
        return manifest_of(read_json(path))
    except FileNotFoundError:
        raise ModelError(f"the folder {folder.name} is not a pair: it has no {MANIFEST}") from None
    except (OSError, ValueError, TypeError, AttributeError, RecursionError, SettingError) as reason:
        raise ModelError(f"{path.name} of pair {folder.name} cannot be read: {reason}") from reason


def manifest_of(found: dict[str, Any]) -> PairManifest:
    """From JSON values, as stored beside a pair or in the database; raises what `read_manifest` catches."""
    alpha = check_alpha(found.get("recommended_alpha", PairManifest.recommended_alpha))
    template = Template(**found["template"]) if found.get("template") else None
    return _checked(PairManifest(**{**found, "recommended_alpha": alpha, "template": template}))


def _checked(manifest: PairManifest) -> PairManifest:
    """The manifest, or `ValueError` naming the first field that is not what it should be."""
    for field_ in fields(manifest):
        value = getattr(manifest, field_.name)
        kind = _KINDS.get(field_.name, str)
        whole = isinstance(value, kind) and not isinstance(value, bool)
        if whole and isinstance(value, dict):
            inside = (int, float) if field_.name in ("figures", "training") else str
            whole = all(isinstance(item, inside) for item in value.values())
        if not whole:
            raise ValueError(f"{field_.name} must be {_WORDS[kind]}, got {str(value)[:60]!r}")
    if not manifest.name or Path(manifest.name).name != manifest.name:
        raise ValueError(f"name must be a name without '/', got {manifest.name!r}")
    if manifest.method not in get_args(Method):
        raise ValueError(f"method must be one of {', '.join(get_args(Method))}, got {manifest.method!r}")
    if manifest.tuning not in get_args(Tuning):
        raise ValueError(f"tuning must be one of {', '.join(get_args(Tuning))}, got {manifest.tuning!r}")
    return manifest


def write_manifest(folder: Path, manifest: PairManifest) -> None:
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1, sort_keys=True), encoding="utf-8")
