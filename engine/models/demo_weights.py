"""The weights that come with this repository in `demo/`, checked against the hashes in their manifest.

    demo/manifest.json                      seed, recommended alpha, template, hashes, figures
    demo/base, demo/retain-only             LoRA adapters on the public base (peft folders)
    demo/reference/model.safetensors        the 8 healed layers; embeddings are the base's
    demo/pairs/demo-first, demo/pairs/demo  the two versions of the pair (peft folder + manifest)

Imports no torch until weights are read.
"""

import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.models.demo_base import base_folder, check_hash
from engine.settings import demo_folder
from engine.small_files import read_json

REFERENCE_LAYERS = 8


def read_demo_manifest() -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = read_json(demo_folder() / "manifest.json")
        manifest["hashes"].items()
        return manifest
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as reason:
        raise ModelError(f"the demo's manifest.json cannot be read: {reason!r}") from reason


def hash_texts(texts: Iterable[str]) -> str:
    """One hash, 16 hex digits, over several."""
    return hashlib.sha256("|".join(texts).encode()).hexdigest()[:16]


def hash_of_name(source: str) -> str:
    """What earlier versions recorded as the hash of a hub's model: it says nothing about its weights, so it counts
    as not recorded.
    """
    return hash_texts([source])


def file_hash(name: str) -> str:
    """The recorded SHA-256 of a file of the demo, by its path below `demo/`."""
    try:
        return str(read_demo_manifest()["hashes"][name])
    except KeyError:
        raise ModelError(f"the demo's manifest.json names no file {name}") from None


def check_files(part: str = "") -> None:
    """Check every file of the demo below `part` against its recorded hash.

    Raises `ModelError` for the first that differs, and where no hash is recorded.
    """
    prefix = f"{part}/" if part else ""
    hashes = {name: value for name, value in read_demo_manifest()["hashes"].items() if name.startswith(prefix)}
    if part and not hashes:
        raise ModelError(f"the demo's manifest.json names no file of {part}")
    check_hashes(demo_folder(), hashes, "the demo")


def check_hashes(root: Path, hashes: dict[str, str], owner: str) -> None:
    for name, expected in hashes.items():
        path = root / name
        if not path.is_file():
            raise ModelError(f"{owner} lacks its file {name}")
        try:
            _check_once(path, expected, path.stat().st_mtime_ns, path.stat().st_size)
        except ModelError as reason:
            raise ModelError(f"{owner}'s file {name} is not the one that was recorded: {reason}") from reason


@lru_cache(maxsize=256)
def _check_once(path: Path, expected: str, modified: int, size: int) -> None:
    """A file that has not changed since is not read again; `lru_cache` keeps no exceptions."""
    check_hash(path, expected)


def load_demo_reference(base: Any) -> Any:
    """The demo's reference in fp32: 8 layers from `demo/`, embeddings of the public base.

    Where `base` has the same embeddings they are shared with it, not held twice.
    """
    check_files("reference")
    return reference_from(demo_folder() / "reference" / "model.safetensors", base)


def reference_from(path: Path, base: Any) -> Any:
    """Build a reference from its layers; see `load_demo_reference`. Raises `ModelError` when they do not fit."""
    import torch
    from safetensors import safe_open
    from safetensors.torch import load_file
    from transformers import AutoConfig, LlamaForCausalLM

    config = AutoConfig.from_pretrained(base_folder(), num_hidden_layers=REFERENCE_LAYERS, dtype=torch.float32)
    with torch.device("meta"):  # weights drawn at random first would take longer than reading the real ones
        small = LlamaForCausalLM(config)
    small.model.rotary_emb = type(small.model.rotary_emb)(config)  # computed, not stored
    layers = {name: value.float() for name, value in load_file(path).items()}
    missing, unexpected = small.load_state_dict(layers, strict=False, assign=True)
    absent = [name for name in missing if "embed_tokens" not in name and "lm_head" not in name]
    if absent or unexpected:
        raise ModelError(f"the demo's reference lacks {absent[:3]} and holds unknown {list(unexpected)[:3]}")
    with safe_open(base_folder() / "model.safetensors", framework="pt") as weights:
        embeddings = weights.get_tensor("model.embed_tokens.weight").float()
    own = base.get_input_embeddings().weight
    if own.shape == embeddings.shape and torch.equal(own.cpu(), embeddings):
        small.set_input_embeddings(base.get_input_embeddings())
    else:
        small.get_input_embeddings().weight = torch.nn.Parameter(embeddings)
    small.tie_weights()
    return small


def save_reference(model: Any, target: Path) -> None:
    """Write the layers of a reference, without the embeddings it shares with the base, as bf16 safetensors."""
    import torch
    from safetensors.torch import save_file

    state = {
        name: value.detach().to(torch.bfloat16).contiguous()
        for name, value in model.state_dict().items()
        if "embed_tokens" not in name and "lm_head" not in name
    }
    target.mkdir(parents=True, exist_ok=True)
    save_file(state, target / "model.safetensors", metadata={"format": "pt"})
