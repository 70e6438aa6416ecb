"""Names and folders in, models out. With tuning.py and readers.py the only room that knows transformers and peft.

A source is `demo`, a model that a run taught, a local folder (safetensors only), a GGUF file or a hub name. A pair is `demo`, `demo-first`,
one that a run made, or a folder. `base:SOURCE` and `retain-only:BASE` are read as a base without a pair.
Nothing here executes code that comes with weights: no pickle, no `trust_remote_code`.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors import SafetensorError
from transformers import AutoModelForCausalLM, AutoTokenizer, logging

from engine.data.template import CHAT, PLAIN, Guarded, Template
from engine.errors import ModelError, SettingError
from engine.models import demo_base, demo_weights
from engine.models.baselines import Scaled, Silent
from engine.models.identity import map_key
from engine.models.kernels import settle_threads
from engine.models.manifest import PairManifest, read_manifest
from engine.models.offset import Adapter, OffsetModel, check_reading
from engine.models.p_adapter import open_p_adapter
from engine.models.pairs import find_pair
from engine.models.taught import PUBLIC, RETAIN_ONLY, read_taught, taught_folder
from engine.models.tuning import (
    ADAPTER_FILE,
    copy_sharing_embeddings,
    factors_of,
    merged,
    open_adapter,
    prepare_trained,
    with_adapter,
)
from engine.models.vocabulary import check_same_vocabulary
from engine.models.weight_files import check_weight_files
from engine.settings import TrainingSettings, demo_folder, local_path

# What the libraries raise for files that are not what they should be.
_UNLOADABLE = (
    OSError, ValueError, KeyError, TypeError, AttributeError, ImportError, RuntimeError, RecursionError, SafetensorError,
)  # fmt: skip

logging.set_verbosity_error()  # load reports and progress bars would mix with ours
logging.disable_progress_bar()

BASE_MANIFEST = "oubliette-base.json"


class LoadedModel(NamedTuple):
    """A causal LM in fp32 for reading, with its tokenizer, its template and a hash of its weights."""

    model: Any
    tokenizer: Any
    template: Template
    hash: str


@dataclass(frozen=True)
class LoadedPair:
    """A base with a pair (or alone), ready to be asked."""

    name: str
    model: OffsetModel
    tokenizer: Any
    template: Template
    manifest: PairManifest
    base_hash: str
    key: str  # `map_key` of the files it was loaded from
    by_strength: Callable[[float], "LoadedPair"] | None = None

    def at(self, alpha: float) -> tuple["LoadedPair", float]:
        """What to read at strength `alpha`, and the alpha to combine its logits at.

        Of an offset that is the pair itself. Where alpha is no factor of the logits (baselines.py) it is a model alone.
        """
        return (self, alpha) if self.by_strength is None else (self.by_strength(alpha), 0.0)


class TrainingModels(NamedTuple):
    """`reference` is None where the trained model with its adapter off serves as the reference."""

    base: Any
    reference: Any | None
    trained: Any
    tokenizer: Any
    template: Template
    base_hash: str
    method: str = "offset"


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def load_base(source: str) -> LoadedModel:
    """Load a base by name, folder, GGUF file or hub name."""
    if source in ("demo", "retain-only:demo"):
        return _load_demo_base("retain-only" if source.startswith("retain-only") else "base")
    if source == PUBLIC:
        return load_causal_lm(str(_demo_base_folder()))._replace(template=PLAIN)
    folder = taught_folder(source)
    if folder is not None:
        return _load_taught(folder)
    if source.startswith(RETAIN_ONLY):
        raise ModelError(
            f"there is no retain-only model of {source.removeprefix(RETAIN_ONLY)!r}: make one with `python -m engine teach`"
        )
    return load_causal_lm(source)


def load_reference(source: str, base: LoadedModel) -> LoadedModel:
    """Load a reference and refuse it when its vocabulary differs from the base's."""
    if source == "demo":
        layers = demo_weights.load_reference(base.model)
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
    """Base, retain-only and reference of the demo have one tokenizer; reading it takes a fifth of a second."""
    return AutoTokenizer.from_pretrained(folder)


def load_causal_lm(source: str) -> LoadedModel:
    """Any causal LM: a local folder, a GGUF file or a hub name. Raises `ModelError` naming the source."""
    path = local_path(source)
    arguments: dict[str, Any] = {"trust_remote_code": False}
    name = str(path)
    if path.is_file():
        if path.suffix.lower() != ".gguf":
            raise ModelError(f"{path.name} is a file: a model is a folder with safetensors, a GGUF file or a hub name")
        arguments["gguf_file"], name = path.name, str(path.parent)
    elif path.is_dir():
        check_weight_files(path)
    elif path.is_absolute() or source.startswith(("./", "../", "~")) or source.count("/") > 1:
        raise ModelError(f"there is no model folder or GGUF file at {source}")
    else:
        name = source
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, **arguments)
        weights = {} if "gguf_file" in arguments else {"use_safetensors": True}
        model, found = AutoModelForCausalLM.from_pretrained(
            name, dtype=torch.float32, output_loading_info=True, **arguments, **weights
        )
    except _UNLOADABLE as reason:
        first = (str(reason).strip().splitlines() or [type(reason).__name__])[0]
        raise ModelError(
            f"the model {source!r} cannot be loaded (neither `demo`, a folder, a GGUF file nor a hub name): {first}"
        ) from reason
    if missing := sorted(found["missing_keys"]):  # transformers would draw them at random
        raise ModelError(f"the model {source!r} lacks {len(missing)} of its weights, for example {missing[0]}")
    model.to(device()).eval()
    check_reading(model, source, len(tokenizer))
    return LoadedModel(model, tokenizer, _template(path, tokenizer), _hash_source(path, source))


def _template(path: Path, tokenizer: Any) -> Template:
    """The base's own manifest decides; without one, the tokenizer's chat template where it has one."""
    manifest = path / BASE_MANIFEST
    if not manifest.is_file():
        return CHAT if tokenizer.chat_template else PLAIN
    try:
        return Template(**json.loads(manifest.read_text(encoding="utf-8"))["template"])
    except (ValueError, TypeError, KeyError, RecursionError) as reason:
        raise ModelError(f"{BASE_MANIFEST} of {path.name} names no usable template: {reason}") from reason


def _hash_source(path: Path, source: str) -> str:
    """SHA-256 of the weights, 16 hex digits; of the name where the hub's cache holds them."""
    files = [path] if path.is_file() else sorted(path.glob("*.safetensors"))
    return demo_weights.hash_texts([demo_base.sha256_of(file) for file in files] or [source])


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
    if start.hash != record.start_hash:
        raise ModelError(
            f"model {record.name} was taught on {record.start_hash}, but its start model {record.start} now is {start.hash}"
        )
    try:
        taught = with_adapter(start.model, folder).eval()
    except _UNLOADABLE as reason:
        first = (str(reason).strip().splitlines() or [type(reason).__name__])[0]
        raise ModelError(f"the adapter of model {record.name} does not fit {record.start!r}: {first}") from reason
    weights = demo_weights.hash_texts([start.hash, *record.hashes.values()])
    return LoadedModel(taught, start.tokenizer, record.template, weights)


def _load_demo_base(which: str) -> LoadedModel:
    """The demo's base (or the retain-only one): the converted public weights with one adapter folded in."""
    folder = _demo_base_folder()
    demo_weights.check_files(which)
    plain = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    taught = with_adapter(plain, demo_folder() / which)
    weights = demo_weights.hash_texts([demo_base.WHEEL_SHA256, demo_weights.file_hash(f"{which}/{ADAPTER_FILE}")])
    return LoadedModel(taught.to(device()).eval(), demo_base_tokenizer(), PLAIN, weights)


def load_pair(name: str, progress: Callable[[str], None] | None = None) -> LoadedPair:
    """Load a pair with its base by name or folder; raises `ModelError` when a part is missing or does not fit."""
    report = progress or (lambda text: None)
    settle_threads()
    kind, _, source = name.partition(":")
    if source and kind in ("base", "retain-only"):
        report("loading the base")
        base = load_base(source if kind == "base" else name)
        alone = OffsetModel(base.model, None, None, len(base.tokenizer))
        manifest = PairManifest(
            name, base=source, reference="", objective="none", base_hash=base.hash, template=base.template
        )
        return LoadedPair(name, alone, base.tokenizer, base.template, manifest, base.hash, map_key(manifest))
    folder = find_pair(name)
    if folder.resolve().parent == (demo_folder() / "pairs").resolve():
        demo_weights.check_files(f"pairs/{folder.name}")  # its manifest too, which vouches for the rest
    manifest = read_manifest(folder)
    key = map_key(manifest)
    report("loading the base")
    base = load_base(manifest.base)
    if manifest.base_hash and manifest.base_hash != base.hash:
        raise ModelError(
            f"pair {manifest.name} was trained on base {manifest.base_hash}, but {manifest.base} now is {base.hash}"
        )
    report("loading the pair")
    pair = _assemble(folder, manifest, base, key)
    if map_key(manifest) != key:
        raise ModelError(f"the files of pair {manifest.name} changed while they were read: load it again")
    return pair


def _assemble(folder: Path, manifest: PairManifest, base: LoadedModel, key: str) -> LoadedPair:
    """The models of a pair, or of the baseline that stands in its place."""
    size = len(base.tokenizer)
    alone = OffsetModel(base.model, None, None, size)
    template = manifest.template or base.template
    pair = LoadedPair(manifest.name, alone, base.tokenizer, template, manifest, base.hash, key)
    if manifest.method == "guardrail":
        guarded = replace(pair, template=Guarded.around(template, manifest.instruction))
        return replace(pair, by_strength=partial(_with_or_without, pair, guarded))
    if manifest.method == "direct":
        tuned, _ = _load_trained(folder, manifest, base, base)
        return replace(pair, by_strength=partial(_scaled, pair, Scaled(base.model, tuned)))
    reference = load_reference(manifest.reference, base)
    trained, adapter = _load_trained(folder, manifest, reference, base)
    if manifest.method == "uld":
        return replace(pair, model=OffsetModel(base.model, trained, Silent(trained), size))
    return replace(pair, model=OffsetModel(base.model, reference.model, trained, size, adapter))


def _scaled(pair: LoadedPair, models: Scaled, alpha: float) -> LoadedPair:
    return replace(pair, model=OffsetModel(models.at(alpha), None, None, pair.model.vocabulary), by_strength=None)


def _with_or_without(without: LoadedPair, with_: LoadedPair, alpha: float) -> LoadedPair:
    if alpha not in (0.0, 1.0):
        raise SettingError(
            f"{without.name} is a guardrail, a text before the question: its alpha is 0 (without) or 1 (with), got {alpha:g}"
        )
    return with_ if alpha else without


def _load_trained(
    folder: Path, manifest: PairManifest, reference: LoadedModel, base: LoadedModel
) -> tuple[Any, Adapter | None]:
    """M'o, and where it is an adapter on the reference, what that adds."""
    demo_weights.check_hashes(folder, manifest.hashes, f"pair {manifest.name}")
    if manifest.tuning == "full":
        full = load_causal_lm(str(folder))
        check_same_vocabulary("base", base.tokenizer, "trained", full.tokenizer)
        return full.model, None
    if manifest.tuning == "lora" and not (folder / ADAPTER_FILE).is_file():
        raise ModelError(f"pair {manifest.name} has no {ADAPTER_FILE}: adapters are read from safetensors only")
    try:
        if manifest.tuning == "p_adapter":
            return open_p_adapter(reference.model, folder).eval(), None
        adapted = open_adapter(copy_sharing_embeddings(reference.model), folder)
        adapter = factors_of(adapted)
        return merged(adapted).eval(), adapter
    except _UNLOADABLE as reason:
        first = (str(reason).strip().splitlines() or [type(reason).__name__])[0]
        raise ModelError(
            f"the adapter of pair {manifest.name} does not fit its reference {manifest.reference!r}: {first}"
        ) from reason


def open_training(base: str, reference: str, settings: TrainingSettings) -> TrainingModels:
    """The base, and a fresh M'o made from the reference, ready to be trained."""
    settle_threads()
    loaded = load_base(base)
    twin = loaded if settings.method == "direct" else load_reference(reference, loaded)
    for model in (loaded.model, twin.model):
        model.requires_grad_(False)
    trained = prepare_trained(twin.model, settings, settings.seed)
    frozen = None if settings.tuning == "lora" else twin.model
    return TrainingModels(
        loaded.model, frozen, trained, loaded.tokenizer, loaded.template, loaded.hash, settings.method
    )
