"""A base's tokenizer and template without its weights: what a question looks like to the model."""

from typing import Any

from transformers import AutoTokenizer

from engine.data.template import PLAIN, Guarded, Template
from engine.errors import ModelError, SettingError
from engine.models.bases import base_template, demo_base_tokenizer
from engine.models.demo_base import base_folder, base_ready
from engine.models.hub import cached_folder
from engine.models.manifest import PairManifest, manifest_of
from engine.models.opening import opening
from engine.models.taught import read_taught, taught_folder
from engine.models.text_side import ends_in
from engine.models.whole_weights import find_model_files, place_of
from engine.names import DEMO, PUBLIC, ModelRef, retain_only
from engine.settings import local_path


def read_tokenizer(source: str) -> tuple[Any, Template, tuple[int, ...]]:
    """Tokenizer, template and end tokens of a base, by any name that `load_base` takes; nothing is downloaded.
    `ModelError` where they cannot be read.
    """
    if source in (DEMO, retain_only(DEMO), PUBLIC):
        if not base_ready():
            raise ModelError("the demo's base is not on this machine yet: run `python -m engine demo`")
        return demo_base_tokenizer(), PLAIN, ends_in(base_folder())
    folder = taught_folder(source)
    if folder is not None:
        record = read_taught(folder)
        tokenizer, _, ends = read_tokenizer(record.start)
        return tokenizer, record.template, ends
    ref = ModelRef.parse(source)
    if ref.is_retain_only:
        raise ModelError(f"the base {ref.source!r} has no retain model")
    files = find_model_files(source) if local_path(source).exists() else cached_folder(source)
    if files is None:
        raise ModelError(
            f"there is no model {source!r} on this machine: no folder, no GGUF file, nothing in the hub's cache"
        )
    with opening(f"the tokenizer of {source!r} cannot be read"):
        name, arguments = place_of(files)
        tokenizer = AutoTokenizer.from_pretrained(name, **arguments)
        return tokenizer, base_template(files, tokenizer), ends_in(files)


def template_of(manifest: PairManifest, base: Template, alpha: float) -> Template:
    """The template of a pair's questions at `alpha`: at 1 a guardrail's text comes before them."""
    template = manifest.template or base
    if manifest.method == "guardrail" and alpha == 1:
        return Guarded.around(template, manifest.instruction)
    return template


def stored_manifest(found: dict[str, Any]) -> PairManifest | None:
    """The manifest that a run keeps of its pair; None where the run read no pair. `ModelError` where it cannot
    be read.
    """
    if not found:
        return None
    try:
        return manifest_of(found)
    except (ValueError, TypeError, AttributeError, SettingError) as reason:
        raise ModelError(f"the pair's manifest cannot be read by this version: {reason}") from reason
