"""Names and folders in, single models out: bases, references, and any other causal LM with its tokenizer.

A source is `demo`, `demo-public` (before it was taught), a model that a run taught, `retain-only:BASE`, a local folder
(safetensors only), a GGUF file or a hub name. Nothing here executes code that comes with weights: no pickle, no
`trust_remote_code`.
"""

from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import torch
from transformers import AutoTokenizer

from engine.data.template import CHAT, PLAIN, Template
from engine.errors import ModelError
from engine.models import demo_base, demo_weights
from engine.models.finite import check_weights
from engine.models.opening import opening
from engine.models.readable import check_reading
from engine.models.taught import check_one_named, read_taught, taught_folder
from engine.models.text_side import check_lead, columns_needed, ends_in, reading_hash
from engine.models.tuning import ADAPTER_FILE, with_adapter
from engine.models.vocabulary import check_same_vocabulary
from engine.models.whole_weights import find_model_files, open_weights, place_of
from engine.names import DEMO, PUBLIC, ModelRef
from engine.settings import demo_folder
from engine.small_files import read_json

BASE_MANIFEST = "oubliette-base.json"


class LoadedModel(NamedTuple):
    """A causal LM in fp32 for reading, with its tokenizer, its template and a hash of its weights.

    `ends` are the tokens that end an answer by the model's own settings (text_side.py).
    """

    model: Any
    tokenizer: Any
    template: Template
    hash: str
    ends: tuple[int, ...] = ()

    @property
    def reading(self) -> str:
        """A hash of how text is read, see `reading_hash`."""
        return reading_hash(self.tokenizer, self.template, self.ends)


def check_same_reading(name: str, base: str, recorded: str, loaded: LoadedModel) -> None:
    """`ModelError` where tokenizer, template or end tokens of `base` are not those that `name` was made with."""
    if recorded and recorded != (now := loaded.reading):
        raise ModelError(
            f"{name} was made with another tokenizer, chat template or end token than {base} has now ({recorded} then,"
            f" {now} now)"
        )


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def load_base(source: str) -> LoadedModel:
    """Load a base by name, folder, GGUF file or hub name."""
    ref = ModelRef.parse(source)
    if ref.source == DEMO and ref.role != "base":
        return _load_demo_base("retain-only" if ref.is_retain_only else "base")
    if source == PUBLIC:
        return load_causal_lm(str(_demo_base_folder()))._replace(template=PLAIN)
    folder = taught_folder(source)
    if folder is not None:
        return _load_taught(folder)
    if ref.is_retain_only:
        raise ModelError(f"the base {ref.source!r} has no retain model: make one with `python -m engine teach`")
    check_one_named(source)
    loaded = load_causal_lm(source)
    check_lead(loaded.model, source, loaded.tokenizer, loaded.template)
    return loaded


def load_reference(source: str, base: LoadedModel) -> LoadedModel:
    """Load a reference and refuse it when its vocabulary differs from the base's."""
    if source == DEMO:
        layers = demo_weights.load_demo_reference(base.model)
        loaded = LoadedModel(
            layers.to(device()).eval(),
            demo_base_tokenizer(),
            PLAIN,
            demo_weights.file_hash("reference/model.safetensors"),
        )
    else:
        loaded = load_causal_lm(source)
    check_same_vocabulary("base", base.tokenizer, "reference", loaded.tokenizer)
    return loaded


def demo_base_tokenizer() -> Any:
    return _tokenizer_in(demo_base.base_folder())


@lru_cache(maxsize=1)
def _tokenizer_in(folder: Path) -> Any:
    """Base, retain model and reference of the demo share a tokenizer; reading it takes a fifth of a second."""
    return AutoTokenizer.from_pretrained(folder)


def load_causal_lm(source: str) -> LoadedModel:
    """Any causal LM: a local folder, a GGUF file or a hub name. Raises `ModelError` naming the source."""
    with opening(f"the model {source!r} cannot be loaded"):
        files = find_model_files(source)
        name, arguments = place_of(files)
        model = open_weights(files, source)  # first: it refuses links that tokenizers would follow
        tokenizer = AutoTokenizer.from_pretrained(name, **arguments)
    model.to(device()).eval()
    check_weights(model, f"the model {source!r}")
    template = base_template(files, tokenizer)
    if tokenizer.eos_token_id is None:
        raise ModelError(f"the model {source!r} names no end-of-text token, so the end of its answers is unknown")
    with opening(f"the model {source!r} cannot be read"):  # a wrong config may show only when the model reads
        ends = ends_in(files)
        check_reading(model, source, columns_needed(tokenizer, template))
    return LoadedModel(model, tokenizer, template, _hash_files(files), ends)


def base_template(files: Path, tokenizer: Any) -> Template:
    """The base's own manifest decides, in its folder or beside its GGUF file; without one, the tokenizer's chat
    template where it has one.
    """
    folder = files.parent if files.is_file() else files
    manifest = folder / BASE_MANIFEST
    if not manifest.is_file():
        return CHAT if tokenizer.chat_template else PLAIN
    try:
        return Template(**read_json(manifest)["template"])
    except (OSError, ValueError, TypeError, KeyError) as reason:
        raise ModelError(f"{BASE_MANIFEST} of {folder.name} names no usable template: {reason}") from reason


def _hash_files(files: Path) -> str:
    """SHA-256 of the weights, 16 hex digits."""
    weights = [files] if files.is_file() else sorted(files.glob("*.safetensors"))
    return demo_weights.hash_texts([demo_base.sha256_of(file) for file in weights])


def _demo_base_folder() -> Path:
    if not demo_base.base_ready():
        raise ModelError(
            "the demo's base is not on this machine yet: run `python -m engine demo`, or press the button on Overview"
        )
    return demo_base.base_folder()


def _load_taught(folder: Path) -> LoadedModel:
    """A model that a run taught: its start model with the adapter folded in."""
    record = read_taught(folder)
    demo_weights.check_hashes(folder, record.hashes, f"model {record.name}")
    if not (folder / ADAPTER_FILE).is_file():
        raise ModelError(f"model {record.name} has no {ADAPTER_FILE}: adapters are read from safetensors only")
    start = load_base(record.start)
    if record.start_hash not in (start.hash, demo_weights.hash_of_name(record.start)):
        raise ModelError(
            f"model {record.name} was taught on {record.start_hash}, but its start model {record.start} now is"
            f" {start.hash}"
        )
    check_same_reading(f"model {record.name}", record.start, record.start_reading, start)
    with opening(f"the adapter of model {record.name} does not fit {record.start!r}"):
        taught = with_adapter(start.model, folder).eval()
    check_weights(taught, f"model {record.name}")
    weights = demo_weights.hash_texts([start.hash, *record.hashes.values()])
    return LoadedModel(taught, start.tokenizer, record.template, weights, start.ends)


def _load_demo_base(which: str) -> LoadedModel:
    """The demo's base (or its retain model): the converted public weights with one adapter folded in."""
    folder = _demo_base_folder()
    demo_weights.check_files(which)
    with opening("the demo's base cannot be loaded"):
        taught = with_adapter(open_weights(folder, "demo"), demo_folder() / which).to(device()).eval()
    weights = demo_weights.hash_texts([demo_base.WHEEL_SHA256, demo_weights.file_hash(f"{which}/{ADAPTER_FILE}")])
    tokenizer = demo_base_tokenizer()
    return LoadedModel(taught, tokenizer, PLAIN, weights, ends_in(folder))
